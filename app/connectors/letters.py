"""What mails say: which ticket, how urgent, what became of the call so far, and where to read more.

Nothing a caller said or typed is in them, and no phone number: mail passes through hands that are not ours.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from app.announcements import TicketEvent
from app.cdr.records import Call, Disposition
from app.config.snapshot import Snapshot
from app.connectors.notices import Notice
from app.turn_rules import desk_hours
from app.written import NO_YEAR, Dates

_TO_REQUESTER: Final = {
    TicketEvent.ACKNOWLEDGED: ("is in hand", "Somebody of our staff has your request in hand and works on it."),
    TicketEvent.ASSIGNED: ("is in hand", "Somebody of our staff has your request in hand and works on it."),
    TicketEvent.UPDATED: ("has news", "There is news about your request. Call the desk to hear it."),
    TicketEvent.WAITING: ("waits for you", "We need an answer from you to go on with your request."),
    TicketEvent.RESOLVED: ("is resolved", "We believe that your request is resolved. If it is not, tell us."),
    TicketEvent.CLOSING_SOON: (
        "will be closed soon",
        "We still wait for your answer, and close the ticket without one.",
    ),
    TicketEvent.CLOSED: ("is closed", "Your request is closed. If something is left to do, tell us."),
    TicketEvent.REOPENED: ("is open again", "We work on your request again."),
}
_TO_DESK_FOOT: Final = "The link needs a sign-in. Made by the telephone service; nothing a caller said is in it."
_TO_REQUESTER_FOOT: Final = "Reply to this mail or call the desk. Please send no patient information by mail."


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail's subject and text."""

    subject: str
    text: str


def letter_to_desk(notice: Notice, *, call: Call | None, snapshot: Snapshot) -> Letter:
    """The mail about work that is new to the desk; `call` is the latest one about it."""
    ticket, line = notice.ticket, None if call is None else snapshot.book.line(call.line).title
    what = "reopened" if notice.event is TicketEvent.REOPENED else _opened_by(notice, line)
    rows = [
        ("Ticket", str(ticket.number)),
        ("Priority", str(ticket.priority)),
        ("Opened", _moment(ticket.created_at, snapshot)),
        *([] if call is None else [("Line", str(line)), ("Call so far", _so_far(call))]),
        ("Status", str(ticket.status).replace("_", " ")),
        ("Assigned to", ticket.assignee or "nobody yet"),
    ]
    width = max(len(name) for name, _ in rows) + 2
    table = "\n".join(f"{name + ':':{width}}{value}" for name, value in rows)
    subject = f"Ticket {ticket.number} ({ticket.priority}): {what}"
    return Letter(_on_one_line(subject), f"{table}\n\n{notice.link}\n\n{_TO_DESK_FOOT}\n")


def letter_to_requester(notice: Notice) -> Letter:
    """The mail to whoever asked, about what became of it."""
    state, words = _TO_REQUESTER[notice.event]
    number = notice.ticket.number
    return Letter(f"Your ticket {number} {state}", f"Ticket {number}: {words}\n\n{_TO_REQUESTER_FOOT}\n")


def letter_to_supervisor(notice: Notice, *, snapshot: Snapshot) -> Letter:
    """The mail about a ticket whose update nobody gives, whoever was told of it."""
    ticket = notice.ticket
    due = "none any more" if ticket.update_due_at is None else _moment(ticket.update_due_at, snapshot)
    rows = [
        ("Ticket", str(ticket.number)),
        ("Priority", str(ticket.priority)),
        ("Update due", due),
        ("Status", str(ticket.status).replace("_", " ")),
        ("Assigned to", ticket.assignee or "nobody"),
    ]
    table = "\n".join(f"{name + ':':13}{value}" for name, value in rows)
    subject = f"Ticket {ticket.number} ({ticket.priority}): nobody gives its update"
    return Letter(_on_one_line(subject), f"{table}\n\n{notice.link}\n\n{_TO_DESK_FOOT}\n")


def _opened_by(notice: Notice, line: str | None) -> str:
    return f"opened by {notice.ticket.channel}" if line is None else f"call on the {line}"


def _so_far(call: Call) -> str:
    match call.disposition:
        case Disposition.IN_PROGRESS:
            return "the caller is on the line"
        case Disposition.ANSWERED | Disposition.ANSWERING_SERVICE:
            return f"taken by {call.answered_by}"
        case Disposition.VOICEMAIL:
            return "the caller left a message"
        case Disposition.CALLBACK:
            return "the caller asked to be called back"
        case Disposition.ABANDONED:
            return "the caller hung up"
        case Disposition.FAILED:
            return "the call broke off"


def _moment(at: datetime, snapshot: Snapshot) -> str:
    hours = desk_hours(snapshot)
    zone = UTC if hours is None else hours.zone
    return f"{Dates(zone, NO_YEAR).moment(at)} {at.astimezone(zone):%Z}"


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
