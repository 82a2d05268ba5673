"""Everything one turn may look at: the configuration it runs on, the instant, and what the record knows."""

from dataclasses import dataclass
from datetime import UTC, datetime

from app.flow import last_resort, spoken
from app.flow.book import FlowBook
from app.flow.messages import Position, Say
from app.flow.nodes import EscalateNode, Flow, RingNode
from app.flow.standard import STANDARD_PROMPTS
from oncall import BusinessHours, Override, Plan, Roster


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The inputs of a turn besides its position and event. `at` is the instant of the event, in UTC."""

    book: FlowBook
    roster: Roster
    at: datetime
    ticket: int | None = None
    callback_number: str | None = None
    quick: tuple[Override, ...] = ()

    def flow(self, name: str) -> Flow | None:
        if name == last_resort.NAME:
            return last_resort.last_resort(self.roster)
        return self.book.flow(name)

    def plan(self, node: RingNode | EscalateNode, *, entered_at: datetime) -> Plan:
        """Whom the node rings, in order, fixed at the instant the call entered it."""
        if isinstance(node, RingNode):
            return self.roster.ring_group_plan(node.group, at=entered_at, quick=self.quick)
        return self.roster.policy_plan(node.policy, at=entered_at, quick=self.quick)

    def say(self, prompt: str, position: Position) -> Say:
        """The words of a prompt in the call's language, placeholders filled. Raises KeyError for an unknown name."""
        language = position.language
        known = self.book.prompt(prompt, language)
        if known is None:
            text = STANDARD_PROMPTS.get(language, STANDARD_PROMPTS["en"])[prompt]
            return Say(self._fill(text, position), "es-US" if language == "es" else "en-US")
        return Say(self._fill(known.text, position), known.language_tag, known.voice)

    def _fill(self, text: str, position: Position) -> str:
        if "{" not in text:
            return text
        return text.format_map(_Placeholders(self, position))


class _Placeholders(dict[str, str]):
    """Computes a placeholder only when a prompt names it."""

    def __init__(self, scene: Scene, position: Position) -> None:
        super().__init__()
        self._scene, self._position = scene, position

    def __missing__(self, name: str) -> str:
        scene, position = self._scene, self._position
        language = position.language
        match name:
            case "opens_at":
                hours = self._hours()
                opening = None if hours is None else hours.next_open(at=scene.at)
                zone = UTC if hours is None else hours.zone
                return spoken.moment(opening, at=scene.at, zone=zone, language=language)
            case "holiday":
                hours = self._hours()
                return (hours.state(at=scene.at).holiday if hours else None) or ""
            case "ticket":
                return spoken.digits(scene.ticket, language)
            case "callback_number":
                return spoken.digits((scene.callback_number or "").removeprefix("+1"), language)
            case "line":
                return scene.book.line(position.line).title
            case "priority":
                return spoken.word(position.priority or "high", language)
            case "waited":
                return spoken.waited(int(scene.at.timestamp()) - position.started_at, language)
            case _:
                return ""

    def _hours(self) -> BusinessHours | None:
        return next(iter(self._scene.roster.hours.values()), None)
