"""A mail goes out as promised: whole, to whom it is for, recognisable when it comes twice, and with nothing private."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.announcements import Announcer, TicketEvent
from app.connectors.mail import Mailer
from app.outbox import NoLongerWanted
from app.outgoing import MailServer, MailWay, Protection
from app.simulator.handsets import accept, ignore
from app.store import ClaimedOrder, Lane
from app.telephony.provider import ProviderError
from tests.app.connectors.mail_server import DROP, MailServerDouble, certificates, mail_server
from tests.desk import CALLER, MAIN, SATURDAY_NIGHT, Desk, PlayedCall, desk

pytestmark = pytest.mark.slow

__all__ = ["desk"]
SUPPORT, SENDER = "support@desk.example.org", "telephone@desk.example.org"
LASHA = "Lasha Dalakishvili"


def way(port: int, protection: Protection = Protection.NONE, login: tuple[str, str] | None = None) -> MailWay:
    server = MailServer(host="127.0.0.1", port=port, protection=protection, login=login)
    return MailWay(server=server, sender=SENDER, support=SUPPORT)


@contextmanager
def mailing(desk: Desk) -> Iterator[MailServerDouble]:
    """A desk whose mail goes to a server."""
    with mail_server() as server:
        desk.services = replace(desk.services, announcer=Announcer(mail=way(server.port)))
        yield server


def mails(desk: Desk) -> tuple[ClaimedOrder, ...]:
    """The orders of mail that are due after some minutes."""
    later = desk.clock.at + timedelta(minutes=5)
    return desk.services.store.outbox.claim(now=later, limit=9, lease_seconds=1, lane=Lane.MAIL)


def emergency(desk: Desk) -> PlayedCall:
    desk.everybody(ignore()).phone("answering-service", ignore())
    return desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1")


def changed(desk: Desk, played: PlayedCall, event: TicketEvent, *, requester: str | None = None) -> None:
    """Something happens to the ticket of a call."""
    number = played.ticket.number or 0
    with desk.services.store.turn() as transaction:
        if requester is not None:
            ticket = transaction.tickets.hold(number)
            assert ticket is not None
            transaction.tickets.save(ticket, replace(ticket, requester=requester))
        desk.services.announcer.announce(transaction, number=number, event=event, at=desk.clock.at)


def test_a_new_ticket_is_told_to_the_support_address(desk: Desk) -> None:
    with mailing(desk) as server:
        played = emergency(desk)
        (order,) = mails(desk)
        Mailer(desk.services).carry_out(order)
    (received,) = server.received
    number, message = played.ticket.number, received.message
    assert (received.sender, received.recipient) == (SENDER, SUPPORT)
    assert message["Subject"] == f"Ticket {number} (emergency): call on the main line"
    assert (message["From"], message["To"]) == (SENDER, SUPPORT)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Reply-To"] is None
    assert message["Date"].datetime == datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
    assert message.get_content_type() == "text/plain"
    assert message.get_content().splitlines() == [
        f"Ticket:      {number}",
        "Priority:    emergency",
        "Opened:      Sat 28 Nov 2026 03:00 CST",
        "Line:        main line",
        "Call so far: the caller left a message",
        "Status:      new",
        "Assigned to: nobody yet",
        "",
        f"https://desk.example.org/tickets/{number}",
        "",
        "The link needs a sign-in. Made by the telephone service; nothing a caller said is in it.",
    ]


def test_a_mail_holds_no_number_of_anybody(desk: Desk) -> None:
    with mailing(desk) as server:
        desk.phone(LASHA, accept())
        emergency(desk)
        for order in mails(desk):
            Mailer(desk.services).carry_out(order)
    assert len(server.received) == 1
    assert not any(number[-7:].encode() in server.received[0].content for number in (CALLER, *desk.names()))


def test_a_call_orders_one_mail_however_many_turns_it_has(desk: Desk) -> None:
    with mailing(desk):
        first, second = emergency(desk), desk.dials(MAIN, at="2026-11-28T09:00-06:00", caller="+18165550177")
        orders = mails(desk)
    assert sorted(str(order.payload["ticket"]) for order in orders) == sorted(
        str(played.ticket.number) for played in (first, second)
    )


def test_nothing_is_ordered_where_nobody_listens(desk: Desk) -> None:
    played = emergency(desk)
    changed(desk, played, TicketEvent.RESOLVED)
    assert {each.kind for each in desk.services.store.orders.standing(now=desk.clock.at)} & {"mail", "webhook"} == set()


def test_a_call_that_joins_an_open_ticket_tells_of_no_new_one(desk: Desk) -> None:
    """Its own ticket, if it had one for a moment, is no work for anybody."""
    with mailing(desk) as server:
        one = emergency(desk)
        two = desk.dials(MAIN, at="2026-11-28T03:12-06:00", keys="1")
        assert one.ticket.number == two.ticket.number
        for order in mails(desk):
            try:
                Mailer(desk.services).carry_out(order)
            except NoLongerWanted:
                continue
    assert [each.message["Subject"].split()[1] for each in server.received] == [str(one.ticket.number)]


def test_whoever_asked_by_mail_hears_what_becomes_of_it(desk: Desk) -> None:
    with mailing(desk) as server:
        played = emergency(desk)
        mails(desk)
        desk.clock.at += timedelta(minutes=10)
        changed(desk, played, TicketEvent.RESOLVED, requester="ward@clinic.example.org")
        (order,) = [each for each in mails(desk) if each.payload["event"] == "resolved"]
        Mailer(desk.services).carry_out(order)
    (received,) = server.received
    assert received.recipient == "ward@clinic.example.org"
    assert received.message["Reply-To"] == SUPPORT
    assert received.message["Subject"] == f"Your ticket {played.ticket.number} is resolved"
    assert "tickets/" not in received.message.get_content(), "they have nothing to sign in with"


@pytest.mark.parametrize("requester", ["+18165550191", "", "not an address", "two@a.example, three@a.example"])
def test_whoever_has_no_address_is_left_out(desk: Desk, requester: str) -> None:
    with mailing(desk) as server:
        played = emergency(desk)
        mails(desk)
        desk.clock.at += timedelta(minutes=10)
        changed(desk, played, TicketEvent.UPDATED, requester=requester)
        (order,) = [each for each in mails(desk) if each.payload["event"] == "updated"]
        with pytest.raises(NoLongerWanted):
            Mailer(desk.services).carry_out(order)
    assert server.received == []


def test_a_person_taking_a_ticket_is_told_of_once(desk: Desk) -> None:
    """Accepting it makes it theirs: two events of one instant, and one mail."""
    with mailing(desk):
        played = emergency(desk)
        mails(desk)
        desk.clock.at += timedelta(minutes=10)
        changed(desk, played, TicketEvent.ACKNOWLEDGED)
        changed(desk, played, TicketEvent.ASSIGNED)
        assert len([each for each in mails(desk) if each.payload["event"] != "opened"]) == 1


ANSWERS = [
    ("greeting", "421 busy", False, 421),
    ("greeting", "554 no service here", False, 554),
    ("greeting", DROP, False, None),
    ("MAIL", "451 later", False, 451),
    ("MAIL", "550 who are you", True, 550),
    ("RCPT", "450 mailbox busy", False, 450),
    ("RCPT", "550 no such user ward@clinic.example.org", True, 550),
    ("RCPT", DROP, False, None),
    ("DATA", "452 no room", False, 452),
    ("DATA", "554 no", False, 554),
    ("content", "451 later", False, 451),
    ("content", "554 we do not like it", True, 554),
]


@pytest.mark.parametrize(("word", "answer", "for_good", "code"), ANSWERS)
def test_what_a_server_refuses_is_tried_again_or_given_up(
    desk: Desk, word: str, answer: str, for_good: bool, code: int | None
) -> None:
    with mailing(desk) as server:
        emergency(desk)
        (order,) = mails(desk)
        server.answers[word] = [answer] * 9
        with pytest.raises(ProviderError) as fault:
            Mailer(desk.services).carry_out(order)
        assert (fault.value.permanent, fault.value.code) == (for_good, code)
        assert "@" not in str(fault.value), "what the server says holds addresses"
        assert server.received == []
        server.answers.clear()
        Mailer(desk.services).carry_out(order)
        assert len(server.received) == 1


def test_a_mail_that_was_not_answered_is_sent_again_and_can_be_recognised(desk: Desk) -> None:
    with mailing(desk) as server:
        emergency(desk)
        (order,) = mails(desk)
        server.answers["content"] = [DROP]
        with pytest.raises(ProviderError, match="no answer") as fault:
            Mailer(desk.services).carry_out(order)
        assert (fault.value.permanent, fault.value.unknown_outcome) == (False, True)
        name = Mailer(desk.services).carry_out(order)
    first, second = server.received
    assert first.content == second.content
    assert first.message["Message-ID"] == name
    assert name.endswith("@desk.example.org>")


def test_a_server_that_says_no_goodbye_has_the_mail_all_the_same(desk: Desk) -> None:
    with mailing(desk) as server:
        emergency(desk)
        (order,) = mails(desk)
        server.answers["QUIT"] = [DROP]
        Mailer(desk.services).carry_out(order)
    assert len(server.received) == 1


def test_where_nobody_listens_the_mail_waits(desk: Desk) -> None:
    with mailing(desk) as server:
        emergency(desk)
        (order,) = mails(desk)
        port = server.port
    with pytest.raises(ProviderError, match="cannot be used") as fault:
        Mailer(desk.services).carry_out(order)
    assert not fault.value.permanent
    assert str(port) not in str(fault.value)


def test_a_mail_server_that_was_taken_away_leaves_its_mail_waiting(desk: Desk) -> None:
    with mailing(desk):
        emergency(desk)
        (order,) = mails(desk)
    desk.services = replace(desk.services, announcer=Announcer())
    with pytest.raises(ProviderError, match="no mail server") as fault:
        Mailer(desk.services).carry_out(order)
    assert not fault.value.permanent


def encrypted(desk: Desk, port: int, protection: Protection, trust: ssl.SSLContext | None) -> None:
    mail = way(port, protection, login=("telephone", "a password for tests"))
    desk.services = replace(desk.services, announcer=Announcer(mail=mail))
    emergency(desk)
    (order,) = mails(desk)
    Mailer(desk.services, trust).carry_out(order)


@pytest.mark.parametrize("protection", [Protection.STARTTLS, Protection.TLS])
def test_mail_travels_encrypted_and_logs_in(desk: Desk, tmp_path: Path, protection: Protection) -> None:
    certificate, trust = certificates(tmp_path)
    with mail_server(
        offers=("STARTTLS", "AUTH PLAIN"), certificate=certificate, tls=protection is Protection.TLS
    ) as server:
        encrypted(desk, server.port, protection, trust)
    (received,) = server.received
    assert received.encrypted == (protection is Protection.STARTTLS)
    assert len(server.logins) == 1


def test_a_certificate_nobody_vouches_for_gets_neither_mail_nor_password(desk: Desk, tmp_path: Path) -> None:
    certificate, _ = certificates(tmp_path)
    with (
        mail_server(offers=("STARTTLS", "AUTH PLAIN"), certificate=certificate) as server,
        pytest.raises(ProviderError, match="SSLCertVerificationError") as fault,
    ):
        encrypted(desk, server.port, Protection.STARTTLS, None)
    assert not fault.value.permanent
    assert (server.received, server.logins) == ([], [])


def test_a_server_that_offers_no_encryption_gets_neither_mail_nor_password(desk: Desk) -> None:
    with mail_server(offers=("AUTH PLAIN",)) as server, pytest.raises(ProviderError, match="NotSupported") as fault:
        encrypted(desk, server.port, Protection.STARTTLS, None)
    assert not fault.value.permanent
    assert (server.received, server.logins) == ([], [])


def test_a_login_that_is_refused_is_tried_again_once_it_is_put_right(desk: Desk, tmp_path: Path) -> None:
    certificate, trust = certificates(tmp_path)
    with mail_server(offers=("AUTH PLAIN",), certificate=certificate, tls=True) as server:
        server.answers["AUTH"] = ["535 who are you"] * 9
        with pytest.raises(ProviderError, match="535") as fault:
            encrypted(desk, server.port, Protection.TLS, trust)
    assert not fault.value.permanent
