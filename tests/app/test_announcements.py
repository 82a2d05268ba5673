"""Whoever listens is told, once for each event; where nobody listens, it costs nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from app.announcements import Announcer, TicketEvent
from app.call_records import CallRecords
from app.cdr.records import Channel, Ticket, TicketStatus
from app.flow.messages import Order, OrderKind
from app.outgoing import Endpoint, MailServer, MailWay, Protection
from app.simulator.handsets import ignore
from app.store import OrderState, TurnTransaction
from oncall import Priority
from tests.desk import MAIN, SATURDAY_NIGHT, Desk, make_desk
from tests.scenarios.breakdowns import BreakingStore, never, unavailable_always

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
SERVER = MailServer(host="mail.example.org", port=587, protection=Protection.STARTTLS)
MAIL = MailWay(server=SERVER, sender="telephone@example.org", support="support@example.org")
ONE = Endpoint(url="https://one.example.org/", keys=(b"k" * 32,))
TWO = Endpoint(url="https://two.example.org/", keys=(b"k" * 32,))


@dataclass
class Ordered:
    """A transaction of which only the orders count."""

    orders: list[Order] = field(default_factory=list)

    def order(self, orders: Sequence[Order]) -> None:
        assert orders, "an empty order is a statement for nothing"
        self.orders += orders


def announced(announcer: Announcer, event: TicketEvent, *, at: datetime = AT) -> list[Order]:
    ordered = Ordered()
    announcer.announce(cast("TurnTransaction", ordered), number=1042, event=event, at=at)
    return ordered.orders


@pytest.mark.parametrize("event", TicketEvent)
def test_where_nobody_listens_nothing_is_asked_of_the_database(event: TicketEvent) -> None:
    Announcer().announce(cast("TurnTransaction", None), number=1042, event=event, at=AT)


@pytest.mark.parametrize("event", TicketEvent)
def test_every_endpoint_hears_of_every_event_at_once(event: TicketEvent) -> None:
    orders = announced(Announcer(endpoints=(ONE, TWO)), event)
    assert [order.payload["to"] for order in orders] == [ONE.name, TWO.name]
    assert {(order.kind, order.due_at) for order in orders} == {(OrderKind.WEBHOOK, AT)}
    assert len({order.key for order in orders}) == 2


def test_the_desk_has_mail_about_work_that_is_new_and_the_requester_about_their_own() -> None:
    told = {
        event: sorted(str(order.payload["to"]) for order in announced(Announcer(mail=MAIL), event))
        for event in TicketEvent
    }
    assert [event for event in TicketEvent if "desk" in told[event]] == [TicketEvent.OPENED, TicketEvent.REOPENED]
    kept_inside = {event for event in TicketEvent if "requester" not in told[event]}
    assert kept_inside == {
        TicketEvent.OPENED,
        TicketEvent.MERGED,
        TicketEvent.PRIORITY_CHANGED,
        TicketEvent.UPDATE_DUE,
        TicketEvent.OVERDUE,
    }


def test_the_mail_about_a_new_ticket_waits_for_the_callers_first_key() -> None:
    (order,) = announced(Announcer(mail=MAIL), TicketEvent.OPENED)
    assert order.due_at == AT + timedelta(seconds=60)


def test_a_ticket_opens_once_and_is_updated_often() -> None:
    everybody, later = Announcer(mail=MAIL, endpoints=(ONE,)), AT + timedelta(seconds=1)

    def keys(event: TicketEvent, at: datetime) -> set[str]:
        return {order.key for order in announced(everybody, event, at=at)}

    assert keys(TicketEvent.OPENED, AT) == keys(TicketEvent.OPENED, later)
    assert not keys(TicketEvent.UPDATED, AT) & keys(TicketEvent.UPDATED, later)
    assert keys(TicketEvent.UPDATED, AT) == keys(TicketEvent.UPDATED, AT)


@pytest.fixture
def listened_to(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk with a mail server and an endpoint, whose database may go away."""
    desk = make_desk(sqlite_url, tmp_path, store=BreakingStore.open(sqlite_url))
    desk.services = replace(desk.services, announcer=Announcer(mail=MAIL, endpoints=(ONE,)))
    yield desk
    desk.services.store.close()


def openings(desk: Desk) -> list[str]:
    waiting = desk.services.store.orders.list(OrderState.WAITING, limit=99)
    return sorted(order.kind for order in waiting if order.payload.get("event") == "opened")


def test_a_call_of_an_outage_is_told_once_it_is_stored_and_once(listened_to: Desk) -> None:
    store = cast("BreakingStore", listened_to.services.store)
    store.breaks(unavailable_always)
    listened_to.everybody(ignore())
    listened_to.dials(MAIN, at=SATURDAY_NIGHT, keys="1")
    store.breaks(never)
    assert openings(listened_to) == []
    for _ in range(2):
        CallRecords(listened_to.services).replay()
    assert openings(listened_to) == ["mail", "webhook"]


def test_a_call_that_loses_the_database_for_a_moment_is_told_once(listened_to: Desk) -> None:
    store = cast("BreakingStore", listened_to.services.store)
    listened_to.everybody(ignore())
    listened_to.dials(MAIN, at=SATURDAY_NIGHT, keys="1")
    store.breaks(unavailable_always)
    listened_to.dials(MAIN, at="2026-11-28T09:30-06:00", keys="1", caller="+18165550177")
    store.breaks(never)
    CallRecords(listened_to.services).replay()
    assert openings(listened_to) == ["mail", "mail", "webhook", "webhook"]


def told_of(desk: Desk, number: int) -> list[str]:
    """What the endpoint hears of a ticket, in order."""
    orders = [order for state in OrderState for order in desk.services.store.orders.list(state, limit=99)]
    webhooks = [order for order in orders if order.kind == OrderKind.WEBHOOK and order.payload["ticket"] == number]
    return [str(order.payload["event"]) for order in sorted(webhooks, key=lambda order: str(order.payload["at"]))]


def test_what_calls_make_of_tickets_is_told(listened_to: Desk) -> None:
    """The first call is taken; the second is about the same, so that its own ticket is merged into the first."""
    first = listened_to.dials(MAIN, at="2026-12-01T10:00-06:00", keys="2")
    number = first.ticket.number
    assert number is not None
    second = listened_to.dials(MAIN, at="2026-12-01T15:00-06:00", keys="2")

    assert second.call.ticket == number
    assert told_of(listened_to, number) == ["opened", "acknowledged"]
    assert told_of(listened_to, number + 1) == ["opened", "merged"]


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        (TicketStatus.NEW, TicketStatus.ACKNOWLEDGED, [TicketEvent.ACKNOWLEDGED]),
        (TicketStatus.RESOLVED, TicketStatus.IN_PROGRESS, [TicketEvent.REOPENED]),
        (TicketStatus.CLOSED, TicketStatus.NEW, [TicketEvent.REOPENED]),
        (TicketStatus.WAITING, TicketStatus.IN_PROGRESS, []),
        (TicketStatus.RESOLVED, TicketStatus.CLOSED, []),
    ],
)
def test_a_turn_of_a_call_tells_what_it_made_of_the_tickets_status(
    before: TicketStatus, after: TicketStatus, events: list[TicketEvent]
) -> None:
    ordered = Ordered()
    ticket = Ticket(
        number=1042,
        channel=Channel.PHONE,
        priority=Priority.HIGH,
        status=before,
        subject="",
        requester="",
        created_at=AT,
    )
    announcer = Announcer(endpoints=(ONE,))
    announcer.follow(cast("TurnTransaction", ordered), ticket, replace(ticket, status=after), at=AT)
    assert [order.payload["event"] for order in ordered.orders] == events
