"""What a call to a line at an instant would do, step by step, without making one or leaving a record.

It walks the real flow engine, so it cannot say anything else than a call would. It knows no web and no database.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from app.config.snapshot import Snapshot
from app.flow.book import FlowBook
from app.flow.engine import FlowFault, advance, first_position
from app.flow.messages import (
    CallArrived,
    Detail,
    Dial,
    DialEnded,
    DialStatus,
    Event,
    Fact,
    FactKind,
    Faulted,
    Gather,
    Instruction,
    KeysPressed,
    Play,
    Position,
    Record,
    RecordingEnded,
    Say,
    Silence,
    Turn,
)
from app.flow.nodes import CollectNode, Line, Node, VoicemailNode
from app.flow.scene import Scene
from app.flow.spoken import SECONDS_A_CHARACTER
from oncall import DeskOverride, Override, Source

STEP_LIMIT = 200
SILENT = "-"
MESSAGE_SECONDS = 20
NATIONAL_DIGITS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing the call does: when (UTC), in plain English, why, and the "file:line" that decided it, if any."""

    at: datetime
    does: str
    because: str
    source: str | None


def preview(
    snapshot: Snapshot,
    *,
    line: Line,
    at: datetime,
    keys: Sequence[str],
    quick: tuple[Override, ...] = (),
    desk: tuple[DeskOverride, ...] = (),
) -> list[Step]:
    """What a call to `line` that arrives `at` would do, until it ends or has taken 200 steps.

    One entry of `keys` is pressed at each menu or question, "-" and a missing entry being silence. Nobody of the
    staff takes the call, so that everybody who would be rung shows; an outside party is taken to end it, and then
    to be busy, so that the rest shows as well; a message is left. Time passes as it would: speech by its length,
    ringing and waiting as configured. Audio files count for nothing. `quick` are overrides made outside the
    configuration, and `desk` what was said by hand of the desk's being open.
    """
    arrives_at = at.astimezone(UTC).replace(microsecond=0)
    walk = Walk(snapshot, deque(keys), arrives_at, quick=quick, desk=desk)
    walk.call(line)
    return walk.steps


def line_called(book: FlowBook, text: str) -> Line | None:
    """The line of that name or number, however the number is written; None when there is none."""
    if text in book.lines:
        return book.lines[text]
    if text.strip("0123456789+-.() "):
        return None
    digits = "".join(filter(str.isdigit, text))[-NATIONAL_DIGITS:]
    if len(digits) < NATIONAL_DIGITS:
        return None
    return next((line for line in book.lines.values() if line.number.endswith(digits)), None)


def key_entries(text: str) -> tuple[str, ...]:
    """What is pressed at each prompt: "12" or "1,2" are two entries, "8165550117#,1" keys a number first."""
    if "," in text:
        return tuple(entry.strip() or SILENT for entry in text.split(","))
    return tuple(text)


@dataclass(slots=True)
class Walk:
    """A call under way: what it still presses, what time it is there, and what it did so far.

    Whoever wants other phones or another caller overrides `dialled`, `recorded` and `expects_answer`.
    """

    snapshot: Snapshot
    keys: deque[str]
    now: datetime
    steps: list[Step] = field(default_factory=list)
    party: str = ""
    quick: tuple[Override, ...] = ()
    desk: tuple[DeskOverride, ...] = ()

    def call(self, line: Line) -> None:
        """Calls the line now and goes on to the end."""
        self.go(first_position(line=line.name, flow=line.flow, revision=self.snapshot.revision, at=self.now))

    def go(self, position: Position) -> None:
        event: Event = CallArrived()
        while len(self.steps) <= STEP_LIMIT:
            scene = self.scene()
            turn = _advanced(position, event, scene)
            self.tell(turn, scene)
            following = self.following(turn)
            if following is None:
                break
            position, event = following
        if len(self.steps) > STEP_LIMIT:
            del self.steps[STEP_LIMIT - 1 :]
            self.step("goes on and on", because=f"only {STEP_LIMIT} steps are shown", source=None)

    def scene(self) -> Scene:
        """What a turn may look at now."""
        return Scene(
            book=self.snapshot.book, roster=self.snapshot.roster, at=self.now, quick=self.quick, desk=self.desk
        )

    def following(self, turn: Turn) -> tuple[Position, Event] | None:
        """Where the call waits after a turn and what happens there; None when it is over."""
        return None if turn.position is None else (turn.position, self.answer(turn.instructions[-1]))

    def step(self, does: str, *, because: str, source: Source | None) -> None:
        place = None if source is None else str(source)
        self.steps.append(Step(at=self.now, does=does, because=because, source=place))

    # What a turn did.

    def tell(self, turn: Turn, scene: Scene) -> None:
        """Every fact in order, each with what was said and done for it."""
        told = deque(_flattened(turn.instructions))
        for fact in turn.facts:
            if fact.kind is FactKind.PROMPT_SAID:
                self.speak(told.popleft(), fact.because, fact.source)
            elif fact.kind in _DOING:
                self.speak_all(told, *self.spoken_for(fact, turn, scene))
                if told:  # phones that ring at once are dialled by one instruction
                    told.popleft()
                self.tell_fact(fact)
            else:
                self.tell_fact(fact)
        if told and turn.position is not None:
            self.tell_question(told, turn.position, scene)

    def spoken_for(self, fact: Fact, turn: Turn, scene: Scene) -> tuple[str, Source | None]:
        """Why a prompt is spoken. What a leg cites is the rule that chose the person; the words are the node's."""
        node = _waiting_node(turn.position, scene)
        if fact.kind is not FactKind.LEG_DIALLED or turn.position is None or node is None:
            return fact.because, fact.source
        return f"what {turn.position.node} says before it rings somebody", node.source

    def tell_fact(self, fact: Fact) -> None:
        if fact.kind is FactKind.LEG_DIALLED:
            self.party = self.name_of(str(fact.detail["party"]))
        self.step(fact_words(fact, self.party), because=_reason(fact), source=fact.source)
        if fact.kind is FactKind.LEG_DIALLED and not fact.detail["screened"]:
            self.expects_answer(fact.source)

    def expects_answer(self, source: Source | None) -> None:
        """Tells that an outside party which is rung usually ends the call there."""
        because = f"{self.party} is expected to answer; the steps from here on show what follows when it is busy"
        self.step("ends there", because=because, source=source)

    def tell_question(self, told: deque[Instruction], position: Position, scene: Scene) -> None:
        """Digits are asked for without a fact: the question is told from its node."""
        node = _waiting_node(position, scene)
        if isinstance(node, CollectNode):
            because = f"{position.node} asks for a {node.into.value.replace('_', ' ')}"
            self.speak_all(told, because, node.source)
            self.step(f"asks for {_how_many(node)}", because=because, source=node.source)
        elif isinstance(node, VoicemailNode):
            self.speak_all(told, f"{position.node} offers to record the message again", node.source)

    def speak_all(self, told: deque[Instruction], because: str, source: Source | None) -> None:
        while told and isinstance(told[0], Say | Play):
            self.speak(told.popleft(), because, source)

    def speak(self, said: Instruction, because: str, source: Source | None) -> None:
        if isinstance(said, Say):
            self.step(f'says "{said.text}"', because=because, source=source)
            self.pass_time(round(len(said.text) * SECONDS_A_CHARACTER))
        elif isinstance(said, Play):
            self.step(f"plays {said.url}", because=because, source=source)

    def name_of(self, party: str) -> str:
        outside = self.snapshot.roster.outside_parties.get(party)
        return party if outside is None else outside.title

    # What happens next to a call that waits.

    def answer(self, waits_for: Instruction) -> Event:
        match waits_for:
            case Gather():
                return self.press(waits_for)
            case Dial():
                return self.dialled(waits_for)
            case Record():
                return self.recorded(waits_for)
            case _:
                return Faulted(f"a call cannot wait for {type(waits_for).__name__}")

    def dialled(self, dial: Dial) -> DialEnded:
        """What comes of ringing somebody."""
        if not dial.screened:
            return DialEnded(status=DialStatus.BUSY, bridged=False, accepted=None)
        self.pass_time(dial.ring_seconds)
        return DialEnded(status=DialStatus.NO_ANSWER, bridged=False, accepted=False)

    def recorded(self, record: Record) -> RecordingEnded | Silence:
        """What the caller says after the tone."""
        seconds = min(MESSAGE_SECONDS, record.max_seconds)
        self.pass_time(seconds)
        return RecordingEnded(seconds=seconds)

    def press(self, gather: Gather) -> Event:
        entry = self.keys.popleft() if self.keys else SILENT
        # A number of unknown length is ended by the hash key; elsewhere that is a key like any other.
        pressed = entry.partition("#")[0] if gather.digits is None else entry[: gather.digits]
        if pressed in {"", SILENT}:
            self.pass_time(gather.wait_seconds)
            return Silence()
        return KeysPressed(pressed)

    def pass_time(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)


def _advanced(position: Position, event: Event, scene: Scene) -> Turn:
    try:
        return advance(position, event, scene)
    except FlowFault as fault:
        # What the service does with a call whose turn failed: see Calls.rescue.
        return advance(replace(position, flow="", node=""), Faulted(fault.reason), scene)


def _waiting_node(position: Position | None, scene: Scene) -> Node | None:
    flow = None if position is None else scene.flow(position.flow)
    return flow.nodes.get(position.node) if flow and position else None


def _flattened(instructions: Sequence[Instruction]) -> Iterator[Instruction]:
    for instruction in instructions:
        if isinstance(instruction, Gather):
            yield from instruction.prompts
        yield instruction


def _how_many(node: CollectNode) -> str:
    if node.min_digits == node.max_digits:
        return f"{node.max_digits} digits"
    return f"{node.min_digits} to {node.max_digits} digits"


def _reason(fact: Fact) -> str:
    skipped = _listed(fact.detail.get("skipped"), "; ")
    return f"{fact.because}; left out: {skipped}" if skipped and fact.kind is FactKind.PEOPLE_CHOSEN else fact.because


def fact_words(fact: Fact, party: str) -> str:
    """A fact in plain English. `party` is who was rung last."""
    words = _WORDS.get(fact.kind)
    return fact.kind.replace("_", " ") if words is None else words(fact.detail, party)


def _listed(values: Detail, joint: str = ", ") -> str:
    return joint.join(map(str, values)) if isinstance(values, list) else ""


def _hours(detail: Mapping[str, Detail], _party: str) -> str:
    holiday = f", {detail['holiday']}" if detail["holiday"] else ""
    return f"looks at business hours {detail['hours']}: {'open' if detail['open'] else 'closed'}{holiday}"


def _dialled(detail: Mapping[str, Detail], party: str) -> str:
    return f"rings {party} for {detail['ring_seconds']} seconds" if detail["screened"] else f"connects {party}"


def _dial_over(detail: Mapping[str, Detail], party: str) -> str:
    if detail["bridged"]:
        return f"{party} takes the call"
    return f"{party} is busy" if detail["status"] == DialStatus.BUSY else f"{party} does not take it"


# Facts that stand for an instruction which the caller waits for, or which ends the call.
_DOING = {FactKind.MENU_OFFERED, FactKind.LEG_DIALLED, FactKind.RECORDING_STARTED, FactKind.CALL_FINISHED}

_WORDS: dict[FactKind, Callable[[Mapping[str, Detail], str], str]] = {
    FactKind.CALL_ARRIVED: lambda _detail, _party: "a call arrives",
    FactKind.CALLER_RECOGNISED: lambda detail, _party: f"knows the caller: {detail['client']}, {detail['site']}",
    FactKind.CALLER_BLOCKED: lambda _detail, _party: "turns the caller away",
    FactKind.CALLED_AGAIN: lambda _detail, _party: "knows that the caller has just called",
    FactKind.OPEN_TICKET_FOUND: lambda detail, _party: f"finds that ticket {detail['ticket']} is open",
    FactKind.TICKET_JOINED: lambda detail, _party: f"belongs to ticket {detail['ticket']}",
    FactKind.LANGUAGE_CHOSEN: lambda detail, _party: f"goes on in language {detail['language']}",
    FactKind.HOURS_CHECKED: _hours,
    FactKind.MENU_OFFERED: lambda detail, _party: f"asks for a key ({_listed(detail['keys'])})",
    FactKind.KEYS_PRESSED: lambda detail, _party: f"key {detail['keys']} pressed",
    FactKind.WRONG_KEY_PRESSED: lambda detail, _party: f"key {detail['keys']} pressed, which is not asked for",
    FactKind.SILENCE_HEARD: lambda _detail, _party: "no key pressed",
    FactKind.PRIORITY_SET: lambda detail, _party: f"becomes priority {detail['priority']}",
    FactKind.TAGS_ADDED: lambda detail, _party: f"gets the tags {_listed(detail['tags'])}",
    FactKind.DIGITS_COLLECTED: lambda detail, _party: f"{', '.join(map(str, detail.values()))} keyed",
    FactKind.PEOPLE_CHOSEN: lambda detail, _party: f"will ring {_listed(detail['people'], ', then ')}",
    FactKind.NOBODY_TO_RING: lambda _detail, _party: "finds nobody to ring",
    FactKind.LEG_DIALLED: _dialled,
    FactKind.DIAL_ENDED: _dial_over,
    FactKind.PERSON_BUSY: lambda detail, _party: f"passes {detail['party']} over",
    FactKind.HOLD_ENDED: lambda _detail, _party: "takes the caller off hold",
    FactKind.QUEUE_JOINED: lambda _detail, _party: "keeps the caller in line",
    FactKind.QUEUE_SKIPPED: lambda _detail, _party: "has no line to wait in",
    FactKind.QUEUE_CHOICE_MADE: lambda detail, _party: f"notes the caller's choice in the line: {detail['choice']}",
    FactKind.CALLBACK_ASKED: lambda detail, _party: f"will call back {detail['callback_number']}",
    FactKind.RECORDING_STARTED: lambda _detail, _party: "takes a message",
    FactKind.RECORDING_ENDED: lambda detail, _party: f"a message of {detail['seconds']} seconds is left",
    FactKind.FLOW_CHANGED: lambda _detail, _party: "goes on in another flow",
    FactKind.FAULT_MET: lambda _detail, _party: "meets a fault",
    FactKind.CALL_FINISHED: lambda _detail, _party: "hangs up",
}
