"""What reports count, and what their figures mean: each definition stands here, once.

Pure: knows no table and no page. A call, with all its phones, counts on the local day on which it began.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.cdr.records import Disposition, LegOutcome
from app.cdr.ticket_facts import BLOCKED
from oncall import local_time

# Who hangs up sooner has not waited for anybody: a wrong number, or a second thought during the greeting.
SHORT_ABANDON_SECONDS: Final = 10
# Upper bounds in seconds of the waits that are told apart.
WAIT_BOUNDS: Final = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800)
LAST_RUNG: Final = 4

HOURS: Final = tuple(f"hour_{hour:02}" for hour in range(24))
ENDED: Final = {each: f"ended_{each}" for each in Disposition}
WITHIN: Final = (*(f"within_{bound}" for bound in WAIT_BOUNDS), "beyond")
_SUMS: Final = ("short", "turned_away", "called_back", "wait_seconds", "left_seconds", "talk_seconds")
CALL_COUNTS: Final = (*HOURS, *ENDED.values(), *WITHIN, *_SUMS)
LEGS: Final = {each: f"leg_{each}" for each in LegOutcome}
RUNG_COUNTS: Final = ("calls", *LEGS.values())
PERSON_COUNTS: Final = (*LEGS.values(), "talk_seconds")


@dataclass(frozen=True, slots=True)
class SeenCall:
    """What is counted of a call."""

    line: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    wait_seconds: int | None
    talk_seconds: int | None
    disposition: str
    stage: str


@dataclass(frozen=True, slots=True)
class SeenLeg:
    """What is counted of a phone that was rung."""

    line: str
    call_sid: str
    turn: int
    started_at: datetime
    party: str
    team: str
    outcome: str
    accepted_at: datetime | None
    ended_at: datetime | None


def count_calls(seen: Iterable[SeenCall], *, zone: ZoneInfo) -> dict[str, Counter[str]]:
    """The counts of calls, by line. An hour that comes twice in a night is counted as one."""
    lines: dict[str, Counter[str]] = {}
    for call in seen:
        counts = lines.setdefault(call.line, Counter())
        if call.stage == BLOCKED:
            counts["turned_away"] += 1
            continue
        counts[HOURS[local_time(call.started_at, zone=zone).hour]] += 1
        counts[ENDED[Disposition(call.disposition)]] += 1
        counts["talk_seconds"] += call.talk_seconds or 0
        if call.answered_at is not None:
            _count_answer(counts, call, call.answered_at)
        elif call.disposition == Disposition.ABANDONED:
            wait = call.wait_seconds or 0
            counts["short"] += wait < SHORT_ABANDON_SECONDS
            counts["left_seconds"] += wait if wait >= SHORT_ABANDON_SECONDS else 0
    return lines


def _count_answer(counts: Counter[str], call: SeenCall, answered_at: datetime) -> None:
    if call.disposition not in {Disposition.ANSWERED, Disposition.ANSWERING_SERVICE}:
        return
    if call.ended_at is not None and answered_at > call.ended_at:
        counts["called_back"] += 1  # the caller had hung up: how long it took is no time on the line
        return
    wait = call.wait_seconds or 0
    counts["wait_seconds"] += wait
    counts[next((name for name, bound in zip(WITHIN, WAIT_BOUNDS, strict=False) if wait <= bound), WITHIN[-1])] += 1


def count_legs(
    seen: Sequence[SeenLeg],
) -> tuple[dict[tuple[str, int], Counter[str]], dict[tuple[str, str, str], Counter[str]]]:
    """The counts of phones rung: by line and rung, and by line, party and team.

    A rung is which attempt of its call it was, counted from 1; phones that rang at once are one attempt.
    """
    rungs: dict[tuple[str, int], Counter[str]] = {}
    people: dict[tuple[str, str, str], Counter[str]] = {}
    turns: dict[str, dict[int, int]] = {}
    for leg in sorted(seen, key=lambda each: (each.started_at, each.turn)):
        of_call = turns.setdefault(leg.call_sid, {})
        is_first = leg.turn not in of_call
        rung = min(of_call.setdefault(leg.turn, len(of_call) + 1), LAST_RUNG)
        name = LEGS[LegOutcome(leg.outcome)]
        at_rung = rungs.setdefault((leg.line, rung), Counter())
        at_rung[name] += 1
        # A call that is tried five times has come to the last rung once.
        at_rung["calls"] += is_first and of_call[leg.turn] <= LAST_RUNG
        of_person = people.setdefault((leg.line, leg.party, leg.team), Counter())
        of_person[name] += 1
        if leg.accepted_at is not None and leg.ended_at is not None and leg.outcome == LegOutcome.ACCEPTED:
            of_person["talk_seconds"] += max(0, round((leg.ended_at - leg.accepted_at).total_seconds()))
    return rungs, people


def share(part: int, whole: int) -> float | None:
    """A part of a whole, from 0 to 1; None where there is nothing to take a part of."""
    return part / whole if whole else None


@dataclass(frozen=True, slots=True)
class CallSums:
    """Calls of some days, summed up, and the figures that follow. A figure without anything to count is None."""

    counts: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Sequence[int]]) -> "CallSums":
        """The sum of rows in the order of CALL_COUNTS."""
        totals = [sum(column) for column in zip(*rows, strict=True)]
        return cls(dict(zip(CALL_COUNTS, totals, strict=True)) if totals else {})

    def _sum(self, names: Iterable[str]) -> int:
        return sum(self.counts.get(name, 0) for name in names)

    @property
    def hours(self) -> tuple[int, ...]:
        """Calls that began in each hour of the day."""
        return tuple(self.counts.get(name, 0) for name in HOURS)

    @property
    def calls(self) -> int:
        """All calls that came, but those of blocked numbers."""
        return self._sum(HOURS)

    def ended(self, disposition: Disposition) -> int:
        """Calls that ended so."""
        return self.counts.get(ENDED[disposition], 0)

    @property
    def short(self) -> int:
        """Callers who hung up before anybody could have answered."""
        return self.counts.get("short", 0)

    @property
    def turned_away(self) -> int:
        """Calls of blocked numbers."""
        return self.counts.get("turned_away", 0)

    @property
    def called_back(self) -> int:
        """Answered calls whose caller was reached by calling back."""
        return self.counts.get("called_back", 0)

    @property
    def counted(self) -> int:
        """What rates are taken of: calls that are over, without those given up at once."""
        return self.calls - self.ended(Disposition.IN_PROGRESS) - self.short

    @property
    def answered(self) -> int:
        """Calls a person took: one of the desk by key press, or the answering service."""
        return self.ended(Disposition.ANSWERED) + self.ended(Disposition.ANSWERING_SERVICE)

    @property
    def abandoned(self) -> int:
        """Callers who waited and left without a person, a message or a call-back."""
        return self.ended(Disposition.ABANDONED) - self.short

    @property
    def answer_rate(self) -> float | None:
        """Answered, of those counted."""
        return share(self.answered, self.counted)

    @property
    def abandonment(self) -> float | None:
        """Abandoned, of those counted."""
        return share(self.abandoned, self.counted)

    def answered_within(self, seconds: int) -> int:
        """Calls answered after at most so many seconds; `seconds` is one of WAIT_BOUNDS."""
        return self._sum(WITHIN[: WAIT_BOUNDS.index(seconds) + 1])

    def service_level(self, seconds: int) -> float | None:
        """Answered within so many seconds, of those counted."""
        return share(self.answered_within(seconds), self.counted)

    @property
    def speed_of_answer(self) -> float | None:
        """Mean seconds from the first ring until a person answered, without call-backs."""
        return share(self.counts.get("wait_seconds", 0), self._sum(WITHIN))

    def answered_by(self, part: float) -> int | None:
        """The seconds within which this part of the answers came, to the next bound; None: none, or beyond the last."""
        wanted = part * self._sum(WITHIN)
        return next((bound for bound in WAIT_BOUNDS if 0 < wanted <= self.answered_within(bound)), None)

    @property
    def wait_before_leaving(self) -> float | None:
        """Mean seconds after which callers gave up, without those who did at once."""
        return share(self.counts.get("left_seconds", 0), self.abandoned)

    @property
    def talk_seconds(self) -> int:
        """Seconds talked."""
        return self.counts.get("talk_seconds", 0)
