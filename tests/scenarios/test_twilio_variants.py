"""Every kind of call, with everything Twilio's documentation leaves open played both ways."""

from collections.abc import Iterator
from dataclasses import fields
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.cdr.records import Disposition, LegOutcome, TicketStatus
from app.simulator import (
    BEHAVIOURS,
    BridgeEnd,
    CallerScript,
    FinalStatus,
    MessageEnd,
    Moment,
    ParentStatus,
    RecordingCallback,
    SilentRecord,
    Switches,
    accept,
    ignore,
)
from app.simulator.events import Ringing
from app.simulator.handsets import Behaviour
from tests.desk import CALLER, PlayedCall, assert_cared_for
from tests.scenarios.variants import (
    LINES,
    MOMENTS,
    ODD_CALLERS,
    PLOTS,
    SERVICE,
    VARIANTS,
    SharedServices,
    disposition_of,
    name_of,
    shared_services,
)

pytestmark = pytest.mark.slow

# Every variant comes on both lines and at all moments of the calendar, from one kind of call to the next.
_LINES, _MOMENTS = cycle(LINES), cycle(MOMENTS)
assert len(VARIANTS) % len(LINES), "with an even number of variants each would always come on the same line"
CASES = [
    pytest.param(plot, next(_LINES), next(_MOMENTS), switches, id=f"{plot}-{name_of(switches)}")
    for plot in PLOTS
    for switches in VARIANTS
]
CALENDAR = [
    pytest.param(plot, line, moment, id=f"{plot}-{line}-{moment}")
    for plot in PLOTS
    for line in LINES
    for moment in MOMENTS
]


@pytest.fixture(scope="module")
def shared(sqlite_template: Path) -> Iterator[SharedServices]:
    with shared_services(sqlite_template) as services:
        yield services


def play(shared: SharedServices, plot: str, line: str, moment: str, switches: Switches) -> PlayedCall:
    desk, told = shared.desk(), PLOTS[plot]
    told.set_up(desk)
    desk.switches = switches
    return desk.dials(LINES[line], at=MOMENTS[moment], keys=told.keys(moment), script=told.script)


def assert_ended_well(played: PlayedCall, switches: Switches) -> None:
    """As assert_cared_for, but for what only the final status, lost here, could have told."""
    if switches.final_status is not FinalStatus.LOST:
        assert_cared_for(played)
        return
    assert not played.trace.dropped, played.trace.ended
    assert not played.trace.dead_air
    assert played.trace.warnings == []
    assert played.ticket.number is not None


def assert_record_is_true(played: PlayedCall, plot: str, line: str, moment: str, switches: Switches) -> None:
    """Legs, disposition and ticket say what happened on the phones."""
    told, expected = played.call, disposition_of(plot, moment)
    untold = switches.final_status is FinalStatus.LOST and plot in {"hangs-up-in-the-menu", "silent-message"}
    assert told.disposition is (Disposition.IN_PROGRESS if untold else expected)
    assert told.line == line
    assert [leg.number for leg in played.legs if leg.outcome is LegOutcome.ACCEPTED] == played.trace.connected()
    assert [leg.number for leg in played.legs][: len(played.trace.rang())] == played.trace.rang()
    assert all(leg.because and ":" in leg.source for leg in played.legs), "every ring has a reason and a place"
    by_staff = expected is Disposition.ANSWERED
    assert played.ticket.status is (TicketStatus.ACKNOWLEDGED if by_staff else TicketStatus.NEW)
    assert played.ticket.assignee == (told.answered_by if by_staff else None)
    if switches.caller_id is None:
        assert CALLER in played.ticket.subject
    else:
        assert (told.caller, played.ticket.requester) == ("", "")


@pytest.mark.parametrize(("plot", "line", "moment", "switches"), CASES)
def test_no_open_question_about_twilio_loses_a_caller_or_bends_the_record(
    shared: SharedServices, plot: str, line: str, moment: str, switches: Switches
) -> None:
    played = play(shared, plot, line, moment, switches)

    assert_ended_well(played, switches)
    assert_record_is_true(played, plot, line, moment, switches)


@pytest.mark.parametrize(("plot", "line", "moment"), CALENDAR)
def test_both_lines_serve_alike_open_closed_on_holidays_and_in_both_nights_of_the_clock_change(
    shared: SharedServices, plot: str, line: str, moment: str
) -> None:
    played = play(shared, plot, line, moment, Switches())

    assert_cared_for(played)
    assert_record_is_true(played, plot, line, moment, Switches())


def test_the_table_of_variants_has_every_value_of_every_switch() -> None:
    for field in fields(Switches):
        values = {getattr(switches, field.name) for switches in VARIANTS}
        default = field.default
        if isinstance(default, bool):
            assert values == {True, False}, field.name
        elif field.name != "signature":
            assert len(values) > 1, field.name
    for closed_set in (BridgeEnd, FinalStatus, ParentStatus, RecordingCallback, SilentRecord):
        assert set(closed_set) <= {value for switches in VARIANTS for value in _values(switches)}


def _values(switches: Switches) -> list[object]:
    return [getattr(switches, field.name) for field in fields(Switches)]


# Anything with anything.

SWITCHES = st.builds(
    Switches,
    abandoned_dial_status=st.sampled_from(["canceled", "no-answer"]),
    abandoned_dial_action=st.booleans(),
    abandoned_parent_status=st.sampled_from(ParentStatus),
    dial_bridged_sent=st.booleans(),
    refused_dial_status=st.sampled_from(["completed", "no-answer"]),
    silent_record=st.sampled_from(SilentRecord),
    final_status=st.sampled_from([FinalStatus.AFTER, FinalStatus.BEFORE, FinalStatus.DUPLICATED]),
    recording_callback=st.sampled_from(RecordingCallback),
    bridge_end=st.sampled_from(BridgeEnd),
    empty_digits_sent=st.booleans(),
    unknown_parameter=st.booleans(),
    caller_id=st.sampled_from([None, None, *ODD_CALLERS.values()]),
    webhooks_delivered_twice=st.booleans(),
    callbacks_delivered_twice=st.booleans(),
    callback_jitter_seconds=st.sampled_from([0.0, 0.5, 4.0, 30.0]),
)
BEHAVIOUR = st.sampled_from(list(BEHAVIOURS.values()))
CALLERS = st.builds(
    CallerScript,
    hangs_up_at=st.sampled_from([None, None, *Moment]),
    hangs_up_delay_seconds=st.sampled_from([0.5, 3.0, 11.0]),
    message_seconds=st.sampled_from([0.0, 0.8, 20.0]),
    message_end=st.sampled_from(MessageEnd),
    talks_for_seconds=st.sampled_from([None, 5.0]),
)


@given(
    switches=SWITCHES,
    phones=st.lists(BEHAVIOUR, min_size=5, max_size=5),
    caller=CALLERS,
    keys=st.text("0123456789*#-", max_size=4),
    line=st.sampled_from(list(LINES)),
    moment=st.sampled_from(list(MOMENTS)),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_together_nobody_is_dropped_and_the_record_agrees_with_the_phones(  # noqa: PLR0917
    shared: SharedServices,
    switches: Switches,
    phones: list[Behaviour],
    caller: CallerScript,
    keys: str,
    line: str,
    moment: str,
) -> None:
    desk = shared.desk()
    desk.switches = switches
    desk.phones = dict(zip(desk.names(), phones, strict=True))
    played = desk.dials(LINES[line], at=MOMENTS[moment], keys=keys, script=caller)

    assert_cared_for(played)
    assert [leg.number for leg in played.legs if leg.outcome is LegOutcome.ACCEPTED] == played.trace.connected()
    assert played.call.disposition is _disposition_seen(played)
    assert (played.ticket.status is TicketStatus.ACKNOWLEDGED) == (played.call.disposition is Disposition.ANSWERED)


def _disposition_seen(played: PlayedCall) -> Disposition:
    connected = played.trace.connected()
    if connected:
        return Disposition.ANSWERING_SERVICE if played.names[connected[-1]] == SERVICE else Disposition.ANSWERED
    left = played.call.disposition is Disposition.VOICEMAIL  # how long is long enough is the flow's own business
    return Disposition.VOICEMAIL if left else Disposition.ABANDONED


# What single open questions must not change.


def test_a_staff_members_voicemail_that_was_bridged_by_a_failed_screen_is_no_answer(shared: SharedServices) -> None:
    """Should Twilio bridge a leg whose screening document failed, the key is still missing: nobody took the call."""
    desk = shared.desk().twilio(failed_screening_bridges=True)
    desk.everybody(ignore())
    played = desk.dials(LINES["main"], at=MOMENTS["night"], keys="1")

    assert_cared_for(played)
    assert played.call.disposition is Disposition.VOICEMAIL


def test_pressing_the_key_and_hanging_up_before_the_connection_passes_the_call_on(shared: SharedServices) -> None:
    desk = shared.desk()
    lost_signal = Behaviour("lost signal", answers_after_seconds=4, keys=("1",), hangs_up_after_seconds=3.9)
    desk.phone("Jamison White", lost_signal)
    played = desk.dials(LINES["main"], at=MOMENTS["night"], keys="1")

    assert_cared_for(played)
    assert played.outcomes()[0] == ("Jamison White", LegOutcome.ANSWERED_NOT_ACCEPTED)
    assert played.call.answered_by == played.ticket.assignee == "Lasha Dalakishvili"
    assert played.ticket.acknowledged_at == played.call.answered_at


def test_a_silent_recording_reported_with_its_length_still_asks_for_a_number(shared: SharedServices) -> None:
    """Twilio counts the silence that ended a recording: six seconds of it are no message."""
    desk = shared.desk().everybody(ignore())
    script = CallerScript(message_seconds=0, message_end=MessageEnd.SILENCE, keys=("0", "8165550117#"))
    played = desk.dials(LINES["main"], at=MOMENTS["night"], script=script)

    assert_cared_for(played)
    assert played.trace.heard("We did not hear a message")
    assert played.call.callback_number == "+18165550117"
    assert played.ticket.requester == "+18165550117"


def test_a_message_is_a_voicemail_even_when_its_action_never_came(shared: SharedServices) -> None:
    """The recording's own report is enough."""
    desk = shared.desk().everybody(ignore()).twilio(final_status=FinalStatus.BEFORE)
    played = desk.dials(LINES["alternate"], at=MOMENTS["night"], keys="0")

    assert played.told("recording_stored")
    assert played.call.disposition is Disposition.VOICEMAIL


@pytest.mark.parametrize("switches", [Switches(), Switches(abandoned_dial_action=False)], ids=name_of)
def test_hanging_up_while_it_rings_is_the_callers_leaving_whether_or_not_twilio_reports_the_dial(
    shared: SharedServices, switches: Switches
) -> None:
    played = play(shared, "hangs-up-ringing", "main", "open", switches)

    assert played.outcomes() == [("Jamison White", LegOutcome.CALLER_LEFT)]


# Callers without a number.


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("caller", [*ODD_CALLERS.values(), None], ids=[*ODD_CALLERS, "missing"])
def test_a_caller_without_a_number_gets_a_ticket_and_staff_see_the_lines_own_number(
    shared: SharedServices, caller: str | None, line: str
) -> None:
    desk = shared.desk().phone("Jamison White", ignore()).phone("Lasha Dalakishvili", accept())
    played = desk.dials(LINES[line], at=MOMENTS["night"], keys="1", caller=caller)

    assert_cared_for(played)
    assert (played.call.caller, played.ticket.requester) == ("", "")
    assert played.ticket.subject.startswith(f"Call from a withheld number on the {line} line")
    assert {event.caller_id for event in played.trace.of(Ringing)} == {LINES[line]}
