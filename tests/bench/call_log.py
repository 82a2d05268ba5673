"""How long pages of the call log and figures of reports take with millions of calls.

`python -m tests.bench.call_log [--calls 5000000] [--postgresql]`

Fills a SQLite database (with --postgresql a private server besides) by statements of its own, and prints medians and
the slowest of several rounds for a small log and for the large one.
"""

import argparse
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, create_engine, text

from app.cdr.records import Disposition
from app.store import CallerNumbers, CallFilters, FigureKind, Span, Store
from app.store.paging import packed
from oncall import Priority, local_date
from tests.databases import PostgresqlServer, migrate, start_postgresql

SMALL = 100_000
LARGE = 5_000_000
PAGE = 50
_ROUNDS = 15
_BATCH = 250_000
_SECONDS_APART = 17
_NEWEST = datetime(2026, 11, 28, 9, tzinfo=UTC)
# Who calls once in a thousand calls, and the number that called only a few times in all.
_RARE = "+18165550199"
_ZONE = ZoneInfo("America/Chicago")
_CLINIC = CallerNumbers(spans=(Span("+18165550117", "+18165550117"), Span("+18165550119", "+18165550119")))
_HOSPITAL = CallerNumbers(spans=(Span("+18165550120", "+18165550159"),))
_SELDOM = CallerNumbers(spans=(Span("+18165550198", "+18165550199"),))
_ALL = CallerNumbers(spans=(Span("+18165550100", "+18165550190"),))


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a database is told to make many rows, and what an instant and a random name are there."""

    numbers: str
    instant: str
    sid: str
    integer: str
    no: str


SQLITE = Dialect(
    numbers="WITH RECURSIVE s(n) AS (VALUES(:first) UNION ALL SELECT n+1 FROM s WHERE n < :last) ",
    instant="(:start + CAST({0} AS INTEGER) * 1000000)",
    sid="'CA' || lower(hex(randomblob(16)))",
    integer="CAST({0} AS INTEGER)",
    no="0",
)
POSTGRESQL = Dialect(
    numbers="WITH s AS (SELECT n FROM generate_series(CAST(:first AS int), :last) AS n) ",
    instant="(timestamptz 'epoch' + make_interval(secs => (:start / 1000000.0 + {0})))",
    sid="'CA' || md5(n::text || 'x')",
    integer="CAST(floor({0}) AS int)",
    no="false",
)


def main() -> None:
    """Fill, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=LARGE)
    parser.add_argument("--postgresql", action="store_true")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ivr-call-log-")))
        targets: dict[str, Callable[[], str]] = {"sqlite": lambda: f"sqlite:///{folder / 'ivr.db'}"}
        if asked.postgresql:
            server = stack.enter_context(private_postgresql())
            targets["postgresql"] = lambda: made(server)
        for name, where in targets.items():
            url = where()
            migrate(url)
            figures = {}
            begun = perf_counter()
            for first, last in ((0, SMALL), (SMALL, max(asked.calls, SMALL + 1))):
                fill(url, first, last)
                counted = count_days(url, last)
                figures[last] = {**_measured(url, last), "counting one day anew": counted}
            _print(name, figures, perf_counter() - begun)


@contextmanager
def private_postgresql() -> Iterator[PostgresqlServer]:
    """A server that goes with the block."""
    data = Path(tempfile.mkdtemp(prefix="ivr-call-log-pg-"))
    server = start_postgresql(data / "data")
    try:
        yield server
    finally:
        server.handle.cleanup()
        shutil.rmtree(data, ignore_errors=True)


def made(server: PostgresqlServer) -> str:
    """The address of a new database."""
    server.run("CREATE DATABASE calls")
    return server.url("calls")


def fill(url: str, first: int, last: int) -> None:
    """Calls number `first` to `last`, in order of time; indexes are made anew behind them, which takes a fraction."""
    engine = create_engine(url)
    dialect = POSTGRESQL if engine.dialect.name == "postgresql" else SQLITE
    start = int(_NEWEST.timestamp() * 1_000_000) - LARGE * _SECONDS_APART * 1_000_000
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if dialect is SQLITE:
            for pragma in ("synchronous = OFF", "cache_size = -2000000", "temp_store = MEMORY"):
                connection.execute(text(f"PRAGMA {pragma}"))
        indexes = _dropped(connection, dialect)
        for begin in range(first, last, _BATCH):
            bounds = {"first": begin, "last": min(begin + _BATCH, last) - 1, "start": start}
            connection.execute(text("BEGIN"))
            for statement in _rows(dialect):
                used = {name: value for name, value in bounds.items() if f":{name}" in statement}
                connection.execute(text(statement), used)
            connection.execute(text("COMMIT"))
        for index in indexes:
            connection.execute(text(index))
        for settle in ("ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)") if dialect is SQLITE else ("VACUUM ANALYZE",):
            connection.execute(text(settle))
    engine.dispose()


def _dropped(connection: Connection, dialect: Dialect) -> list[str]:
    """The secondary indexes, which are gone then."""
    if dialect is SQLITE:
        found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql <> ''")).all()
    else:
        question = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('calls', 'tickets', 'legs') "
            "AND indexname NOT LIKE 'pk_%'"
        )
        found = connection.execute(text(question)).all()
    mine = [(name, made) for name, made in found if name.startswith(("ix_calls", "ix_tickets", "ix_legs"))]
    for name, _ in mine:
        connection.execute(text(f"DROP INDEX {name}"))
    return [made for _, made in mine]


def _rows(to: Dialect) -> Iterator[str]:
    """What fills the tables: 9 of 10 calls are taken, by one of four people; a tenth is left as a message or lost."""
    at, whole = to.instant.format, to.integer.format
    number = "'+1816555' || CASE WHEN n % 40000 = 7 THEN '0199' ELSE substr(CAST(10100 + n % 98 AS TEXT), 2) END"
    person = (
        "CASE n % 4 WHEN 0 THEN 'Jamison White' WHEN 1 THEN 'Lasha Dalakishvili' "
        "WHEN 2 THEN 'triggerfish-1' ELSE 'triggerfish-2' END"
    )
    priority = "CASE WHEN n % 40000 = 9 THEN 'low' WHEN n % 50 = 0 THEN 'emergency' ELSE 'high' END"
    taken, begun = "n % 10 < 9", f"n * {_SECONDS_APART}"
    owner = f"CASE WHEN {taken} THEN {person} END"
    yield (
        f"{to.numbers}INSERT INTO tickets "  # noqa: S608 - our own words, here and below
        "(number, channel, priority, status, subject, requester, created_at, assignee) "
        "SELECT 1001 + n, 'phone', CASE n % 10 WHEN 0 THEN 'emergency' WHEN 1 THEN 'high' ELSE 'medium' END, "
        f"'closed', 'Call on the main line', {number}, {at(begun)}, {owner} FROM s"
    )
    yield (
        f"{to.numbers}INSERT INTO calls (call_sid, line, caller, caller_tail, dialled, started_at, config_revision, "  # noqa: S608
        "priority, answered_at, ended_at, wait_seconds, talk_seconds, disposition, answered_by, answered_by_key, "
        f"ticket, stage, tags) SELECT {to.sid}, CASE WHEN n % 20 = 0 THEN 'alternate' ELSE 'main' END, {number}, "
        f"substr({number}, 6), '+18162327483', {at(begun)}, '4be1c0ffee', {priority}, "
        f"CASE WHEN {taken} THEN {at(f'{begun} + 20')} END, {at(f'{begun} + 200')}, 20, "
        f"CASE WHEN {taken} THEN {whole('n % 180')} END, "
        f"CASE WHEN {taken} THEN 'answered' WHEN n % 20 = 9 THEN 'voicemail' ELSE 'abandoned' END, "
        f"{owner}, lower({owner}), 1001 + n, 'after talking', '[]' FROM s"
    )
    yield (
        "INSERT INTO legs (call_sid, turn, number, place, party, team, started_at, because, source, screened, "  # noqa: S608
        "accepted_at, ended_at, outcome) "
        "SELECT call_sid, 2, '+18165550101', 0, coalesce(answered_by, 'Jamison White'), 'offsite', started_at, "
        f"'ring group offsite', 'schedules/staff.yaml:34', {to.no}, answered_at, ended_at, 'accepted' "
        "FROM calls WHERE ticket BETWEEN 1001 + :first AND 1001 + :last ORDER BY call_sid"
    )
    # What people wrote about one ticket of ten: two words that are everywhere, never together, and one that is rare.
    for word, written in (
        ("'viewer'", "n % 10 = 3"),
        ("'printer'", "n % 10 = 7"),
        ("'room' || n % 9999", "n % 10 = 3"),
    ):
        yield f"{to.numbers}INSERT INTO ticket_words (word, ticket) SELECT {word}, 1001 + n FROM s WHERE {written}"  # noqa: S608 - likewise


def _measured(url: str, calls: int) -> Mapping[str, tuple[float, float]]:
    """Seconds for each question: the median, and the slowest of the rounds."""
    store = Store.open(url, timeout_seconds=60)
    newest = store.calls.page(CallFilters(), limit=PAGE).items
    middle = _NEWEST - timedelta(seconds=(LARGE - calls // 2) * _SECONDS_APART)
    month = timedelta(days=30)
    by, last = _cursor(url, PAGE * 999), local_date(last_moment(calls), zone=_ZONE)
    questions: dict[str, Callable[[], object]] = {
        "newest page": lambda: store.calls.page(CallFilters(), limit=PAGE),
        "one line": lambda: store.calls.page(CallFilters(line="alternate"), limit=PAGE),
        "missed calls": lambda: store.calls.page(CallFilters(disposition=Disposition.ABANDONED), limit=PAGE),
        "line, missed, 30 days in the middle": lambda: store.calls.page(
            CallFilters(since=middle, until=middle + month, line="main", disposition=Disposition.ABANDONED), limit=PAGE
        ),
        "page 1000": lambda: store.calls.page(CallFilters(), limit=PAGE, cursor=by),
        "by id": lambda: store.calls.get(newest[-1].call.call_sid),
        "number of a few calls": lambda: store.calls.page(CallFilters(caller=_RARE), limit=PAGE),
        "number of many calls": lambda: store.calls.page(CallFilters(q="816-555-0117"), limit=PAGE),
        "number nobody has": lambda: store.calls.page(CallFilters(q="816-555-0198"), limit=PAGE),
        "ticket number": lambda: store.calls.page(CallFilters(q=str(1001 + calls // 2)), limit=PAGE),
        "who answered": lambda: store.calls.page(CallFilters(q="lasha dalakishvili"), limit=PAGE),
        "nobody by that name": lambda: store.calls.page(CallFilters(q="nobody at all"), limit=PAGE),
        "text: a word of few": lambda: store.calls.page(CallFilters(q="room773"), limit=PAGE),
        "text: a word of many": lambda: store.calls.page(CallFilters(q="viewer"), limit=PAGE),
        "text: a word of many and a rare one": lambda: store.calls.page(CallFilters(q="viewer room773"), limit=PAGE),
        "text: two words of many, never together": lambda: store.calls.page(
            CallFilters(q="viewer printer"), limit=PAGE
        ),
        "text: a beginning": lambda: store.calls.page(CallFilters(q="viewer room77"), limit=PAGE),
        "text: a word nobody wrote": lambda: store.calls.page(CallFilters(q="viewer zeppelin"), limit=PAGE),
        "90-day charts": lambda: store.days.sums(last - timedelta(days=89), last),
        "90-day charts of one line": lambda: store.days.sums(last - timedelta(days=89), last, line="main"),
        "90-day charts beside 90 days": lambda: (
            store.days.sums(last - timedelta(days=89), last),
            store.days.sums(last - timedelta(days=179), last - timedelta(days=90)),
        ),
        "priority": lambda: store.calls.page(CallFilters(priority=Priority.EMERGENCY), limit=PAGE),
        "priority of few calls": lambda: store.calls.page(CallFilters(priority=Priority.LOW), limit=PAGE),
        "client with two numbers": lambda: store.calls.page(CallFilters(numbers=_CLINIC), limit=PAGE),
        "client that called a few times": lambda: store.calls.page(CallFilters(numbers=_SELDOM), limit=PAGE),
        "client with forty numbers, missed": lambda: store.calls.page(
            CallFilters(numbers=_HOSPITAL, disposition=Disposition.ABANDONED), limit=PAGE
        ),
        "client with ninety numbers": lambda: store.calls.page(CallFilters(numbers=_ALL), limit=PAGE),
        "number and missed": lambda: store.calls.page(
            CallFilters(caller="8165550117", disposition=Disposition.ABANDONED), limit=PAGE
        ),
    }
    figures = {name: _timed(question) for name, question in questions.items()}
    store.close()
    return figures


def count_days(url: str, calls: int) -> tuple[float, float]:
    """Counts every day there is, by the sweep's own way; the median and the slowest of what a day took."""
    # The clock process reads and writes within a second, as everybody does.
    store = Store.open(url, timeout_seconds=60)
    at = last_moment(calls)
    store.days.plan(at=at, zone=_ZONE)
    took = []
    while due := store.days.due(at=at, limit=60):
        for each in due:
            begun = perf_counter()
            store.days.count(each, at=at, zone=_ZONE, again_at=at + timedelta(days=9999))
            if each.kind is FigureKind.CALLS:
                took.append(perf_counter() - begun)
    store.close()
    return median(took), max(took)


def last_moment(calls: int) -> datetime:
    """When the newest of so many calls came."""
    return _NEWEST - timedelta(seconds=(LARGE - calls) * _SECONDS_APART)


def _cursor(url: str, calls: int) -> str:
    """Where the page after so many calls begins."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT call_sid, started_at FROM calls ORDER BY started_at DESC, call_sid DESC LIMIT 1 OFFSET :skip"),
            {"skip": calls - 1},
        ).one()
    engine.dispose()
    at = found.started_at
    return packed(at if isinstance(at, datetime) else datetime.fromtimestamp(at / 1_000_000, UTC), found.call_sid)


def _timed(question: Callable[[], object]) -> tuple[float, float]:
    question()
    took = []
    for _ in range(_ROUNDS):
        begun = perf_counter()
        question()
        took.append(perf_counter() - begun)
    return median(took), max(took)


def _print(name: str, figures: Mapping[int, Mapping[str, tuple[float, float]]], seconds: float) -> None:
    small, large = figures.values()
    sizes = "".join(f"{f'{calls:,}':>24}" for calls in figures)
    print(
        f"\nCall log on {name}, filled in {seconds:.0f} s: milliseconds a page of {PAGE}, from the question to objects."
    )
    print(f"{'':38}{sizes}{'ratio':>10}\n{'':38}" + f"{'median':>14}{'slowest':>10}" * len(figures))
    for question in small:
        cells = "".join(f"{each[question][0] * 1e3:14.2f}{each[question][1] * 1e3:10.2f}" for each in (small, large))
        print(f"{question:38}{cells}{large[question][0] / small[question][0]:10.2f}")


if __name__ == "__main__":
    main()
