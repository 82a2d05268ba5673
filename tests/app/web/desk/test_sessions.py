"""The sessions of everybody, and their end by an administrator."""

from datetime import timedelta

from app.accounts import AccountKeeping, Role
from tests.app.web.desk.visits import browser, signed_in
from tests.desk import Desk

LASHA, JAMISON = "Lasha Dalakishvili", "Jamison White"


def test_one_session_or_all_of_an_account_are_ended(desk: Desk) -> None:
    admin = signed_in(desk.services, LASHA, Role.ADMIN)
    theirs = [signed_in(desk.services, JAMISON, Role.STAFF) for _ in range(3)]
    page = admin.opens("/desk/sessions").get_data(as_text=True)
    # One more of each came of choosing the password.
    assert "6 open, of 2 people" in page
    assert page.count("this one") == 1
    account = AccountKeeping(desk.services, "test").named(JAMISON)
    first = desk.services.store.accounts.sessions(account.id, since=desk.clock.at - timedelta(hours=1))[0]
    assert admin.sends(f"/desk/sessions/{account.id}", session=str(first.id)).status_code == 303
    assert "5 open" in admin.opens("/desk/sessions").get_data(as_text=True)
    assert admin.sends(f"/desk/sessions/{account.id}", session="all").status_code == 303
    assert {each.opens("/desk/tickets").status_code for each in theirs} == {401}
    entries = desk.services.store.audit.list(limit=9, actor=LASHA, subject=f"account:{JAMISON}").items
    assert [each.action for each in entries] == ["sessions_ended", "session_ended"]


def test_ending_all_of_ones_own_leaves_the_one_that_asks(desk: Desk) -> None:
    admin, other = (signed_in(desk.services, LASHA, Role.ADMIN) for _ in range(2))
    account = AccountKeeping(desk.services, "test").named(LASHA)
    admin.opens("/desk/sessions")
    admin.sends(f"/desk/sessions/{account.id}", session="all")
    assert admin.opens("/desk/sessions").status_code == 200
    assert other.opens("/desk/sessions").status_code == 401


def test_a_session_that_is_not_there_or_anothers_is_not_ended(desk: Desk) -> None:
    admin = signed_in(desk.services, LASHA, Role.ADMIN)
    jamison = signed_in(desk.services, JAMISON, Role.STAFF)
    mine, theirs = (AccountKeeping(desk.services, "test").named(name) for name in (LASHA, JAMISON))
    their_session = desk.services.store.accounts.sessions(theirs.id, since=desk.clock.at - timedelta(hours=1))[0]
    for number, session in ((mine.id, str(their_session.id)), (mine.id, "x"), (mine.id, "9" * 30), (99, "all")):
        admin.opens("/desk/sessions")
        assert admin.sends(f"/desk/sessions/{number}", session=session).status_code == 404
    assert jamison.opens("/desk/tickets").status_code == 200


def test_sessions_that_are_over_by_themselves_are_not_listed(desk: Desk) -> None:
    signed_in(desk.services, JAMISON, Role.STAFF)
    desk.clock.show(desk.clock.at + timedelta(minutes=60))
    admin = signed_in(desk.services, LASHA, Role.ADMIN)
    assert JAMISON not in admin.opens("/desk/sessions").get_data(as_text=True)
    assert browser(desk.services).opens("/desk/sessions").status_code == 401
