"""Whole calls: which requests Twilio makes, in which order, with which parameters."""

from app.simulator import (
    CallerScript,
    EndReason,
    LegOutcome,
    Moment,
    NumberSettings,
    Purpose,
    accept,
    decline,
    voicemail,
)
from app.simulator.documents import APOLOGY
from tests.app.simulator.desk import ANN, BASE, BEN, CALLER, MAIN, SCREENING, Asked, Page, call, number, rows

MENU = (
    '<Gather action="menu" numDigits="1" timeout="6"><Say>{prompt}</Say></Gather><Redirect>/voice/menu?try=2</Redirect>'
)
GREETING = MENU.format(prompt="a" * 50)  # 3.5 s at 0.07 s a character
TWO_LEGS = f'<Dial action="/dialled?s=1" timeout="20" callerId="{MAIN}">{number(ANN)}{number(BEN)}</Dial>'
RECORD = (
    '<Say>Leave a message.</Say><Record action="/message" maxLength="180" timeout="6" '
    'recordingStatusCallback="/recording" recordingStatusCallbackEvent="completed absent"/>'
    "<Redirect>/message</Redirect>"
)


def after_dial(asked: Asked) -> str:
    return "<Hangup/>" if asked.form["DialBridged"] == "true" else RECORD


def test_answered_on_the_first_ring_group() -> None:
    trace = call(
        {"/voice/incoming": GREETING, "/voice/menu": TWO_LEGS, "/dialled": after_dial, **SCREENING},
        CallerScript(keys=("1",)),
        handsets={ANN: accept(after_seconds=6.3, talks_for_seconds=85), BEN: accept(after_seconds=9)},
    )
    assert rows(trace, "CallStatus", "Digits", "SequenceNumber", "CallDuration", "Duration", "DialCallStatus",
                "DialCallDuration", "DialBridged") == [
        (0.0, "/voice/incoming", {"CallStatus": "ringing"}),
        (4.2, "/voice/menu", {"CallStatus": "in-progress", "Digits": "1"}),
        (4.4, "/leg", {"CallStatus": "initiated", "SequenceNumber": "0"}),
        (4.4, "/leg", {"CallStatus": "initiated", "SequenceNumber": "0"}),
        (5.7, "/leg", {"CallStatus": "ringing", "SequenceNumber": "1"}),
        (5.7, "/leg", {"CallStatus": "ringing", "SequenceNumber": "1"}),
        (12.0, "/leg", {"CallStatus": "in-progress", "SequenceNumber": "2"}),
        (12.0, "/leg", {"CallStatus": "canceled", "SequenceNumber": "2", "CallDuration": "0", "Duration": "0"}),
        (12.1, "/whisper", {"CallStatus": "in-progress"}),
        (15.1, "/whisper-key", {"CallStatus": "in-progress", "Digits": "1"}),
        (100.1, "/leg", {"CallStatus": "completed", "SequenceNumber": "3", "CallDuration": "88", "Duration": "2"}),
        (100.2, "/dialled?s=1", {"CallStatus": "in-progress", "DialCallStatus": "completed",
                                 "DialCallDuration": "88", "DialBridged": "true"}),
        (100.6, "/voice/status", {"CallStatus": "completed", "SequenceNumber": "0", "CallDuration": "100",
                                  "Duration": "2"}),
    ]  # fmt: skip
    assert trace.connected() == [ANN]
    assert trace.outcomes() == [(BEN, LegOutcome.LOST_RACE), (ANN, LegOutcome.BRIDGED)]
    assert not trace.dropped
    assert not trace.dead_air
    assert trace.warnings == []


def test_the_envelope_of_both_kinds_of_leg() -> None:
    trace = call(
        {"/voice/incoming": TWO_LEGS, "/dialled": after_dial, **SCREENING},
        handsets={ANN: accept()},
    )
    incoming = trace.requests(path="/voice/incoming")[0].params
    assert {**incoming, "CallToken": ""} == {
        "AccountSid": "AC00000000000000000000000000000001",
        "ApiVersion": "2010-04-01",
        "CallSid": trace.call_sid,
        "CallStatus": "ringing",
        "CallToken": "",
        "Direction": "inbound",
        "StirVerstat": "TN-Validation-Passed-A",
        "From": CALLER,
        "To": MAIN,
        "Caller": CALLER,
        "Called": MAIN,
        **{
            f"{name}{part}": value
            for name in ("From", "To", "Caller", "Called")
            for part, value in {"City": "SAINT JOSEPH", "State": "MO", "Zip": "64501", "Country": "US"}.items()
        },
    }
    whisper = trace.requests(path="/whisper")[0].params
    assert (whisper["Direction"], whisper["ParentCallSid"]) == ("outbound-dial", trace.call_sid)
    assert (whisper["From"], whisper["To"]) == (MAIN, ANN)
    assert whisper["CallSid"] == trace.requests(path="/dialled")[0].params["DialCallSid"]
    assert "CallToken" not in whisper


def test_the_caller_hangs_up_first() -> None:
    trace = call(
        {"/voice/incoming": TWO_LEGS, "/dialled": after_dial, **SCREENING},
        CallerScript(talks_for_seconds=30),
        handsets={ANN: accept()},
    )
    farewell = trace.requests(Purpose.FAREWELL)[0].params
    assert farewell["CallStatus"] == "completed"
    assert farewell["DialBridged"] == "true"
    assert farewell["DialCallStatus"] == "completed"
    assert trace.ended is not None
    assert trace.ended.reason is EndReason.CALLER_HUNG_UP


def test_no_answer_then_refused_then_voicemail() -> None:
    stage_two = f'<Dial action="/dialled?s=2" timeout="20" callerId="{MAIN}">{number("+18165550103")}</Dial>'
    trace = call(
        {
            "/voice/incoming": TWO_LEGS,
            "/dialled": [stage_two, after_dial],
            **SCREENING,
        },
        CallerScript(message_seconds=23),
        handsets={"+18165550103": voicemail(after_seconds=6.3)},
    )
    names = ("CallStatus", "DialCallStatus", "DialCallDuration", "DialBridged", "Digits", "RecordingDuration")
    assert [row for row in rows(trace, *names) if row[1] != "/leg"] == [
        (0.0, "/voice/incoming", {"CallStatus": "ringing"}),
        (25.3, "/dialled?s=1", {"CallStatus": "in-progress", "DialCallStatus": "no-answer", "DialBridged": "false"}),
        (33.2, "/whisper", {"CallStatus": "in-progress"}),
        (41.9, "/dialled?s=2", {"CallStatus": "in-progress", "DialCallStatus": "completed", "DialCallDuration": "9",
                                "DialBridged": "false"}),
        (67.5, "/message", {"CallStatus": "completed", "Digits": "hangup", "RecordingDuration": "23"}),
        (67.8, "/voice/status", {"CallStatus": "completed"}),
        (69.4, "/recording", {"RecordingDuration": "23"}),
    ]  # fmt: skip
    finals = [asked.params for asked in trace.requests(path="/leg") if "CallDuration" in asked.params]
    assert [(final["To"], final["CallStatus"], final["SipResponseCode"]) for final in finals] == [
        (ANN, "no-answer", "487"),
        (BEN, "no-answer", "487"),
        ("+18165550103", "completed", "200"),
    ]
    recording = trace.requests(path="/recording")[0].params
    assert "From" not in recording
    assert (recording["RecordingStatus"], recording["RecordingSource"]) == ("completed", "RecordVerb")
    assert (recording["RecordingChannels"], recording["CallSid"]) == ("1", trace.call_sid)
    assert not trace.dropped


def test_key_2_refuses_like_silence() -> None:
    trace = call({"/voice/incoming": TWO_LEGS, "/dialled": after_dial, **SCREENING}, handsets={ANN: decline()})
    assert trace.requests(path="/whisper-key")[0].params["Digits"] == "2"
    assert trace.requests(path="/dialled")[0].params["DialBridged"] == "false"
    assert trace.outcomes()[-1] == (ANN, LegOutcome.REFUSED)


def test_the_caller_hangs_up_while_it_rings() -> None:
    trace = call(
        {"/voice/incoming": f"<Say>{'a' * 20}</Say>{TWO_LEGS}", "/dialled": after_dial},
        CallerScript(hangs_up_at=Moment.RINGING, hangs_up_delay_seconds=7.4),
    )
    assert rows(trace, "CallStatus", "CallDuration", "DialCallStatus", "DialBridged")[5:] == [
        (9.0, "/leg", {"CallStatus": "canceled", "CallDuration": "0"}),
        (9.0, "/leg", {"CallStatus": "canceled", "CallDuration": "0"}),
        (9.1, "/dialled?s=1", {"CallStatus": "completed", "DialCallStatus": "canceled", "DialBridged": "false"}),
        (9.4, "/voice/status", {"CallStatus": "completed", "CallDuration": "9"}),
    ]
    assert trace.outcomes() == [(ANN, LegOutcome.CALLER_LEFT), (BEN, LegOutcome.CALLER_LEFT)]


def test_the_caller_hangs_up_on_an_unanswered_dial() -> None:
    unanswered = TWO_LEGS.replace("<Dial ", '<Dial answerOnBridge="true" ')
    trace = call({"/voice/incoming": unanswered, "/dialled": after_dial}, CallerScript(hangs_up_after_seconds=9))
    assert trace.requests(path="/dialled")[0].params["CallStatus"] == "no-answer"
    final = trace.requests(path="/voice/status")[0].params
    assert (final["CallStatus"], final["CallDuration"]) == ("no-answer", "0")


def test_hanging_up_before_the_answer_is_no_answer() -> None:
    trace = call({"/voice/incoming": GREETING}, CallerScript(hangs_up_at=Moment.DIALLED))
    assert rows(trace, "CallStatus") == [
        (0.0, "/voice/incoming", {"CallStatus": "ringing"}),
        (0.5, "/voice/status", {"CallStatus": "no-answer"}),
    ]
    assert trace.heard_texts() == []


def test_hanging_up_in_the_menu_requests_no_action() -> None:
    trace = call({"/voice/incoming": GREETING}, CallerScript(hangs_up_at=Moment.MENU))
    assert [row[1] for row in rows(trace)] == ["/voice/incoming", "/voice/status"]


def test_a_gather_that_times_out_goes_on_to_the_redirect() -> None:
    prompt = "a" * 70  # 4.9 s
    trace = call(
        {
            "/voice/incoming": MENU.format(prompt=prompt),
            "/voice/menu": [MENU.format(prompt=prompt).replace("try=2", "try=3"), "<Hangup/>"],
        }
    )
    assert rows(trace, "CallStatus", "Digits")[:3] == [
        (0.0, "/voice/incoming", {"CallStatus": "ringing"}),
        (11.1, "/voice/menu?try=2", {"CallStatus": "in-progress"}),
        (22.0, "/voice/menu?try=3", {"CallStatus": "in-progress"}),
    ]


class TestFailures:
    """What happens when a webhook fails."""

    SETTINGS = NumberSettings(fallback_url="/fallback")
    FALLBACK = "<Say>One moment.</Say>"

    def test_a_500_is_not_repeated_and_leads_to_the_fallback(self) -> None:
        trace = call({"/voice/incoming": Page("oops", "500 Oops"), "/fallback": self.FALLBACK}, settings=self.SETTINGS)
        assert rows(trace, "CallStatus", "ErrorCode", "ErrorUrl")[:2] == [
            (0.0, "/voice/incoming", {"CallStatus": "ringing"}),
            (0.0, "/fallback", {"CallStatus": "ringing", "ErrorCode": "11200", "ErrorUrl": f"{BASE}/voice/incoming"}),
        ]
        assert trace.heard_texts() == ["One moment."]
        assert not trace.dropped
        assert [failed.code for failed in trace.failures] == ["11200"]

    def test_a_refused_connection_is_tried_twice(self) -> None:
        settings = NumberSettings(voice_url="https://dead.example/voice", fallback_url="/fallback")
        trace = call({"/fallback": self.FALLBACK}, settings=settings)
        assert [(asked.url, asked.status) for asked in trace.requests()][:3] == [
            ("https://dead.example/voice", 0),
            ("https://dead.example/voice", 0),
            (f"{BASE}/fallback", 200),
        ]
        assert trace.requests(Purpose.FALLBACK)[0].params["ErrorCode"] == "11205"

    def test_malformed_twiml_leads_to_the_fallback(self) -> None:
        trace = call({"/voice/incoming": Page("<Response>"), "/fallback": self.FALLBACK}, settings=self.SETTINGS)
        assert trace.requests(Purpose.FALLBACK)[0].params["ErrorCode"] == "12100"

    def test_a_failing_action_leads_to_the_fallback_of_the_number(self) -> None:
        trace = call(
            {"/voice/incoming": GREETING, "/voice/menu": Page("", "502 Bad"), "/fallback": self.FALLBACK},
            CallerScript(keys=("1",)),
            settings=self.SETTINGS,
        )
        fallback = trace.requests(Purpose.FALLBACK)[0].params
        assert (fallback["CallStatus"], fallback["ErrorUrl"]) == ("in-progress", f"{BASE}/voice/menu")
        assert "Digits" not in fallback

    def test_without_a_fallback_the_caller_hears_an_apology_and_is_dropped(self) -> None:
        trace = call({"/voice/incoming": GREETING, "/voice/menu": Page("", "500 Oops")}, CallerScript(keys=("1",)))
        assert trace.heard_texts()[-1] == APOLOGY
        assert trace.ended is not None
        assert trace.ended.reason is EndReason.APPLICATION_ERROR
        assert trace.requests(path="/voice/status")[0].params["CallStatus"] == "completed"
        assert trace.dropped

    def test_a_fallback_that_fails_too_drops_a_call_that_was_never_answered(self) -> None:
        broken = Page("", "500 Oops")
        trace = call({"/voice/incoming": broken, "/fallback": broken}, settings=self.SETTINGS)
        assert trace.requests(path="/voice/status")[0].params["CallStatus"] == "failed"
        assert [failed.url for failed in trace.failures] == [f"{BASE}/voice/incoming", f"{BASE}/fallback"]
        assert trace.dropped

    def test_a_failing_callback_touches_nothing(self) -> None:
        trace = call({"/voice/incoming": "<Say>Bye.</Say>", "/voice/status": Page("", "500 Oops")})
        assert trace.failures == []
        assert trace.warnings == [f"11200: {BASE}/voice/status: HTTP 500"]

    def test_a_callback_answered_with_content_is_complained_of(self) -> None:
        trace = call({"/voice/incoming": "<Say>Bye.</Say>", "/voice/status": Page("thanks")})
        assert len(trace.warnings) == 1

    def test_a_call_that_goes_round_in_circles_is_stopped(self) -> None:
        trace = call({"/voice/incoming": "<Redirect/>"})
        assert trace.ended is not None
        assert trace.ended.reason is EndReason.LOOP
        assert len(trace.requests(Purpose.DOCUMENT)) == 500
