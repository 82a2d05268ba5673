"""Writes down what was heard and done in calls that were played, and what the record then says, as a page to read."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from zoneinfo import ZoneInfo

from app.cdr.records import Leg, TicketUpdate
from app.simulator.events import Dialled
from app.simulator.trace import Trace
from app.simulator.transcript import clock_time, lines
from tests.desk import BASE_URL, Desk, PlayedCall

ZONE = ZoneInfo("America/Chicago")
MUSIC = f"{BASE_URL}/voice/hold-music.wav"
WIDTH = 118
_INDENT = " " * 10


def page(title: str, about: str, *, desk: Desk, journals: Sequence[Trace], calls: Sequence[PlayedCall]) -> str:
    """The whole page: a title, what it is about, what happened, and what the record says."""
    told = [f"# {title}", "", *_wrapped(about, indent=""), ""]
    for journal in journals:
        started = journal.events[0].at.astimezone(ZONE)
        told += [f"## {started:%A %d %B %Y}, {started:%H:%M}, {started.tzname()}", "", *_happened(journal, desk), ""]
    told += ["## What the record says", ""]
    for number, played in enumerate(calls, 1):
        told += [*_recorded(played, f"Call {number}" if len(calls) > 1 else "The call"), ""]
    return "\n".join(told).rstrip() + "\n"


def _happened(journal: Trace, desk: Desk) -> Iterator[str]:
    spoken = [
        f"{clock_time(event.at, ZONE)}  {_plain(words)}"
        for event, words in lines(journal, names=desk.names() | _callers(journal))
    ]
    for words, same in groupby(_without_waiting(spoken), key=lambda line: line.partition("  ")[2]):
        first, *more = same
        again = f" ({len(more) + 1} times)" if more else ""
        yield from _wrapped(f"{first.partition('  ')[0]}  {words}{again}", indent=_INDENT)


def _callers(journal: Trace) -> dict[str, str]:
    """What the phone of each caller is called when it is rung."""
    numbers = [event.caller for event in journal.of(Dialled) if event.caller]
    return {number: f"caller {place}'s phone" for place, number in enumerate(numbers, 1)}


def _plain(words: str) -> str:
    words = words.replace(MUSIC, "music")
    if words.startswith("caller") and "'s phone" in words:
        return words.replace("the caller", "whoever called back")
    return words


def _without_waiting(spoken: list[str]) -> Iterator[str]:
    """The lines without those that say that somebody pressed no key while they waited in line."""
    music: set[str] = set()
    for line in spoken:
        party, _, _ = line.partition("  ")[2].partition(" hears ")
        if line.endswith(" hears music"):
            music.add(party)
        elif line.endswith(" presses nothing") and line.partition("  ")[2].removesuffix(" presses nothing") in music:
            continue
        yield line


def _recorded(played: PlayedCall, name: str) -> Iterator[str]:
    call, ticket = played.call, played.ticket
    by = f" by {call.answered_by}" if call.answered_by else ""
    waited = "" if call.wait_seconds is None else f", after {call.wait_seconds} s"
    talked = "" if call.talk_seconds is None else f", talked {call.talk_seconds} s"
    yield f"{name} on the {call.line} line: {call.disposition}{by}{waited}{talked}"
    for leg in played.legs:
        yield from _wrapped(f"  rang {_rung(leg)}", indent="       ")
    owner = f", {ticket.assignee}" if ticket.assignee else ""
    tags = f" ({', '.join(call.tags)})" if call.tags else ""
    yield f"  ticket {ticket.number}, {ticket.priority}, {ticket.status}{owner}{tags}"
    yield f"  {ticket.subject}"
    for update in _updates(played):
        yield f"  {clock_time(update.at, ZONE)}  {update.author}: {update.text}"


def _rung(leg: Leg) -> str:
    # The file and not the line: an edit further up in it changes nothing here.
    return f"{leg.party}: {leg.outcome} · {leg.because} [{re.sub(r':[0-9]+$', '', leg.source)}]"


def _updates(played: PlayedCall) -> Iterable[TicketUpdate]:
    found = played.services.store.tickets.get(played.ticket.number or 0)
    return () if found is None else found.updates


def _wrapped(text: str, *, indent: str) -> Iterator[str]:
    line = ""
    for word in re.split(r"(?<=\S) ", text):
        if line.strip() and len(line) + 1 + len(word) > WIDTH:
            yield line
            line = indent + word
        else:
            line = f"{line} {word}" if line else word
    yield line
