"""What people add to calls they read: a wrap-up code, notes, and the views of the log they keep for themselves.

Entries are added and never changed. What is written may be about patients: it is sealed like what callers leave, and
the audit log knows that something was written, never what.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from app.flow.messages import Detail
from app.services import Services
from app.store import AuditEntry, StoredNote, StoredView
from app.vault import Content, Label, VaultError, key_id

LONGEST_NOTE: Final = 4000
LONGEST_NAME: Final = 60
MOST_VIEWS: Final = 30
UNREADABLE: Final = "This note cannot be opened: the key it was sealed with is not among DATA_KEYS."
_BATCH: Final = 50


class WrapUp(StrEnum):
    """What a call was in the end, as whoever dealt with it sees it."""

    SOLVED = "solved"
    FOLLOW_UP = "follow_up_needed"
    PASSED_ON = "passed_on"
    QUESTION = "question_answered"
    NOT_FOR_US = "not_for_us"
    NOBODY_THERE = "nobody_there"
    TEST = "test_call"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNote:
    """One entry as it is read: who added it, when, the wrap-up it sets and its text, either of which may be missing."""

    at: datetime
    author: str
    code: WrapUp | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A query of the log of calls kept under a name, as the page that keeps it wrote it."""

    id: int
    name: str
    query: str


class TooMany(Exception):  # noqa: N818 - a limit, not a failure
    """An account keeps as many views as there may be."""


@dataclass(frozen=True, slots=True)
class CallNotes:
    """Notes on calls. Raises StoreUnavailable."""

    services: Services

    def of_call(self, call_sid: str) -> tuple[CallNote, ...]:
        """What was added to a call, oldest first."""
        return tuple(map(self._opened, self.services.store.call_work.notes(call_sid)))

    def add(self, call_sid: str, *, by: str, code: WrapUp | None = None, text: str = "") -> None:
        """Add an entry to a call that exists; one of its two parts is given."""
        at = self.services.clock.now()
        blob = self._sealed(text[:LONGEST_NOTE], _note_label(call_sid, by, at)) if text else None
        note = StoredNote(
            call_sid=call_sid, at=at, author=by, code=code, key_id=key_id(blob) if blob else None, sealed=blob
        )
        detail: dict[str, Detail] = {"code": code, "note": bool(text)}
        entry = AuditEntry(at=at, actor=by, action="call_noted", subject=f"call:{call_sid}", detail=detail)
        self.services.store.call_work.add_note(note, entry)

    def _opened(self, note: StoredNote) -> CallNote:
        text = ""
        if note.sealed is not None:
            try:
                label = _note_label(note.call_sid, note.author, note.at)
                text = self.services.vault.open(note.sealed, label).decode()
            except VaultError:
                text = UNREADABLE
        code = WrapUp(note.code) if note.code in set(WrapUp) else None
        return CallNote(at=note.at, author=note.author, code=code, text=text)

    def _sealed(self, text: str, label: Label) -> bytes:
        return self.services.vault.seal(text.encode("utf-8", "replace"), label)


@dataclass(frozen=True, slots=True)
class SavedViews:
    """The views of one account. Raises StoreUnavailable."""

    services: Services
    account: int

    def all(self) -> tuple[SavedView, ...]:
        """By name; what cannot be opened is left out."""
        found = (self._opened(each) for each in self.services.store.call_work.views(self.account))
        return tuple(each for each in found if each is not None)

    def get(self, view_id: int) -> SavedView | None:
        """One view of this account, or None."""
        return next((each for each in self.all() if each.id == view_id), None)

    def keep(self, name: str, query: str) -> None:
        """Keep a query under a name, in place of what had that name. Raises TooMany."""
        rows = self.services.store.call_work
        name = " ".join(name.split())[:LONGEST_NAME]
        names = {each.name for each in rows.views(self.account)}
        if len(names | {name}) > MOST_VIEWS:
            raise TooMany
        blob = self.services.vault.seal(query.encode(), _view_label(self.account, name))
        at = self.services.clock.now()
        rows.keep_view(StoredView(account=self.account, name=name, created_at=at, key_id=key_id(blob), sealed=blob))

    def forget(self, view_id: int) -> bool:
        """Forget a view; False when this account has none such."""
        return self.services.store.call_work.forget_view(self.account, view_id)

    def _opened(self, view: StoredView) -> SavedView | None:
        try:
            query = self.services.vault.open(view.sealed, _view_label(view.account, view.name)).decode()
        except VaultError:
            return None
        return SavedView(id=view.id, name=view.name, query=query)


def rotate(services: Services) -> int:
    """Seal all that people added to calls under the newest key; returns how much was not. Safe to repeat."""
    return _rotate_notes(services) + _rotate_views(services)


def _rotate_notes(services: Services) -> int:
    rows, resealed, after = services.store.call_work, 0, 0
    while batch := rows.notes_sealed_otherwise(services.vault.newest_key_id, after=after, limit=_BATCH):
        for note in batch:
            blob = _renewed(services, note.sealed, _note_label(note.call_sid, note.author, note.at))
            if blob is not None:
                rows.reseal_note(note, key_id(blob), blob)
                resealed += 1
        after = batch[-1].id
    return resealed


def _rotate_views(services: Services) -> int:
    rows, resealed, after = services.store.call_work, 0, 0
    while batch := rows.views_sealed_otherwise(services.vault.newest_key_id, after=after, limit=_BATCH):
        for view in batch:
            blob = _renewed(services, view.sealed, _view_label(view.account, view.name))
            if blob is not None:
                rows.reseal_view(view, key_id(blob), blob)
                resealed += 1
        after = batch[-1].id
    return resealed


def _renewed(services: Services, sealed: bytes | None, label: Label) -> bytes | None:
    """The same under the newest key; None for what cannot be opened, which is left as it is."""
    try:
        return services.vault.rotate(sealed or b"", label)
    except VaultError:
        return None


def _note_label(call_sid: str, author: str, at: datetime) -> Label:
    return Label(f"note of {author} at {at.isoformat()}", call_sid, Content.NOTE)


def _view_label(account: int, name: str) -> Label:
    return Label(f"view {name}", f"account {account}", Content.VIEW)
