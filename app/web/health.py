"""Whether the service lives, whether all it leans on is there, and figures about it.

For people and monitors: calls go on without a database and on the last good configuration, so that a process
that is not ready still serves callers and must not be taken away from them. No figure carries anything personal.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, Response
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from pydantic_core import to_json

from app.leader import CLOCK, STANDBY
from app.services import Services
from app.store import StoreUnavailable
from app.web.metrics import exposition, source_of
from app.web.outbox_figures import outbox_sentence
from app.web.standing_figures import StandingFigures, coverage_sentence

OLDEST_HEARTBEAT = timedelta(seconds=120)
PROBLEMS_TOLD = 20
_NOT_ASKED = "not known: the database does not answer"
_REMEDIES = {"not migrated": "run `ivr db upgrade`"}
_GET_IT_BACK = "calls go on, and what they tell waits in the spool until you get it back"
# Seven digits or more, however written, unless they are a date.
_NUMBER = re.compile(r"(?<!\d)(?!\d{4}-\d\d-\d\d(?!\d))\+?\d(?:[ ().-]{0,2}\d){6,}")


def health(services: Services) -> Blueprint:
    """The blueprint of /healthz, /readyz and /metrics. None of them needs a token, and none tells a secret."""
    blueprint = Blueprint("health", __name__)
    readiness, standing = Readiness(services), StandingFigures(services)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return _fresh("ok", "text/plain; charset=utf-8")

    @blueprint.get("/readyz")
    def readyz() -> Response:
        found = readiness.findings()
        ready = all(finding.ok for finding in found.values())
        status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
        return _fresh(to_json(found), "application/json", status=status)

    @blueprint.get("/metrics")
    def metrics() -> Response:
        return _fresh(exposition(standing), CONTENT_TYPE_LATEST)

    return blueprint


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether one part is as it should be, and a sentence about it."""

    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """Looks at every part the service leans on. Never raises."""

    services: Services

    def findings(self) -> Mapping[str, Finding]:
        """What was found, by part. An unreachable database is asked once only."""
        database = self._asked(self._database)
        others = {"migrations": self._migrations, CLOCK: self._clock}
        unknown = Finding(ok=False, detail=_NOT_ASKED)
        return {
            "database": database,
            **{name: self._asked(look) if database.ok else unknown for name, look in others.items()},
            "outbox": self._outbox() if database.ok else replace(unknown, ok=True),
            "coverage": self._coverage() if database.ok else replace(unknown, ok=True),
            "configuration": self._configuration(),
            "spool": self._spool(),
        }

    def _asked(self, look: Callable[[], Finding]) -> Finding:
        try:
            return look()
        except StoreUnavailable as fault:
            remedy = _REMEDIES.get(fault.reason, _GET_IT_BACK)
            return Finding(ok=False, detail=f"the database does not answer: {fault.reason}; {remedy}")

    def _database(self) -> Finding:
        self.services.store.ping()
        return Finding(ok=True, detail="answers")

    def _migrations(self) -> Finding:
        store = self.services.store
        found = store.revision() or "none"
        if store.is_current():
            return Finding(ok=True, detail=f"at revision {found}")
        return Finding(ok=False, detail=f"the schema is at revision {found}, older than ours: run `ivr db upgrade`")

    def _clock(self) -> Finding:
        beats = self.services.store.heartbeats()
        beat_at, standby_at = beats.get(CLOCK), beats.get(STANDBY)
        if beat_at is None:
            return Finding(ok=False, detail="the clock process has never run: start `ivr clock`")
        age = self.services.clock.now() - beat_at
        if abs(age) > OLDEST_HEARTBEAT:
            when = f"{abs(age) // timedelta(seconds=1)} seconds {'ago' if age > timedelta() else 'ahead of our time'}"
            return Finding(ok=False, detail=f"the clock process was last alive {when}: is `ivr clock` running?")
        is_backed = standby_at is not None and abs(self.services.clock.now() - standby_at) <= OLDEST_HEARTBEAT
        more = "; another one stands by" if is_backed else ""
        return Finding(ok=True, detail=f"alive {max(0, age // timedelta(seconds=1))} seconds ago{more}")

    def _outbox(self) -> Finding:
        """Orders that were given up are an alarm, and no fault of any part: told, as the spool is."""
        try:
            return Finding(ok=True, detail=outbox_sentence(self.services))
        except StoreUnavailable:
            return Finding(ok=True, detail=_NOT_ASKED)

    def _coverage(self) -> Finding:
        """A gap to come is for a person to fill, and no fault of any part."""
        try:
            return Finding(ok=True, detail=coverage_sentence(self.services))
        except StoreUnavailable:
            return Finding(ok=True, detail=_NOT_ASKED)

    def _configuration(self) -> Finding:
        config = self.services.config
        revision, fault = f"revision {config.current().revision}, {source_of(config)},", config.fault
        if fault is None:
            return Finding(ok=True, detail=revision.rstrip(","))
        told = _masked("; ".join(map(str, fault.problems[:PROBLEMS_TOLD])))
        more = f"; and {len(fault.problems) - PROBLEMS_TOLD} more" if len(fault.problems) > PROBLEMS_TOLD else ""
        remedy = "correct it and look with `ivr check`"
        return Finding(ok=False, detail=f"{revision} stays in force; {fault}: {told}{more}; {remedy}")

    def _spool(self) -> Finding:
        """What waits there is stored when the database is back: told, but no fault in itself."""
        try:
            waiting, damaged = self.services.spool.size(), self.services.spool.set_aside()
        except OSError as fault:
            return Finding(ok=True, detail=f"cannot be read: {fault.strerror}")
        told = f"{waiting} bytes wait to be stored"
        if damaged:
            told = f"warning: {damaged} bytes are damaged and set aside in spool.corrupt: keep that file; {told}"
        return Finding(ok=True, detail=told)


def _masked(text: str) -> str:
    # A message about a wrong phone number may repeat it, and anybody may read this page.
    return _NUMBER.sub("(a number)", text)


def _fresh(body: str | bytes, content_type: str, *, status: int = HTTPStatus.OK) -> Response:
    return Response(body, status=status, content_type=content_type, headers={"Cache-Control": "no-store"})
