"""The page of reports: who may read it, what its address means, what it says of nothing and of changes, its tables."""

import csv
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.accounts import Role
from app.cdr.call_sums import CallSums
from app.cdr.records import Disposition
from app.reports import Span, keep_figures
from app.web.desk import reports_view as view
from app.web.desk.reports_queries import Beside, ReportQuery, report_query
from tests.app.store.samples import leg, record
from tests.app.web.desk.visits import Visit, browser, signed_in
from tests.desk import Desk, make_desk
from tests.seasons import a_season_of_calls

NOW = datetime.fromisoformat("2026-11-30T12:20-06:00")
TODAY = date(2026, 11, 30)


@dataclass
class Reader:
    """A supervisor who is signed in at a desk."""

    desk: Desk
    visit: Visit

    def page(self, address: str = "/desk/reports") -> str:
        answer = self.visit.opens(address)
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    def table(self, address: str) -> list[list[str]]:
        answer = self.visit.opens(address)
        assert answer.mimetype == "text/csv"
        return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


@pytest.fixture(scope="module")
def reader(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Three weeks of calls, counted; nothing here changes them."""
    folder = tmp_path_factory.mktemp("weeks")
    shutil.copyfile(sqlite_template, folder / "ivr.db")
    desk = make_desk(f"sqlite:///{folder}/ivr.db", folder)
    a_season_of_calls(desk, until=NOW, days=21)
    desk.clock.show(NOW)
    keep_figures(desk.services)
    keep_figures(desk.services)
    yield Reader(desk, signed_in(desk.services))
    desk.services.store.close()


@pytest.fixture
def newcomer(desk: Desk) -> Reader:
    """A desk of one's own, without a call."""
    desk.clock.show(NOW)
    return Reader(desk, signed_in(desk.services))


def test_reports_are_for_overseers(desk: Desk) -> None:
    nobody, staff = browser(desk.services), signed_in(desk.services, "triggerfish-1", Role.STAFF)
    for address in ("/desk/reports", "/desk/reports.csv"):
        assert nobody.opens(address).status_code == 401
        assert staff.opens(address).status_code == 403


def test_a_new_desk_is_told_what_makes_figures(newcomer: Reader) -> None:
    said = newcomer.page()
    assert "No figures yet" in said
    assert "What these figures mean" in said


def test_days_without_anything_say_so_and_lead_back(reader: Reader) -> None:
    said = reader.page("/desk/reports?span=dates&first=2020-01-01&last=2020-01-03")
    assert "Nothing happened in these days" in said
    assert "1 Jan to 3 Jan 2020" in said
    assert "There is nothing to compare with: the first call was on" in said


def test_a_report_says_how_old_it_is_and_when_nothing_is_counted_any_more(reader: Reader) -> None:
    said = reader.page()
    assert "As of <time" in said
    assert "today is not over" in said
    assert "standing still" not in said
    reader.desk.clock.show(NOW + timedelta(minutes=6))
    assert "standing still" in reader.page()
    assert "standing still" not in reader.page("/desk/reports?span=yesterday"), "yesterday does not grow old"
    reader.desk.clock.show(NOW)


def test_days_that_are_not_counted_yet_are_told_of(newcomer: Reader) -> None:
    desk = newcomer.desk
    with desk.services.store.turn() as turn:
        turn.open(record(1, started_at=NOW - timedelta(days=80)))
    keep_figures(desk.services)
    assert "Days are still being counted: 51 of these are missing" in newcomer.page("/desk/reports?span=90d")
    keep_figures(desk.services)
    keep_figures(desk.services)
    assert "still being counted" not in newcomer.page("/desk/reports?span=90d")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?span=today",
        "?span=yesterday&beside=year",
        "?span=90d&beside=nothing&within=20",
        "?span=month&line=alternate",
        "?span=last_month",
        "?span=year",
        "?span=dates&first=2026-11-20",
        "?span=dates",
        "?span=dates&first=2026-12-24&last=2027-01-02",
        "?span=dates&first=1999-01-01&last=9999-12-31",
        "?span=%00&first=x&last=y&line=%F0%9F%A6%8A&beside=z&within=61",
    ],
)
def test_whatever_is_asked_for_is_answered(reader: Reader, query: str) -> None:
    said = reader.page(f"/desk/reports{query}")
    assert "Reports" in said
    assert "None" not in said
    assert "nan" not in said.split()


DAYS = [
    ("today", Span(TODAY, TODAY)),
    ("yesterday", Span(date(2026, 11, 29), date(2026, 11, 29))),
    ("7d", Span(date(2026, 11, 24), TODAY)),
    ("30d", Span(date(2026, 11, 1), TODAY)),
    ("month", Span(date(2026, 11, 1), TODAY)),
    ("last_month", Span(date(2026, 10, 1), date(2026, 10, 31))),
    ("year", Span(date(2025, 12, 1), TODAY)),
]


@pytest.mark.parametrize(("span", "days"), DAYS)
def test_each_choice_of_days(span: str, days: Span) -> None:
    query = report_query({"span": span})
    assert query.days(TODAY) == days
    assert report_query(_parameters(query.address())).days(TODAY) == days, "its address means the same"


def _parameters(address: str) -> dict[str, str]:
    return dict(part.split("=") for part in address.partition("?")[2].split("&") if part)


BETWEEN: list[tuple[dict[str, str], Span]] = [
    ({"first": "2026-11-02", "last": "2026-11-08"}, Span(date(2026, 11, 2), date(2026, 11, 8))),
    ({"first": "2026-11-08", "last": "2026-11-02"}, Span(date(2026, 11, 2), date(2026, 11, 8))),
    ({"first": "2026-11-02", "last": "2027-11-08"}, Span(date(2026, 11, 2), TODAY)),
    ({"first": "2027-11-02", "last": "2027-11-08"}, Span(TODAY, TODAY)),
    ({"first": "2026-11-25"}, Span(date(2026, 11, 25), TODAY)),
    ({"last": "2026-11-25"}, Span(date(2026, 11, 25), date(2026, 11, 25))),
    ({}, Span(TODAY, TODAY)),
]


@pytest.mark.parametrize(("given", "days"), BETWEEN)
def test_dates_in_whatever_order(given: dict[str, str], days: Span) -> None:
    query = report_query({"span": "dates", **given})
    assert query.days(TODAY) == days
    assert query.days(TODAY).length >= 1


def test_what_is_compared_with() -> None:
    days = Span(date(2026, 11, 24), TODAY)
    assert ReportQuery().other_days(days) == Span(date(2026, 11, 17), date(2026, 11, 23))
    assert ReportQuery(beside=Beside.YEAR).other_days(days) == Span(date(2025, 11, 25), date(2025, 12, 1))
    assert ReportQuery(beside=Beside.NOTHING).other_days(days) is None


def sums(**counts: int) -> CallSums:
    return CallSums(counts)


NOTHING = CallSums()
WORDS: list[tuple[Any, str]] = [
    (view.percent(None), "\N{EN DASH}"),
    (view.percent(0), "0%"),
    (view.percent(0.001), "<1%"),
    (view.percent(0.999), ">99%"),
    (view.percent(1), "100%"),
    (view.of(0, 0), "no calls to count"),
    (view.of(1, 1), "1 of 1 call"),
    (view.of(4100, 5000), "4,100 of 5,000 calls"),
    (view.seconds(None), "\N{EN DASH}"),
    (view.seconds(61.6), "1:02"),
    (view.attempt_words(1, 4), "1st attempt"),
    (view.attempt_words(4, 4), "4th and later"),
    (view.span_words(Span(TODAY, TODAY)), "Monday 30 Nov 2026"),
    (view.span_words(Span(date(2025, 12, 1), TODAY)), "1 Dec 2025 to 30 Nov 2026"),
]


@pytest.mark.parametrize(("said", "words"), WORDS)
def test_words(said: str, words: str) -> None:
    assert said == words


def test_a_difference_says_its_direction_and_whether_it_is_good() -> None:
    better, worse = view.points(0.84, 0.8, up_is_good=True), view.points(0.07, 0.06, up_is_good=False)
    assert better is not None
    assert worse is not None
    assert (better.words, better.direction, better.is_good) == ("better: up 4 points, from 80%", "up", True)
    assert (worse.words, worse.direction, worse.is_good) == ("worse: up 1 point, from 6%", "up", False)
    faster = view.spans(30.2, 42)
    assert faster is not None
    assert (faster.words, faster.is_good) == ("better: down 0:12, from 0:42", True)
    more, new = view.numbers(15, 10), view.numbers(3, 0)
    assert more is not None
    assert new is not None
    assert (more.words, more.is_good, new.words) == ("up 50%, from 10", None, "up, from none")


def test_a_difference_to_nothing_is_withheld() -> None:
    assert view.points(None, 0.5, up_is_good=True) is None
    assert view.points(0.5, None, up_is_good=True) is None
    assert view.spans(None, 3) is None
    assert view.numbers(3, None) is None
    same = view.points(0.501, 0.499, up_is_good=True)
    assert same is not None
    assert same.words == "as before, 50%"


def test_what_came_of_calls_adds_up_to_all_of_them() -> None:
    counts = {"hour_09": 10, "ended_answered": 3, "ended_voicemail": 2, "ended_abandoned": 4, "short": 3}
    kinds = view.by_kind(sums(**counts, ended_failed=1))
    assert kinds == {"answered": 3, "service": 0, "message": 2, "left": 1, "other": 4}


def test_a_line_is_chosen_by_its_name_and_tickets_are_said_to_have_none(reader: Reader) -> None:
    whole, one = reader.table("/desk/reports.csv"), reader.table("/desk/reports.csv?line=alternate")
    assert 0 < int(one[-1][1]) < int(whole[-1][1])
    assert "Tickets belong to no line" in reader.page("/desk/reports?line=alternate")


def test_the_table_of_days_adds_up_and_leaves_what_cannot_be_said_empty(reader: Reader) -> None:
    head, *days, total = reader.table("/desk/reports.csv?span=30d&within=20")
    assert len(days) == 30
    calls = head.index("calls")
    assert sum(int(row[calls]) for row in days) == int(total[calls])
    assert sum(int(total[head.index(each)]) for each in Disposition) == int(total[calls])
    assert "answered_within_20_s" in head
    empty = next(row for row in days if row[calls] == "0")
    assert empty[head.index("answer_rate")] == "", "a share of nothing is no zero"


@pytest.mark.parametrize("name", ["days", "hours", "attempts", "people", "clocks"])
def test_every_table_has_as_many_cells_in_each_row(reader: Reader, name: str) -> None:
    rows = reader.table(f"/desk/reports.csv?table={name}")
    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}


def test_an_export_is_in_the_audit_log_and_another_table_is_not_there(reader: Reader) -> None:
    visit = reader.visit
    assert visit.opens("/desk/reports.csv?table=secrets").status_code == 404
    answer = visit.opens("/desk/reports.csv?table=people&span=7d")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="people-2026-11-24-2026-11-30.csv"'
    newest = reader.desk.services.store.audit.list(limit=1).items[0]
    assert (newest.actor, newest.action) == ("Lasha Dalakishvili", "report_exported")
    assert newest.detail == {"table": "people", "days": "2026-11-24 to 2026-11-30"}


def test_no_name_makes_a_spreadsheet_reckon(newcomer: Reader) -> None:
    with newcomer.desk.services.store.turn() as turn:
        turn.open(replace(record(1, started_at=NOW), legs=(leg(1, party="=cmd()"),)))
    keep_figures(newcomer.desk.services)
    assert newcomer.table("/desk/reports.csv?table=people")[1][0] == "'=cmd()"
