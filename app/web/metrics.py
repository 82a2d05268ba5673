"""What this machine's web processes count of themselves, and everything there is for /metrics to show.

Their figures meet in a folder when they share one. How things stand in the database is asked for elsewhere.
"""

import os
from collections.abc import Callable
from functools import cache

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from app import clock
from app.config.in_force import ConfigStore
from app.web.standing_figures import StandingFigures

_MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
_UNKNOWN_ROUTE = "none"
_QUIET = frozenset({"debug", "info"})
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
_REFUSED = Gauge(
    "ivr_configuration_refused",
    "1 while a process refuses what should be in force and keeps what was",
    registry=_REGISTRY,
    multiprocess_mode="livemax",
)
_LINES = Counter("ivr_log_lines", "Warnings and errors in the log", ("event", "level"), registry=_REGISTRY)
# What alarms look at begins at nothing, or the first of its kind would not be seen to happen.
_LOUD = {
    "warning": ("signature_refused", "store_unavailable", "text_undelivered"),
    "error": ("webhook_failed", "api_failed", "spool_failed", "emergency_unowned", "order_dead", "message_lost"),
}
for _level, _events in _LOUD.items():
    for _event in _events:
        _LINES.labels(_event, _level)


def exposition(standing: StandingFigures) -> bytes:
    """Every figure as Prometheus reads it. Never raises: while the database is away, its figures are left out."""
    # A registry of its own: these figures are the same whichever process is asked.
    registry = CollectorRegistry()
    registry.register(standing)
    return generate_latest(_of_processes()) + generate_latest(registry)


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
    """Counts an answer of a route, with its status and the time it took."""
    answers, seconds = _figures(route, status)
    answers.inc()
    seconds.observe(took_seconds)


def count_line(event: str, level: str) -> None:
    """Counts a line of the log by its event, if somebody should look at it."""
    if level not in _QUIET:
        _LINES.labels(event, level).inc()


def figure_of(config: ConfigStore) -> Callable[[], None]:
    """Returns what sets this process's figures to the configuration in force now, and takes back the one before."""
    told: list[Gauge] = []

    def tell() -> None:
        for before in told:
            before.set(0)
        told[:] = [_CONFIGURATION.labels(config.current().revision, source_of(config))]
        told[0].set(1)
        _REFUSED.set(0 if config.fault is None else 1)

    return tell


def source_of(config: ConfigStore) -> str:
    """Where the configuration in force came from."""
    return str(config.published or "folder")


@cache
def _figures(route: str, status: int) -> tuple[Counter, Histogram]:
    """The figures of a route and status, of which there are few; finding them by label takes longer than counting."""
    return _ANSWERS.labels(route, status), _SECONDS.labels(route)


def _of_processes() -> CollectorRegistry:
    """Figures of this process, or of all of them when they share a folder."""
    if not os.environ.get(_MULTIPROCESS):
        return _REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
