"""The way of a call, step by step, as it was decided: what, because of what, and where that is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from app.cdr.records import TimelineEntry
from app.flow.messages import FactKind

_WORDS: Mapping[FactKind, tuple[str, str, str]] = MappingProxyType(
    {
        FactKind.CALL_ARRIVED: ("The call comes in", "telephone", ""),
        FactKind.CALLER_RECOGNISED: ("The caller is known", "person-check", "is-accent"),
        FactKind.CALLER_BLOCKED: ("The number is blocked", "slash-circle", "is-bad"),
        FactKind.CALLED_AGAIN: ("The caller calls again", "telephone", "is-warn"),
        FactKind.OPEN_TICKET_FOUND: ("The caller has an open ticket", "ticket-perforated", "is-accent"),
        FactKind.TICKET_JOINED: ("It joins a ticket", "ticket-perforated", "is-accent"),
        FactKind.LANGUAGE_CHOSEN: ("Another language", "chat-left-text", "is-accent"),
        FactKind.MENU_OFFERED: ("A menu", "chat-left-text", ""),
        FactKind.KEYS_PRESSED: ("A key", "check2", "is-accent"),
        FactKind.WRONG_KEY_PRESSED: ("A key that is no option", "x-circle", "is-warn"),
        FactKind.SILENCE_HEARD: ("No key", "pause-circle", "is-warn"),
        FactKind.PRIORITY_SET: ("Priority", "arrow-up-circle-fill", ""),
        FactKind.TAGS_ADDED: ("Labels", "ticket-perforated", ""),
        FactKind.DIGITS_COLLECTED: ("A number keyed", "check2", "is-accent"),
        FactKind.PEOPLE_CHOSEN: ("Who is to be rung", "people", ""),
        FactKind.NOBODY_TO_RING: ("Nobody can be rung", "telephone-x", "is-warn"),
        FactKind.LEG_DIALLED: ("Rings", "telephone-outbound", "is-accent"),
        FactKind.LEG_ACCEPTED: ("Takes the call", "check-circle-fill", "is-good"),
        FactKind.LEG_DECLINED: ("Passes it on", "x-circle", "is-warn"),
        FactKind.LEG_TOO_LATE: ("Was too late", "clock", "is-warn"),
        FactKind.PERSON_BUSY: ("Is on another call", "pause-circle", "is-warn"),
        FactKind.QUEUE_JOINED: ("Waits in line", "hourglass-split", "is-warn"),
        FactKind.QUEUE_CHOICE_MADE: ("Chooses in line", "check2", "is-accent"),
        FactKind.CALLBACK_ASKED: ("Asks to be called back", "telephone-outbound", "is-accent"),
        FactKind.RECORDING_STARTED: ("Leaves a message", "record-circle", "is-accent"),
        FactKind.RECORDING_STORED: ("The message is kept", "voicemail", "is-good"),
        FactKind.RECORDING_REPEATED: ("Speaks again", "record-circle", "is-accent"),
        FactKind.MESSAGE_KEPT: ("Keeps the message", "voicemail", "is-good"),
        FactKind.FAULT_MET: ("Something of ours failed", "x-octagon-fill", "is-bad"),
        FactKind.CALLER_LEFT: ("The caller hangs up", "telephone-x", ""),
        FactKind.PAGED: ("Is paged", "lightning-charge-fill", "is-warn"),
        FactKind.TEXT_LOST: ("A text was lost", "exclamation-triangle-fill", "is-warn"),
        FactKind.CALL_ENDED: ("The call is over", "check2", ""),
    }
)
_ENDS = MappingProxyType({"no_answer": "Does not answer", "busy": "Is busy", "failed": "Cannot be reached"})
_ABOUT = ("keys", "priority", "language", "client")


@dataclass(frozen=True, slots=True)
class Stop:
    """One step: `kind` is its colour, `source` the file and line that decided it, empty for what people did."""

    at: datetime
    title: str
    about: str
    icon: str
    kind: str
    because: str
    source: str


def route(timeline: Iterable[TimelineEntry]) -> list[Stop]:
    """The steps that decided anything, in order; hours and menus by what they said."""
    stops: list[Stop] = []
    parties: dict[object, str] = {}
    for entry in timeline:
        detail, kind = entry.detail, FactKind(entry.fact)
        if kind is FactKind.LEG_DIALLED:
            parties[detail.get("leg")] = str(detail.get("party", ""))
        told = _told(kind, entry)
        if told is not None:
            about = str(detail.get("party") or parties.get(detail.get("leg")) or _of(entry))
            source = str(detail.get("source") or "")
            stops.append(Stop(entry.at, told[0], about, told[1], told[2], entry.because, source))
    return stops


def _told(kind: FactKind, entry: TimelineEntry) -> tuple[str, str, str] | None:
    if kind is FactKind.HOURS_CHECKED:
        is_open = entry.detail.get("open") is True
        return ("The desk is open", "sun", "is-good") if is_open else ("The desk is closed", "moon-stars", "is-violet")
    if kind is FactKind.DIAL_ENDED:
        status = str(entry.detail.get("status", ""))
        ended = _ENDS.get(status.replace("-", "_"))
        return None if ended is None else (ended, "telephone-x", "is-warn")
    return _WORDS.get(kind)


def _of(entry: TimelineEntry) -> str:
    """What the step is about, when it is not a person."""
    for name in _ABOUT:
        value = entry.detail.get(name)
        if isinstance(value, str) and value:
            return value
    return ""
