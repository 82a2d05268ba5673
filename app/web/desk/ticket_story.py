"""What happened around a ticket, in one order: words to and from its requester, notes, calls, texts, changes.

Knows how each is told apart, not how it is drawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from app.cdr.records import Call, TicketUpdate, TimelineEntry
from app.flow.messages import FactKind
from app.store import CallsOf
from app.tickets import EntryKind
from app.web.desk.ticket_people import WAY


class Voice(StrEnum):
    """Who speaks to whom in an entry; a change is nobody's words."""

    TO_REQUESTER = "to_requester"
    FROM_REQUESTER = "from_requester"
    AMONG_STAFF = "among_staff"
    CALL = "call"
    PAGE = "page"
    CHANGE = "change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened. `title` says what, `text` are the words themselves, `because` is why or how."""

    at: datetime
    voice: Voice
    author: str
    title: str
    text: str = ""
    because: str = ""
    call: Call | None = None


_SPOKEN: Final[Mapping[str, tuple[Voice, str]]] = {
    EntryKind.UPDATE: (Voice.TO_REQUESTER, "update to the requester"),
    EntryKind.REQUESTER_REPLY: (Voice.FROM_REQUESTER, "the requester replied"),
    EntryKind.NOTE: (Voice.AMONG_STAFF, "note among staff"),
}
# Of these the text says the two values only.
_NAMED: Final[frozenset[str]] = frozenset({EntryKind.STATUS, EntryKind.PRIORITY})
# What those are called who leave their name nowhere.
_SERVICE: Final = "service"


def story_of(updates: tuple[TicketUpdate, ...], around: CallsOf) -> tuple[Entry, ...]:
    """Everything, newest first; of the same moment, what was told last stands first."""
    entries = [*map(_called, around.calls), *map(_paged, around.pages), *map(told, updates)]
    return tuple(sorted(entries, key=lambda entry: entry.at)[::-1])


def told(update: TicketUpdate) -> Entry:
    """An entry of the ticket's history."""
    # That it was done here is what readers take for granted.
    because = "" if update.because == WAY else update.because.removeprefix(f"{WAY}; ")
    spoken = _SPOKEN.get(update.kind)
    if spoken is not None:
        voice, title = spoken
        return Entry(at=update.at, voice=voice, author=update.author, title=title, text=update.text, because=because)
    title = update.text or update.kind.replace("_", " ")
    if update.kind in _NAMED:
        title = f"{update.kind}: {title.replace('_', ' ')}"
    return Entry(at=update.at, voice=Voice.CHANGE, author=update.author, title=title, because=because)


def _called(call: Call) -> Entry:
    outcome = call.disposition.replace("_", " ")
    title = f"call answered by {call.answered_by}" if call.answered_by else f"call: {outcome}"
    return Entry(at=call.started_at, voice=Voice.CALL, author="caller", title=title, call=call)


def _paged(fact: TimelineEntry) -> Entry:
    who = str(fact.detail.get("party", "staff"))
    by = str(fact.detail.get("by", "text"))
    title = f"{who} paged by {by}" if fact.fact == FactKind.PAGED else f"a text to {who} did not arrive"
    return Entry(at=fact.at, voice=Voice.PAGE, author=_SERVICE, title=title, because=fact.because)
