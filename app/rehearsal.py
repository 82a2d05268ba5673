"""Plays the cases that staff wrote on the flow engine, and says where a call does something else than they expect.

Virtual time, no web, no database: what is played is the configuration alone.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from app.config.cases import Answer, Case, Cases, Ending, ExpectModel, Message, read_cases, unknown_names
from app.config.problems import ConfigError, Problem
from app.config.snapshot import Snapshot, load
from app.flow.in_line import Choice, QueueState
from app.flow.messages import (
    Dial,
    DialEnded,
    DialStatus,
    EndHold,
    Event,
    Fact,
    FactKind,
    Gather,
    Hold,
    HoldEnded,
    HoldResult,
    HoldWaited,
    Instruction,
    KeepHolding,
    KeysPressed,
    Position,
    Record,
    RecordingEnded,
    Say,
    Silence,
    Turn,
)
from app.flow.queueing import MUSIC_SECONDS
from app.flow.scene import HoldState, Scene
from app.flow.spoken import SECONDS_A_CHARACTER
from app.route_preview import SILENT, Step, Walk, key_entries
from oncall import Priority, Source, StaffState

CONVERSATION_SECONDS = 60
# From the first ring to the key that takes the call or passes it on.
DECIDES_SECONDS = 12
BUSY_SECONDS = 2
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How many cases were played, and a problem for every expectation that did not come true."""

    played: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a call did: everything an expectation can be about, and step by step."""

    rang: tuple[str, ...]
    answered_by: str | None
    priority: Priority
    heard: tuple[str, ...]
    tags: tuple[str, ...]
    keyed: dict[str, str]
    ends: Ending
    steps: tuple[Step, ...]


def rehearse_folder(folder: Path) -> Rehearsal:
    """Play every case in `folder`; none while its configuration has an error, and then only the cases' own form counts.

    The errors of the configuration itself are not among the problems.
    """
    try:
        return rehearse(read_cases(folder), load(folder))
    except ConfigError:
        return Rehearsal(0, read_cases(folder).problems)


def rehearse(found: Cases, snapshot: Snapshot) -> Rehearsal:
    """Play every case on the configuration it was written for."""
    problems = list(found.problems)
    for case in found.cases:
        unknown = list(unknown_names(case, snapshot.book, snapshot.roster))
        problems.extend(unknown or failures(case, snapshot))
    return Rehearsal(len(found.cases), tuple(sorted(problems)))


def failures(case: Case, snapshot: Snapshot) -> list[Problem]:
    """Return a problem for every expectation of a case that does not come true; the first one tells the whole call."""
    outcome = play(case, snapshot)
    missed = list(_missed(case.wanted.expect, outcome))
    title = f'case "{case.wanted.name}"'
    told = "".join(f"\n      {line}" for line in _story(outcome.steps, _zone(snapshot)))
    problems = [case.problem("expect", *path, message=f"{title}: {text}") for path, text in missed[1:]]
    if missed:
        path, text = missed[0]
        problems.insert(0, case.problem("expect", *path, message=f"{title}: {text}; the call went like this:{told}"))
    return problems


def play(case: Case, snapshot: Snapshot) -> Outcome:
    """Return what the call of a case does. Its names must exist."""
    line = snapshot.book.line(case.wanted.line)
    walk = Played(
        snapshot, deque(key_entries(case.wanted.keys)), case.at(zone=_zone(snapshot)), case=case, priority=line.priority
    )
    walk.call(line)
    return walk.outcome()


@dataclass(slots=True, kw_only=True)
class Played(Walk):
    """A call on which the phones and the caller do what the case says."""

    case: Case
    priority: Priority
    ringing: str = ""
    rang: list[str] = field(default_factory=list)
    times: dict[str, int] = field(default_factory=dict)
    answered_by: str | None = None
    left_a_message: bool = False
    heard: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    keyed: dict[str, str] = field(default_factory=dict)
    choice: Choice | None = None
    asked_for_a_call: bool = False
    held: Position | None = None
    rung: list[str] = field(default_factory=list)

    def scene(self) -> Scene:
        """Phones can be rung while the caller is on hold, and whoever talks goes on talking."""
        talking = frozenset(self.case.wanted.on_a_call)
        return replace(
            Walk.scene(self),
            caller=self.case.caller(self.snapshot.book),
            callback_number=self.keyed.get("callback_number"),
            staff=lambda _before: StaffState(talking=talking),
            can_hold=True,
            hold=HoldState(placed=1, ringing=0, taken=False),
            queue=lambda: QueueState(choice=self.choice),
        )

    def outcome(self) -> Outcome:
        return Outcome(
            rang=tuple(self.rang),
            answered_by=self.answered_by,
            priority=self.priority,
            heard=tuple(self.heard),
            tags=tuple(dict.fromkeys(self.tags)),
            keyed=self.keyed,
            ends=self.ending(),
            steps=tuple(self.steps),
        )

    def ending(self) -> Ending:
        if self.answered_by is not None:
            is_outside = self.answered_by in self.snapshot.roster.outside_parties
            return Ending.ANSWERING_SERVICE if is_outside else Ending.ANSWERED
        if self.left_a_message:
            return Ending.VOICEMAIL
        return Ending.CALL_BACK if self.asked_for_a_call else Ending.HUNG_UP

    def tell(self, turn: Turn, scene: Scene) -> None:
        self.rung.clear()
        for fact in turn.facts:
            self.note(fact)
        for instruction in turn.instructions:
            said = instruction.prompts if isinstance(instruction, Gather | KeepHolding) else (instruction,)
            self.heard.extend(each.text for each in said if isinstance(each, Say))
        Walk.tell(self, turn, scene)

    def note(self, fact: Fact) -> None:
        detail = fact.detail
        match fact.kind:
            case FactKind.LEG_DIALLED:
                self.ringing = str(detail["party"])
                self.rung.append(self.ringing)
                # The second number of the same person is the same ring to those who wait for them.
                if self.rang[-1:] != [self.ringing]:
                    self.rang.append(self.ringing)
            case FactKind.PRIORITY_SET:
                self.priority = Priority(str(detail["priority"]))
            case FactKind.TAGS_ADDED:
                added = detail["tags"]
                self.tags.extend(map(str, added if isinstance(added, list) else []))
            case FactKind.DIGITS_COLLECTED:
                self.keyed |= {name: str(value) for name, value in detail.items()}
            case FactKind.QUEUE_CHOICE_MADE:
                self.choice = Choice(str(detail["choice"]))
            case FactKind.CALLBACK_ASKED:
                self.asked_for_a_call = True
            case FactKind.RECORDING_ENDED:
                self.left_a_message = self.left_a_message or detail.get("left") is True
            case _:
                pass

    def expects_answer(self, source: Source | None) -> None:
        """The case says what the outside party does."""

    # On hold.

    def following(self, turn: Turn) -> tuple[Position, Event] | None:
        last = turn.instructions[-1] if turn.instructions else None
        if isinstance(last, EndHold) and self.held is not None:
            return self.held, HoldEnded(result=HoldResult.GIVEN_UP)
        if isinstance(last, Hold) and turn.position is not None:
            self.held, self.choice = turn.position, None
            if last.phones:
                return turn.position, self.rung_at_once(last)
            return replace(turn.position, lap=1), HoldWaited()
        return Walk.following(self, turn)

    def answer(self, waits_for: Instruction) -> Event:
        return self.waited(waits_for) if isinstance(waits_for, KeepHolding) else Walk.answer(self, waits_for)

    def waited(self, lap: KeepHolding) -> Event:
        """One lap in the line: nobody gets free, and the caller presses the next key of the case, if there is one."""
        spoken = sum(len(each.text) for each in lap.prompts if isinstance(each, Say)) * SECONDS_A_CHARACTER
        self.pass_time(round(spoken))
        entry = self.keys.popleft() if lap.keys and self.keys else SILENT
        if entry not in {"", SILENT}:
            return KeysPressed(entry[:1])
        self.pass_time(lap.times * MUSIC_SECONDS)
        return HoldWaited()

    def rung_at_once(self, hold: Hold) -> HoldEnded:
        """The first in the order of the group who accepts has the call."""
        answers = {}
        for party in self.rung:
            time = self.times.get(party, 0)
            self.times[party] = time + 1
            answers[party] = self.case.answer(party, time=time)
            self.step(f"{party}: {answers[party]}", because="so the case says", source=self.source())
        winner = next((party for party in self.rung if answers[party] is Answer.ACCEPT), None)
        if winner is None:
            self.pass_time(max(phone.ring_seconds for phone in hold.phones))
            return HoldEnded(result=HoldResult.GIVEN_UP)
        self.answered_by = winner
        self.pass_time(DECIDES_SECONDS + CONVERSATION_SECONDS)
        return HoldEnded(result=HoldResult.CONNECTED)

    def dialled(self, dial: Dial) -> DialEnded:
        time = self.times.get(self.ringing, 0)
        self.times[self.ringing] = time + 1
        answer = self.case.answer(self.ringing, time=time)
        self.step(f"{self.party}: {answer}", because="so the case says", source=self.source())
        self.pass_time(_seconds(answer, dial))
        # Between an outside party and the caller stands no key: a machine there takes the call as a person would.
        takes_it = answer is Answer.ACCEPT or (answer is Answer.VOICEMAIL and not dial.screened)
        if takes_it:
            self.answered_by = self.ringing
            self.pass_time(CONVERSATION_SECONDS)
        accepted = takes_it if dial.screened else None
        return DialEnded(status=_STATUS[answer], bridged=takes_it, accepted=accepted)

    def recorded(self, record: Record) -> RecordingEnded | Silence:
        if self.case.wanted.message is Message.LEFT:
            return Walk.recorded(self, record)
        self.pass_time(record.silence_seconds)
        return Silence()

    def source(self) -> Source | None:
        """Where the case is written that says what a phone does."""
        return self.case.document.source(("cases", self.case.index))


_STATUS = {
    Answer.ACCEPT: DialStatus.COMPLETED,
    Answer.DECLINE: DialStatus.COMPLETED,
    Answer.VOICEMAIL: DialStatus.COMPLETED,
    Answer.BUSY: DialStatus.BUSY,
    Answer.NO_ANSWER: DialStatus.NO_ANSWER,
}


def _seconds(answer: Answer, dial: Dial) -> int:
    match answer:
        case Answer.ACCEPT | Answer.DECLINE:
            return min(DECIDES_SECONDS, dial.ring_seconds)
        case Answer.BUSY:
            return BUSY_SECONDS
        case Answer.VOICEMAIL | Answer.NO_ANSWER:
            return dial.ring_seconds


# Expectations.

_Miss = tuple[tuple[str | int, ...], str]
"""Which part of `expect` did not come true, and how."""


def _missed(expect: ExpectModel, outcome: Outcome) -> Iterator[_Miss]:
    if expect.rings is not None and expect.rings != outcome.rang:
        yield ("rings",), f"expected to ring {_then(expect.rings)}, and it rang {_then(outcome.rang)}"
    for name, expected, happened in (
        ("answered_by", expect.answered_by, outcome.answered_by),
        ("priority", expect.priority, outcome.priority),
        ("ticket_number", expect.ticket_number, outcome.keyed.get("ticket_number")),
        ("callback_number", expect.callback_number, outcome.keyed.get("callback_number")),
        ("ends", expect.ends, outcome.ends),
    ):
        if expected is not None and expected != happened:
            yield (name,), f"expected {name} {expected}, and it was {happened or 'nobody or nothing'}"
    if expect.tags is not None and set(expect.tags) != set(outcome.tags):
        expected, happened = (", ".join(tags) or "none" for tags in (expect.tags, outcome.tags))
        yield ("tags",), f"expected the tags {expected}, and there were {happened}"
    yield from _misheard(expect, _folded(" ".join(outcome.heard)))


def _misheard(expect: ExpectModel, heard: str) -> Iterator[_Miss]:
    begin, before = 0, ""
    for index, words in enumerate(expect.hears):
        found = heard.find(_folded(words), begin)
        if found < 0:
            yield ("hears", index), f'expected the caller to hear "{words}"{before}, and they never did'
            break
        begin, before = found + len(_folded(words)), f' after "{words}"'
    for index, words in enumerate(expect.never_hears):
        if _folded(words) in heard:
            yield ("never_hears", index), f'expected the caller never to hear "{words}", and they did'


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _then(names: Sequence[str]) -> str:
    return ", then ".join(names) or "nobody"


def _story(steps: Sequence[Step], zone: ZoneInfo) -> Iterator[str]:
    for step in steps:
        place = f" [{step.source}]" if step.source else ""
        yield f"{step.at.astimezone(zone):%H:%M:%S}  {step.does}   · {step.because}{place}"


def _zone(snapshot: Snapshot) -> ZoneInfo:
    hours = next(iter(snapshot.roster.hours.values()), None)
    return _UTC if hours is None else hours.zone
