"""What is kept for reports is what the rows say: on random days, over changes of the clocks, after late news."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine
from structlog.testing import capture_logs

from app.cdr.call_sums import SHORT_ABANDON_SECONDS, WAIT_BOUNDS, CallSums, SeenCall, count_calls
from app.cdr.records import Call, CallRecord, Disposition, Leg, LegOutcome, Ticket, TicketStatus
from app.reports import Phones, Report, Span, desk_zone, keep_figures, keep_words, report
from app.simulator.caller import CallerScript
from app.simulator.handsets import accept, ignore
from app.store import CallFilters
from app.store.daily_figures import INDEXED
from app.tickets import News, TicketEdit, edit, tell, work
from oncall import Priority, local_date, local_time
from tests.app.store.samples import leg, record, sid
from tests.desk import MAIN, Desk
from tests.outages import leaving

CHICAGO = ZoneInfo("America/Chicago")
PARTIES = [("Jamison White", "offsite"), ("Lasha Dalakishvili", "offsite"), ("triggerfish-1", "triggerfish")]
PARTIES += [("answering-service", "")]
# Clocks go forward on 8 March 2026 and back on 1 November.
SPRING, AUTUMN = datetime.fromisoformat("2026-03-05T00:00-06:00"), datetime.fromisoformat("2026-10-29T00:00-05:00")
SPAN_DAYS = 8


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def random_end(draw: Random, began: datetime) -> dict[str, Any]:
    """How a call that began then may have ended."""
    wait = draw.choice([0, 3, 9, 10, 11, 20, 21, 59, 60, 61, 400, 2000])
    disposition = draw.choice(list(Disposition))
    taken = disposition in {Disposition.ANSWERED, Disposition.ANSWERING_SERVICE}
    ended_at = None if disposition is Disposition.IN_PROGRESS else began + timedelta(seconds=wait + 90)
    if taken and draw.random() < 0.2:
        ended_at = began + timedelta(seconds=wait - 1)  # and then they were called back
    return {
        "answered_at": began + timedelta(seconds=wait) if taken else None,
        "ended_at": ended_at,
        "wait_seconds": None if ended_at is None else wait,
        "talk_seconds": draw.randrange(600) if taken else None,
        "disposition": disposition,
        "stage": "blocked" if disposition is Disposition.ABANDONED and draw.random() < 0.2 else "in the menu",
    }


def random_record(draw: Random, number: int, start: datetime) -> CallRecord:
    """A call at any time of the span, with any end, and phones that were rung in any order."""
    began = start + timedelta(seconds=draw.randrange(SPAN_DAYS * 86_400))
    made = record(number, line=draw.choice(["main", "alternate"]), started_at=began, **random_end(draw, began))
    return replace(made, legs=tuple(random_legs(draw, number, began)))


def random_legs(draw: Random, number: int, began: datetime) -> Iterable[Leg]:
    at = began
    for attempt in range(draw.randrange(7)):
        at += timedelta(seconds=draw.randrange(1, 30))
        for phone in range(draw.choice([1, 1, 2])):
            party, team = draw.choice(PARTIES)
            outcome = draw.choice(list(LegOutcome))
            accepted = at + timedelta(seconds=5) if outcome is LegOutcome.ACCEPTED else None
            yield leg(
                number,
                turn=2 + attempt,
                number=f"+1816555010{phone}",
                party=party,
                team=team,
                started_at=at,
                outcome=outcome,
                accepted_at=accepted,
                ended_at=None if outcome is LegOutcome.RINGING else at + timedelta(seconds=65),
            )


def stored(desk: Desk, *records: CallRecord) -> None:
    with desk.services.store.turn() as turn:
        for each in records:
            turn.open(each)


def told_late(desk: Desk, draw: Random, call_sid: str) -> None:
    """What a late report makes of a call."""
    with desk.services.store.turn() as turn:
        before = turn.load(call_sid)
        assert before is not None
        call = replace(before.call, **random_end(draw, before.call.started_at))
        turn.save(before, replace(before, call=call))


def all_records(desk: Desk) -> list[CallRecord]:
    found: list[CallRecord] = []
    cursor: str | None = None
    while True:
        page = desk.services.store.calls.page(CallFilters(), limit=500, cursor=cursor)
        found += page.items
        cursor = page.next
        if cursor is None:
            return found


def caught_up(desk: Desk, at: datetime) -> None:
    """The clock process has had its time."""
    desk.clock.at = at
    while True:
        keep_figures(desk.services)
        if not desk.services.store.days.due(at=at, limit=1):
            return


# The same figures by the long way: over whole calls, one question at a time.


def counted(calls: Sequence[Call]) -> list[Call]:
    over = [call for call in calls if call.disposition is not Disposition.IN_PROGRESS]
    return [call for call in over if not (call.disposition is Disposition.ABANDONED and (call.wait_seconds or 0) < 10)]


def expected(records: Sequence[CallRecord], span: Span, line: str | None) -> dict[str, object]:
    chosen = [
        each
        for each in records
        if span.first <= local_date(each.call.started_at, zone=CHICAGO) <= span.last and line in {None, each.call.line}
    ]
    calls = [each.call for each in chosen if each.call.stage != "blocked"]
    answered = [call for call in calls if call.disposition in {Disposition.ANSWERED, Disposition.ANSWERING_SERVICE}]
    direct = [
        call
        for call in answered
        if call.answered_at is not None and (call.ended_at is None or call.answered_at <= call.ended_at)
    ]
    waits = [call.wait_seconds or 0 for call in direct]
    rungs: Counter[tuple[int, LegOutcome]] = Counter()
    reached: Counter[int] = Counter()
    people: dict[str, Counter[LegOutcome]] = {}
    for each in chosen:
        turns = sorted({leg.turn for leg in each.legs})
        reached.update({min(place, 4) for place, _ in enumerate(turns, start=1)})
        for one in each.legs:
            rungs[min(turns.index(one.turn) + 1, 4), one.outcome] += 1
            people.setdefault(one.party, Counter())[one.outcome] += 1
    return {
        "calls": len(calls),
        "blocked": len(chosen) - len(calls),
        "by day": Counter(local_date(call.started_at, zone=CHICAGO) for call in calls),
        "by hour": Counter(
            (local_time(call.started_at, zone=CHICAGO).weekday(), local_time(call.started_at, zone=CHICAGO).hour)
            for call in calls
        ),
        "ended": Counter(call.disposition for call in calls),
        "counted": len(counted(calls)),
        "answered": len(answered),
        "within": {bound: sum(wait <= bound for wait in waits) for bound in WAIT_BOUNDS},
        "speed": sum(waits) / len(waits) if waits else None,
        "talk": sum(call.talk_seconds or 0 for call in calls),
        "rungs": rungs,
        "reached": reached,
        "people": people,
        "talked": sum(60 for each in chosen for one in each.legs if one.outcome is LegOutcome.ACCEPTED),
    }


def told(found: Report) -> dict[str, object]:
    total = found.total
    hours = {
        (weekday, hour): number
        for weekday, row in enumerate(found.hours_of_week)
        for hour, number in enumerate(row)
        if number
    }
    return {
        "calls": total.calls,
        "blocked": total.turned_away,
        "by day": Counter({day: sums.calls for day, sums in found.days.items() if sums.calls}),
        "by hour": Counter(hours),
        "ended": Counter({each: total.ended(each) for each in Disposition if total.ended(each)}),
        "counted": total.counted,
        "answered": total.answered,
        "within": {bound: total.answered_within(bound) for bound in WAIT_BOUNDS},
        "speed": total.speed_of_answer,
        "talk": total.talk_seconds,
        "rungs": Counter(
            {(rung.number, outcome): n for rung in found.rungs for outcome, n in rung.phones.outcomes.items() if n}
        ),
        "reached": Counter({rung.number: rung.calls for rung in found.rungs}),
        "people": {
            each.party: Counter({outcome: n for outcome, n in each.phones.outcomes.items() if n})
            for each in found.people
        },
        "talked": sum(each.phones.talk_seconds for each in found.people),
    }


def assert_equal_to_the_rows(desk: Desk, draw: Random, start: datetime) -> None:
    records, first = all_records(desk), local_date(start, zone=CHICAGO)
    for line in (None, "main", "alternate", "nowhere"):
        days = sorted(first + timedelta(days=draw.randrange(SPAN_DAYS + 1)) for _ in range(2))
        for span in (Span(first, first + timedelta(days=SPAN_DAYS)), Span(days[0], days[1])):
            assert told(report(desk.services, span, line=line)) == expected(records, span, line)


@pytest.mark.parametrize("start", [SPRING, AUTUMN], ids=["spring", "autumn"])
@pytest.mark.parametrize("seed", range(3))
def test_what_is_kept_equals_the_rows_also_after_late_news(desk_on_each: Desk, seed: int, start: datetime) -> None:
    desk, draw = desk_on_each, Random(seed)  # noqa: S311 (examples, no secrets)
    assert desk_zone(desk.services) == CHICAGO
    now = start + timedelta(days=SPAN_DAYS, hours=3)
    stored(desk, *(random_record(draw, number, start) for number in range(1, 61)))
    caught_up(desk, now)
    assert_equal_to_the_rows(desk, draw, start)

    # Reports come late, for any day: those of the last days are seen soon, all of them within a day.
    for number in draw.sample(range(1, 61), 20):
        told_late(desk, draw, sid(number))
    caught_up(desk, now + timedelta(days=1, hours=1))
    assert_equal_to_the_rows(desk, draw, start)


def test_what_was_stored_late_counts_at_once_however_old_it_is(desk_on_each: Desk) -> None:
    desk = desk_on_each
    stored(desk, record(1, started_at=AUTUMN))
    at = AUTUMN + timedelta(days=40)
    caught_up(desk, at)
    stored(desk, record(2, started_at=AUTUMN + timedelta(hours=2), line="alternate"))
    caught_up(desk, at + timedelta(seconds=20))
    day = local_date(AUTUMN, zone=CHICAGO)
    assert report(desk.services, Span(day, day)).total.calls == 2


def test_a_call_before_all_others_makes_its_days(desk: Desk) -> None:
    stored(desk, record(1, started_at=AUTUMN))
    caught_up(desk, AUTUMN + timedelta(hours=1))
    stored(desk, record(2, started_at=AUTUMN - timedelta(days=3)))
    caught_up(desk, AUTUMN + timedelta(hours=2))
    day = local_date(AUTUMN, zone=CHICAGO)
    found = report(desk.services, Span(day - timedelta(days=3), day))
    assert (found.total.calls, found.missing) == (2, 0)


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-11-01", {1: 2}), ("2026-03-08", {2: 0}), ("2026-06-01", {})],
    ids=["25 hours", "23 hours", "24 hours"],
)
def test_each_hour_of_a_day_counts_under_what_the_clock_on_the_wall_shows(
    desk: Desk, day: str, hours: dict[int, int]
) -> None:
    start = datetime.fromisoformat(day).replace(tzinfo=CHICAGO)
    calls = [record(number + 1, started_at=instant_after(start, number)) for number in range(-1, 27)]
    stored(desk, *calls)
    caught_up(desk, start + timedelta(days=3))
    on = date.fromisoformat(day)
    assert report(desk.services, Span(on, on)).total.hours == tuple(hours.get(hour, 1) for hour in range(24))


def instant_after(start: datetime, hours: int) -> datetime:
    return datetime.fromtimestamp(start.timestamp() + hours * 3600 + 1, tz=ZoneInfo("UTC"))


def test_days_are_counted_anew_when_the_desk_moves_to_another_zone(desk: Desk) -> None:
    evening = instant("2026-06-01T23:30-05:00")
    stored(desk, record(1, started_at=evening))
    caught_up(desk, evening + timedelta(days=9))
    days, at = desk.services.store.days, evening + timedelta(days=9, seconds=1)
    zone = ZoneInfo("Europe/Berlin")
    days.plan(at=at, zone=zone)
    for due in days.due(at=at, limit=100):
        assert days.count(due, at=at, zone=zone, again_at=at + timedelta(days=1))
    assert days.sums(date(2026, 6, 1), date(2026, 6, 1)).days == {}
    assert sum(CallSums.of(days.sums(date(2026, 6, 2), date(2026, 6, 2)).days.values()).hours) == 1


def test_of_two_who_count_a_day_at_once_one_does(desk_on_each: Desk) -> None:
    desk, at = desk_on_each, AUTUMN + timedelta(hours=1)
    stored(desk, record(1, started_at=AUTUMN))
    days = desk.services.store.days
    days.plan(at=at, zone=CHICAGO)
    due = days.due(at=at, limit=10)
    assert {each.day for each in due} == {date(2026, 10, 29)}
    assert [days.count(each, at=at, zone=CHICAGO, again_at=at) for each in (due[0], due[0])] == [True, True]
    later = at + timedelta(minutes=1)
    assert days.count(due[1], at=at, zone=CHICAGO, again_at=later)
    assert not days.count(due[1], at=at, zone=CHICAGO, again_at=later), "somebody else was quicker"


def test_today_is_counted_again_within_a_minute_and_says_when_it_was(desk: Desk) -> None:
    at = instant("2026-12-01T10:00-06:00")
    stored(desk, record(1, started_at=at - timedelta(minutes=5)))
    caught_up(desk, at)
    stored(desk, record(2, started_at=at))
    today = Span(date(2026, 12, 1), date(2026, 12, 1))
    caught_up(desk, at + timedelta(seconds=20))
    found = report(desk.services, today)
    assert (found.total.calls, found.counted_at) == (1, at)
    caught_up(desk, at + timedelta(seconds=60))
    found = report(desk.services, today)
    assert (found.total.calls, found.counted_at) == (2, at + timedelta(seconds=60))


def test_a_sweep_does_a_bounded_part_newest_days_first(desk: Desk) -> None:
    noon = instant("2026-12-01T12:00-06:00")
    stored(desk, record(1, started_at=noon - timedelta(days=100)), record(2, started_at=noon))
    desk.clock.at = noon
    keep_figures(desk.services)
    day = date(2026, 12, 1)
    hundred = Span(day - timedelta(days=100), day)
    assert (report(desk.services, hundred).total.calls, report(desk.services, hundred).missing) == (1, 71)
    caught_up(desk, noon)
    assert (report(desk.services, hundred).total.calls, report(desk.services, hundred).missing) == (2, 0)


def test_an_outage_is_no_matter(desk: Desk) -> None:
    store, told = leaving(desk), []
    for answers in range(3):
        store.leaves_after(answers)
        with capture_logs() as logs:
            keep_figures(desk.services)
        told += [entry["event"] for entry in logs]
    assert told == ["daily_figures_wait"] * 3


# Clocks of tickets.


def ticket_of(desk: Desk, *, at: datetime, priority: Priority = Priority.EMERGENCY) -> int:
    """A ticket that was acknowledged when it came."""
    desk.clock.at = at
    number = len(all_records(desk)) + 1
    stored(desk, record(number, started_at=at, priority=priority))
    found = desk.services.store.calls.get(sid(number))
    assert found is not None
    assert found.ticket.number is not None
    does(desk, at, found.ticket.number, TicketEdit(status=TicketStatus.ACKNOWLEDGED, assignee="Jamison White"))
    return found.ticket.number


def does(desk: Desk, at: datetime, number: int, what: TicketEdit | News) -> Ticket:
    desk.clock.at = at
    with desk.services.store.turn() as turn:
        mine = work(desk.services, turn, by="Jamison White", way="at the desk")
        result = edit(mine, number, what) if isinstance(what, TicketEdit) else tell(mine, number, what)
    assert result.faults == ()
    assert result.ticket is not None
    return result.ticket


def clocks(desk: Desk, day: str, priority: Priority = Priority.EMERGENCY) -> tuple[int, int, int, int]:
    """Resolutions kept and missed, updates kept and missed, on a day."""
    on = date.fromisoformat(day)
    found = next(each for each in report(desk.services, Span(on, on)).clocks if each.priority is priority)
    return found.resolution_kept, found.resolution_missed, found.update_kept, found.update_missed


# An emergency is resolved within 8 hours of its acknowledgement, with news every hour.
MONDAY = instant("2026-11-30T10:00-06:00")
HOUR = timedelta(hours=1)
RESOLVED = TicketEdit(status=TicketStatus.RESOLVED)


def test_a_ticket_resolved_in_time_is_kept_and_its_news_counts_each_time(desk_on_each: Desk) -> None:
    desk = desk_on_each
    number = ticket_of(desk, at=MONDAY)
    does(desk, MONDAY + timedelta(minutes=50), number, News(text="looking into it"))
    does(desk, MONDAY + 3 * HOUR, number, News(text="still looking"))
    does(desk, MONDAY + 3.5 * HOUR, number, RESOLVED)
    caught_up(desk, MONDAY + 4 * HOUR)
    assert clocks(desk, "2026-11-30") == (1, 0, 1, 1)


def test_a_ticket_whose_time_ran_out_is_missed_on_that_day_whenever_it_is_resolved(desk_on_each: Desk) -> None:
    desk = desk_on_each
    number = ticket_of(desk, at=MONDAY)
    caught_up(desk, MONDAY + 7 * HOUR)
    assert clocks(desk, "2026-11-30") == (0, 0, 0, 0), "nothing is settled yet"
    caught_up(desk, MONDAY + 9 * HOUR)
    assert clocks(desk, "2026-11-30")[:2] == (0, 1)
    does(desk, MONDAY + 30 * HOUR, number, RESOLVED)
    caught_up(desk, MONDAY + 31 * HOUR)
    assert clocks(desk, "2026-11-30")[:2] == (0, 1)
    assert clocks(desk, "2026-12-01") == (0, 0, 0, 1), "news was owed when it was resolved"


def test_what_was_kept_is_no_more_when_the_ticket_is_reopened(desk_on_each: Desk) -> None:
    desk = desk_on_each
    number = ticket_of(desk, at=MONDAY)
    does(desk, MONDAY + 0.5 * HOUR, number, RESOLVED)
    days_later = MONDAY + timedelta(days=20)
    caught_up(desk, days_later)
    assert clocks(desk, "2026-11-30")[:2] == (1, 0)
    does(desk, days_later + HOUR, number, TicketEdit(status=TicketStatus.IN_PROGRESS))
    caught_up(desk, days_later + HOUR + timedelta(seconds=20))
    assert clocks(desk, "2026-11-30")[:2] == (0, 0)


def test_a_ticket_that_went_up_in_another_has_no_clocks_of_its_own(desk: Desk) -> None:
    number, other = ticket_of(desk, at=MONDAY), ticket_of(desk, at=MONDAY + 0.1 * HOUR)
    does(desk, MONDAY + 0.2 * HOUR, number, TicketEdit(merge_into=other, reason="the same"))
    caught_up(desk, MONDAY + HOUR)
    assert clocks(desk, "2026-11-30") == (0, 0, 0, 0)


def test_a_ticket_without_a_target_is_neither(desk: Desk) -> None:
    number = ticket_of(desk, at=MONDAY, priority=Priority.LOW)
    does(desk, MONDAY + HOUR, number, RESOLVED)
    caught_up(desk, MONDAY + 2 * HOUR)
    assert clocks(desk, "2026-11-30", Priority.LOW) == (0, 0, 0, 0)


def test_what_staff_write_is_found_by_its_words_after_a_sweep(desk: Desk) -> None:
    number = ticket_of(desk, at=MONDAY)
    does(desk, MONDAY + HOUR, number, News(text="The archive in Omaha is full"))
    desk.clock.at = MONDAY + HOUR + timedelta(seconds=10)
    log = desk.services.store.calls
    assert log.page(CallFilters(q="omaha archive"), limit=5).items == ()
    keep_words(desk.services)
    assert [each.ticket.number for each in log.page(CallFilters(q="omaha archive"), limit=5).items] == [number]


# What figures mean.


def test_a_played_day_reads_as_it_went(desk: Desk) -> None:
    desk.everybody(accept(after_seconds=4)).dials(MAIN, at="2026-12-01T10:00-06:00")
    desk.everybody(ignore()).dials(MAIN, at="2026-12-01T11:00-06:00", keys="2")
    desk.dials(MAIN, at="2026-12-01T12:00-06:00", script=CallerScript(hangs_up_after_seconds=4))
    caught_up(desk, instant("2026-12-01T13:00-06:00"))
    found = report(desk.services, Span(date(2026, 12, 1), date(2026, 12, 1)))
    total = found.total
    assert (total.calls, total.counted, total.answered, total.short, total.abandoned) == (3, 2, 1, 1, 0)
    assert total.answer_rate == 0.5
    assert total.hours[10:13] == (1, 1, 1)
    assert found.rungs[0].calls == 2
    assert sum(team.phones.accepted for team in found.teams()) == 1


def test_a_figure_of_nothing_is_none() -> None:
    nothing = CallSums()
    assert nothing.calls == nothing.counted == 0
    assert nothing.answer_rate is nothing.abandonment is nothing.service_level(60) is nothing.speed_of_answer is None
    assert nothing.answered_by(0.9) is nothing.wait_before_leaving is None
    assert Phones({}).rung == 0


def seen(disposition: Disposition, wait: int, *, at: datetime = MONDAY) -> SeenCall:
    taken = disposition in {Disposition.ANSWERED, Disposition.ANSWERING_SERVICE}
    ends = at + timedelta(seconds=wait + 60)
    return SeenCall("main", at, at + timedelta(seconds=wait) if taken else None, ends, wait, 60, disposition, "")


@given(st.lists(st.tuples(st.sampled_from(Disposition), st.integers(0, 3000)), max_size=40))
def test_figures_hang_together(ends: list[tuple[Disposition, int]]) -> None:
    """Whatever the calls: parts are parts of their whole, and more time never makes a service level worse."""
    counts = count_calls([seen(*each) for each in ends], zone=CHICAGO).get("main", Counter())
    sums = CallSums(counts)
    assert sums.calls == len(ends)
    assert 0 <= sums.answered + sums.abandoned <= sums.counted <= sums.calls
    levels = [sums.service_level(bound) or 0 for bound in WAIT_BOUNDS]
    assert levels == sorted(levels)
    assert levels[-1] <= (sums.answer_rate or 0) <= 1
    short = [
        wait for disposition, wait in ends if disposition is Disposition.ABANDONED and wait < SHORT_ABANDON_SECONDS
    ]
    assert sums.short == len(short)
    nine_in_ten = sums.answered_by(0.9)
    assert nine_in_ten is None or sums.answered_within(nine_in_ten) >= 0.9 * sums.answered


def test_the_same_days_of_the_week_are_compared() -> None:
    span = Span(date(2026, 3, 2), date(2026, 3, 29))
    assert span.before() == Span(date(2026, 2, 2), date(2026, 3, 1))
    assert span.year_before().first.weekday() == span.first.weekday()
    assert len(span.days) == span.length == 28


def test_no_day_is_counted_by_reading_a_whole_table(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        for name, (question, indexes) in INDEXED.items():
            told_in = question.compile(engine)
            values = (0,) * str(told_in).count("?")
            plan = " / ".join(
                row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {told_in}", values).all()
            )
            assert all(index in plan for index in indexes), (name, plan)
            assert "SCAN calls" not in plan
            assert "SCAN tickets" not in plan
            assert "SCAN legs" not in plan
    engine.dispose()
