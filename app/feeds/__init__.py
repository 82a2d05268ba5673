"""Shifts as calendars that a calendar program subscribes to: one for each person and each schedule.

Whoever has a feed's address may read it, so the address holds a secret that can be revoked. The calendar shows names
and times only: no phone number, no ticket, no caller.
"""

import hashlib
import threading
from dataclasses import dataclass, field
from datetime import datetime

from app.config.snapshot import Snapshot
from app.feeds.document import calendar
from app.feeds.events import Event, Subject, SubjectKind, Window, events_of, months_around
from app.feeds.stamps import Stamps
from app.services import Services
from app.store import SERVICE, Token
from oncall import Override

ROLE = "feed"
PATH = "/feeds"


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar as bytes, when it last changed (UTC), and a tag that is another one whenever the bytes are."""

    body: bytes
    changed_at: datetime
    tag: str


@dataclass(frozen=True, slots=True)
class _State:
    """All that decides what feeds show: the configuration, the quick overrides above it, and the span shown."""

    revision: str
    quick: tuple[Override, ...]
    window: Window


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Every event of one state of the rota with its stamps, and the calendars already made of them."""

    state: "_State"
    events: tuple[Event, ...]
    stamps: dict[str, datetime]
    made: dict[Subject, Feed] = field(default_factory=dict)


class Feeds:
    """The feeds of this desk. Raises StoreUnavailable."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stamps = Stamps(services.settings.instance_dir / "feed-stamps.json")
        self._lock = threading.Lock()
        self._prepared: _Prepared | None = None

    def create(self, subject: Subject, *, by: str = SERVICE, holder: str = "") -> str:
        """Make a feed and return its address, which is not kept and cannot be had again.

        `holder` is who reads a schedule, where it is an address of theirs alone.
        """
        name = subject.token_name_of(holder)
        secret = self._services.store.tokens.create(name, ROLE, at=self._services.clock.now(), by=by)
        return f"{self._services.settings.public_base_url}{PATH}/{secret}.ics"

    def list(self) -> tuple[Token, ...]:
        """Return every feed ever made, oldest first."""
        return tuple(token for token in self._services.store.tokens.list() if token.role == ROLE)

    def revoke(self, feed_id: int, *, by: str = SERVICE) -> bool:
        """End a feed; False when there was none to end. Other tokens than those of feeds are not touched."""
        if all(token.id != feed_id for token in self.list()):
            return False
        return self._services.store.tokens.revoke(feed_id, at=self._services.clock.now(), by=by)

    def read(self, secret: str) -> Feed | None:
        """Return what the feed with this secret shows now; None when there is none, or it was revoked."""
        identity = self._services.store.tokens.check(secret, at=self._services.clock.now())
        if identity is None or identity.role != ROLE:
            return None
        subject = Subject.of_token(identity.name)
        return None if subject is None else self.of(subject)

    def of(self, subject: Subject) -> Feed:
        """Return the calendar of a subject; one that is no longer in the configuration has no shifts."""
        snapshot, window = self._services.config.current(), months_around(self._services.clock.now())
        # Whatever ended since the beginning of the window still shows in it.
        quick = self._services.store.overrides.recent(at=window.starts_at)
        state = _State(snapshot.revision, tuple(each.as_override() for each in quick), window)
        # One at a time: what is worked out here is worked out once a revision, and then only handed on.
        with self._lock:
            prepared = self._ready(snapshot, state)
            if subject not in prepared.made:
                prepared.made[subject] = _feed(subject, prepared, snapshot)
            return prepared.made[subject]

    def _ready(self, snapshot: Snapshot, state: _State) -> _Prepared:
        if self._prepared is not None and self._prepared.state == state:
            return self._prepared
        events = events_of(snapshot.roster, state.window, quick=state.quick)
        contents = {event.uid: event.content for event in events}
        for subject in {subject for event in events for subject in event.subjects}:
            uids = [event.uid + event.content for event in events if subject in event.subjects]
            contents[subject.token_name] = "\n".join(uids)
        stamps = self._stamps.of(contents, at=self._services.clock.now())
        self._prepared = _Prepared(state, events, stamps)
        return self._prepared


def _feed(subject: Subject, prepared: _Prepared, snapshot: Snapshot) -> Feed:
    events = [event for event in prepared.events if subject in event.subjects]
    body = calendar(subject, events, prepared.stamps, snapshot.roster)
    newest = max((prepared.stamps[event.uid] for event in events), default=prepared.state.window.starts_at)
    # A shift taken out leaves no stamp of its own behind: the calendar as a whole has one.
    changed_at = max(newest, prepared.stamps.get(subject.token_name, newest))
    return Feed(body, changed_at, hashlib.sha256(body).hexdigest()[:32])


__all__ = ["PATH", "ROLE", "Feed", "Feeds", "Subject", "SubjectKind"]
