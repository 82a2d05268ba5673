"""Facts that come late, early or from a machine whose clock is wrong still make a record that can be read."""

from datetime import timedelta

from app.cdr.derive import apply
from app.cdr.records import LegOutcome
from app.flow.messages import FactKind
from tests.app.cdr.test_derive import ANN, AT, begun, dial_ended, dialled, fact, leg_fact, told


def test_an_answer_told_after_the_end_was_no_later_than_the_end() -> None:
    late = told(dialled(10, 2, ANN), leg_fact(FactKind.LEG_ENDED, 30, 2), leg_fact(FactKind.LEG_ANSWERED, 40, 2))
    assert late.legs[0].answered_at == late.legs[0].ended_at == AT + timedelta(seconds=30)


def test_a_key_noted_by_a_clock_that_is_behind_still_counts_when_all_is_read_again() -> None:
    """Read again in order of time, the key comes before the dialling."""
    facts = [leg_fact(FactKind.LEG_ACCEPTED, 5, 2), dialled(10, 2, ANN), dial_ended(90, 2, "completed", bridged=True)]
    record = apply(begun(), facts, hours=None)
    assert record.legs[0].outcome is LegOutcome.ACCEPTED
    assert record.call.answered_by == ANN


def test_the_end_of_a_call_told_late_does_not_touch_the_phone_that_calls_back() -> None:
    record = told(dialled(100, 2, ANN), fact(FactKind.CALL_ENDED, 50, status="completed", seconds=50))
    assert record.legs[0].outcome is LegOutcome.RINGING
    assert record.legs[0].ended_at is None


def test_a_call_given_up_at_once_ends_no_sooner_than_it_began() -> None:
    """The provider's list names whole seconds only."""
    record = apply(begun(), [fact(FactKind.CALL_ENDED, -0.5, status="no_answer", seconds=0)], hours=None)
    assert record.call.ended_at == record.call.started_at
