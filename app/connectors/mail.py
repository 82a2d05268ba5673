"""Mails about tickets: to the desk's support address, and to whoever asked, if their address is known.

Knows to whom and with which headers; refuses to know what they say and how they travel.
"""

import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from hashlib import sha256

from app.announcements import Reader, TicketEvent
from app.cdr.records import Call, Ticket, TicketStatus
from app.connectors.letters import Letter, letter_to_desk, letter_to_requester, letter_to_supervisor
from app.connectors.notices import Notice, notice_of
from app.connectors.smtp import send
from app.outbox import NoLongerWanted
from app.outgoing import MailWay, is_mailbox
from app.services import Services
from app.store import ClaimedOrder
from app.telephony.provider import ProviderError


@dataclass(frozen=True, slots=True)
class Mailer:
    """Carries out orders of mail. `trust` instead of the machine's certificates."""

    services: Services
    trust: ssl.SSLContext | None = None

    def carry_out(self, order: ClaimedOrder) -> str:
        """Send the mail; returns its Message-ID. Sent again, for want of an answer, it has the same one."""
        way = self.services.announcer.mail
        if way is None:
            raise ProviderError("no mail server is set", permanent=False)
        notice = notice_of(order, self.services)
        to, letter = self._letter(notice, way)
        message = _message(order, notice, letter, way)
        message["To"] = to
        send(way.server, message, to=to, trust=self.trust)
        return str(message["Message-ID"])

    def _letter(self, notice: Notice, way: MailWay) -> tuple[str, Letter]:
        """To whom, and what. Raises NoLongerWanted where nobody is to read it."""
        snapshot = self.services.config.current()
        match notice.to:
            case Reader.DESK:
                to = way.support
            case Reader.SUPERVISOR:
                to = snapshot.roster.reminders.supervisor_mail if self._is_overdue(notice.ticket) else None
            case _:
                to = address_of(notice.ticket)
        if to is None or _has_become_part_of_another(notice):
            raise NoLongerWanted
        match notice.to:
            case Reader.DESK:
                return to, letter_to_desk(notice, call=self._latest_call(notice), snapshot=snapshot)
            case Reader.SUPERVISOR:
                return to, letter_to_supervisor(notice, snapshot=snapshot)
            case _:
                return to, letter_to_requester(notice)

    def _is_overdue(self, ticket: Ticket) -> bool:
        return ticket.update_due_at is not None and ticket.update_due_at <= self.services.clock.now()

    def _latest_call(self, notice: Notice) -> Call | None:
        record = self.services.store.calls.get(notice.file.calls[-1]) if notice.file.calls else None
        return None if record is None else record.call


def address_of(ticket: Ticket) -> str | None:
    """The mail address of whoever asked; None where only a phone number, or nothing, is known of them."""
    return ticket.requester if is_mailbox(ticket.requester) else None


def _has_become_part_of_another(notice: Notice) -> bool:
    """Whether the call that opened the ticket turned out to belong to another one, which the desk knows of."""
    ended = notice.ticket.status is TicketStatus.CLOSED and not notice.file.calls
    return notice.event is TicketEvent.OPENED and ended


def _message(order: ClaimedOrder, notice: Notice, letter: Letter, way: MailWay) -> EmailMessage:
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = way.sender
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(notice.at)
    message["Message-ID"] = f"<{sha256(order.key.encode()).hexdigest()[:32]}@{way.sender.rpartition('@')[2]}>"
    # https://www.rfc-editor.org/rfc/rfc3834#section-5, and what Exchange looks at: nobody is away to a program.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if notice.to == Reader.REQUESTER and way.support is not None:
        message["Reply-To"] = way.support
    message.set_content(letter.text, cte="7bit" if letter.text.isascii() else "quoted-printable")
    return message
