"""Everything one turn may look at: the configuration it runs on, the instant, and what the record knows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import assert_never

from app.flow import last_resort, spoken
from app.flow.book import FlowBook
from app.flow.callers import Client
from app.flow.in_line import QueueState
from app.flow.messages import Position, Say
from app.flow.nodes import EscalateNode, Flow, PeopleNode, RingAssigneeNode, RingNode
from app.flow.standard import STANDARD_PROMPTS
from app.flow.standing import Standing
from oncall import (
    BusinessHours,
    DeskOverride,
    HoursState,
    Override,
    Plan,
    Roster,
    Skipped,
    StaffState,
    hours_state,
    next_open,
)

# Nobody is promised a wait of seconds.
LEAST_ESTIMATE_SECONDS = 60


def _unknown_staff(_before: datetime) -> StaffState:
    return StaffState()


def _unknown_standing() -> Standing:
    return Standing()


def _unknown_queue() -> QueueState | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldState:
    """What the record knows of the phones rung for a caller on hold.

    `placed`: how many the provider has taken on; `ringing`: how many may still take the call; `taken`: one has.
    `rung_at` is when the last of them was asked for: somebody may have joined in while the others rang.
    """

    placed: int
    ringing: int
    taken: bool
    rung_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The inputs of a turn besides its position and event. `at` is the instant of the event, in UTC.

    `caller` is the number (E.164) that calls, empty when withheld; `standing` tells what the record knows of it, and
    is the same however often it is asked. `staff` tells who is talking, and who took calls before an instant.
    `can_hold`: phones can be rung at once while the caller is on hold. `hold` is None when it is not known how that
    goes, and `queue` gives None when it is not known how the caller stands in line. `due_at` is when the update is due
    that staff are asked for. `desk` is what was said by hand of the desk's being open.
    """

    book: FlowBook
    roster: Roster
    at: datetime
    caller: str = ""
    standing: Callable[[], Standing] = _unknown_standing
    ticket: int | None = None
    due_at: datetime | None = None
    callback_number: str | None = None
    quick: tuple[Override, ...] = ()
    desk: tuple[DeskOverride, ...] = ()
    staff: Callable[[datetime], StaffState] = _unknown_staff
    can_hold: bool = False
    hold: HoldState | None = None
    queue: Callable[[], QueueState | None] = _unknown_queue

    def flow(self, name: str) -> Flow | None:
        if name == last_resort.NAME:
            return last_resort.last_resort(self.roster)
        return self.book.flow(name)

    def hours_state(self, hours: BusinessHours, *, at: datetime) -> HoursState:
        """Whether these hours are open at an instant, and why; what was said by hand comes first."""
        return hours_state(hours, self.desk, at=at)

    @property
    def client(self) -> Client | None:
        """The client whose number calls."""
        return self.book.callers.client(self.caller)

    def plan(self, node: PeopleNode, *, entered_at: datetime, language: str) -> Plan:
        """Whom the node rings, in order, fixed at the instant the call entered it; first who speaks the language."""
        if isinstance(node, RingAssigneeNode):
            return self._assignee_plan(node, entered_at)
        staff, roster = self.staff(entered_at), self.roster
        if isinstance(node, RingNode):
            return roster.ring_group_plan(node.group, at=entered_at, quick=self.quick, staff=staff, language=language)
        if isinstance(node, EscalateNode):
            return roster.policy_plan(node.policy, at=entered_at, quick=self.quick, staff=staff, language=language)
        assert_never(node)

    def _assignee_plan(self, node: RingAssigneeNode, entered_at: datetime) -> Plan:
        ticket, roster = self.standing().open_ticket, self.roster
        person = ticket.assignee if ticket else None
        if ticket is None or person is None or person not in roster.people:
            what = "there is no open ticket" if ticket is None else f"nobody of the staff has ticket {ticket.number}"
            return Plan((), (Skipped("the person who has the ticket", 1, what, node.source),), None)
        off = roster.away(person, at=entered_at, quick=self.quick)
        if off is not None:
            return Plan((), (Skipped(person, 1, f"away: {off.reason}", off.source),), None)
        hours = roster.hours.get(node.hours or "")
        is_closed = hours is not None and not self.hours_state(hours, at=entered_at).is_open
        if is_closed and not roster.on_duty(person, at=entered_at, quick=self.quick):
            because = f"not on call, and outside business hours {node.hours}"
            return Plan((), (Skipped(person, 1, because, node.source),), None)
        return roster.person_plan(person, because=f"has ticket {ticket.number}", ring_seconds=node.ring_seconds)

    def say(self, prompt: str, position: Position, *, language: str = "") -> Say:
        """The words of a prompt in the call's language or another, placeholders filled.

        Raises KeyError for an unknown name.
        """
        language = language or position.language
        known = self.book.prompt(prompt, language)
        if known is None:
            text = STANDARD_PROMPTS.get(language, STANDARD_PROMPTS["en"])[prompt]
            return Say(self._fill(text, position, language), "es-US" if language == "es" else "en-US")
        return Say(self._fill(known.text, position, language), known.language_tag, known.voice)

    def _fill(self, text: str, position: Position, language: str) -> str:
        if "{" not in text:
            return text
        return text.format_map(_Placeholders(self, position, language))


class _Placeholders(dict[str, str]):
    """Computes a placeholder only when a prompt names it."""

    def __init__(self, scene: Scene, position: Position, language: str) -> None:
        super().__init__()
        self._scene, self._position, self._language = scene, position, language

    def __missing__(self, name: str) -> str:
        scene, position, language = self._scene, self._position, self._language
        match name:
            case "opens_at":
                hours = self._hours()
                opening = None if hours is None else next_open(hours, scene.desk, at=scene.at)
                zone = UTC if hours is None else hours.zone
                return spoken.moment(opening, at=scene.at, zone=zone, language=language)
            case "holiday":
                hours = self._hours()
                return spoken.holiday((hours.state(at=scene.at).holiday if hours else None) or "", language)
            case "ticket":
                return spoken.digits(scene.ticket, language)
            case "due":
                hours = self._hours()
                zone = UTC if hours is None else hours.zone
                return spoken.moment(scene.due_at, at=scene.at, zone=zone, language=language)
            case "callback_number":
                return spoken.digits((scene.callback_number or "").removeprefix("+1"), language)
            case "line":
                return scene.book.line(position.line).title
            case "priority":
                return spoken.word(position.priority or "high", language)
            case "waited":
                return spoken.waited(int(scene.at.timestamp()) - position.started_at, language)
            case "callers_before":
                state = scene.queue()
                return str(0 if state is None else state.place - 1)
            case "estimate":
                state = scene.queue()
                seconds = 0 if state is None else state.estimate_seconds or 0
                return spoken.waited(max(LEAST_ESTIMATE_SECONDS, seconds), language)
            case "client":
                return "" if scene.client is None else spoken.from_client(scene.client.title, language)
            case "language":
                return spoken.in_language(position.language, language=language)
            case _:
                return self._of_open_ticket(name)

    def _of_open_ticket(self, name: str) -> str:
        scene, language = self._scene, self._language
        ticket = scene.standing().open_ticket
        if ticket is None:
            return ""
        match name:
            case "open_ticket":
                return spoken.digits(ticket.number, language)
            case "ticket_status":
                return spoken.word(ticket.status, language)
            case "ticket_priority":
                return spoken.word(ticket.priority, language)
            case "ticket_updated":
                hours = self._hours()
                zone = UTC if hours is None else hours.zone
                return spoken.past(ticket.updated_at, at=scene.at, zone=zone, language=language)
            case _:
                return ""

    def _hours(self) -> BusinessHours | None:
        return next(iter(self._scene.roster.hours.values()), None)
