"""What the page of reports says: figures with their difference, drawings, and the words of each. No markup."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.cdr.call_sums import CallSums, share
from app.cdr.records import Disposition, LegOutcome
from app.reports import ClockRecord, Phones, Report, Span
from app.web.desk import charts
from app.web.desk.look import counted_out

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
KINDS: Final = (
    ("answered", "Answered by the desk"),
    ("service", "Answering service"),
    ("message", "Message or call-back"),
    ("left", "Abandoned"),
    ("other", "Given up at once, failed, or still on the line"),
)
RANG: Final = (
    ("accepted", "Taken", (LegOutcome.ACCEPTED,)),
    ("declined", "Declined", (LegOutcome.DECLINED,)),
    ("silent", "No answer", (LegOutcome.NO_ANSWER,)),
    ("machine", "Picked up, no key", (LegOutcome.ANSWERED_NOT_ACCEPTED,)),
    ("gone", "Caller left", (LegOutcome.CALLER_LEFT,)),
    (
        "apart",
        "Busy, failed or called off",
        (LegOutcome.BUSY, LegOutcome.FAILED, LegOutcome.CANCELLED, LegOutcome.RINGING),
    ),
)
_NOT_THEIRS: Final = (LegOutcome.CALLER_LEFT, LegOutcome.CANCELLED, LegOutcome.RINGING)
# More columns than this are hard to tell apart: weeks are drawn then.
_MOST_DAYS: Final = 100
_WEEK: Final = 7
NONE: Final = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Delta:
    """A difference in words, whether it is up or down, and whether that is good; None: neither."""

    words: str
    direction: str
    is_good: bool | None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as it is shown: its name, its value, what it is made of, and how it differs from before."""

    name: str
    value: str
    made_of: str
    delta: Delta | None


@dataclass(frozen=True, slots=True)
class Trend:
    """Calls over time by what came of them, and how many were answered in time; of a single day, only their hours."""

    columns: charts.Columns
    level: charts.Line | None
    ticks: tuple[charts.Tick, ...]
    rows: tuple[tuple[str, CallSums], ...]
    unit: str


@dataclass(frozen=True, slots=True)
class Cell:
    """An hour of the week: calls, how warm it is, and its words."""

    number: int
    warmth: int
    words: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How calls ended: how many, which part, and the difference."""

    kind: str
    disposition: Disposition
    number: int
    part: str
    delta: Delta | None


def percent(part: float | None) -> str:
    """A part such as "83%"; a dash for none. Neither all nor nothing is said of what is only nearly so."""
    if part is None:
        return NONE
    whole = round(part * 100)
    if whole == 100 and part < 1:  # noqa: PLR2004 (a hundred is a hundred)
        return ">99%"
    return "<1%" if whole == 0 and part > 0 else f"{whole}%"


def seconds(found: float | None) -> str:
    """A span such as "1:34"; a dash for none."""
    return NONE if found is None else counted_out(round(found))


def of(part: int, whole: int, noun: str = "call") -> str:
    """Such as "41 of 50 calls"; without anything to count, that."""
    return f"{part:,} of {whole:,} {noun}{'' if whole == 1 else 's'}" if whole else f"no {noun}s to count"


def figures(found: Report, before: Report | None, *, within: int) -> tuple[Figure, ...]:
    """The figures at the top of the page."""
    now, then = found.total, before.total if before is not None else None
    kept, due = kept_of(found.clocks)
    kept_then, due_then = kept_of(before.clocks) if before is not None else (0, 0)
    nine = now.answered_by(0.9)
    return (
        Figure("Calls", f"{now.calls:,}", _aside(now), numbers(now.calls, then.calls if then else None)),
        Figure(
            "Answered",
            percent(now.answer_rate),
            of(now.answered, now.counted),
            points(now.answer_rate, then.answer_rate if then else None, up_is_good=True),
        ),
        Figure(
            f"Answered within {within} s",
            percent(now.service_level(within)),
            of(now.answered_within(within), now.counted),
            points(now.service_level(within), then.service_level(within) if then else None, up_is_good=True),
        ),
        Figure(
            "Speed of answer",
            seconds(now.speed_of_answer),
            f"9 of 10 within {seconds(nine)}" if nine else "no answers to time" if not now.answered else "on average",
            spans(now.speed_of_answer, then.speed_of_answer if then else None),
        ),
        Figure(
            "Abandoned",
            percent(now.abandonment),
            _left(now),
            points(now.abandonment, then.abandonment if then else None, up_is_good=False),
        ),
        Figure(
            "Ticket clocks kept",
            percent(share(kept, due)),
            of(kept, due, "clock"),
            points(share(kept, due), share(kept_then, due_then), up_is_good=True) if before else None,
        ),
    )


def _aside(now: CallSums) -> str:
    aside = [(now.short, "given up at once"), (now.turned_away, "blocked besides"), (now.called_back, "called back")]
    return ", ".join(f"{number:,} {words}" for number, words in aside if number) or "none set aside"


def _left(now: CallSums) -> str:
    after = now.wait_before_leaving
    return of(now.abandoned, now.counted) + (f", after {seconds(after)}" if after is not None else "")


def kept_of(clocks: Sequence[ClockRecord]) -> tuple[int, int]:
    """Clocks kept, and all that were settled."""
    kept = sum(each.resolution_kept + each.update_kept for each in clocks)
    return kept, kept + sum(each.resolution_missed + each.update_missed for each in clocks)


def numbers(now: int, then: int | None) -> Delta | None:
    """The difference between two numbers of which neither is good or bad."""
    if then is None:
        return None
    if now == then:
        return Delta("as before", "same", None)
    words = f"from {then:,}" if then else "from none"
    change = f" {abs(now - then) / then:.0%}" if then else ""
    return Delta(f"{'up' if now > then else 'down'}{change}, {words}", "up" if now > then else "down", None)


def points(now: float | None, then: float | None, *, up_is_good: bool) -> Delta | None:
    """The difference between two parts, in points of a hundred; None where either is missing."""
    if now is None or then is None:
        return None
    change = round(now * 100) - round(then * 100)
    if change == 0:
        return Delta(f"as before, {percent(then)}", "same", None)
    noun = "point" if abs(change) == 1 else "points"
    return _judged(f"{abs(change)} {noun}, from {percent(then)}", is_up=change > 0, up_is_good=up_is_good)


def spans(now: float | None, then: float | None) -> Delta | None:
    """The difference between two spans of time, of which the shorter is the better."""
    if now is None or then is None:
        return None
    change = round(now) - round(then)
    if change == 0:
        return Delta(f"as before, {seconds(then)}", "same", None)
    return _judged(f"{counted_out(abs(change))}, from {seconds(then)}", is_up=change > 0, up_is_good=False)


def _judged(words: str, *, is_up: bool, up_is_good: bool) -> Delta:
    is_good = is_up is up_is_good
    direction = "up" if is_up else "down"
    return Delta(f"{'better' if is_good else 'worse'}: {direction} {words}", direction, is_good)


def by_kind(sums: CallSums) -> dict[str, int]:
    """Calls by what came of them, in the order of KINDS; together they are all calls."""
    known = {
        "answered": sums.ended(Disposition.ANSWERED),
        "service": sums.ended(Disposition.ANSWERING_SERVICE),
        "message": sums.ended(Disposition.VOICEMAIL) + sums.ended(Disposition.CALLBACK),
        "left": sums.abandoned,
    }
    return {**known, "other": sums.calls - sum(known.values())}


def trend(found: Report, *, within: int) -> Trend:
    """Calls by day; of long spans by week, of a single day by hour."""
    if found.span.length == 1:
        return _hours_of(found)
    rows = tuple(_periods(found))
    kinds = [by_kind(sums) for _, sums in rows]
    words = [f"{label}: {_told(each)}" for (label, _), each in zip(rows, kinds, strict=True)]
    levels = [sums.service_level(within) for _, sums in rows]
    level_words = [
        f"{label}: {percent(level)}, {of(sums.answered_within(within), sums.counted)}"
        for (label, sums), level in zip(rows, levels, strict=True)
    ]
    series = {kind: [each[kind] for each in kinds] for kind, _ in KINDS}
    labels = [label.split(" ", 1)[1] for label, _ in rows]
    unit = "day" if found.span.length <= _MOST_DAYS else "week"
    drawn = charts.columns(series, labels, words)
    return Trend(drawn, charts.line(levels, level_words), charts.percent_ticks(), rows, unit)


def _hours_of(found: Report) -> Trend:
    hours = found.total.hours
    words = [f"{hour:02}:00 to {hour + 1:02}:00: {number:,} calls" for hour, number in enumerate(hours)]
    drawn = charts.columns({"calls": hours}, [f"{hour:02}:00" for hour in range(24)], words)
    return Trend(drawn, None, (), (), "hour")


def _periods(found: Report) -> Iterator[tuple[str, CallSums]]:
    step = 1 if found.span.length <= _MOST_DAYS else _WEEK
    days = found.span.days
    for place in range(0, len(days), step):
        together = [found.days[day].counts for day in days[place : place + step] if day in found.days]
        totals = {name: sum(counts[name] for counts in together) for name in together[0]} if together else {}
        yield day_words(days[place]), CallSums(totals)


def _told(kinds: dict[str, int]) -> str:
    named = [f"{number:,} {dict(KINDS)[kind].lower()}" for kind, number in kinds.items() if number]
    return ", ".join(named) or "no calls"


def day_words(on: date) -> str:
    """A date such as "Mon 30 Nov"."""
    return f"{on:%a} {on.day} {on:%b}"


def span_words(span: Span) -> str:
    """A span such as "1 Nov to 30 Nov 2026"."""
    last = f"{span.last.day} {span.last:%b} {span.last.year}"
    if span.length == 1:
        return f"{span.last:%A} {last}"
    year = "" if span.first.year == span.last.year else f" {span.first.year}"
    return f"{span.first.day} {span.first:%b}{year} to {last}"


def week_map(found: Report) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
    """Calls by day of the week, with its name, and hour: as warm as there are calls on such a day."""
    often = found.weekdays()
    rows = found.hours_of_week
    usual = [[number / often[day] if often[day] else 0 for number in row] for day, row in enumerate(rows)]
    warm = charts.warmth(usual)
    return tuple(
        (
            WEEKDAYS[day],
            tuple(
                Cell(number, warm[day][hour], _hour_words(day, hour, number, usual[day][hour]))
                for hour, number in enumerate(row)
            ),
        )
        for day, row in enumerate(rows)
    )


def _hour_words(day: int, hour: int, number: int, usual: float) -> str:
    name = WEEKDAYS[day]
    return f"{name} {hour:02}:00 to {hour + 1:02}:00: {number:,} calls, {usual:.1f} each {name}"


def endings(found: Report, before: Report | None) -> tuple[Ending, ...]:
    """How all calls ended."""
    kinds = {
        Disposition.ANSWERED: "answered",
        Disposition.ANSWERING_SERVICE: "service",
        Disposition.VOICEMAIL: "message",
        Disposition.CALLBACK: "message",
        Disposition.ABANDONED: "left",
    }
    return tuple(
        Ending(
            kinds.get(each, "other"),
            each,
            found.total.ended(each),
            percent(share(found.total.ended(each), found.total.calls)),
            numbers(found.total.ended(each), before.total.ended(each) if before else None),
        )
        for each in Disposition
        if each is not Disposition.IN_PROGRESS or found.total.ended(each)
    )


def rang(phones: Phones) -> tuple[charts.Part, ...]:
    """What came of phones that were rung, side by side."""
    return charts.parts({kind: phones.of(*outcomes) for kind, _, outcomes in RANG})


def taken_share(phones: Phones) -> float | None:
    """Taken, of the phones that could have been: without those called off, and those whose caller left."""
    return share(phones.accepted, phones.rung - phones.of(*_NOT_THEIRS))


def attempt_words(number: int, last: int) -> str:
    """Such as "1st attempt"."""
    name = {1: "1st", 2: "2nd", 3: "3rd"}.get(number, f"{number}th")
    return f"{name} and later" if number == last else f"{name} attempt"


def nothing_before(other: Span | None, first_day: date | None) -> str:
    """Why there is nothing to compare with; empty where there is."""
    if other is None or first_day is None or other.last >= first_day:
        return ""
    since = f"{first_day.day} {first_day:%b} {first_day.year}"
    return f"There is nothing to compare with: the first call was on {since}."
