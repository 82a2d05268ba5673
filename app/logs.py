"""How the service logs: one event a line, console or JSON, with phone numbers masked whatever puts them there."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# Seven digits or more, however written; neither a date nor part of an identifier.
_NUMBER = re.compile(r"(?<![\w.])(?!\d{4}-\d\d-\d\d)\+?\d(?:[\s().-]?\d){6,14}")


def configure_logs(log_format: str, *, level: int = logging.INFO, for_good: bool = True) -> None:
    """Sets up logging for this process, to stderr. `log_format` is `console` or `json`.

    Not `for_good`: it may be set up again, for which loggers pay a little each time they are used.
    """
    renderer: Any = (
        structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask_numbers,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=for_good,
    )


def mask_numbers(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replaces all but the last two digits of anything that looks like a phone number, in every text."""
    for key, value in event.items():
        if isinstance(value, str) and key not in {"timestamp", "call_sid"}:
            event[key] = _NUMBER.sub(_masked, value)
    return event


def _masked(match: re.Match[str]) -> str:
    digits = [character for character in match.group() if character.isdigit()]
    return "•" * (len(digits) - 2) + "".join(digits[-2:])
