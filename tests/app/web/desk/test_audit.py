"""The audit log: looked through by who, what, to what and when, and taken along as a table."""

import csv
import io
import re
from datetime import timedelta

import pytest

from app.accounts import Role
from app.store import AuditEntry, BadCursor
from tests.app.web.desk.visits import Visit, shortened, signed_in
from tests.desk import Desk


@pytest.fixture
def admin(desk: Desk) -> Visit:
    """With three entries of a bookkeeper, of today, ten and forty days ago."""
    found = signed_in(desk.services, "admin", Role.ADMIN)
    for number, days in enumerate((40, 10, 0)):
        desk.services.store.audit.write(
            AuditEntry(
                at=desk.clock.at - timedelta(days=days),
                actor="a bookkeeper",
                action="figure_looked_at" if number else "figure_made",
                subject=f"figure:{number}",
                detail={"how": "=1+1"},
            )
        )
    return found


@pytest.mark.parametrize(
    ("query", "figures"),
    [
        ("", {"1", "2"}),
        ("span=today", {"2"}),
        ("span=7d", {"2"}),
        ("span=90d", {"0", "1", "2"}),
        ("span=all", {"0", "1", "2"}),
        ("span=all&action=figure_made", {"0"}),
        ("span=all&subject=figure:1", {"1"}),
        ("span=all&actor=a+bookkeeper&action=figure_looked_at", {"1", "2"}),
        ("actor=nobody", set()),
        ("span=nonsense&first=nonsense", {"1", "2"}),
        ("span=dates&last=9999-12-31&first=0001-01-01", {"0", "1", "2"}),
    ],
)
def test_the_log_shows_what_was_asked_for(admin: Visit, query: str, figures: set[str]) -> None:
    page = admin.opens(f"/desk/audit?{query}").get_data(as_text=True)
    assert set(re.findall(r">figure:(\d)<", page)) == figures
    assert '<option value="figure_made"' in page


def test_a_period_between_dates_is_the_desks_and_both_days_are_in_it(desk: Desk, admin: Visit) -> None:
    on = (desk.clock.at - timedelta(days=10)).date()
    page = admin.opens(f"/desk/audit?span=dates&first={on}&last={on}").get_data(as_text=True)
    assert set(re.findall(r">figure:(\d)<", page)) == {"1"}


def test_the_log_goes_on_where_a_page_ended(desk: Desk, admin: Visit) -> None:
    admin = signed_in(shortened(desk.services, 2), "admin", Role.ADMIN)
    seen, address = [], "/desk/audit?span=all&actor=a+bookkeeper"
    while address:
        page = admin.opens(address).get_data(as_text=True)
        seen.append(re.findall(r">figure:(\d)<", page))
        older = re.search(r'href="([^"]+)" rel="next"', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert seen == [["2", "1"], ["0"]]
    assert admin.opens("/desk/audit?after=nonsense").status_code == 404


def test_the_table_is_what_the_log_shows_harmless_and_noted(desk: Desk, admin: Visit) -> None:
    admin = signed_in(shortened(desk.services, 1), "admin", Role.ADMIN)
    answer = admin.opens("/desk/audit.csv?span=all&actor=a+bookkeeper")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [row["to"] for row in rows] == ["figure:2", "figure:1", "figure:0"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d-0[56]:00", row["when"]) for row in rows)
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="audit-')
    (noted,) = desk.services.store.audit.list(limit=1).items
    assert (noted.actor, noted.action) == ("admin", "audit_exported")


def test_entries_of_one_instant_are_each_seen_once(desk_on_each: Desk) -> None:
    log, at = desk_on_each.services.store.audit, desk_on_each.clock.at
    for number in range(5):
        log.write(AuditEntry(at=at, actor="a", action=f"deed_{number % 2}", subject=f"s:{number}"))
    seen: list[str] = []
    cursor = None
    while True:
        page = log.list(limit=2, cursor=cursor, since=at, until=at + timedelta(microseconds=1))
        seen += [each.subject for each in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == ["s:4", "s:3", "s:2", "s:1", "s:0"]
    assert log.actions() == ("deed_0", "deed_1")
    assert log.list(limit=9, until=at).items == ()
    for wrong in ("", "1", "1.", ".1", "1.x", "9" * 17 + ".1", "1." + "9" * 17, "-1.1"):
        if wrong:
            with pytest.raises(BadCursor):
                log.list(limit=1, cursor=wrong)
