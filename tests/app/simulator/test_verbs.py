"""Each verb does what Twilio's reference says, one table or call each."""

import pytest

from app.simulator import (
    Behaviour,
    CallerScript,
    EndReason,
    LegOutcome,
    MessageEnd,
    Moment,
    accept,
    busy,
    fail,
    hangs_up,
    parse_keys,
    voicemail,
)
from app.simulator.events import CallAnswered, RecordingMade
from tests.app.simulator.desk import ANN, BASE, BEN, MAIN, SCREENING, START, Answer, Page, Pages, call, number, rows

KEYS = {"/key": "<Say>Thank you.</Say>", "/none": "<Say>Nothing.</Say>"}


@pytest.mark.parametrize(
    ("attributes", "keys", "digits", "at"),
    [
        ('numDigits="1"', "1", "1", 0.7),
        ('numDigits="1"', "12", "1", 0.7),
        ('numDigits="3"', "123,", "123", 1.5),
        ("", "42,", "42", 6.1),
        ("", "42#,", "42", 1.5),
        ('finishOnKey="*"', "4#*,", "4#", 1.5),
        ('finishOnKey="" timeout="2"', "4#,", "4#", 3.1),
        ('numDigits="1"', "w0", "0", 1.7),
        ("", "#", None, 0.7),
        ("", "-", None, 5.2),
        ('timeout="2"', "", None, 2.2),
        ('input="speech" timeout="3"', "1", None, 3.2),
    ],
)
def test_gather(attributes: str, keys: str, digits: str | None, at: float) -> None:
    page = f'<Gather action="/key" {attributes}/><Redirect>/none</Redirect>'
    trace = call({"/voice/incoming": page, **KEYS}, CallerScript(keys=parse_keys(keys)))
    asked = trace.requests(path="/none" if digits is None else "/key")
    assert len(asked) == 1
    assert asked[0].params.get("Digits") == digits
    assert round((asked[0].at - START).total_seconds(), 1) == at


def test_a_key_stops_the_prompt() -> None:
    page = f'<Gather action="/key" numDigits="1"><Say>{"a" * 100}</Say><Say>Never heard.</Say></Gather>'
    trace = call({"/voice/incoming": page, **KEYS}, CallerScript(keys=("1",), presses_after_seconds=2))
    assert trace.heard_texts() == ["a" * 100, "Thank you."]
    assert rows(trace)[1][:2] == (2.2, "/key")


def test_a_gather_without_action_asks_its_own_document() -> None:
    pages = ['<Gather numDigits="1"/>', "<Hangup/>"]
    trace = call({"/voice/incoming": [*pages]}, CallerScript(keys=("1",)))
    assert [asked.params.get("Digits") for asked in trace.requests(path="/voice/incoming")] == [None, "1"]


@pytest.mark.parametrize(
    ("document", "action", "expected"),
    [
        ("/voice/incoming", "menu?try=2", "/voice/menu?try=2"),
        ("/voice/incoming", "/top", "/top"),
        ("/voice/incoming?line=1", "?try=2", "/voice/incoming?try=2"),
        ("/voice/incoming", "../up", "/up"),
        ("/voice/incoming", f"{BASE}/full", "/full"),
        ("/voice/incoming?line=1", "", "/voice/incoming?line=1"),
        ("/voice/incoming", "menu#rc=2&amp;rp=all", "/voice/menu"),
    ],
)
def test_relative_addresses_belong_to_their_document(document: str, action: str, expected: str) -> None:
    path, elsewhere = document.partition("?")[0], expected.partition("?")[0]
    pages: dict[str, Answer | list[Answer]] = {elsewhere: "<Hangup/>"}
    pages[path] = [f"<Redirect>{document}</Redirect>", f"<Redirect>{action}</Redirect>", "<Hangup/>"]
    trace = call(pages)
    assert rows(trace)[2][1] == expected


def test_addresses_belong_to_the_document_a_redirect_led_to() -> None:
    pages: Pages = {
        "/voice/incoming": Page(status="307 Moved", headers=(("Location", "/new/place"),)),
        "/new/place": "<Redirect>next</Redirect>",
    }
    trace = call(pages)
    assert [row[1] for row in rows(trace)][:3] == ["/voice/incoming", "/new/place", "/new/next"]


def test_actions_can_be_gets() -> None:
    trace = call(
        {"/voice/incoming": '<Gather action="/key?a=b" method="GET" numDigits="1"/>', "/key": "<Redirect>x</Redirect>"},
        CallerScript(keys=("1",)),
    )
    asked = trace.requests(path="/key")[0]
    assert asked.method == "GET"
    assert asked.url.startswith(f"{BASE}/key?a=b&")
    assert "Digits=1" in asked.url
    assert "CallToken" not in asked.url
    assert trace.requests(path="/x")


@pytest.mark.parametrize(
    ("document", "answered", "reason", "status"),
    [
        ("<Say>Bye.</Say>", True, EndReason.END_OF_DOCUMENT, "completed"),
        ("<Say>Bye.</Say><Hangup/><Say>Unheard.</Say>", True, EndReason.HANGUP, "completed"),
        ("<Reject/>", False, EndReason.REJECTED, "no-answer"),
        ('<Reject reason="busy"/>', False, EndReason.REJECTED, "busy"),
        ('<Pause length="3"/><Reject/>', False, EndReason.REJECTED, "no-answer"),
        ("<Say>Hm.</Say><Reject/>", True, EndReason.HANGUP, "completed"),
        ("", False, EndReason.END_OF_DOCUMENT, "completed"),
    ],
)
def test_endings(document: str, answered: bool, reason: EndReason, status: str) -> None:
    trace = call({"/voice/incoming": document})
    assert bool(list(trace.of(CallAnswered))) is answered
    assert trace.ended is not None
    assert (trace.ended.reason, trace.ended.status) == (reason, status)
    assert "Unheard." not in trace.heard_texts()


def test_a_leading_pause_does_not_answer() -> None:
    trace = call({"/voice/incoming": '<Pause length="4"/><Redirect>/next</Redirect>', "/next": "<Say>Hi.</Say>"})
    assert trace.requests(path="/next")[0].params["CallStatus"] == "ringing"


def test_media_of_the_service_are_fetched_without_parameters_and_must_be_there() -> None:
    fine = Page(b"RIFF", content_type="audio/wav")
    trace = call({"/voice/incoming": "<Play>/hold.wav</Play>", "/hold.wav": fine})
    assert rows(trace, "CallSid")[1] == (0.2, "/hold.wav", {})
    missing = call({"/voice/incoming": "<Play>/hold.wav</Play>", "/hold.wav": Page("", "404 Not Found")})
    assert [failed.code for failed in missing.failures] == ["11200"]


@pytest.mark.parametrize(
    ("script", "attributes", "digits", "seconds"),
    [
        (CallerScript(message_seconds=20), "", "hangup", "20"),
        (CallerScript(message_seconds=20, message_end=MessageEnd.PRESSES_KEY), "", "#", "20"),
        (CallerScript(message_seconds=20, message_end=MessageEnd.PRESSES_KEY), 'finishOnKey="1"', None, "25"),
        (CallerScript(message_seconds=20, message_end=MessageEnd.SILENCE), 'timeout="8"', None, "28"),
        (CallerScript(message_seconds=20, message_end=MessageEnd.SILENCE), 'timeout="0" maxLength="60"', None, "60"),
        (CallerScript(message_seconds=90), 'maxLength="30"', None, "30"),
    ],
)
def test_record(script: CallerScript, attributes: str, digits: str | None, seconds: str) -> None:
    trace = call({"/voice/incoming": f'<Record action="/done" {attributes}/>', "/done": "<Hangup/>"}, script)
    params = trace.requests(path="/done")[0].params
    assert (params.get("Digits"), params["RecordingDuration"]) == (digits, seconds)
    assert [str(made.seconds) for made in trace.of(RecordingMade)] == [seconds]
    assert params["RecordingUrl"].endswith(params["RecordingSid"])
    assert not trace.dropped


def test_a_transcript_comes_minutes_later() -> None:
    page = '<Record action="/done" transcribe="true" transcribeCallback="/text"/>'
    trace = call({"/voice/incoming": page})
    assert trace.requests(path="/text")[0].params["TranscriptionStatus"] == "completed"


@pytest.mark.parametrize(
    ("behaviour", "outcome", "status", "bridged"),
    [
        (busy(), LegOutcome.BUSY, "busy", "false"),
        (fail(), LegOutcome.FAILED, "failed", "false"),
        (accept(keys=("5", "1")), LegOutcome.REFUSED, "completed", "false"),
        (hangs_up(), LegOutcome.REFUSED, "completed", "false"),
        (accept(after_seconds=24), LegOutcome.NO_ANSWER, "no-answer", "false"),
        (accept(after_seconds=23), LegOutcome.BRIDGED, "completed", "true"),
    ],
)
def test_dial(behaviour: Behaviour, outcome: LegOutcome, status: str, bridged: str) -> None:
    dial = f'<Dial action="/done" timeout="20" callerId="{MAIN}">{number(ANN)}</Dial>'
    pages = {"/voice/incoming": dial, "/done": "<Hangup/>", **SCREENING}
    trace = call(pages, handsets={ANN: behaviour})
    params = trace.requests(path="/done")[0].params
    assert (params["DialCallStatus"], params["DialBridged"]) == (status, bridged)
    assert trace.outcomes() == [(ANN, outcome)]


def test_a_wrong_key_at_a_prompt_that_repeats() -> None:
    whisper_key: Pages = {"/whisper-key": ["<Redirect>/whisper</Redirect>", ""]}
    dial = f'<Dial action="/done" callerId="{MAIN}">{number(ANN)}</Dial>'
    pages = {"/voice/incoming": dial, **SCREENING, **whisper_key}
    trace = call(pages, handsets={ANN: accept(keys=("5", "1"))})
    assert trace.heard_texts(ANN) == ["Press 1.", "Press 1."]
    assert trace.connected() == [ANN]


def test_without_screening_a_voicemail_is_bridged() -> None:
    page = f'<Dial action="/done" timeout="45" callerId="{MAIN}">{ANN}</Dial>'
    trace = call({"/voice/incoming": page}, handsets={ANN: voicemail()})
    assert trace.connected() == [ANN]


def test_sequential_goes_on_after_no_answer_but_not_after_a_refusal() -> None:
    page = f'<Dial sequential="true" timeout="15" action="/done" callerId="{MAIN}">{number(ANN)}{number(BEN)}</Dial>'
    pages = {"/voice/incoming": page, **SCREENING}
    assert call(pages, handsets={BEN: accept()}).connected() == [BEN]
    refused = call(pages, handsets={ANN: hangs_up(), BEN: accept()})
    assert refused.rang() == [ANN]


def test_a_dial_without_action_goes_on_with_the_next_verb() -> None:
    trace = call({"/voice/incoming": f'<Dial callerId="{MAIN}">{ANN}</Dial><Say>Sorry.</Say>'})
    assert trace.heard_texts() == ["Sorry."]


@pytest.mark.parametrize(
    ("caller_id", "from_", "code"),
    [
        (MAIN, "Anonymous", None),
        (None, "+18165550117", None),
        (None, "Anonymous", "13214"),
        ("+18165550199", "+18165550117", "13214"),
    ],
)
def test_caller_ids_that_may_not_be_shown_fail_the_leg(caller_id: str | None, from_: str, code: str | None) -> None:
    attribute = "" if caller_id is None else f' callerId="{caller_id}"'
    page = f'<Dial action="/done"{attribute}>{number(ANN, screened=False)}</Dial>'
    trace = call({"/voice/incoming": page}, from_=from_)
    assert [warning.partition(":")[0] for warning in trace.warnings] == ([] if code is None else [code])
    status = "no-answer" if code is None else "failed"
    assert trace.requests(path="/done")[0].params["DialCallStatus"] == status


def test_a_number_that_cannot_be_dialled_fails_and_the_caller_stays() -> None:
    page = f'<Dial action="/done" callerId="{MAIN}">816-555-0101</Dial>'
    trace = call({"/voice/incoming": page, "/done": "<Say>Sorry.</Say>"})
    assert trace.requests(path="/done")[0].params["DialCallStatus"] == "failed"
    assert trace.heard_texts() == ["Sorry."]


def test_the_time_limit_ends_a_talk() -> None:
    page = f'<Dial action="/done" timeLimit="30" callerId="{MAIN}">{ANN}</Dial>'
    trace = call({"/voice/incoming": page}, handsets={ANN: accept(after_seconds=5)})
    assert trace.requests(path="/done")[0].params["DialCallDuration"] == "30"


def test_answer_on_bridge_answers_when_bridged() -> None:
    page = f'<Dial action="/done" answerOnBridge="true" callerId="{MAIN}">{number(ANN)}</Dial>'
    trace = call({"/voice/incoming": page, **SCREENING}, handsets={ANN: accept()})
    assert trace.requests(path="/done")[0].params["CallStatus"] == "in-progress"
    answered = next(trace.of(CallAnswered))
    assert 10 < (answered.at - START).total_seconds() < 12


def test_hanging_up_while_talking() -> None:
    page = f'<Dial action="/done" callerId="{MAIN}">{ANN}</Dial>'
    script = CallerScript(hangs_up_at=Moment.TALKING, hangs_up_delay_seconds=5)
    trace = call({"/voice/incoming": page}, script, handsets={ANN: accept(after_seconds=0)})
    params = trace.requests(path="/done")[0].params
    assert (params["DialBridged"], params["DialCallDuration"], params["CallStatus"]) == ("true", "5", "completed")


def test_what_the_simulator_cannot_dial_is_said() -> None:
    trace = call({"/voice/incoming": f'<Dial action="/done" callerId="{MAIN}"><Conference>room</Conference></Dial>'})
    assert trace.warnings == ["the simulator does not dial <Conference>"]
    assert trace.requests(path="/done")[0].params["DialCallStatus"] == "failed"


def test_somebody_who_has_had_enough_of_ringing_does_not_care_which_phone_rings() -> None:
    rung = f'<Dial action="/dialled" timeout="15" callerId="{MAIN}">{number(ANN)}</Dial>'
    script = CallerScript(hangs_up_at=Moment.RINGING, hangs_up_delay_seconds=50)
    trace = call({"/voice/incoming": rung, "/dialled": rung}, script)
    assert [outcome for _, outcome in trace.outcomes()] == [
        LegOutcome.NO_ANSWER,
        LegOutcome.NO_ANSWER,
        LegOutcome.CALLER_LEFT,
    ]


def test_somebody_who_gets_through_stays() -> None:
    page = f'<Dial action="/done" callerId="{MAIN}">{ANN}</Dial>'
    script = CallerScript(hangs_up_at=Moment.RINGING, hangs_up_delay_seconds=20)
    trace = call({"/voice/incoming": page}, script, handsets={ANN: accept(after_seconds=10)})
    assert trace.requests(path="/done")[0].params["DialCallDuration"] == "60"
