"""The pages of the desk, asked for and sent as a browser would, without one."""

import csv
import io
import re
from datetime import datetime

import pytest

from app.accounts import AccountKeeping, Role
from app.cdr.records import TicketStatus
from app.simulator.handsets import ignore
from app.web.desk.look import PLACES
from oncall import Priority
from tests.app.web.desk.visits import PASSWORD, Visit, browser, make_account, shortened, signed_in
from tests.desk import ALTERNATE, MAIN, SATURDAY_NIGHT, TUESDAY_MORNING, Desk, PlayedCall
from tests.outages import leaving

pytestmark = pytest.mark.slow

LASHA, JAMISON = "Lasha Dalakishvili", "Jamison White"


@pytest.fixture
def emergency(desk: Desk) -> PlayedCall:
    """One that nobody took."""
    return desk.everybody(ignore()).dials(MAIN, keys="1", at=SATURDAY_NIGHT)


def text(visit: Visit, address: str) -> str:
    return visit.opens(address).get_data(as_text=True)


def test_whoever_is_not_signed_in_meets_the_form_and_comes_back_to_where_they_were(desk: Desk) -> None:
    make_account(desk.services, LASHA, Role.STAFF)
    visit = browser(desk.services)
    assert visit.opens("/").headers["Location"] == "/desk"
    page = visit.opens("/desk/tickets?shown=all")
    assert page.status_code == 401
    assert 'name="back" value="/desk/tickets?shown=all"' in page.get_data(as_text=True)
    answer = visit.sends("/desk/sign-in", name=LASHA, password=PASSWORD, back="/desk/tickets?shown=all")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/tickets?shown=all")
    cookie = next(each for each in answer.headers.get_all("Set-Cookie") if each.startswith("__Host-desk="))
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/desk\\evil", "/voice/incoming", "/desk\n"]
)
def test_nobody_is_led_elsewhere_after_signing_in(desk: Desk, back: str) -> None:
    make_account(desk.services, LASHA, Role.STAFF)
    visit = browser(desk.services)
    visit.opens("/desk/sign-in")
    assert visit.sends("/desk/sign-in", name=LASHA, password=PASSWORD, back=back).headers["Location"] == "/desk"


def test_a_form_sent_from_another_site_does_nothing(desk: Desk) -> None:
    visit = signed_in(desk.services)
    visit.opens("/desk/account")
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = visit.client.post("/desk/sign-out", data={"form_token": visit.token()}, headers=headers)
    assert answer.status_code == 403
    assert visit.opens("/desk/account").status_code == 200


def test_signing_out_ends_the_session_for_good(desk: Desk) -> None:
    visit = signed_in(desk.services)
    cookie = visit.client.get_cookie("__Host-desk", domain="localhost")
    assert cookie is not None
    visit.opens("/desk/account")
    assert visit.sends("/desk/sign-out").status_code == 303
    visit.client.set_cookie("__Host-desk", cookie.value, domain="localhost")
    assert visit.opens("/desk/account").status_code == 401


def test_every_page_keeps_browsers_strict_and_stays_out_of_caches(desk: Desk) -> None:
    visit = signed_in(desk.services)
    for address in ("/desk/calls", "/desk/nowhere", "/desk/link/none"):
        headers = visit.opens(address).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "max-age" in headers["Strict-Transport-Security"]


def test_no_page_has_a_style_or_a_script_of_its_own(desk: Desk, emergency: PlayedCall) -> None:
    visit = signed_in(desk.services, role=Role.ADMIN)
    for address in (
        "/desk/calls",
        f"/desk/calls/{emergency.sid}",
        "/desk/tickets",
        "/desk/account/code",
        "/desk/users",
    ):
        page = text(visit, address)
        assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", page) == [], address
        assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == [], address


def test_files_are_kept_for_good_under_their_digest_and_sent_packed(desk: Desk) -> None:
    visit = browser(desk.services)
    for address in set(re.findall(r'(?:href|src)="(/desk/assets/[^"#]+)', text(visit, "/desk/sign-in"))):
        answer = visit.client.get(address, headers={"Accept-Encoding": "gzip"})
        assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "gzip"), address
        assert "immutable" in answer.headers["Cache-Control"]
        assert visit.client.get(re.sub(r"/[0-9a-f]{12}/", "/000000000000/", address)).status_code == 404


@pytest.mark.parametrize("place", [each.to for each in PLACES])
def test_the_first_load_is_light(desk: Desk, place: str) -> None:
    visit, packed = signed_in(desk.services, role=Role.ADMIN), {"Accept-Encoding": "gzip"}
    shown = visit.client.get(place, follow_redirects=True)
    assert shown.status_code == (503 if place == "/desk/phone" else 200)  # here nobody runs the telephone exchange
    page = visit.client.get(shown.request.path, headers=packed)
    files = set(re.findall(r'(?:href|src)="(/desk/assets/[^"#]+)', shown.get_data(as_text=True)))
    assert len(files) > 3
    assert len(page.data) + sum(len(visit.client.get(each, headers=packed).data) for each in files) < 150_000


def test_the_log_shows_what_was_asked_for(desk: Desk) -> None:
    desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1", caller="+18165550191")
    other = desk.dials(ALTERNATE, at=TUESDAY_MORNING, caller="+18165550120")
    visit = signed_in(desk.services)
    cases = {
        "": {"0191", "0120"},
        "?span=today": {"0120"},
        "?span=yesterday": set(),
        "?span=dates&first=2026-11-28&last=2026-11-28": {"0191"},
        "?line=alternate": {"0120"},
        "?outcome=answered": {"0191", "0120"},
        "?outcome=abandoned": set(),
        "?person=Jamison+White": {"0191", "0120"},
        "?person=triggerfish-2": set(),
        f"?q={other.ticket.number}": {"0120"},
        "?span=nonsense&outcome=nonsense&first=nonsense": {"0191", "0120"},
    }
    for query, wanted in cases.items():
        assert set(re.findall(r"816-555-(0\d{3})", text(visit, f"/desk/calls{query}"))) == wanted, query


def test_a_number_that_is_searched_for_is_not_in_the_address(desk: Desk) -> None:
    desk.dials(MAIN, caller="+18165550191")
    desk.dials(MAIN, caller="+18165550120")
    visit = signed_in(desk.services)
    for page in ("/desk/calls", "/desk/tickets"):
        visit.opens(page)
        leads_to = visit.sends(page, q="(816) 555-0191", span="all", shown="all").headers["Location"]
        assert "0191" not in leads_to
        found = text(visit, leads_to)
        assert 'value="(816) 555-0191"' in found
        assert set(re.findall(r"816-555-(0\d{3})", found)) == {"0191"}
        assert text(visit, leads_to.replace("~", "~x")).count("816-555-01") > 0


def test_the_log_goes_on_where_a_page_ended(desk: Desk) -> None:
    for minute in range(3):
        desk.dials(MAIN, at=f"2026-12-01T10:{minute}5-06:00", caller=f"+1816555012{minute}")
    visit = signed_in(shortened(desk.services, 2))
    first = text(visit, "/desk/calls")
    assert set(re.findall(r"816-555-(0\d{3})", first)) == {"0122", "0121"}
    older = re.search(r'href="([^"]+)" rel="next"', first)
    assert older is not None
    second = text(visit, older[1].replace("&amp;", "&"))
    assert set(re.findall(r"816-555-(0\d{3})", second)) == {"0120"}
    assert "Newest" in second


def test_the_export_is_what_the_log_shows_in_local_times_and_is_noted(desk: Desk) -> None:
    calls = [desk.dials(MAIN, at=at) for at in (SATURDAY_NIGHT, TUESDAY_MORNING)]
    visit = signed_in(shortened(desk.services, 1))
    answer = visit.opens("/desk/calls.csv?span=all")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [row["call_sid"] for row in rows] == [call.sid for call in reversed(calls)]
    assert [row["started"] for row in rows] == ["2026-12-01 10:00:00-06:00", "2026-11-28 03:00:00-06:00"]
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="calls-2026-12-01-')
    noted = desk.services.store.audit.list(limit=1).items[0]
    assert (noted.actor, noted.action) == (LASHA, "calls_exported")


def test_a_call_says_of_each_phone_why_it_rang_and_where_that_is_written(desk: Desk, emergency: PlayedCall) -> None:
    page = text(signed_in(desk.services, role=Role.STAFF), f"/desk/calls/{emergency.sid}")
    assert emergency.legs
    for leg in emergency.legs:
        assert leg.because in page
        assert leg.source in page
    assert f"Configuration <code>{emergency.call.config_revision}</code>" in page
    assert f"Ticket {emergency.ticket.number}" in page
    assert "UTC" in page
    assert "<title>Call" in page


def test_a_ticket_is_acknowledged_told_of_changed_and_resolved_under_the_readers_name(
    desk: Desk, emergency: PlayedCall
) -> None:
    number = emergency.ticket.number
    visit, here = signed_in(desk.services, role=Role.STAFF), f"/desk/tickets/{number}"
    visit.opens(here)
    visit.sends(f"{here}/take")
    assert "You have this ticket now." in text(visit, here)
    assert "You have this ticket now." not in text(visit, here)
    visit.sends(f"{here}/tell", text="The archive answers again.", kind="update")
    version = re.search(r'name="version" value="([^"]+)"', text(visit, here))
    assert version is not None
    assert (
        visit.sends(
            f"{here}/change", priority="high", assignee=LASHA, reason="a workaround exists", version=version[1]
        ).status_code
        == 303
    )
    visit.opens(here)
    late = visit.sends(f"{here}/change", priority="low", assignee=LASHA, reason="late", version=version[1])
    assert late.status_code == 409
    assert "changed while you were writing" in late.get_data(as_text=True)
    visit.sends(f"{here}/change", status="resolved", assignee=LASHA, reason="works again")
    file = desk.services.store.tickets.get(number or 0)
    assert file is not None
    assert (file.ticket.status, file.ticket.priority) == (TicketStatus.RESOLVED, Priority.HIGH)
    assert {each.author for each in file.updates} >= {LASHA}
    page = text(visit, here)
    for words in ("The archive answers again.", "a workaround exists", "works again"):
        assert words in page
    actions = {each.action for each in desk.services.store.audit.list(limit=20, actor=LASHA).items}
    assert actions >= {"ticket_acknowledged", "ticket_told", "ticket_changed"}


def test_what_cannot_be_done_is_said_and_nothing_is_done(desk: Desk, emergency: PlayedCall) -> None:
    here = f"/desk/tickets/{emergency.ticket.number}"
    visit = signed_in(desk.services, role=Role.STAFF)
    visit.opens(here)
    visit.sends(f"{here}/take")
    visit.opens(here)
    answer = visit.sends(f"{here}/change", assignee="", reason="not mine")
    assert answer.status_code == 409
    assert "has an owner" in answer.get_data(as_text=True)
    assert visit.sends(f"{here}/change", status="nonsense").status_code == 400


def test_an_account_that_is_nobodys_in_the_staff_list_takes_no_ticket(desk: Desk, emergency: PlayedCall) -> None:
    visit = signed_in(desk.services, "a visitor", Role.STAFF)
    here = f"/desk/tickets/{emergency.ticket.number}"
    assert "Acknowledge</button>" not in text(visit, here)
    visit.sends(f"{here}/take")
    assert "tickets cannot be assigned to it" in text(visit, here)
    assert desk.services.store.tickets.get(emergency.ticket.number or 0) is not None


def test_lists_of_tickets_by_what_is_open_overdue_and_mine(desk: Desk, emergency: PlayedCall) -> None:
    number = str(emergency.ticket.number)
    visit = signed_in(desk.services, role=Role.STAFF)

    def shown(query: str) -> bool:
        return f"/desk/tickets/{number}" in text(visit, f"/desk/tickets{query}")

    assert [shown(query) for query in ("", "?shown=new", "?assignee=me", "?shown=overdue")] == [
        True,
        True,
        False,
        False,
    ]
    visit.opens(f"/desk/tickets/{number}")
    visit.sends(f"/desk/tickets/{number}/take")
    desk.clock.show(datetime.fromisoformat("2026-11-28T05:30-06:00"))
    visit = signed_in(desk.services, role=Role.STAFF)
    assert [shown(query) for query in ("?shown=new", "?assignee=me", "?shown=overdue")] == [False, True, True]


def test_an_administrator_makes_an_account_and_hands_over_its_link(desk: Desk) -> None:
    visit = signed_in(desk.services, role=Role.ADMIN)
    visit.opens("/desk/users")
    page = visit.sends("/desk/users", name=JAMISON, role="supervisor").get_data(as_text=True)
    link = re.search(r'value="(https://desk\.example\.org/desk/link/[\w-]+)"', page)
    assert link is not None
    assert (
        "there is an account" in visit.sends("/desk/users", name=JAMISON, role="staff").get_data(as_text=True).lower()
    )
    theirs = browser(desk.services)
    path = link[1].removeprefix("https://desk.example.org")
    assert JAMISON in text(theirs, path)
    assert "not the same" in theirs.sends(path, password=PASSWORD, again="x").get_data(as_text=True)
    assert theirs.sends(path, password=PASSWORD, again=PASSWORD).status_code == 303
    assert theirs.opens("/desk/calls").status_code == 200
    account = AccountKeeping(desk.services, "test").named(JAMISON)
    visit.opens("/desk/users")
    visit.sends(f"/desk/users/{account.id}", deed="staff")
    assert theirs.opens("/desk/calls").status_code == 403
    visit.opens("/desk/users")
    visit.sends(f"/desk/users/{account.id}", deed="disable")
    assert theirs.opens("/desk/tickets").status_code == 401


def test_what_raises_is_a_page_with_a_reference_and_tells_nothing(desk: Desk) -> None:
    store = leaving(desk)
    visit = signed_in(desk.services)
    store.leaves_after(1, RuntimeError("a secret"))
    answer = visit.opens("/desk/calls")
    assert answer.status_code == 500
    assert "under the reference" in answer.get_data(as_text=True)
    assert "a secret" not in answer.get_data(as_text=True)


def test_a_database_that_is_away_is_said_so(desk: Desk) -> None:
    store = leaving(desk)
    visit = signed_in(desk.services)
    store.leaves_after(0)
    answer = visit.opens("/desk/calls")
    assert answer.status_code == 503
    assert "does not answer" in answer.get_data(as_text=True)
