"""Every choice that Twilio's sources leave open can be played both ways."""

import pytest

from app.simulator import (
    BridgeEnd,
    CallerScript,
    FinalStatus,
    Moment,
    ParentStatus,
    Purpose,
    RecordingCallback,
    SignatureFault,
    SilentRecord,
    Switches,
    Trace,
    accept,
    decline,
)
from tests.app.simulator.desk import ANN, BEN, MAIN, SCREENING, Page, Pages, call, number, rows

DIAL = f'<Dial action="/dialled" timeout="20" callerId="{MAIN}">{number(ANN)}{number(BEN)}</Dial>'
PAGES = {"/voice/incoming": f"<Say>Hello.</Say>{DIAL}", "/dialled": "<Hangup/>", **SCREENING}
RECORD = (
    '<Record action="/message" recordingStatusCallback="/recording" recordingStatusCallbackEvent="completed absent"/>'
    "<Redirect>/next</Redirect>"
)


def abandoned(switches: Switches) -> Trace:
    return call(PAGES, CallerScript(hangs_up_at=Moment.RINGING), switches=switches)


@pytest.mark.parametrize("status", ["canceled", "no-answer"])
def test_dial_status_of_an_abandoned_call(status: str) -> None:
    trace = abandoned(Switches(abandoned_dial_status=status))
    assert trace.requests(path="/dialled")[0].params["DialCallStatus"] == status
    assert trace.requests(path="/leg")[-1].params["CallStatus"] == status


@pytest.mark.parametrize("requested", [True, False])
def test_whether_the_action_of_an_abandoned_dial_is_requested(requested: bool) -> None:
    trace = abandoned(Switches(abandoned_dial_action=requested))
    assert bool(trace.requests(path="/dialled")) is requested
    assert len(trace.requests(path="/voice/status")) == 1


@pytest.mark.parametrize(
    ("choice", "status"),
    [
        (ParentStatus.TERMINAL, "completed"),
        (ParentStatus.COMPLETED, "completed"),
        (ParentStatus.NO_ANSWER, "no-answer"),
        (ParentStatus.IN_PROGRESS, "in-progress"),
    ],
)
def test_parent_status_of_an_abandoned_dial(choice: ParentStatus, status: str) -> None:
    trace = abandoned(Switches(abandoned_parent_status=choice))
    assert trace.requests(path="/dialled")[0].params["CallStatus"] == status


@pytest.mark.parametrize("status", ["canceled", "no-answer"])
def test_losers_of_a_simultaneous_ring(status: str) -> None:
    trace = call(PAGES, switches=Switches(loser_status=status), handsets={ANN: accept()})
    finals = [a.params["CallStatus"] for a in trace.requests(path="/leg") if a.params["To"] == BEN]
    assert finals[-1] == status


@pytest.mark.parametrize("sent", [True, False])
def test_dial_bridged_is_sent_or_not(sent: bool) -> None:
    trace = call(PAGES, switches=Switches(dial_bridged_sent=sent), handsets={ANN: accept()})
    assert ("DialBridged" in trace.requests(path="/dialled")[0].params) is sent


@pytest.mark.parametrize("status", ["completed", "no-answer"])
def test_status_of_a_refused_screen(status: str) -> None:
    trace = call(PAGES, switches=Switches(refused_dial_status=status), handsets={ANN: decline()})
    assert trace.requests(path="/dialled")[0].params["DialCallStatus"] == status


@pytest.mark.parametrize(("bridges", "bridged"), [(True, "true"), (False, "false")])
def test_a_failed_screening_document_bridges_or_drops(bridges: bool, bridged: str) -> None:
    pages = {**PAGES, "/whisper": Page("", "500 Oops")}
    trace = call(pages, switches=Switches(failed_screening_bridges=bridges), handsets={ANN: accept()})
    assert trace.requests(path="/dialled")[0].params["DialBridged"] == bridged


@pytest.mark.parametrize(
    ("choice", "paths", "status"),
    [
        (SilentRecord.ABSENT, ["/voice/incoming", "/message", "/voice/status", "/recording"], "absent"),
        (SilentRecord.FALLS_THROUGH, ["/voice/incoming", "/next", "/voice/status", "/recording"], "absent"),
        (SilentRecord.ZERO_DURATION, ["/voice/incoming", "/message", "/voice/status", "/recording"], "absent"),
    ],
)
def test_a_silent_recording(choice: SilentRecord, paths: list[str], status: str) -> None:
    trace = call(
        {"/voice/incoming": RECORD, "/message": "<Hangup/>", "/next": "<Hangup/>"},
        CallerScript(message_seconds=0),
        switches=Switches(silent_record=choice),
    )
    assert [row[1] for row in rows(trace)] == paths
    assert trace.requests(path="/recording")[0].params["RecordingStatus"] == status
    if choice is SilentRecord.ZERO_DURATION:
        assert trace.requests(path="/message")[0].params["RecordingDuration"] == "0"


@pytest.mark.parametrize(
    ("choice", "order"),
    [
        (FinalStatus.AFTER, ["/dialled", "/voice/status"]),
        (FinalStatus.BEFORE, ["/voice/status", "/dialled"]),
        (FinalStatus.DUPLICATED, ["/dialled", "/voice/status", "/voice/status"]),
        (FinalStatus.LOST, ["/dialled"]),
    ],
)
def test_the_final_status_callback(choice: FinalStatus, order: list[str]) -> None:
    trace = abandoned(Switches(final_status=choice))
    assert [row[1] for row in rows(trace) if row[1] in {"/dialled", "/voice/status"}] == order


@pytest.mark.parametrize(
    ("choice", "order"),
    [
        (RecordingCallback.AFTER_ACTION, ["/message", "/recording"]),
        (RecordingCallback.BEFORE_ACTION, ["/recording", "/message"]),
        (RecordingCallback.LOST, ["/message"]),
    ],
)
def test_the_recording_callback(choice: RecordingCallback, order: list[str]) -> None:
    trace = call({"/voice/incoming": RECORD}, switches=Switches(recording_callback=choice))
    assert [row[1] for row in rows(trace) if row[1] in {"/message", "/recording"}] == order


@pytest.mark.parametrize(
    ("choice", "order"),
    [(BridgeEnd.LEG_STATUS_FIRST, ["/leg", "/dialled"]), (BridgeEnd.ACTION_FIRST, ["/dialled", "/leg"])],
)
def test_the_order_at_the_end_of_a_bridge(choice: BridgeEnd, order: list[str]) -> None:
    trace = call(PAGES, switches=Switches(bridge_end=choice), handsets={ANN: accept()})
    assert [row[1] for row in rows(trace)][-3:-1] == order


@pytest.mark.parametrize(("sent", "digits"), [(True, ""), (False, None)])
def test_digits_of_an_empty_gather(sent: bool, digits: str | None) -> None:
    pages = {"/voice/incoming": '<Gather action="/key" actionOnEmptyResult="true" timeout="3"/>'}
    trace = call(pages, switches=Switches(empty_digits_sent=sent))
    assert trace.requests(path="/key")[0].params.get("Digits") == digits


@pytest.mark.parametrize("junk", ["Anonymous", "+266696687", "", "9" * 400])
def test_the_caller_id_can_be_anything(junk: str) -> None:
    trace = call({"/voice/incoming": "<Say>Hi</Say>"}, switches=Switches(caller_id=junk))
    assert trace.requests()[0].params["From"] == junk
    assert trace.requests()[0].params["Caller"] == junk


def test_the_caller_id_can_be_missing() -> None:
    trace = call({"/voice/incoming": "<Say>Hi</Say>"}, from_=None)
    assert "From" not in trace.requests()[0].params


def test_an_unknown_parameter_in_every_request() -> None:
    trace = call(PAGES, switches=Switches(unknown_parameter=True), handsets={ANN: accept()})
    assert all("ParameterOfTomorrow" in asked.params for asked in trace.requests())
    assert not any("ParameterOfTomorrow" in asked.params for asked in call(PAGES).requests())


def test_webhooks_delivered_twice_are_compared() -> None:
    same = call(PAGES, switches=Switches(webhooks_delivered_twice=True), handsets={ANN: accept()})
    assert same.replays_that_differed == []
    steering = same.requests(Purpose.DOCUMENT)
    assert [a.token for a in steering[::2]] == [a.token for a in steering[1::2]]
    pages: Pages = {"/voice/incoming": ["<Say>One.</Say>", "<Say>Two.</Say>"]}
    other = call(pages, switches=Switches(webhooks_delivered_twice=True))
    assert len(other.replays_that_differed) == 1
    assert other.heard_texts() == ["One."]


def test_callbacks_delivered_twice_carry_the_same_token() -> None:
    trace = call(PAGES, switches=Switches(callbacks_delivered_twice=True), handsets={ANN: accept()})
    tokens = [asked.token for asked in trace.requests(Purpose.CALLBACK)]
    assert len(tokens) == 2 * len(set(tokens))


def test_callbacks_can_overtake_each_other() -> None:
    trace = call(PAGES, switches=Switches(callback_jitter_seconds=300.0), handsets={ANN: accept()})
    numbers = [a.params["SequenceNumber"] for a in trace.requests(path="/leg") if a.params["To"] == ANN]
    assert numbers != sorted(numbers)
    assert sorted(numbers) == ["0", "1", "2", "3"]


@pytest.mark.parametrize(("code", "choice"), [("11200", "11200"), ("11217", "11217")])
def test_the_code_of_a_500_in_the_fallback(code: str, choice: str) -> None:
    trace = call({"/voice/incoming": Page("", "500 Oops")}, switches=Switches(server_error_code=choice))
    assert [failed.code for failed in trace.failures] == [code]


@pytest.mark.parametrize("fault", [SignatureFault.WRONG, SignatureFault.MISSING])
def test_a_wrong_signature_still_reaches_the_service(fault: SignatureFault) -> None:
    trace = call({"/voice/incoming": "<Say>Hi</Say>"}, switches=Switches(signature=fault))
    assert trace.requests()[0].status == 200
