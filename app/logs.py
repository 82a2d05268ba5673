"""How the service logs: one event a line, console or JSON, with phone numbers masked whatever puts them there."""

import logging
import sys
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

from app.masking import masked

Event = MutableMapping[str, Any]
_STAMP = structlog.processors.TimeStamper(fmt="iso", utc=True)


def nothing() -> Mapping[str, object]:
    """What a process knows of its lines that answers no requests."""
    return {}


def nobody(_event: str, _level: str) -> None:
    """Who counts the lines of a process that shows no figures."""


def configure_logs(
    log_format: str,
    *,
    level: int = logging.INFO,
    for_good: bool = True,
    about: Callable[[], Mapping[str, object]] = nothing,
    told: Callable[[str, str], None] = nobody,
) -> None:
    """Sets up logging for this process, to stderr. `log_format` is `console` or `json`.

    Not `for_good`: it may be set up again, for which loggers pay a little each time they are used. `about` is asked
    what else belongs on a line, when one is written and no sooner; `told` hears the event and level of each.
    """
    renderer: Any = (
        structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _Context(about),
        structlog.processors.add_log_level,
        _STAMP,
        structlog.processors.format_exc_info,
        _Listener(told),
    ]
    structlog.configure(
        processors=[*before, mask_numbers, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=cast("TextIO", _Forgiving(sys.stderr))),
        cache_logger_on_first_use=for_good,
    )
    if logging.lastResort is not None:
        # Where libraries' warnings go as long as nobody sets up anything else: they come out as our own lines do.
        without_record = structlog.stdlib.ProcessorFormatter.remove_processors_meta
        logging.lastResort.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                foreign_pre_chain=before, processors=[without_record, mask_numbers, renderer]
            )
        )


class _Forgiving:
    """A stream that loses what cannot be written: a full disk or a reader who is gone must not cost a caller."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            return self._stream.write(text)
        return 0

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


class _Context:
    """Adds what is known of the circumstances, unless the line itself says it."""

    def __init__(self, about: Callable[[], Mapping[str, object]]) -> None:
        self._about = about

    def __call__(self, _logger: object, _method: str, event: Event) -> Event:
        for key, value in self._about().items():
            event.setdefault(key, value)
        return event


class _Listener:
    """Has each line counted."""

    def __init__(self, told: Callable[[str, str], None]) -> None:
        self._told = told

    def __call__(self, _logger: object, _method: str, event: Event) -> Event:
        # A library's line is a sentence and no name.
        name = event["event"] if "_record" not in event else "library"
        self._told(str(name), event["level"])
        return event


def mask_numbers(_logger: object, _method: str, event: Event) -> Event:
    """Replaces all but the last two digits of anything that looks like a phone number, wherever it stands."""
    for key, value in event.items():
        if key != "timestamp":
            event[key] = masked(value)
    return event
