"""Whether the service lives, whether all it leans on is there, and figures about it.

For people and monitors: calls go on without a database and on the last good configuration, so that a process
that is not ready still serves callers and must not be taken away from them. No figure carries anything personal.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from http import HTTPStatus

from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from pydantic_core import to_json

from app import clock
from app.config.in_force import ConfigStore
from app.leader import CLOCK, STANDBY
from app.services import Services
from app.store import StoreUnavailable
from app.web.outbox_figures import outbox_metrics, outbox_sentence

OLDEST_HEARTBEAT = timedelta(seconds=120)
PROBLEMS_TOLD = 20
_NOT_ASKED = "not known: the database does not answer"
_MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
_UNKNOWN_ROUTE = "none"
# Seven digits or more, however written, unless they are a date.
_NUMBER = re.compile(r"(?<!\d)(?!\d{4}-\d\d-\d\d(?!\d))\+?\d(?:[ ().-]{0,2}\d){6,}")

# Webhooks take a few milliseconds; the callers' provider gives up after fifteen seconds.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
_REGISTRY = CollectorRegistry()
ProcessCollector(registry=_REGISTRY)
_ANSWERS = Counter("ivr_http_answers", "Requests answered", ("route", "status"), registry=_REGISTRY)
_SECONDS = Histogram(
    "ivr_http_answer_seconds", "Time it took to answer", ("route",), buckets=_BUCKETS, registry=_REGISTRY
)

_CONFIGURATION = Gauge(
    "ivr_configuration",
    "1 for the configuration that is in force in a process",
    ("revision", "source"),
    registry=_REGISTRY,
    multiprocess_mode="liveall",
)


def health(services: Services) -> Blueprint:
    """The blueprint of /healthz, /readyz and /metrics. None of them needs a token, and none tells a secret."""
    blueprint = Blueprint("health", __name__)
    readiness = Readiness(services)

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
        return _fresh(generate_latest(_registry()) + outbox_metrics(services), CONTENT_TYPE_LATEST)

    return blueprint


def observe(app: Flask) -> None:
    """Counts every answer of the application by route and status, and how long each route takes."""

    @app.before_request
    def begin() -> None:
        g.began_at = clock.monotonic()

    @app.after_request
    def end(response: Response) -> Response:
        # The rule, never the path: paths hold position tokens and call SIDs.
        route = request.url_rule.rule if request.url_rule else _UNKNOWN_ROUTE
        count(route, response.status_code, clock.monotonic() - g.began_at)
        return response


def count(route: str, status: int, took_seconds: float) -> None:
    """Count an answer of a route, with its status and the time it took."""
    answers, seconds = _figures(route, status)
    answers.inc()
    seconds.observe(took_seconds)


def figure_of(config: ConfigStore) -> Callable[[], None]:
    """Returns what sets this process's figure to the configuration in force now, and takes back the one before."""
    told: list[Gauge] = []

    def tell() -> None:
        for before in told:
            before.set(0)
        told[:] = [_CONFIGURATION.labels(config.current().revision, _source(config))]
        told[0].set(1)

    return tell


@cache
def _figures(route: str, status: int) -> tuple[Counter, Histogram]:
    """The figures of a route and status, of which there are few; finding them by label takes longer than counting."""
    return _ANSWERS.labels(route, status), _SECONDS.labels(route)


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
            "configuration": self._configuration(),
            "spool": self._spool(),
        }

    def _asked(self, look: Callable[[], Finding]) -> Finding:
        try:
            return look()
        except StoreUnavailable as fault:
            return Finding(ok=False, detail=f"the database does not answer: {fault.reason}")

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

    def _configuration(self) -> Finding:
        config = self.services.config
        revision, fault = f"revision {config.current().revision}, {_source(config)},", config.fault
        if fault is None:
            return Finding(ok=True, detail=revision.rstrip(","))
        told = _masked("; ".join(map(str, fault.problems[:PROBLEMS_TOLD])))
        more = f"; and {len(fault.problems) - PROBLEMS_TOLD} more" if len(fault.problems) > PROBLEMS_TOLD else ""
        return Finding(ok=False, detail=f"{revision} stays in force; {fault}: {told}{more}")

    def _spool(self) -> Finding:
        """What waits there is stored when the database is back: told, but no fault in itself."""
        try:
            return Finding(ok=True, detail=f"{self.services.spool.size()} bytes wait to be stored")
        except OSError as fault:
            return Finding(ok=True, detail=f"cannot be read: {fault.strerror}")


def _source(config: ConfigStore) -> str:
    return str(config.published or "folder")


def _masked(text: str) -> str:
    # A message about a wrong phone number may repeat it, and anybody may read this page.
    return _NUMBER.sub("(a number)", text)


def _registry() -> CollectorRegistry:
    """Figures of this process, or of all of them when they share a folder."""
    if not os.environ.get(_MULTIPROCESS):
        return _REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _fresh(body: str | bytes, content_type: str, *, status: int = HTTPStatus.OK) -> Response:
    return Response(body, status=status, content_type=content_type, headers={"Cache-Control": "no-store"})
