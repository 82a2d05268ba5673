"""Reminds of updates that are due, and tells others when none came: each stage once, with an entry that says who.

The entry stands in the ticket's history under a key of its own, written with the orders. As soon as the update is
there, by whatever door it came, nothing of its reminders goes out any more.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

import structlog

from app.announcements import TicketEvent
from app.cdr.records import Ticket
from app.concierge.people import Asked, Staff
from app.concierge.telling import ORDERS, Telling, due_name
from app.concierge.timing import Deed, Stage, horizon, stage_of
from app.concierge.wording import Wording
from app.config.snapshot import Snapshot
from app.flow.messages import OrderKind
from app.outbox import NoLongerWanted
from app.services import Services
from app.store import REMINDER_KEYS, ClaimedOrder, DueTicket, StoreUnavailable, TurnTransaction
from app.telephony.provider import ProviderError
from app.tickets import SERVICE, EntryKind
from app.turn_rules import desk_hours
from app.written import listed
from oncall import BusinessHours

Handler = Callable[[ClaimedOrder], str | None]

_ORDER: Final = re.compile(rf"{ORDERS}([0-9]{{1,9}}):([0-9a-f]{{1,14}}):.*")
# https://www.twilio.com/docs/api/errors/21610: whoever is texted has answered STOP.
_OPTED_OUT: Final = 21610
_PASSED_ON_FOR: Final = timedelta(minutes=30)
_BEFORE: Final = frozenset({Deed.TEXT, Deed.CALL})
_FIRST_OVERDUE: Final = f"{Deed.OWNER}-0-0"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reminders:
    """The reminders of one service. Every method may raise StoreUnavailable."""

    services: Services

    def handlers(self, others: Mapping[OrderKind, Handler]) -> dict[OrderKind, Handler]:
        """How texts and rings are carried out: by the `others`, unless they remind of an update that is there."""
        return {kind: self._if_wanted(others[kind]) for kind in (OrderKind.SEND_TEXT, OrderKind.RING_PHONE)}

    def sweep(self, at: datetime) -> int:
        """Do whatever is to be done `at`; returns for how many tickets something was."""
        now = self._now(at)
        due = self._due(now)
        return sum(self._remind(each, now) for each in due)

    def open_for(self, person: str, *, at: datetime) -> tuple[Ticket, ...]:
        """The tickets for whose next update this person was asked, and that have not been given it."""
        due = self._due(self._now(at))
        return tuple(each.ticket for each in due if any(person in done.told for done in each.reminded))

    def pass_on(self, number: int, due: str, *, by: str, at: datetime) -> bool:
        """Ask somebody else at once for the update called `due`; False when it is there, or there is nobody else."""
        now = self._now(at)
        with self.services.store.turn() as transaction:
            ticket = transaction.tickets.hold(number)
            due_at = None if ticket is None else ticket.update_due_at
            if ticket is None or due_at is None or due_name(due_at) != due:
                return False
            asked, key = now.staff.others_than(by), f"{_keys(due_at)}passed-on-by {by}"
            if asked and transaction.tickets.noted(number, key) is None:
                telling = self._telling(transaction, now, ticket, asked, name=f"passed-on-by {by}")
                way = telling.order(now.wording(ticket, due_at).passed_on(by), until=at + _PASSED_ON_FOR)
                names = listed([each.person.name for each in asked])
                text = f"{by} passes on the update that is due: {names} told by {way}"
                telling.note(text, author=by, kind=EntryKind.REMINDED, key=key)
        return bool(asked)

    def _now(self, at: datetime) -> "_Now":
        snapshot = self.services.config.current()
        quick = self.services.store.overrides.quick(at=at)
        return _Now(snapshot, Staff(snapshot.roster, at, quick), desk_hours(snapshot))

    def _due(self, now: "_Now") -> tuple[DueTicket, ...]:
        before = horizon(now.snapshot.roster.reminders, at=now.staff.at, hours=now.hours)
        return self.services.store.reminders.due(before=before, keys=_keys_of)

    def _remind(self, due: DueTicket, now: "_Now") -> bool:
        """Look first without disturbing anybody; then once more, with the ticket held."""
        ticket, due_at = due.ticket, due.ticket.update_due_at
        stage = now.stage(due, ticket)
        if ticket.number is None or due_at is None or stage is None:
            return False
        key = _keys(due_at) + stage.name
        if any(each.key == key for each in due.reminded):
            return False
        with self.services.store.turn() as transaction:
            held = transaction.tickets.hold(ticket.number)
            is_same = held is not None and held.update_due_at == due_at and now.stage(due, held) == stage
            if held is None or not is_same or transaction.tickets.noted(ticket.number, key) is not None:
                return False
            asked, wording = now.asked(held, stage), now.wording(held, due_at)
            telling = self._telling(transaction, now, held, asked, name=stage.name)
            was_texted = bool(due.reminded)
            way = telling.order(
                wording.text(stage),
                until=stage.until,
                by_text=stage.deed is not Deed.CALL or (not was_texted and now.texts_before(held)),
                by_call=stage.deed in {Deed.CALL, Deed.STEP},
            )
            if stage.deed is Deed.SUPERVISOR and telling.mail(now.snapshot.roster.reminders.supervisor_mail):
                way = f"{way}, and by mail" if asked else "mail alone"
            kind = EntryKind.REMINDED if stage.deed in _BEFORE else EntryKind.OVERDUE
            text = wording.entry(stage, asked, way)
            telling.note(text, author=SERVICE, kind=kind, key=key, event=_event(stage, is_first=not was_texted))
        _report(held, stage, is_heard=bool(asked) or way.endswith("mail alone"))
        return True

    def _telling(
        self, transaction: TurnTransaction, now: "_Now", ticket: Ticket, asked: Sequence[Asked], *, name: str
    ) -> Telling:
        return Telling(
            services=self.services,
            transaction=transaction,
            snapshot=now.snapshot,
            ticket=ticket,
            at=now.staff.at,
            name=name,
            asked=asked,
            may_call=ticket.priority in now.snapshot.roster.reminders.call_before_seconds,
        )

    def _if_wanted(self, handler: Handler) -> Handler:
        def carry_out(order: ClaimedOrder) -> str | None:
            named = _ORDER.fullmatch(order.key)
            if named is not None:
                ticket = self.services.store.reminders.wanted(int(named[1]))
                if ticket is None or ticket.update_due_at is None or due_name(ticket.update_due_at) != named[2]:
                    raise NoLongerWanted
            try:
                return handler(order)
            except ProviderError as fault:
                if named is None or fault.code != _OPTED_OUT:
                    raise
                # The next stage tells others: nothing is left for a person to put right.
                _log.warning("reminder_refused", order=order.key, code=fault.code)
                raise NoLongerWanted from fault

        return carry_out


@dataclass(frozen=True)
class _Now:
    """The configuration and the people as they are when something is decided."""

    snapshot: Snapshot
    staff: Staff
    hours: BusinessHours | None

    @cached_property
    def steps(self) -> tuple[tuple[Asked, ...], ...]:
        """Whom each step of the policy for overdue updates names."""
        return tuple(self.staff.steps())

    def stage(self, due: DueTicket, ticket: Ticket) -> Stage | None:
        """What is to be done about a ticket, which may have changed since its update was found due."""
        return stage_of(
            ticket,
            self.snapshot.roster.reminders,
            at=self.staff.at,
            hours=self.hours,
            overdue_at=next((each.at for each in due.reminded if each.key.endswith(_FIRST_OVERDUE)), None),
            steps=len(self.steps),
        )

    def asked(self, ticket: Ticket, stage: Stage) -> tuple[Asked, ...]:
        """Who is told at a stage."""
        match stage.deed:
            case Deed.TEXT | Deed.CALL | Deed.OWNER:
                return self.staff.askable(ticket)
            case Deed.STEP:
                return self.steps[stage.step - 1]
            case Deed.SUPERVISOR:
                return self.staff.supervisors()

    def texts_before(self, ticket: Ticket) -> bool:
        """Whether texts are sent before an update of this priority is due."""
        return ticket.priority in self.snapshot.roster.reminders.text_before_seconds

    def wording(self, ticket: Ticket, due_at: datetime) -> Wording:
        """The words about a ticket."""
        return Wording.of(ticket, due_at, at=self.staff.at, hours=self.hours)


def sweep_reminders(services: Services) -> None:
    """The clock's part; what fails is done the next time."""
    try:
        Reminders(services).sweep(services.clock.now())
    except StoreUnavailable as fault:
        _log.warning("reminders_wait", reason=fault.reason)


def _keys(due_at: datetime) -> str:
    """How the keys of all entries about an update that is due begin."""
    return f"{REMINDER_KEYS}{due_name(due_at)}:"


def _keys_of(ticket: Ticket) -> str | None:
    """How the keys of all entries about the update of a ticket that is due now begin."""
    return None if ticket.update_due_at is None else _keys(ticket.update_due_at)


def _event(stage: Stage, *, is_first: bool) -> TicketEvent | None:
    if stage.name == _FIRST_OVERDUE:
        return TicketEvent.OVERDUE
    return TicketEvent.UPDATE_DUE if stage.deed in _BEFORE and is_first else None


def _report(ticket: Ticket, stage: Stage, *, is_heard: bool) -> None:
    if not is_heard:
        _log.error("update_unheard", ticket=ticket.number, stage=stage.deed.value)
    elif stage.deed in _BEFORE:
        _log.info("update_reminded", ticket=ticket.number, stage=stage.deed.value)
    else:
        _log.warning("update_overdue", ticket=ticket.number, stage=stage.deed.value)
