"""A desk whose orders are carried out by a telephone company that remembers, and whose staff text back.

Calls are played in virtual time; afterwards `passes` lets the clock run on, and what falls due is done.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from flask import Flask

from app import create_app
from app.answering_service_list import send_list
from app.cdr.records import Ticket
from app.errands import deliveries
from app.outbox import Deliveries
from app.services import Services
from app.simulator import Reply
from app.store import Store, TicketFile
from tests.app.web.signed import SignedClient, envelope
from tests.desk import CONFIG, MAIN, Desk, make_desk
from tests.fakes import FakeRandom, FakeTelephony, Ring

JAMISON, LASHA, FIRST, SECOND = "Jamison White", "Lasha Dalakishvili", "triggerfish-1", "triggerfish-2"
_MESSAGES = count(1)


@dataclass
class PagedDesk:
    """A desk, its telephone company, and the people whose phones get texts and calls."""

    desk: Desk
    company: FakeTelephony

    @property
    def services(self) -> Services:
        return self.desk.services

    @cached_property
    def application(self) -> Flask:
        """One for all who come at once: Python 3.11 cannot make routes in several threads together."""
        return create_app(self.services)

    def client(self) -> SignedClient:
        return SignedClient(self.services, self.application)

    def at(self, instant: str) -> "PagedDesk":
        self.desk.clock.show(datetime.fromisoformat(instant))
        return self

    def passes(self, seconds: float, *, step: float = 5) -> "PagedDesk":
        """Time goes by; what falls due is carried out."""
        end = self.desk.clock.at + timedelta(seconds=seconds)
        while self.desk.clock.at < end:
            self.deliver()
            self.desk.clock.at = min(end, self.desk.clock.at + timedelta(seconds=step))
        self.deliver()
        return self

    def deliver(self) -> None:
        while self.deliveries().deliver_due(self.desk.clock.at):
            pass

    def deliveries(self) -> Deliveries:
        return replace(deliveries(self.services), random=FakeRandom())

    def number(self, name: str) -> str:
        return self.desk.snapshot.roster.people[name].phones[0]

    def texts_to(self, name: str) -> list[str]:
        return [text.body for text in self.company.texts if text.to == self.number(name)]

    def texts(self, name: str, body: str, *, sid: str | None = None, number: str | None = None) -> str | None:
        """Somebody texts us; returns our answer, None for silence."""
        return answer_in(self.post_text(number or self.number(name), body, sid=sid))

    def post_text(self, number: str, body: str, *, sid: str | None = None, **more: str) -> Reply:
        sid = sid or f"SM{next(_MESSAGES):032x}"
        fields = {"MessageSid": sid, "From": number, "To": MAIN, "Body": body, "NumMedia": "0", **more}
        return self.client().post("/sms/incoming", list(fields.items()))

    def answers_page(self, ring: Ring, key: str | None) -> str:
        """Somebody picks up a paging call and presses a key, or nothing; returns all that was said."""
        client = self.client()
        fields = envelope(call_sid=ring.sid, From=ring.from_, To=ring.to)
        heard = client.post(path_of(ring.url), list(fields.items())).body.decode()
        if key is None or "<Gather" not in heard:
            return heard
        action = ET.fromstring(heard).find("Gather").get("action")  # type: ignore[union-attr]  # noqa: S314
        pressed = {**fields, "Digits": key}
        return heard + client.post(path_of(str(action)), list(pressed.items())).body.decode()

    def ticket(self, number: int) -> Ticket:
        return self.file(number).ticket

    def file(self, number: int) -> TicketFile:
        found = self.services.store.tickets.get(number)
        assert found is not None
        return found

    def day_begins(self) -> None:
        """What the clock process does when the desk opens."""
        send_list(self.services)
        self.deliver()


def path_of(url: str) -> str:
    return "/" + url.partition("#")[0].split("/", 3)[3]


def answer_in(reply: Reply) -> str | None:
    """The text of an answer, None for an empty one."""
    assert reply.status == 200
    assert reply.content_type == "text/xml"
    root = ET.fromstring(reply.body)  # noqa: S314 - our own document
    assert root.tag == "Response"
    messages = root.findall("Message")
    assert len(messages) == len(root)
    return messages[0].text if messages else None


def make_paged_desk(database_url: str, folder: Path, *, config: Path = CONFIG, store: Store | None = None) -> PagedDesk:
    desk = make_desk(database_url, folder, config=config, store=store)
    company = FakeTelephony(now=desk.clock.now)
    desk.services = replace(desk.services, telephony=company)
    return PagedDesk(desk, company)


@pytest.fixture
def paged(sqlite_url: str, tmp_path: Path) -> Iterator[PagedDesk]:
    """A desk that pages, on SQLite."""
    made = make_paged_desk(sqlite_url, tmp_path)
    yield made
    made.services.store.close()


@pytest.fixture
def paged_on_each(database_url: str, tmp_path: Path) -> Iterator[PagedDesk]:
    """A desk that pages, once on each kind of database."""
    made = make_paged_desk(database_url, tmp_path)
    yield made
    made.services.store.close()
