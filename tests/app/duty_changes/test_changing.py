"""Duty changed by people: what it changes is said before, nobody on call is refused, and it all stands in the log."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.duty_changes import Change, DutyChanges, Handing, Leave, Verdict, Who
from tests.pages import FIRST, JAMISON, LASHA, SECOND, PagedDesk

ONCALL, BACKUP = "on-call", "on-call-backup"
# Tuesday morning: Lasha Dalakishvili has the week, triggerfish-1 is her backup.
NOW = datetime(2026, 12, 1, 16, tzinfo=UTC)
MONDAY = datetime(2026, 12, 7, 14, tzinfo=UTC)
NEXT_MONDAY = MONDAY + timedelta(days=7)
TO = "\N{EN DASH}"


def duty(paged: PagedDesk, name: str, *, oversees: bool = False) -> DutyChanges:
    people = paged.desk.snapshot.roster.people
    return DutyChanges(paged.services, Who(name=name, person=name if name in people else None, oversees=oversees))


def on(paged: PagedDesk, at: datetime, schedule: str = ONCALL) -> list[str]:
    quick = paged.services.store.overrides.quick(at=at)
    return [each.person for each in paged.desk.snapshot.roster.who_is_on(schedule, at=at, quick=quick).people]


def can_text(paged: PagedDesk) -> None:
    """Gives the desk a telephone company to send texts through."""
    settings = replace(paged.services.settings, twilio_api_base_url="http://127.0.0.1:9")
    paged.desk.services = replace(paged.services, settings=settings)


def handing(person: str, *, hours: float = 5, schedule: str = ONCALL, **more: Any) -> Handing:
    return Handing(schedule=schedule, person=person, ends_at=NOW + timedelta(hours=hours), **more)


def test_whoever_takes_over_is_on_call_at_once_and_until_then(paged_on_each: PagedDesk) -> None:
    paged = paged_on_each
    verdict = duty(paged, JAMISON).make(handing(JAMISON, instead_of=LASHA))
    until = NOW + timedelta(hours=5)
    assert verdict == Verdict((Change(ONCALL, NOW, until, (LASHA,), (JAMISON,)),))
    assert on(paged, NOW) == [JAMISON]
    assert on(paged, until - timedelta(seconds=1)) == [JAMISON]
    assert on(paged, until) == [LASHA]
    noted = paged.services.store.audit.list(limit=1).items[0]
    assert (noted.actor, noted.action, noted.subject) == (JAMISON, "override_created", "schedule:on-call")
    assert noted.detail["instead_of"] == LASHA


def test_looking_changes_nothing_and_says_the_same(paged: PagedDesk) -> None:
    mine = duty(paged, LASHA)
    looked = mine.look(handing(JAMISON, instead_of=LASHA))
    assert on(paged, NOW) == [LASHA]
    assert looked == mine.make(handing(JAMISON, instead_of=LASHA))
    assert on(paged, NOW) == [JAMISON]


def test_a_change_of_the_first_duty_moves_the_backup_and_says_so(paged: PagedDesk) -> None:
    verdict = duty(paged, FIRST).look(handing(FIRST, instead_of=LASHA))
    assert [(each.schedule, each.before, each.after) for each in verdict.changes] == [
        (ONCALL, (LASHA,), (FIRST,)),
        (BACKUP, (FIRST,), (SECOND,)),
    ]


def nonsense() -> dict[str, Handing]:
    """What cannot be, with the words it is refused with."""
    return {
        "begins in the past": handing(JAMISON, starts_at=NOW - timedelta(minutes=5)),
        "ends before it begins": handing(JAMISON, hours=-1),
        "longer than 92 days": handing(JAMISON, hours=24 * 93),
        "more than 400 days ahead": handing(
            JAMISON, hours=24 * 450, starts_at=NOW + timedelta(days=449), instead_of=None
        ),
        'Nobody on the staff list is called "Nobody At All"': handing("Nobody At All"),
        'There is no schedule "nights"': handing(JAMISON, schedule="nights"),
        "cannot take over from themselves": handing(JAMISON, instead_of=JAMISON),
        "is not on call as On-call analyst then": handing(JAMISON, instead_of=FIRST),
        "is on call as On-call analyst then already": handing(LASHA),
    }


def test_what_makes_no_sense_is_refused_in_plain_words_and_nothing_is_stored(paged: PagedDesk) -> None:
    for words, wanted in nonsense().items():
        verdict = duty(paged, "a supervisor", oversees=True).make(wanted)
        assert any(words in each for each in verdict.refusals), (words, verdict.refusals)
    assert paged.services.store.overrides.recent(at=NOW) == ()


def test_nobody_is_put_on_call_who_is_away_or_cannot_be_rung(paged: PagedDesk) -> None:
    assert duty(paged, JAMISON).make(Leave(person=JAMISON, ends_at=NOW + timedelta(days=1))).refusals == ()
    verdict = duty(paged, LASHA).make(handing(JAMISON, instead_of=LASHA))
    assert verdict.refusals == (f"Jamison White is away Tue 1 Dec 10:00 {TO} Wed 2 Dec 10:00.",)
    assert on(paged, NOW) == [LASHA]


def test_staff_change_their_own_hours_and_supervisors_anybodys(paged: PagedDesk) -> None:
    wanted = handing(FIRST, instead_of=LASHA)
    for name in (JAMISON, "a visitor"):
        assert "ask a supervisor" in duty(paged, name).make(wanted).refusals[0]
    assert on(paged, NOW) == [LASHA]
    assert duty(paged, "a supervisor", oversees=True).make(wanted).refusals == ()
    assert on(paged, NOW) == [FIRST]


def test_hours_handed_on_come_back_by_ending_the_change_and_not_by_a_second_one(paged: PagedDesk) -> None:
    duty(paged, LASHA).make(handing(JAMISON, instead_of=LASHA))
    refused = duty(paged, LASHA).make(handing(LASHA, hours=2, instead_of=JAMISON))
    assert "cancel that change first" in refused.refusals[0]
    number = paged.services.store.overrides.recent(at=NOW)[0].id
    assert "not about you" in (duty(paged, SECOND).cancel(number) or Verdict()).refusals[0]
    looked = duty(paged, LASHA).look_at_cancelling(number)
    assert looked is not None
    assert [(each.before, each.after) for each in looked.changes] == [((JAMISON,), (LASHA,))]
    assert duty(paged, LASHA).cancel(number) == looked
    assert on(paged, NOW) == [LASHA]
    assert duty(paged, LASHA).cancel(number) is None
    assert paged.services.store.audit.list(limit=1).items[0].action == "override_withdrawn"


def test_time_off_is_refused_while_it_leaves_nobody_and_noted_once_somebody_stands_in(paged: PagedDesk) -> None:
    wanted = Leave(person=LASHA, ends_at=NOW + timedelta(days=2))
    verdict = duty(paged, LASHA).make(wanted)
    assert verdict.refusals == (f"Nobody would be on call as On-call analyst, Tue 1 Dec 10:00 {TO} Thu 3 Dec 10:00.",)
    assert paged.services.store.overrides.recent(at=NOW) == ()
    assert duty(paged, LASHA).make(replace(wanted, stand_ins={ONCALL: JAMISON})).refusals == ()
    assert on(paged, NOW) == [JAMISON]
    quick = paged.services.store.overrides.quick(at=NOW)
    assert paged.desk.snapshot.roster.away(LASHA, at=NOW, quick=quick) is not None
    again = duty(paged, LASHA).make(replace(wanted, stand_ins={}))
    assert again.refusals == ("Lasha Dalakishvili is away then already.",)


def test_time_off_to_come_begins_when_it_says_and_ends_with_who_stands_in(paged: PagedDesk) -> None:
    leave = Leave(person=FIRST, starts_at=MONDAY, ends_at=NEXT_MONDAY, stand_ins={ONCALL: JAMISON})
    assert duty(paged, FIRST).make(leave).refusals == ()
    assert (on(paged, NOW, BACKUP), on(paged, MONDAY)) == ([FIRST], [JAMISON])
    number = paged.services.store.overrides.recent(at=NOW)[0].id
    assert (duty(paged, FIRST).cancel(number) or Verdict(refusals=("unknown",))).refusals == ()
    assert on(paged, MONDAY) == [FIRST]
    assert all(each.withdrawn_at for each in paged.services.store.overrides.recent(at=NOW))


def test_nothing_is_ended_that_would_leave_nobody_on_call(paged: PagedDesk) -> None:
    duty(paged, LASHA).make(Leave(person=LASHA, ends_at=NOW + timedelta(hours=8), stand_ins={ONCALL: JAMISON}))
    paged.desk.clock.at += timedelta(minutes=1)
    duty(paged, SECOND).make(handing(SECOND, instead_of=JAMISON, hours=3))
    paged.desk.clock.at += timedelta(minutes=1)
    duty(paged, JAMISON).make(Leave(person=JAMISON, ends_at=NOW + timedelta(hours=3)))
    taken = next(each for each in paged.services.store.overrides.recent(at=NOW) if each.person == SECOND)
    verdict = duty(paged, SECOND).cancel(taken.id)
    assert verdict is not None
    assert "Nobody would be on call" in verdict.refusals[0]
    assert on(paged, paged.desk.clock.at) == [SECOND]


def test_back_by_text_ends_time_off_of_the_desk_with_who_stands_in_and_leaves_what_is_to_come(
    paged: PagedDesk,
) -> None:
    later = Leave(person=LASHA, starts_at=NEXT_MONDAY, ends_at=NEXT_MONDAY + timedelta(days=1))
    assert duty(paged, LASHA).make(later).refusals == ()
    paged.desk.clock.at += timedelta(minutes=1)
    now = Leave(person=LASHA, ends_at=NOW + timedelta(days=2), stand_ins={ONCALL: JAMISON})
    assert duty(paged, LASHA).make(now).refusals == ()
    answer = paged.texts(LASHA, "BACK")
    assert answer is not None
    assert "Welcome back" in answer
    assert on(paged, paged.desk.clock.at) == [LASHA]
    standing = [each for each in paged.services.store.overrides.recent(at=NOW) if each.withdrawn_at is None]
    assert {each.starts_at for each in standing} == {NEXT_MONDAY}


@pytest.mark.parametrize("by_whom", [LASHA, "a supervisor"])
def test_those_whose_duty_somebody_else_changes_are_texted_once(paged: PagedDesk, by_whom: str) -> None:
    can_text(paged)
    duty(paged, by_whom, oversees=True).make(handing(JAMISON, instead_of=LASHA))
    paged.deliver()
    assert paged.texts_to(JAMISON) == [
        f"Changed by {by_whom}: you are on call, On-call analyst, Tue 1 Dec 10:00 to 15:00."
    ]
    told = paged.texts_to(LASHA)
    assert bool(told) == (by_whom != LASHA)
    assert all(each.isascii() for each in (*told, *paged.texts_to(JAMISON)))
