"""Clients known by number, and blocked numbers: new, gone or treated differently, in words."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.difference.changes import Change, Section, compared, turned
from app.flow.book import FlowBook
from app.flow.callers import BlockedNumber, Client, KnownCallers
from app.written import listed
from oncall import Source

_DIGIT = "x"


@dataclass(frozen=True, slots=True)
class _Site:
    """A site of a client with the numbers it calls with, as they are written."""

    client: Client
    numbers: tuple[str, ...]

    @property
    def source(self) -> Source:
        return self.client.source


def client_changes(old: FlowBook, new: FlowBook) -> Iterator[Change]:
    """Yield what changes about whom the desk knows by number, how their calls are treated, and who is blocked."""
    yield from compared(
        _sites(old.callers),
        _sites(new.callers),
        section=Section.CLIENTS,
        kind="client",
        differ=_differ,
        about=lambda site: f": {', '.join(_about(site))}",
    )
    yield from compared(
        old.callers.blocked,
        new.callers.blocked,
        section=Section.CLIENTS,
        kind="blocked number",
        differ=_block,
        about=lambda block: f": {block.reason}",
    )


def _sites(callers: KnownCallers) -> dict[str, _Site]:
    numbers: dict[str, list[str]] = {}
    clients: dict[str, Client] = {}
    ranges = {f"{each.prefix}{_DIGIT * (each.length - len(each.prefix))}": of for each, of in callers.ranges.items()}
    for number, client in (*callers.numbers.items(), *ranges.items()):
        name = f"{client.name}, {client.site}"
        clients[name] = client
        numbers.setdefault(name, []).append(number)
    in_order = sorted(clients.items(), key=lambda each: (each[1].source.file, each[1].source.line))
    return {name: _Site(client, tuple(numbers[name])) for name, client in in_order}


def _about(site: _Site) -> Iterator[str]:
    client = site.client
    yield client.title
    yield listed(site.numbers)
    if client.priority_floor:
        yield f"calls of at least priority {client.priority_floor}"
    if client.language:
        yield f"language {client.language}"
    if client.greeting:
        yield f"greeted with prompt {client.greeting}"
    if client.shared:
        yield "a shared number"


def _differ(was: _Site, now: _Site) -> Iterator[str]:
    before, after = was.client, now.client
    yield from turned("called", before.title, after.title)
    won = [number for number in now.numbers if number not in was.numbers]
    lost = [number for number in was.numbers if number not in now.numbers]
    if won:
        yield f"now also known by {listed(won)}"
    if lost:
        yield f"no longer known by {listed(lost)}"
    yield from turned("has calls of at least priority", before.priority_floor, after.priority_floor)
    yield from turned("hears language", before.language, after.language)
    yield from turned("greeted with prompt", before.greeting, after.greeting)
    if before.shared != after.shared:
        many = "many people call with its numbers: a second call may be about something else"
        yield f"{'now' if after.shared else 'no longer so that'} {many}"


def _block(was: BlockedNumber, now: BlockedNumber) -> Iterator[str]:
    yield from turned("blocked because of", was.reason, now.reason)
