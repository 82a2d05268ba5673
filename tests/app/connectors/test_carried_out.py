"""What a call orders goes out by the same road as rings and texts: again when it failed, dead when it is refused."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from app.announcements import Announcer
from app.errands import deliveries
from app.flow.messages import OrderKind
from app.outbox import Deliveries
from app.outgoing import Endpoint, MailServer, MailWay, Protection
from app.simulator.handsets import accept
from app.store import OrderState
from tests.app.connectors.endpoint import EndpointDouble, endpoint
from tests.app.connectors.mail_server import MailServerDouble, mail_server
from tests.desk import MAIN, TUESDAY_MORNING, Desk, desk
from tests.fakes import FakeRandom

__all__ = ["desk"]


@dataclass
class Connected:
    """A desk after a call, with a mail server and an endpoint that listen."""

    desk: Desk
    mail: MailServerDouble
    hooks: EndpointDouble

    def deliver(self, *, after: float = 0) -> None:
        self.desk.clock.at += timedelta(seconds=after)
        carry_out: Deliveries = replace(deliveries(self.desk.services), random=FakeRandom())
        while carry_out.deliver_due(self.desk.clock.at):
            pass

    def dead(self) -> list[tuple[str, str]]:
        return [(order.kind, order.reason) for order in self.desk.services.store.outbox.dead(9)]

    def waiting(self, kind: OrderKind) -> int:
        return len(self.desk.services.store.orders.list(OrderState.WAITING, limit=99, kind=kind))


@pytest.fixture
def connected(desk: Desk) -> Iterator[Connected]:
    with mail_server() as mail, endpoint() as hooks:
        server = MailServer(host="127.0.0.1", port=mail.port, protection=Protection.NONE)
        way = MailWay(server=server, sender="telephone@desk.example.org", support="support@desk.example.org")
        announcer = Announcer(mail=way, endpoints=(Endpoint(url=hooks.url, keys=(b"k" * 32,)),))
        desk.services = replace(desk.services, announcer=announcer)
        desk.everybody(accept())
        desk.dials(MAIN, at=TUESDAY_MORNING, keys="1")
        yield Connected(desk, mail, hooks)


def test_mail_and_webhooks_go_out_once(connected: Connected) -> None:
    for seconds in (0, 120, 120):
        connected.deliver(after=seconds)
    assert len(connected.mail.received) == 1
    assert len(connected.hooks.received) == 3
    assert connected.dead() == []
    assert connected.waiting(OrderKind.MAIL) == connected.waiting(OrderKind.WEBHOOK) == 0


def test_a_mail_server_that_is_away_for_an_hour_gets_its_mail(connected: Connected) -> None:
    connected.mail.answers["greeting"] = ["421 busy"] * 9
    for _ in range(9):
        connected.deliver(after=1200)
    assert connected.mail.received == []
    assert connected.waiting(OrderKind.MAIL) == 1
    assert len(connected.hooks.received) == 3, "webhooks do not wait for mail"
    connected.deliver(after=1200)
    assert len(connected.mail.received) == 1


def test_what_is_refused_for_good_is_dead_at_once_and_can_be_tried_again(connected: Connected) -> None:
    connected.mail.answers["RCPT"] = ["550 no such user"]
    connected.hooks.answers = [(410, {}), (204, {}), (204, {})]
    connected.deliver(after=120)
    assert sorted(connected.dead()) == [
        ("mail", "the mail server answers 550"),
        ("webhook", "the endpoint answers 410"),
    ]
    connected.desk.services.store.orders.revive_all(at=connected.desk.clock.at, by="Lasha Dalakishvili")
    connected.deliver()
    assert connected.dead() == []
    assert len(connected.mail.received) == 1
