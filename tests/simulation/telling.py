"""Tells the story of a small world so that a person can follow it: what was done, heard, asked and logged, in order."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from app.simulator.events import Event, Happened, Heard, Played, Requested
from app.simulator.trace import Trace
from tests.simulation.people import SERVICE, SERVICE_NUMBER, STAFF

_ZONE = ZoneInfo("America/Chicago")
_NAMES = {number: who for who, number in STAFF.items()} | {SERVICE_NUMBER: SERVICE}
_SHOWN = (
    "Digits",
    "CallStatus",
    "DialCallStatus",
    "DialBridged",
    "QueueResult",
    "RecordingStatus",
    "ErrorCode",
    "Body",
)
_LEFT_OUT = {"at", "sid", "token", "body"}


def told(journal: Trace, logs: Iterator[tuple[datetime, str]]) -> Iterator[str]:
    """One line for each thing that happened; `logs` are lines of the log and of the world itself."""
    lines = [(event.at, f"{event.sid[:6]} {_line(event)}") for event in journal.events if not isinstance(event, Played)]
    lines.extend(logs)
    for at, text in sorted(lines, key=lambda line: line[0]):
        yield f"{at.astimezone(_ZONE):%a %H:%M:%S.%f}"[:-4] + f"  {text}"


def _line(event: Event) -> str:
    match event:
        case Requested(url=url, params=params, status=status, purpose=purpose):
            shown = " ".join(f"{name}={params[name]}" for name in _SHOWN if name in params)
            what = "/".join(urlsplit(url).path.split("/")[1:3])
            return f"{purpose} {what} {shown} -> {status or 'no reply'}"
        case Heard(number=number, text=text):
            return f"{_NAMES.get(number, 'caller')} hears: {text[:70]}"
    return f"{type(event).__name__} " + " ".join(f"{name}={value}" for name, value in _particulars(event))


def _particulars(event: Happened) -> Iterator[tuple[str, object]]:
    for kind in type(event).__mro__:
        for name in getattr(kind, "__slots__", ()):
            if name not in _LEFT_OUT:
                value = getattr(event, name)
                yield name, _NAMES.get(value, value) if isinstance(value, str) else value
