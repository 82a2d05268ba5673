"""The words of our answers to staff: ticket numbers, names, and times of the desk. No caller's number, no free text.

Plain GSM-7 signs, so that an answer that fits 160 of them is one text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.cdr.records import Ticket, TicketStatus
from app.staff_texts.away import Left, Refused
from app.tickets import Outcome, Result
from app.written import Dates, listed
from oncall import DeskOverride, Override, Roster, override_in_force

HINT: Final = (
    "Commands: WHO, LIST, ACK 1234, TAKE 1234, UPDATE 1234 what is new, AWAY 17:00 (or 2h, tomorrow 08:00), BACK."
)
WHEN_HINT: Final = "Until when? For example: AWAY 17:00, AWAY tomorrow 08:00, AWAY Mon 8am or AWAY 2h; 31 days at most."
NO_RECORD: Final = "This could not be noted right now. Please try again in a minute, or call the desk."
_MOST_LISTED: Final = 8
_MOST_ASKED: Final = 4


@dataclass(frozen=True, slots=True)
class Wording:
    """Words answers as of `at`; times are those of clocks in `zone`, with no more of the date than is needed."""

    at: datetime
    zone: ZoneInfo

    def acknowledged(self, number: int, result: Result) -> str:
        """What came of ACK or TAKE."""
        match result.outcome:
            case Outcome.DONE:
                whence = result.before.assignee if result.before else None
                over = f", taken over from {whence}" if whence else ""
                return f"{number} is yours{over}.{self._due(result.ticket)}"
            case Outcome.YOURS_ALREADY:
                return f"{number} is yours already.{self._due(result.ticket)}"
            case Outcome.TAKEN:
                who = result.ticket.assignee if result.ticket else None
                return f"{number} was taken by {who}{self._since(result.ticket)}. TAKE {number} takes it over."
            case _:
                return self._refused(number, result)

    def updated(self, number: int, result: Result, *, mailed: bool) -> str:
        """What came of UPDATE; the text itself is never repeated. `mailed`: the requester gets a mail about it."""
        if result.outcome is not Outcome.DONE or result.ticket is None:
            return self._refused(number, result)
        if result.ticket.status is TicketStatus.NEW:
            return f"Noted on {number}. Nobody has it yet: ACK {number} makes it yours."
        call = "" if mailed else " The requester gets no mail: call them."
        return f"Noted on {number}.{self._due(result.ticket)}{call}"

    def not_taken(self, numbers: Sequence[int]) -> str:
        """What is said to a text without a command by somebody who was asked for updates."""
        how = " or ".join(f"UPDATE {number}" for number in numbers[:_MOST_ASKED])
        return f"Not noted. To give an update, reply {how} and what is new."

    def mine(self, tickets: Sequence[Ticket]) -> str:
        """The tickets somebody has in hand, the most urgent update first."""
        if not tickets:
            return "You have no open tickets."
        in_order = sorted(tickets, key=lambda each: (each.update_due_at is None, each.update_due_at or each.created_at))
        shown = [f"{each.number} {each.priority}{self._by(each)}" for each in in_order[:_MOST_LISTED]]
        more = len(tickets) - len(shown)
        return f"Yours: {'; '.join(shown)}{f'; and {more} more' if more else ''}."

    def who(self, roster: Roster, quick: tuple[Override, ...], desk: tuple[DeskOverride, ...] = ()) -> str:
        """Who is on call now and who is next, a sentence for each schedule; and the desk, if it is so by hand."""
        sentences = [self._schedule(roster, name, quick) for name in roster.schedules]
        hours = next(iter(roster.hours.values()), None)
        said = None if hours is None else override_in_force(hours, desk, at=self.at)
        if said is not None:
            word = "open" if said.is_open else "closed"
            sentences.append(f"The desk is {word} until {self._when(said.ends_at)}, says {said.author}.")
        return " ".join(sentences)

    def left(self, left: Left | Refused) -> str:
        """What came of AWAY."""
        if isinstance(left, Refused):
            span = self._span(left.gap.starts_at, left.gap.ends_at)
            where = f"nobody would be on call {span} ({left.gap.schedule})"
            return f"Not changed: {where}. Ask somebody to take over first."
        until = self._when(left.until)
        if not left.schedules:
            return f"You are on no schedule until {until}: nothing to change."
        return f"You are off {listed(left.schedules)} until {until}. Text BACK when you are here again."

    def returned(self, schedules: Sequence[str]) -> str:
        """What came of BACK."""
        if not schedules:
            return "You were not away: nothing to change."
        return f"Welcome back. You are in your turns of {listed(schedules)} again."

    def _schedule(self, roster: Roster, name: str, quick: tuple[Override, ...]) -> str:
        now = roster.who_is_on(name, at=self.at, quick=quick)
        following = roster.who_is_next(name, at=self.at, quick=quick)
        until = f" until {self._when(now.until)}" if now.until else ""
        people = listed([duty.person for duty in now.people], nothing="NOBODY")
        then = f", then {following.person}" if following and now.until == following.starts_at else ""
        if following and not then:
            then = f", next {following.person} {self._when(following.starts_at)}"
        return f"{name}: {people}{until}{then}."

    def _refused(self, number: int, result: Result) -> str:
        if result.outcome is Outcome.CLOSED and result.ticket is not None:
            return f"{number} is {result.ticket.status}: nothing was changed."
        return f"There is no ticket {number}."

    def _due(self, ticket: Ticket | None) -> str:
        due_at = None if ticket is None else ticket.update_due_at
        return f" Next update due {self._when(due_at)}." if due_at else ""

    def _by(self, ticket: Ticket) -> str:
        return f" by {self._when(ticket.update_due_at)}" if ticket.update_due_at else ""

    def _since(self, ticket: Ticket | None) -> str:
        at = None if ticket is None else ticket.acknowledged_at
        return f" {self._when(at)}" if at else ""

    def _when(self, at: datetime) -> str:
        """A time of today as 17:00; one within six days as Thu 17:00; else with its date."""
        local, today = at.astimezone(self.zone), self.at.astimezone(self.zone).date()
        if local.date() == today:
            return f"{local:%H:%M}"
        is_near = abs(local.date() - today) < timedelta(days=7)
        return f"{local:%a %H:%M}" if is_near and at > self.at else Dates(self.zone, today.year).moment(at)

    def _span(self, starts_at: datetime, ends_at: datetime) -> str:
        starts, ends = starts_at.astimezone(self.zone), ends_at.astimezone(self.zone)
        first = f"{starts:%a} {starts.day} {starts:%b %H:%M}"
        same_day = starts.date() == ends.date()
        return f"{first}-{ends:%H:%M}" if same_day else f"{first} to {ends:%a} {ends.day} {ends:%b %H:%M}"
