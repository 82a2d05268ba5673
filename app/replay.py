"""A call that is over, routed once more by today's configuration: what is the same, and what would differ.

It is played on the real flow engine, as cases are. Nothing is rung and nothing is written: what is looked at is the
record of the call, and the configuration and the changes of duty as they are now.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from functools import partial
from itertools import zip_longest
from typing import Final

from app.cdr.records import CallRecord, Disposition, Leg, LegOutcome, TimelineEntry
from app.config.cases import Answer, Case, CaseModel, Ending, ExpectModel, Message
from app.config.snapshot import Snapshot
from app.config.source import parse
from app.flow.messages import Detail, Fact, FactKind
from app.flow.scene import Scene
from app.flow.standing import EarlierCall, OpenTicket, Standing
from app.rehearsal import Played
from app.route_preview import SILENT, fact_words
from oncall import DeskOverride, Override, Priority

HUNG_UP: Final = "the caller hung up"
_NATIONAL: Final = "+1"
# What happened on the way, as the engine tells it in both; what phones and providers report besides is left out.
_ROUTE: Final = frozenset(
    {
        FactKind.CALLER_RECOGNISED,
        FactKind.CALLER_BLOCKED,
        FactKind.CALLED_AGAIN,
        FactKind.OPEN_TICKET_FOUND,
        FactKind.LANGUAGE_CHOSEN,
        FactKind.HOURS_CHECKED,
        FactKind.PROMPT_SAID,
        FactKind.MENU_OFFERED,
        FactKind.KEYS_PRESSED,
        FactKind.WRONG_KEY_PRESSED,
        FactKind.SILENCE_HEARD,
        FactKind.DIGITS_COLLECTED,
        FactKind.PRIORITY_SET,
        FactKind.TAGS_ADDED,
        FactKind.PEOPLE_CHOSEN,
        FactKind.NOBODY_TO_RING,
        FactKind.PERSON_BUSY,
        FactKind.LEG_DIALLED,
        FactKind.QUEUE_JOINED,
        FactKind.QUEUE_SKIPPED,
        FactKind.CALLBACK_ASKED,
        FactKind.RECORDING_STARTED,
        FactKind.FAULT_MET,
    }
)
_ANSWERS: Final = {
    LegOutcome.ACCEPTED: Answer.ACCEPT,
    LegOutcome.DECLINED: Answer.DECLINE,
    LegOutcome.ANSWERED_NOT_ACCEPTED: Answer.VOICEMAIL,
    LegOutcome.BUSY: Answer.BUSY,
}
_ENDS: Final = {
    Disposition.ANSWERED: Ending.ANSWERED,
    Disposition.ANSWERING_SERVICE: Ending.ANSWERING_SERVICE,
    Disposition.VOICEMAIL: Ending.VOICEMAIL,
    Disposition.CALLBACK: Ending.CALL_BACK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing a call did: when (UTC), in plain English, why, and the "file:line" that decided it, if any."""

    at: datetime
    does: str
    because: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Pair:
    """What the call did then beside what it would do now; None where the other did nothing meanwhile."""

    then: Told | None
    now: Told | None

    @property
    def same(self) -> bool:
        """Whether it is the same thing; its reason and place may be others."""
        return self.then is not None and self.now is not None and self.then.does == self.now.does


@dataclass(frozen=True, slots=True)
class Change:
    """Something that would come out differently, in words."""

    what: str
    then: str
    now: str


@dataclass(frozen=True, slots=True)
class Replay:
    """Both routes side by side, and what of their outcome differs."""

    pairs: tuple[Pair, ...]
    changes: tuple[Change, ...]

    @property
    def same(self) -> bool:
        """Whether the call would go the same way."""
        return not self.changes and all(pair.same for pair in self.pairs)


def replayed(
    record: CallRecord,
    timeline: Sequence[TimelineEntry],
    snapshot: Snapshot,
    *,
    quick: tuple[Override, ...] = (),
    desk: tuple[DeskOverride, ...] = (),
) -> Replay:
    """A finished call once more, at the instant it came, with its keys, by `snapshot`.

    Phones do what they did then; those that were not rung then are taken not to answer. `quick` are the changes of duty
    made outside the configuration, `desk` what was said by hand of the desk's being open.
    """
    happened = [each for each in timeline if each.fact in set(FactKind)]
    left_at = _left_at(record, happened)
    walk = _walked(record, happened, snapshot, quick=quick, desk=desk)
    # As far as the caller stayed: what they would have come to later, they never learned.
    reached = [fact for fact in walk.facts if left_at is None or fact.at - walk.began_at <= left_at]
    then = list(_told(_facts_of(happened), snapshot))
    now = list(_told(reached, snapshot))
    return Replay(tuple(_paired(then, now)), tuple(_changes(record, walk, reached, has_left=left_at is not None)))


# Routing once more.


@dataclass(frozen=True, slots=True)
class _Recorded(Case):
    """A call of the record, as the player of cases knows calls."""

    number: str
    answers: dict[str, tuple[Answer, ...]]

    def caller(self, book: object) -> str:
        del book
        return self.number

    def answer(self, party: str, *, time: int) -> Answer:
        """What they did the `time`-th time; more often than then they are taken not to answer."""
        known = self.answers.get(party, ())
        return known[time] if time < len(known) else Answer.NO_ANSWER


@dataclass(slots=True, kw_only=True)
class _Walked(Played):
    """The call under way once more, which keeps its facts."""

    began_at: datetime
    standing: Standing
    facts: list[Fact] = field(default_factory=list)

    def scene(self) -> Scene:
        """What the record knew of the number then."""
        return replace(Played.scene(self), standing=lambda: self.standing)

    def note(self, fact: Fact) -> None:
        self.facts.append(fact)
        Played.note(self, fact)

    def source(self) -> None:
        """No case says it."""


def _walked(
    record: CallRecord,
    happened: Sequence[TimelineEntry],
    snapshot: Snapshot,
    *,
    quick: tuple[Override, ...],
    desk: tuple[DeskOverride, ...],
) -> _Walked:
    call, line = record.call, snapshot.book.line(record.call.line)
    began_at = call.started_at.replace(microsecond=0)
    walk = _Walked(
        snapshot,
        deque(_keys(happened)),
        began_at,
        quick=quick,
        desk=desk,
        case=_case(record, happened),
        priority=line.priority,
        began_at=began_at,
        standing=_standing(record, happened),
    )
    walk.call(line)
    return walk


def _case(record: CallRecord, happened: Sequence[TimelineEntry]) -> _Recorded:
    busy = tuple({str(each.detail["party"]) for each in happened if each.fact == FactKind.PERSON_BUSY})
    left = any(each.fact == FactKind.RECORDING_ENDED and each.detail.get("left") for each in happened)
    wanted = CaseModel.model_construct(
        name=record.call.call_sid,
        line=record.call.line,
        on_a_call=busy,
        message=Message.LEFT if left or not _came_to(happened, FactKind.RECORDING_STARTED) else Message.NONE,
        expect=ExpectModel.model_construct(),
    )
    return _Recorded(wanted, parse(b"{}", "record"), 0, record.call.caller, _answers(record.legs))


def _answers(legs: Iterable[Leg]) -> dict[str, tuple[Answer, ...]]:
    found: dict[str, list[Answer]] = {}
    for leg in legs:
        found.setdefault(leg.party, []).append(_ANSWERS.get(leg.outcome, Answer.NO_ANSWER))
    return {party: tuple(answers) for party, answers in found.items()}


def _keys(happened: Iterable[TimelineEntry]) -> Iterator[str]:
    """What was pressed at each prompt, in order."""
    for each in happened:
        match each.fact:
            case FactKind.KEYS_PRESSED | FactKind.WRONG_KEY_PRESSED:
                yield str(each.detail["keys"])
            case FactKind.SILENCE_HEARD:
                yield SILENT
            case FactKind.DIGITS_COLLECTED:
                yield from (
                    f"{str(value).removeprefix(_NATIONAL)}#" for value in each.detail.values() if _is_digits(value)
                )


def _is_digits(value: Detail) -> bool:
    return isinstance(value, str) and value.lstrip("+").isdigit()


def _standing(record: CallRecord, happened: Iterable[TimelineEntry]) -> Standing:
    """What the call found out about its number then: that much is known, and no more."""
    open_ticket: OpenTicket | None = None
    earlier: EarlierCall | None = None
    at = record.call.started_at
    for each in happened:
        if each.fact == FactKind.OPEN_TICKET_FOUND:
            open_ticket = OpenTicket(
                number=int(str(each.detail["ticket"])),
                status=str(each.detail["status"]),
                priority=Priority(str(each.detail["priority"])),
                updated_at=at,
                assignee=next((leg.party for leg in record.legs if leg.team), None),
            )
        elif each.fact == FactKind.CALLED_AGAIN:
            earlier = EarlierCall(
                ticket=int(str(each.detail["ticket"])),
                priority=Priority(str(each.detail["priority"])),
                ended_at=at - timedelta(minutes=1),
            )
    return Standing(open_ticket=open_ticket, earlier=earlier)


# Telling of it.


def _facts_of(happened: Iterable[TimelineEntry]) -> Iterator[Fact]:
    for each in happened:
        kind = FactKind(each.fact)
        if kind in _ROUTE:
            yield Fact(kind=kind, key="", at=each.at, because=each.because, detail=each.detail)


def _told(facts: Iterable[Fact], snapshot: Snapshot) -> Iterator[Told]:
    party = ""
    for fact in facts:
        if fact.kind not in _ROUTE:
            continue
        if fact.kind is FactKind.LEG_DIALLED:
            party = _title(snapshot, str(fact.detail["party"]))
        source = fact.detail.get("source") if fact.source is None else fact.source
        yield Told(
            at=fact.at,
            does=_does(fact, party),
            because="" if fact.kind is FactKind.PROMPT_SAID else fact.because,
            source=None if source is None else str(source),
        )


def _does(fact: Fact, party: str) -> str:
    if fact.kind is FactKind.PROMPT_SAID:
        return f"says {fact.because}"
    try:
        detail = {name: value for name, value in fact.detail.items() if name != "source"}
        return fact_words(replace(fact, detail=detail), party)
    except (KeyError, TypeError):
        # A record of long ago may know less of it.
        return fact.kind.replace("_", " ")


def _title(snapshot: Snapshot, party: str) -> str:
    outside = snapshot.roster.outside_parties.get(party)
    return party if outside is None else outside.title


def _paired(then: Sequence[Told], now: Sequence[Told]) -> Iterator[Pair]:
    matcher = SequenceMatcher(None, [each.does for each in then], [each.does for each in now], autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            yield from (Pair(*both) for both in zip(then[i1:i2], now[j1:j2], strict=True))
            continue
        yield from (Pair(*both) for both in zip_longest(then[i1:i2], now[j1:j2]))


def _changes(record: CallRecord, walk: _Walked, reached: Sequence[Fact], *, has_left: bool) -> Iterator[Change]:
    outcome, titles = walk.outcome(), partial(_title, walk.snapshot)
    rung = [str(fact.detail["party"]) for fact in reached if fact.kind is FactKind.LEG_DIALLED]
    now_taken = outcome.answered_by if outcome.answered_by in rung else None
    now_ends: str = HUNG_UP if has_left and now_taken is None else outcome.ends
    compared = (
        ("Phones rung", _listed((leg.party for leg in record.legs), titles), _listed(rung, titles)),
        ("Taken by", titles(record.call.answered_by or "nobody"), titles(now_taken or "nobody")),
        ("Ends", _ends(record, has_left=has_left), now_ends),
        ("Priority", record.call.priority.value, _priority(reached, walk).value),
    )
    yield from (Change(what, then, now) for what, then, now in compared if then != now)


def _ends(record: CallRecord, *, has_left: bool) -> str:
    return HUNG_UP if has_left else _ENDS.get(record.call.disposition, Ending.HUNG_UP)


def _priority(reached: Sequence[Fact], walk: _Walked) -> Priority:
    given = [str(fact.detail["priority"]) for fact in reached if fact.kind is FactKind.PRIORITY_SET]
    return Priority(given[-1]) if given else walk.snapshot.book.line(walk.case.wanted.line).priority


def _listed(parties: Iterable[str], titles: Callable[[str], str]) -> str:
    """Each in the order of the first ring, with how often."""
    counted = Counter(map(titles, parties))
    return ", ".join(f"{name} ({times} times)" if times > 1 else name for name, times in counted.items()) or "nobody"


def _left_at(record: CallRecord, happened: Sequence[TimelineEntry]) -> timedelta | None:
    """How long the caller stayed who hung up before anything came of the call; None for another end."""
    if record.call.disposition is not Disposition.ABANDONED:
        return None
    gone = next((each.at for each in happened if each.fact == FactKind.CALLER_LEFT), record.call.ended_at)
    return None if gone is None else gone - record.call.started_at


def _came_to(happened: Iterable[TimelineEntry], kind: FactKind) -> bool:
    return any(each.fact == kind for each in happened)
