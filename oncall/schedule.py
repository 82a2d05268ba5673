"""Layers, temporary schedules and overrides become the final schedule, and every question is answered from it.

It does not know who the people are or how they are rung. The final schedule is worked out in chunks of time when
first asked for, and kept.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from oncall import walltime
from oncall.answers import Coverage, Double, Gap, Shift
from oncall.hours import BusinessHours
from oncall.layers import (
    NOBODY,
    Layer,
    Setting,
    TemporarySchedule,
    TimeOff,
    layer_track,
    temporary_track,
    without_time_off,
)
from oncall.overrides import Override, override_track, with_overrides
from oncall.pieces import Duty, Slot, Track, combined, filled, joined
from oncall.source import Source

_CHUNK_SECONDS = 30 * walltime.DAY_SECONDS
_LOOK_AHEAD_CHUNKS = 40
_KEPT_CHUNKS = 512

_Quick: TypeAlias = Sequence[tuple[int, int, Override]]


@dataclass(frozen=True, slots=True)
class _Chunk:
    """One stretch of time: as written in the configuration, the final schedule, its starts, answers given."""

    written: Track[Slot]
    track: Track[Slot]
    starts: list[int]
    answers: list[Coverage | None]


@dataclass(frozen=True, slots=True, eq=False)
class _Above:
    """Quick overrides, those of the schedule as pieces of time, and the chunks worked out with them on top."""

    quick: tuple[Override, ...]
    pieces: _Quick
    chunks: dict[int, _Chunk] = field(default_factory=dict)

    def touches(self, number: int) -> bool:
        starts, ends = number * _CHUNK_SECONDS, (number + 1) * _CHUNK_SECONDS
        return any(low < ends and high > starts for low, high, _ in self.pieces)


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """Layers, time off, temporary schedules and overrides of one duty, in one zone.

    A later-listed layer wins where it has someone; a temporary schedule stands above layers, an override above
    both. `never_same_as` is the schedule whose people this one leaves out, taking the next in order instead.
    `hours` are the business hours whose holidays count for layers limited to or kept off holidays.
    """

    name: str
    title: str
    zone: ZoneInfo
    layers: tuple[Layer, ...]
    source: Source
    hours: BusinessHours | None = None
    temporary: tuple[TemporarySchedule, ...] = ()
    time_off: tuple[TimeOff, ...] = ()
    overrides: tuple[Override, ...] = ()
    never_same_as: "Schedule | None" = None
    _plain: _Above = field(init=False, repr=False)
    _latest: _Above = field(init=False, repr=False)
    _written: list[tuple[int, int, Override]] = field(init=False, repr=False)
    _away: list[tuple[int, int, TimeOff]] = field(init=False, repr=False)
    _dated: list[Track[Slot]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        away = [
            (int(walltime.to_epoch(off.starts_at)), int(walltime.to_epoch(off.ends_at)), off) for off in self.time_off
        ]
        own = [each for each in self.overrides if each.schedule == self.name]
        plain = _Above((), ())
        object.__setattr__(self, "_plain", plain)
        object.__setattr__(self, "_latest", plain)
        object.__setattr__(self, "_away", away)
        object.__setattr__(self, "_written", override_track(own))
        object.__setattr__(self, "_dated", [temporary_track(each, self._setting) for each in self.temporary])

    @property
    def _other(self) -> str:
        return self.never_same_as.name if self.never_same_as else ""

    @property
    def _setting(self) -> Setting:
        return Setting(self.name, self.zone, self.hours, keeps_order=self.never_same_as is not None)

    def coverage(self, *, at: datetime, quick: tuple[Override, ...] = ()) -> Coverage:
        """Return who is on call at the instant, until when, and why; quick overrides stand above written ones."""
        seconds = walltime.to_epoch(at)
        number = int(seconds // _CHUNK_SECONDS)
        above = self._with(quick) if quick else self._plain
        chunk = above.chunks.get(number) or self._chunk(number, above)
        index = bisect_right(chunk.starts, seconds) - 1
        answer = chunk.answers[index]
        if answer is None:
            answer = chunk.answers[index] = self._coverage(chunk, number, index, above)
        return answer

    def shifts(self, *, after: datetime, until: datetime, quick: tuple[Override, ...] = ()) -> tuple[Shift, ...]:
        """Return the final shifts that touch the span, each whole, in order of time."""
        above = self._with(quick)
        begins, ends = walltime.to_epoch(after), walltime.to_epoch(until)
        found = sorted(self._shifts(begins, ends, above), key=lambda each: (each[0], each[1]))
        return tuple(self._shift(*each) for each in found)

    def gaps(self, *, after: datetime, until: datetime, quick: tuple[Override, ...] = ()) -> tuple[Gap, ...]:
        """Return the parts of the span in which nobody is on call, in order of time, and why."""
        return tuple(
            Gap(self.name, walltime.from_epoch(starts), walltime.from_epoch(ends), self._why(slot), slot.source)
            for starts, ends, slot in self._within(after, until, quick)
            if not slot.duties
        )

    def doubles(self, *, after: datetime, until: datetime, quick: tuple[Override, ...] = ()) -> tuple[Double, ...]:
        """Return the parts of the span in which several people are on call at once, in order of time."""
        return tuple(
            Double(self.name, walltime.from_epoch(starts), walltime.from_epoch(ends), slot.duties)
            for starts, ends, slot in self._within(after, until, quick)
            if len(slot.duties) > 1
        )

    def next_shift(self, *, at: datetime, quick: tuple[Override, ...] = ()) -> Shift | None:
        """Return the first shift after `at` of somebody not on call at `at`; None within three years."""
        seconds, above = walltime.to_epoch(at), self._with(quick)
        number = int(seconds // _CHUNK_SECONDS)
        now = {duty.person for duty in self.coverage(at=at, quick=quick).people}
        for ahead in range(number, number + _LOOK_AHEAD_CHUNKS):
            for starts, ends, slot in self._chunk(ahead, above).track:
                for duty in slot.duties if starts > seconds else ():
                    if duty.person not in now:
                        return self._shift(starts, self._ended(duty, ends, above), duty)
        return None

    def people(self) -> frozenset[str]:
        """Return everybody any layer, temporary schedule or override of the schedule names."""
        names = {name for layer in self.layers for turn in layer.rotation.turns for name in turn.people}
        names |= {name for each in self.temporary for shift in each.shifts for name in shift.people}
        return frozenset(names | {each.person for _, _, each in self._written})

    # From here on: the final schedule, in seconds.

    def _coverage(self, chunk: _Chunk, number: int, index: int, above: _Above) -> Coverage:
        slot = chunk.track[index][2]
        until = self._until(chunk.track, number, index, above)
        return Coverage(slot.duties, until, self._why(slot), _source(slot))

    def _until(self, track: Track[Slot], number: int, index: int, above: _Above) -> datetime | None:
        """Return when the piece ends, following it through chunks it runs on into."""
        _, ends, slot = track[index]
        if index + 1 < len(track):
            return walltime.from_epoch(ends)
        for ahead in range(number + 1, number + _LOOK_AHEAD_CHUNKS):
            _, following_ends, following = self._chunk(ahead, above).track[0]
            if following != slot:
                return walltime.from_epoch(ends)
            ends = following_ends
            if ends < (ahead + 1) * _CHUNK_SECONDS:
                return walltime.from_epoch(ends)
        return None

    def _why(self, slot: Slot) -> str:
        if slot.duties:
            return "; ".join(dict.fromkeys(duty.because for duty in slot.duties))
        return f"nobody is on call in schedule {self.name}: {slot.note}"

    def _within(self, after: datetime, until: datetime, quick: tuple[Override, ...]) -> Iterator[tuple[int, int, Slot]]:
        """Yield the pieces of the span, cut at its two ends."""
        begins, ends = int(walltime.to_epoch(after)), int(walltime.to_epoch(until))
        for starts, finishes, slot in joined(self._touching(begins, ends, self._with(quick))):
            yield max(starts, begins), min(finishes, ends), slot

    def _shifts(self, begins: float, ends: float, above: _Above) -> Iterator[tuple[int, int, Duty]]:
        """Yield each duty that touches the span with its whole beginning and end."""
        going: list[tuple[Duty, int]] = []
        done = int(begins)
        for starts, finishes, slot in self._touching(begins, ends, above):
            yield from ((began, starts, duty) for duty, began in going if duty not in slot.duties)
            done, before = finishes, going
            going = []
            for duty in slot.duties:
                began = next((began for other, began in before if other == duty), None)
                if began is None:  # the first piece may be the middle of a shift
                    began = self._began(duty, starts, above) if starts <= begins else starts
                going.append((duty, began))
        yield from ((began, self._ended(duty, done, above), duty) for duty, began in going)

    def _touching(self, begins: float, ends: float, above: _Above) -> Iterator[tuple[int, int, Slot]]:
        for number in range(int(begins // _CHUNK_SECONDS), int(-(-ends // _CHUNK_SECONDS))):
            for piece in self._chunk(number, above).track:
                if piece[1] > begins and piece[0] < ends and begins < ends:
                    yield piece

    def _began(self, duty: Duty, starts: int, above: _Above) -> int:
        """Return when the duty that is under way at `starts` began."""
        number = starts // _CHUNK_SECONDS
        for back in range(number, number - _LOOK_AHEAD_CHUNKS, -1):
            for begins, _, slot in reversed(self._chunk(back, above).track):
                if begins >= starts:
                    continue
                if duty not in slot.duties:
                    return starts
                starts = begins
        return starts

    def _ended(self, duty: Duty, ends: int, above: _Above) -> int:
        """Return when the duty that is under way just before `ends` ends."""
        number = ends // _CHUNK_SECONDS
        for ahead in range(number, number + _LOOK_AHEAD_CHUNKS):
            for _, finishes, slot in self._chunk(ahead, above).track:
                if finishes <= ends:
                    continue
                if duty not in slot.duties:
                    return ends
                ends = finishes
        return ends

    def _shift(self, starts: int, ends: int, duty: Duty) -> Shift:
        return Shift(
            self.name,
            duty.person,
            walltime.from_epoch(starts),
            walltime.from_epoch(ends),
            duty.because,
            duty.source,
        )

    def _with(self, quick: tuple[Override, ...]) -> _Above:
        """Return what is known with these quick overrides on top.

        Those asked with last are remembered: between two changes of a rota everybody asks with the same ones.
        """
        if not quick:
            return self._plain
        latest = self._latest
        if latest.quick is not quick and latest.quick != quick:
            names = self._concerned()
            pieces = override_track(each for each in quick if each.schedule in names)
            # One assignment: another thread sees the old ones or the new ones, each with chunks of its own.
            latest = _Above(quick, pieces) if pieces else _Above(quick, (), self._plain.chunks)
            object.__setattr__(self, "_latest", latest)
        return latest

    def _concerned(self) -> list[str]:
        """Return the schedules whose overrides change this one: itself, and those it keeps apart from."""
        other = self.never_same_as
        return [self.name] if other is None else [self.name, *other._concerned()]  # noqa: SLF001 - of the same class

    def _chunk(self, number: int, above: _Above) -> _Chunk:
        chunk = above.chunks.get(number)
        if chunk is None:
            if len(above.chunks) > _KEPT_CHUNKS:  # a bound on memory; a rebuilt chunk costs little
                above.chunks.clear()
            chunk = above.chunks[number] = self._worked_out(number, above)
        return chunk

    def _worked_out(self, number: int, above: _Above) -> _Chunk:
        if not above.pieces:
            return self._finished(self._as_written(number), number, above)
        plain = self._chunk(number, self._plain)
        if above.touches(number):
            return self._finished(plain.written, number, above)
        # Answers are not shared: until when one holds may depend on what lies above a later stretch.
        return _Chunk(plain.written, plain.track, plain.starts, [None] * len(plain.track))

    def _as_written(self, number: int) -> Track[Slot]:
        """Return what the configuration says of one stretch: layers, temporary schedules, then overrides."""
        starts, ends = number * _CHUNK_SECONDS, (number + 1) * _CHUNK_SECONDS
        track: Track[Slot] = [(starts, ends, Slot((), "no layer covers this time", self.source))]
        for upper in self._tracks(starts, ends):
            present = without_time_off(upper, self._away, starts=starts, ends=ends)
            if present:
                track = combined(track, filled(present, NOBODY, starts=starts, ends=ends), _upper_where_someone)
        return with_overrides(track, self._written, starts=starts, ends=ends)

    def _finished(self, written: Track[Slot], number: int, above: _Above) -> _Chunk:
        """Return the stretch with quick overrides above it and nobody of the schedule it keeps apart from."""
        starts, ends = number * _CHUNK_SECONDS, (number + 1) * _CHUNK_SECONDS
        own = [piece for piece in above.pieces if piece[2].schedule == self.name]
        track = with_overrides(written, own, starts=starts, ends=ends)
        if self.never_same_as is not None:
            other = self.never_same_as
            laid = other._chunk(number, other._with(above.quick))  # noqa: SLF001 - of the same class
            track = combined(track, laid.track, self._apart)
        track = joined(track)
        return _Chunk(written, track, [begins for begins, _, _ in track], [None] * len(track))

    def _tracks(self, starts: int, ends: int) -> Iterator[Track[Slot]]:
        """Yield what is laid over one another, lowest first."""
        for layer in self.layers:
            yield layer_track(layer, self._setting, starts=starts, ends=ends)
        yield from self._dated

    def _apart(self, slot: Slot, other: Slot) -> Slot:
        """Return the slot without people of the other, each replaced by the next in order."""
        taken = {duty.person for duty in other.duties}
        kept = [duty for duty in slot.duties if duty.person not in taken]
        if len(kept) == len(slot.duties):
            return slot
        taken |= {duty.person for duty in kept}
        for duty in slot.duties:
            following = next((each for each in slot.standby if each.person not in taken), None)
            if duty not in kept and following:
                taken.add(following.person)
                kept.append(_instead(following, duty, self._other))
        if kept:
            return Slot(tuple(kept))
        note = f"{slot.duties[0].person} is already on call in schedule {self._other}, and nobody follows in turn"
        return Slot((), note, slot.duties[0].source)


def _upper_where_someone(lower: Slot, upper: Slot) -> Slot:
    if upper.duties or (upper.note and not lower.duties):
        return upper
    return lower


def _instead(following: Duty, duty: Duty, other: str) -> Duty:
    because = f"{following.because}, next in turn after {duty.person}, who is on call in schedule {other}"
    return Duty(following.person, because, following.source, following.turn)


def _source(slot: Slot) -> Source | None:
    return slot.duties[0].source if slot.duties else slot.source
