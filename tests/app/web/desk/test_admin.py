"""The tabs of administration: whom each lets in, and where the way in leads."""

import pytest

from app.accounts import Role
from app.web.desk.admin import SECTIONS
from tests.app.web.desk.visits import signed_in
from tests.desk import Desk


@pytest.mark.parametrize(
    ("role", "first", "shown"),
    [
        (Role.ADMIN, "/desk/users", [each.title for each in SECTIONS]),
        (Role.SUPERVISOR, "/desk/wiring", ["Wiring", "Outbox", "Revisions"]),
    ],
)
def test_the_tabs_are_those_somebody_may_open(desk: Desk, role: Role, first: str, shown: list[str]) -> None:
    visit = signed_in(desk.services, role=role)
    assert visit.opens("/desk/admin").headers["Location"] == first
    for section in SECTIONS:
        answer = visit.opens(section.to)
        assert (answer.status_code == 200) == (role in section.roles), section.to
        if answer.status_code == 200:
            tabs = answer.get_data(as_text=True).partition('class="tabs"')[2].partition("</nav>")[0]
            assert [title for title in (each.title for each in SECTIONS) if f">{title}</a>" in tabs] == shown
            assert f'aria-current="page">{section.title}<' in tabs


def test_staff_have_no_administration(desk: Desk) -> None:
    visit = signed_in(desk.services, role=Role.STAFF)
    assert visit.opens("/desk/admin").status_code == 403
    assert "/desk/admin" not in visit.opens("/desk/tickets").get_data(as_text=True)
