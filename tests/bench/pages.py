"""How long the server takes for each page of the web desk with a million calls.

`python -m tests.bench.pages [--calls 1000000] [--postgresql]`. Every page that is only looked at is asked for through
the whole application, by somebody signed in; prints the median and the slowest of several rounds, and how much is sent.
Pages that need a parameter are given one; those it knows none for are named, so that none is left out in silence.
"""

import argparse
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPMethod
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import create_engine, text

from app.accounts import Role
from app.store import CallFilters, Store
from app.web.desk.blueprint import PREFIX, desk_pages
from app.web.desk.doors import Page
from tests.app.web.desk.visits import Visit, signed_in
from tests.bench.call_log import count_days, fill, last_moment, made, private_postgresql
from tests.databases import migrate
from tests.desk import make_desk

CALLS = 1_000_000
MUST_SECONDS = 0.050
AIM_SECONDS = 0.015
_ROUNDS = 9
_OPEN_TICKETS = 400
# What a page that takes a parameter is asked for besides.
_MORE = (
    "/desk/calls?span=all&outcome=abandoned",
    "/desk/calls?span=all&q=viewer+room773",
    "/desk/calls?span=90d&line=alternate",
    "/desk/tickets?shown=all",
    "/desk/reports?span=90d",
    "/desk/reports?span=year&beside=year&line=main",
)
# Answers that go on for as long as somebody listens, or give everything there is.
_ENDLESS = re.compile(r"\.csv$|/events|/stream|/live|/watch")
_PARAMETER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


@dataclass(frozen=True, slots=True)
class Timing:
    """What came of one page."""

    address: str
    status: int
    median: float
    slowest: float
    kilobytes: float


def main() -> None:
    """Fill, ask and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--postgresql", action="store_true")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ivr-pages-")))
        targets: dict[str, Callable[[], str]] = {"sqlite": lambda: f"sqlite:///{folder / 'ivr.db'}"}
        if asked.postgresql:
            server = stack.enter_context(private_postgresql())
            targets["postgresql"] = lambda: made(server)
        for name, where in targets.items():
            url = where()
            migrate(url)
            fill(url, 0, asked.calls)
            _open_some(url, asked.calls)
            count_days(url, asked.calls)
            _print(name, asked.calls, *_measured(url, folder / name, asked.calls))


def _open_some(url: str, calls: int) -> None:
    """The newest tickets are still worked on, with clocks that run or have run out."""
    engine = create_engine(url)
    at = last_moment(calls)
    instant = ":at" if engine.dialect.name == "postgresql" else str(int(at.timestamp() * 1_000_000))
    hours = "interval '1 hour' *" if engine.dialect.name == "postgresql" else "3600000000 *"
    change = (
        f"UPDATE tickets SET status = 'in_progress', acknowledged_at = created_at, "  # noqa: S608 - our own words
        f"update_due_at = {instant} + {hours} (number % 9 - 2), resolve_due_at = {instant} + {hours} (number % 40 - 3) "
        "WHERE number > :oldest"
    )
    values = {"oldest": 1000 + calls - _OPEN_TICKETS} | ({"at": at} if ":at" in instant else {})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(change), values)
    engine.dispose()


def _measured(url: str, folder: Path, calls: int) -> tuple[list[Timing], list[str]]:
    """Each page's timing, and the rules of those that were not asked for."""
    folder.mkdir()
    desk = make_desk(url, folder, store=Store.open(url, timeout_seconds=60))
    desk.clock.show(last_moment(calls))
    visit = signed_in(desk.services, "Lasha Dalakishvili", Role.ADMIN)
    newest = desk.services.store.calls.page(CallFilters(), limit=1).items[0]
    known = {"call_sid": newest.call.call_sid, "number": str(newest.ticket.number), "name": "Jamison White"}
    found, left = [], []
    for page in _looked_at(desk_pages(desk.services)):
        address = _address(page, known)
        if address is None:
            left.append(page.rule)
        else:
            found.append(_timed(visit, address))
    found += [_timed(visit, address) for address in _MORE]
    desk.services.store.close()
    return found, left


def _looked_at(pages: tuple[Page, ...]) -> Iterator[Page]:
    for page in pages:
        if page.method is HTTPMethod.GET and not page.watches and "<path:" not in page.rule:
            yield page


def _address(page: Page, known: dict[str, str]) -> str | None:
    if _ENDLESS.search(page.rule) or set(_PARAMETER.findall(page.rule)) - known.keys():
        return None
    path = _PARAMETER.sub(lambda found: known[found[1]], page.rule)
    return path if path == "/" else f"{PREFIX}{path}"


def _timed(visit: Visit, address: str) -> Timing:
    took = []
    for _ in range(_ROUNDS + 1):
        begun = perf_counter()
        answer = visit.client.get(address, headers={"Accept-Encoding": "gzip"})
        size = len(answer.get_data())
        took.append(perf_counter() - begun)
    # The first draws what is kept from then on, such as templates.
    return Timing(address, answer.status_code, median(took[1:]), max(took[1:]), size / 1024)


def _print(name: str, calls: int, found: list[Timing], left: list[str]) -> None:
    print(f"\nPages on {name} with {calls:,} calls: milliseconds at the server, and kilobytes sent.")
    print(f"{'':54}{'status':>7}{'median':>9}{'slowest':>9}{'KB':>8}")
    for each in sorted(found, key=lambda one: -one.median):
        verdict = "" if each.median <= AIM_SECONDS else " over the aim" if each.median <= MUST_SECONDS else " TOO SLOW"
        times = f"{each.median * 1e3:9.1f}{each.slowest * 1e3:9.1f}"
        print(f"{each.address[:53]:54}{each.status:7}{times}{each.kilobytes:8.1f}{verdict}")
    if left:
        print("Not asked for: " + ", ".join(sorted(set(left))))


if __name__ == "__main__":
    main()
