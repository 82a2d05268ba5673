"""The outbox at the desk: how it stands, what was given up, and what an administrator does about it."""

from datetime import timedelta

import pytest

from app.accounts import Role
from app.flow.messages import Detail, Order, OrderKind
from app.services import Services
from app.store import OrderState
from tests.app.web.desk.visits import signed_in
from tests.desk import Desk

NUMBER, REASON = "+18165550142", "the number +1 816 555 0142 of desk@example.org takes no texts"


def order(services: Services, key: str, kind: OrderKind = OrderKind.SEND_TEXT, *, dead: bool = True) -> int:
    """An order, given up after a try."""
    at = services.clock.now() - timedelta(minutes=9)
    payload: dict[str, Detail] = {"to": NUMBER, "body": "words for one person", "ticket": 1001}
    with services.store.turn() as turn:
        turn.order([Order(kind=kind, key=key, due_at=at, payload=payload)])
    if dead:
        for each in services.store.outbox.claim(now=at, limit=9, lease_seconds=1):
            services.store.outbox.give_up(each, at=at + timedelta(minutes=2), reason=REASON)
    state = OrderState.DEAD if dead else OrderState.WAITING
    return next(each.id for each in services.store.orders.list(state, limit=99) if each.key == key)


def test_it_tells_how_each_kind_stands_and_names_nobody(desk: Desk) -> None:
    order(desk.services, "page:1042:1", OrderKind.PAGE)
    order(desk.services, f"text:{NUMBER}", dead=False)
    visit = signed_in(desk.services, role=Role.SUPERVISOR)
    page = visit.opens("/desk/outbox").get_data(as_text=True)
    assert "1 given up" in page
    assert "9:00 late" in page
    assert 'href="/desk/tickets/1001"' in page
    assert "takes no texts" in page
    for state in ("dead", "waiting", "done", "nonsense"):
        page = visit.opens(f"/desk/outbox?state={state}").get_data(as_text=True)
        for secret in ("5550142", "555 0142", "desk@example.org", "words for one person"):
            assert secret not in page, (state, secret)


def test_orders_of_one_kind_are_shown(desk: Desk) -> None:
    text, mail = order(desk.services, "text:1"), order(desk.services, "mail:1", OrderKind.MAIL)
    visit = signed_in(desk.services, role=Role.ADMIN)
    page = visit.opens("/desk/outbox?kind=mail").get_data(as_text=True)
    assert f"Deal with order {mail}" in page
    assert f"Deal with order {text}" not in page


def test_an_administrator_tries_again_or_puts_aside_and_says_why(desk: Desk) -> None:
    again, aside = order(desk.services, "text:1"), order(desk.services, "text:2")
    visit = signed_in(desk.services, "admin", Role.ADMIN)
    visit.opens("/desk/outbox")
    assert visit.sends(f"/desk/outbox/{again}/retry").status_code == 303
    assert "tried again now" in visit.opens("/desk/outbox").get_data(as_text=True)
    assert visit.sends(f"/desk/outbox/{aside}/aside", because="  ").status_code == 422
    visit.opens("/desk/outbox")
    assert visit.sends(f"/desk/outbox/{aside}/aside", because="told them by hand").status_code == 303
    assert "Nothing was given up" in visit.opens("/desk/outbox").get_data(as_text=True)
    entries = desk.services.store.audit.list(limit=9, actor="admin").items
    done = {each.action: dict(each.detail) for each in entries if each.subject.startswith("order")}
    assert done["order_discarded"]["because"] == "told them by hand"
    assert "order_retried" in done
    # Somebody else was quicker.
    visit.opens("/desk/outbox")
    visit.sends(f"/desk/outbox/{aside}/retry")
    assert "Somebody was quicker" in visit.opens("/desk/outbox").get_data(as_text=True)


def test_all_are_tried_again(desk: Desk) -> None:
    for number in range(3):
        order(desk.services, f"text:{number}")
    visit = signed_in(desk.services, role=Role.ADMIN)
    visit.opens("/desk/outbox")
    assert visit.sends("/desk/outbox/retry").status_code == 303
    assert desk.services.store.orders.list(OrderState.DEAD, limit=9) == ()


@pytest.mark.parametrize("deed", ["{}/retry", "{}/aside", "retry"])
def test_a_supervisor_looks_and_does_nothing(desk: Desk, deed: str) -> None:
    number = order(desk.services, "text:1")
    visit = signed_in(desk.services, role=Role.SUPERVISOR)
    page = visit.opens("/desk/outbox").get_data(as_text=True)
    assert "Deal with" not in page
    visit.opens("/desk/account")
    assert visit.sends(f"/desk/outbox/{deed.format(number)}", because="why").status_code == 403
    assert len(desk.services.store.orders.list(OrderState.DEAD, limit=9)) == 1
