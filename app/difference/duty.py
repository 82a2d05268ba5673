"""Who is on call instead of whom, which gaps open and close, and what that costs or spares each person.

Both final schedules are asked; no rule of duty is known here.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from app.difference.changes import Change, Section, Window
from app.written import Dates, counted, listed, with_place
from oncall import Burden, Coverage, Roster, Source, burdens

_LOOK_AHEAD = timedelta(days=3 * 366)
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class _Piece:
    """A span in which both final schedules stay the same, and who is on call in each."""

    starts_at: datetime
    ends_at: datetime
    before: Coverage
    after: Coverage

    @property
    def names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return _names(self.before), _names(self.after)


def duty_changes(old: Roster, new: Roster, window: Window) -> Iterator[Change]:
    """Yield each span of the period in which a schedule of both has other people, or nobody, or somebody again."""
    for name in new.schedules:
        if name in old.schedules:
            yield from _schedule_changes(old, new, name, window)


def _schedule_changes(old: Roster, new: Roster, name: str, window: Window) -> Iterator[Change]:
    dates = window.dates(new.schedules[name].zone)
    found = [_change(name, piece, dates, window) for piece in _pieces(old, new, name, window)]
    if found:
        yield from found
        return
    later = Window(window.ends_at, window.ends_at + _LOOK_AHEAD)
    first = next(_pieces(old, new, name, later), None)
    if first is not None:
        change = _change(name, first, dates, later)
        yield replace(change, text=f"later than the period shown, for the first time: {change.text}")


def _change(name: str, piece: _Piece, dates: Dates, window: Window) -> Change:
    before, after = piece.names
    goes_on = " and longer" if piece.ends_at == window.ends_at else ""
    span = f"{dates.span(piece.starts_at, piece.ends_at)}{goes_on}"
    told = f"{_instead(before, after)} (schedule {name})"
    detail = {
        "schedule": name,
        "starts_at": piece.starts_at.isoformat(),
        "ends_at": piece.ends_at.isoformat(),
        "before": list(before),
        "after": list(after),
    }
    reason, source = _reason(piece.after)
    if before and after:
        return Change(Section.ON_CALL, f"{span}: {told}", source, reason, detail)
    kind = "closed gap" if after else "new gap"
    return Change(Section.GAPS, f"{kind}, {span}: {told}", source, reason, detail)


def _instead(before: tuple[str, ...], after: tuple[str, ...]) -> str:
    if before and set(before) < set(after):
        return f"{listed([name for name in after if name not in before])} as well as {listed(before)}"
    if after and set(after) < set(before):
        return f"{listed(after)} without {listed([name for name in before if name not in after])}"
    return f"{listed(after)} instead of {listed(before)}"


def _reason(coverage: Coverage) -> tuple[str, Source | None]:
    if not coverage.people:
        return with_place(coverage.because, coverage.source), coverage.source
    reasons = dict.fromkeys(with_place(duty.because, duty.source) for duty in coverage.people)
    return "; ".join(reasons), coverage.people[0].source


def _pieces(old: Roster, new: Roster, name: str, window: Window) -> Iterator[_Piece]:
    """Yield the spans in which the two differ, those that follow on each other with the same people made one."""
    cuts = {window.starts_at, window.ends_at}
    for roster in (old, new):
        for shift in roster.shifts(name, after=window.starts_at, until=window.ends_at):
            cuts |= {at for at in (shift.starts_at, shift.ends_at) if window.starts_at < at < window.ends_at}
    held: _Piece | None = None
    for starts_at, ends_at in pairwise(sorted(cuts)):
        before, after = old.who_is_on(name, at=starts_at), new.who_is_on(name, at=starts_at)
        piece = _Piece(starts_at, ends_at, before, after)
        if held is not None and held.ends_at == starts_at and held.names == piece.names:
            held = replace(held, ends_at=ends_at)
            continue
        if held is not None:
            yield held
        held = piece if piece.names[0] != piece.names[1] else None
    if held is not None:
        yield held


def _names(coverage: Coverage) -> tuple[str, ...]:
    return tuple(duty.person for duty in coverage.people)


# What each person gains and loses.


def burden_changes(old: Roster, new: Roster, window: Window) -> Iterator[Change]:
    """Yield for each person and schedule the nights, weekend days, holidays and hours gained and lost."""
    for name in (*new.schedules, *(each for each in old.schedules if each not in new.schedules)):
        before, after = _burdens(old, name, window), _burdens(new, name, window)
        for person in sorted(before.keys() | after.keys()):
            change = _burden_change(name, before.get(person, Burden(person)), after.get(person, Burden(person)))
            if change is not None:
                yield change


def _burdens(roster: Roster, schedule: str, window: Window) -> dict[str, Burden]:
    if schedule not in roster.schedules:
        return {}
    found = burdens(roster, schedule, after=window.starts_at, until=window.ends_at)
    return {burden.person: burden for burden in found}


def _burden_change(schedule: str, before: Burden, after: Burden) -> Change | None:
    nights = len(after.nights) - len(before.nights)
    weekend_days = len(after.weekend_days) - len(before.weekend_days)
    was, now = (Counter(name for _, name in each.holidays) for each in (before, after))
    seconds = after.seconds - before.seconds
    told = [
        *_more_or_less(nights, "night"),
        *_more_or_less(weekend_days, "weekend day"),
        *(f"{_times(name, number)} more" for name, number in (now - was).items()),
        *(f"{_times(name, number)} less" for name, number in (was - now).items()),
    ]
    if not told and seconds:
        told = [f"{abs(seconds) / _HOUR:g} hours {'more' if seconds > 0 else 'less'}"]
    if not told:
        return None
    detail = {
        "schedule": schedule,
        "person": after.person,
        "nights": nights,
        "weekend_days": weekend_days,
        "holidays_gained": sorted((now - was).elements()),
        "holidays_lost": sorted((was - now).elements()),
        "hours": round(seconds / _HOUR, 2),
    }
    return Change(Section.BURDENS, f"{after.person}: {', '.join(told)} (schedule {schedule})", detail=detail)


def _more_or_less(number: int, noun: str) -> Iterator[str]:
    if number:
        yield f"{counted(abs(number), noun)} {'more' if number > 0 else 'less' if number == -1 else 'fewer'}"


def _times(name: str, number: int) -> str:
    return name if number == 1 else f"{name} {number} times"
