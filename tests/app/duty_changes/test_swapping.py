"""Swaps: asked, accepted with both turns or none, declined, withdrawn, and over when the turn begins."""

from dataclasses import replace
from datetime import datetime, timedelta

from app.duty_changes import Asking, DutyChanges, Leave, Swapping, Turn, Verdict
from app.store import Swap, SwapOutcome
from tests.app.duty_changes.test_changing import MONDAY, NEXT_MONDAY, NOW, ONCALL, can_text, duty, handing, on
from tests.pages import FIRST, JAMISON, LASHA, SECOND, PagedDesk

WEEK = timedelta(days=7)
FIRSTS_WEEK = Turn(schedule=ONCALL, starts_at=MONDAY, ends_at=NEXT_MONDAY)
SECONDS_WEEK = Turn(schedule=ONCALL, starts_at=NEXT_MONDAY, ends_at=NEXT_MONDAY + WEEK)
BOTH = Asking(asked=SECOND, turn=FIRSTS_WEEK, in_return=SECONDS_WEEK)


def swaps(paged: PagedDesk, name: str, *, oversees: bool = False) -> Swapping:
    return Swapping(duty(paged, name, oversees=oversees))


def only(paged: PagedDesk) -> Swap:
    (found,) = paged.services.store.swaps.recent(since=NOW)
    return found


def test_an_accepted_swap_changes_both_turns_in_one_go(paged_on_each: PagedDesk) -> None:
    paged = paged_on_each
    asked = swaps(paged, FIRST).ask(BOTH)
    assert asked.refusals == ()
    assert (on(paged, MONDAY), on(paged, NEXT_MONDAY)) == ([FIRST], [SECOND])
    paged.desk.clock.at += timedelta(hours=1)
    accepted = swaps(paged, SECOND).answer(only(paged).id, SwapOutcome.ACCEPTED)
    assert accepted == asked
    assert (on(paged, MONDAY), on(paged, NEXT_MONDAY)) == ([SECOND], [FIRST])
    assert on(paged, NEXT_MONDAY + WEEK) == [JAMISON]
    found = only(paged)
    assert (found.outcome, found.answered_by, found.answered_at) == (SwapOutcome.ACCEPTED, SECOND, paged.desk.clock.at)
    actions = [(each.actor, each.action) for each in paged.services.store.audit.list(limit=9).items]
    assert actions == [
        (SECOND, "swap_accepted"),
        (SECOND, "override_created"),
        (SECOND, "override_created"),
        (FIRST, "swap_asked"),
    ]


def test_both_turns_come_back_together(paged: PagedDesk) -> None:
    swaps(paged, FIRST).ask(BOTH)
    swaps(paged, SECOND).answer(only(paged).id, SwapOutcome.ACCEPTED)
    one = paged.services.store.overrides.recent(at=NOW)[0]
    assert (duty(paged, FIRST).cancel(one.id) or Verdict(refusals=("unknown",))).refusals == ()
    assert (on(paged, MONDAY), on(paged, NEXT_MONDAY)) == ([FIRST], [SECOND])


def test_a_swap_of_which_one_turn_cannot_be_changes_nothing(paged: PagedDesk) -> None:
    swaps(paged, FIRST).ask(BOTH)
    away = Leave(person=FIRST, starts_at=NEXT_MONDAY + timedelta(days=1), ends_at=NEXT_MONDAY + timedelta(days=2))
    duty(paged, FIRST).make(away)
    verdict = swaps(paged, SECOND).answer(only(paged).id, SwapOutcome.ACCEPTED)
    assert verdict is not None
    assert "triggerfish-1 is away" in verdict.refusals[0]
    assert (on(paged, MONDAY), on(paged, NEXT_MONDAY)) == ([FIRST], [SECOND])
    assert only(paged).outcome is None


def test_a_turn_that_is_partly_somebody_elses_by_now_is_not_swapped(paged: PagedDesk) -> None:
    swaps(paged, FIRST).ask(BOTH)
    taken = replace(handing(JAMISON, starts_at=MONDAY, instead_of=FIRST), ends_at=MONDAY + timedelta(hours=4))
    assert duty(paged, JAMISON).make(taken).refusals == ()
    verdict = swaps(paged, SECOND).answer(only(paged).id, SwapOutcome.ACCEPTED)
    assert verdict is not None
    assert "does not have all of On-call analyst" in verdict.refusals[0]


def of_monday(hour: int) -> datetime:
    return MONDAY + timedelta(hours=hour)


PARTS: list[tuple[tuple[datetime | None, datetime | None], tuple[datetime, datetime] | None]] = [
    ((None, None), (MONDAY, NEXT_MONDAY)),
    ((of_monday(10), None), (of_monday(10), NEXT_MONDAY)),
    ((None, of_monday(10)), (MONDAY, of_monday(10))),
    ((of_monday(10), of_monday(10) + timedelta(minutes=25)), (of_monday(10), of_monday(10) + timedelta(minutes=25))),
    ((of_monday(-1), of_monday(10)), None),
    ((of_monday(10), NEXT_MONDAY + timedelta(minutes=1)), None),
    ((of_monday(10), of_monday(10)), None),
    ((of_monday(10), of_monday(9)), None),
]


def test_a_part_of_a_turn_lies_within_it() -> None:
    for (starts_at, ends_at), wanted in PARTS:
        part = FIRSTS_WEEK.part(starts_at=starts_at, ends_at=ends_at)
        assert (part and (part.starts_at, part.ends_at)) == wanted, (starts_at, ends_at)


def test_a_part_of_a_turn_changes_hands_and_the_rest_stays(paged_on_each: PagedDesk) -> None:
    paged = paged_on_each
    evening = Turn(schedule=ONCALL, starts_at=of_monday(10), ends_at=of_monday(14))
    early = replace(SECONDS_WEEK, ends_at=NEXT_MONDAY + timedelta(hours=4))
    assert swaps(paged, FIRST).ask(Asking(asked=SECOND, turn=evening, in_return=early)).refusals == ()
    accepted = swaps(paged, SECOND).answer(only(paged).id, SwapOutcome.ACCEPTED)
    assert accepted is not None
    assert accepted.refusals == ()
    made = paged.services.store.overrides.recent(at=NOW)
    assert sorted((each.person, each.starts_at, each.ends_at) for each in made) == [
        (FIRST, early.starts_at, early.ends_at),
        (SECOND, evening.starts_at, evening.ends_at),
    ]
    instants = (MONDAY, evening.starts_at, evening.ends_at, early.starts_at, early.ends_at)
    assert [on(paged, at) for at in instants] == [[FIRST], [SECOND], [FIRST], [FIRST], [SECOND]]
    # What is left of the turn can still be given away, but no longer all of it.
    rest = replace(FIRSTS_WEEK, starts_at=evening.ends_at)
    assert swaps(paged, FIRST).ask(Asking(asked=LASHA, turn=rest)).refusals == ()
    assert "does not have all" in swaps(paged, FIRST).ask(Asking(asked=LASHA, turn=FIRSTS_WEEK)).refusals[0]


def test_a_part_is_guarded_as_a_whole_turn_is(paged: PagedDesk) -> None:
    away = Leave(person=SECOND, starts_at=of_monday(11), ends_at=of_monday(12), stand_ins={"on-call-backup": JAMISON})
    assert duty(paged, SECOND).make(away).refusals == ()
    during, before = Turn(schedule=ONCALL, starts_at=of_monday(10), ends_at=of_monday(14)), of_monday(11)
    assert "is away" in swaps(paged, FIRST).ask(Asking(asked=SECOND, turn=during)).refusals[0]
    assert swaps(paged, FIRST).ask(Asking(asked=SECOND, turn=replace(during, ends_at=before))).refusals == ()


def test_the_rest_of_a_turn_that_has_begun_can_be_asked_for(paged: PagedDesk) -> None:
    paged.desk.clock.at = of_monday(2)
    evening = replace(FIRSTS_WEEK, starts_at=of_monday(10), ends_at=of_monday(14))
    assert "in the past" in swaps(paged, FIRST).ask(Asking(asked=SECOND, turn=FIRSTS_WEEK)).refusals[0]
    assert swaps(paged, FIRST).ask(Asking(asked=SECOND, turn=evening)).refusals == ()
    accepted = swaps(paged, SECOND).answer(only(paged).id, SwapOutcome.ACCEPTED)
    assert accepted is not None
    assert accepted.refusals == ()
    assert (on(paged, of_monday(9)), on(paged, of_monday(10))) == ([FIRST], [SECOND])


def test_only_the_one_who_is_asked_accepts_and_only_the_asker_withdraws(paged: PagedDesk) -> None:
    swaps(paged, FIRST).ask(BOTH)
    number = only(paged).id
    for name, outcome in (
        (FIRST, SwapOutcome.ACCEPTED),
        (JAMISON, SwapOutcome.DECLINED),
        (SECOND, SwapOutcome.WITHDRAWN),
    ):
        refused = swaps(paged, name).answer(number, outcome)
        assert refused is not None
        assert "to answer" in refused.refusals[0], name
    assert swaps(paged, FIRST).answer(number, SwapOutcome.WITHDRAWN) == Verdict()
    late = swaps(paged, SECOND).answer(number, SwapOutcome.ACCEPTED)
    assert late == Verdict(refusals=("This swap was withdrawn already.",))
    assert swaps(paged, SECOND).answer(number + 1, SwapOutcome.ACCEPTED) is None


def test_a_supervisor_may_answer_for_somebody_and_stands_in_the_log(paged: PagedDesk) -> None:
    swaps(paged, FIRST).ask(BOTH)
    verdict = swaps(paged, "a supervisor", oversees=True).answer(only(paged).id, SwapOutcome.ACCEPTED)
    assert verdict is not None
    assert verdict.refusals == ()
    assert only(paged).answered_by == "a supervisor"
    assert on(paged, MONDAY) == [SECOND]


def test_a_swap_is_over_when_its_first_turn_begins(paged: PagedDesk) -> None:
    swaps(paged, SECOND).ask(Asking(asked=FIRST, turn=SECONDS_WEEK, in_return=FIRSTS_WEEK))
    paged.desk.clock.at = MONDAY
    assert swaps(paged, FIRST).answer(only(paged).id, SwapOutcome.ACCEPTED) == Verdict(
        refusals=("This swap is over: its turn has begun.",)
    )


def test_what_cannot_be_is_refused_when_it_is_asked_for(paged: PagedDesk) -> None:
    cases: list[tuple[DutyChanges, Asking, str]] = [
        (duty(paged, FIRST), Asking(asked=FIRST, turn=FIRSTS_WEEK), "themselves"),
        (duty(paged, FIRST), Asking(asked="Nobody", turn=FIRSTS_WEEK), "Nobody on the staff list"),
        (duty(paged, JAMISON), Asking(asked=SECOND, turn=FIRSTS_WEEK), "is not on call"),
        (duty(paged, "a visitor"), Asking(asked=SECOND, turn=FIRSTS_WEEK), "not somebody on the staff list"),
    ]
    for who, asking, words in cases:
        assert words in Swapping(who).ask(asking).refusals[0]
    assert paged.services.store.swaps.recent(since=NOW) == ()
    swaps(paged, FIRST).ask(BOTH)
    assert "has been asked for this already" in swaps(paged, FIRST).ask(BOTH).refusals[0]


def test_who_is_asked_and_who_is_refused_are_texted_without_anybodys_own_words(paged: PagedDesk) -> None:
    can_text(paged)
    swaps(paged, FIRST).ask(Asking(asked=LASHA, turn=FIRSTS_WEEK))
    swaps(paged, LASHA).answer(only(paged).id, SwapOutcome.DECLINED)
    paged.deliver()
    where = f"{paged.services.settings.public_base_url}/desk/oncall/swaps"
    span = "On-call analyst, Mon 7 Dec 08:00 to Mon 14 Dec 08:00"
    assert paged.texts_to(LASHA) == [f"triggerfish-1 asks you to take {span}. Answer at the desk: {where}"]
    assert paged.texts_to(FIRST) == [f"Lasha Dalakishvili does not take {span}. It stays yours."]
    assert on(paged, MONDAY) == [FIRST]
