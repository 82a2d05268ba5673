"""Documents are read as strictly as Twilio reads them."""

import pytest

from app.simulator.twiml import MAX_BYTES, TwimlFault, only, parse, read
from app.simulator.twiml_rules import SCREENING
from app.simulator.wire import Reply

URL = "https://desk.example.org/voice"


def reply(body: bytes, content_type: str = "text/xml") -> Reply:
    return Reply(200, {"content-type": content_type}, body)


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"<Response><Say>Hello</Response>", "text/xml", "12100"),
        (b" <?xml version='1.0'?><Response/>", "text/xml", "12100"),
        (b"<Answer/>", "text/xml", "12100"),
        (b"<response/>", "text/xml", "12100"),
        ("<Response><Say>é</Say></Response>".encode("latin-1"), "text/xml", "12100"),
        (b"", "text/xml", "12100"),
        (b'{"say": "hello"}', "application/json", "12300"),
        (b"<Response/>", "", "12300"),
        (b"<Response>" + b" " * MAX_BYTES + b"</Response>", "text/xml", "11750"),
        (b"<Response><Say>" + b"a" * 4097 + b"</Say></Response>", "text/xml", "13521"),
        (b"<Response><Say voice='Polly.Joanna'>" + b"a" * 3001 + b"</Say></Response>", "text/xml", "13521"),
        (b"<Response><Redirect>not an address</Redirect></Response>", "text/xml", "11100"),
        (b"<Response><Dial/></Response>", "text/xml", "12100"),
        (b"<Response><Dial>" + b"<Number>+18165550101</Number>" * 11 + b"</Dial></Response>", "text/xml", "12200"),
        (b"<Response><Gather><Say voice='Nobody'>x</Say></Gather></Response>", "text/xml", "12200"),
    ],
)
def test_what_twilio_cannot_execute_is_a_fault(body: bytes, content_type: str, code: str) -> None:
    with pytest.raises(TwimlFault) as fault:
        read(reply(body, content_type), url=URL)
    assert fault.value.code == code


@pytest.mark.parametrize(
    ("inside", "kept", "words"),
    [
        ("<say>Hello</say>", 0, "<say> is not allowed in <Response>"),
        ('<Say Voice="man">Hello</Say>', 1, "<Say> has no attribute Voice"),
        ('<Gather timeout="soon"/>', 1, "timeout='soon'"),
        ('<Gather finishOnKey="##"/>', 1, "finishOnKey='##'"),
        ("<Gather input=\"['dtmf']\"/>", 1, "input="),
        ("<Gather><Dial>+18165550101</Dial></Gather>", 1, "<Dial> is not allowed in <Gather>"),
        ('<Redirect method="post">/x</Redirect>', 1, "method='post'"),
        ('<Dial timeout="4">+18165550101</Dial>', 1, "timeout='4'"),
        ('<Dial><Number statusCallbackEvent="ringing done">+18165550101</Number></Dial>', 1, "statusCallbackEvent"),
        ('<Record maxLength="1"/>', 1, "maxLength='1'"),
        ('<Play loop="-1">https://media.example.org/a.mp3</Play>', 1, "loop='-1'"),
        ('<Say voice="Nobody">Hello</Say>', 1, "voice='Nobody'"),
        ("<Say>Hello <b>you</b></Say>", 1, "<b> is not allowed in <Say>"),
        ('<Hangup reason="busy"/>', 1, "<Hangup> has no attribute reason"),
    ],
)
def test_what_twilio_complains_of_is_a_warning_and_is_left_out(inside: str, kept: int, words: str) -> None:
    document = parse(f"<Response>{inside}</Response>".encode(), url=URL)
    assert len(document.verbs) == kept
    assert len(document.warnings) == 1
    assert document.warnings[0].startswith("12200: ")
    assert words in document.warnings[0]


@pytest.mark.parametrize(
    "inside",
    [
        '<Say voice="Polly.Joanna-Neural" language="en-US">Hello <break time="300ms"/> <say-as>12</say-as></Say>',
        '<Gather action="/m?try=1" numDigits="1" timeout="6" finishOnKey=""><Say>Press 1</Say><Pause/></Gather>',
        (
            '<Record action="/v" maxLength="180" timeout="6" finishOnKey="#" playBeep="true" trim="do-not-trim"'
            ' recordingStatusCallback="/s" recordingStatusCallbackEvent="completed absent"/>'
        ),
        (
            '<Dial action="/a" timeout="20" callerId="+18162327483" answerOnBridge="true"><Number url="/w"'
            ' statusCallback="/l#rc=2" statusCallbackEvent="initiated answered completed">+18165550101</Number></Dial>'
        ),
        '<Enqueue waitUrl="/w">q</Enqueue><Leave/><Reject reason="busy"/><Play digits="ww1"/>',
        "<Dial><Queue>q</Queue></Dial><Dial><Conference beep='onEnter'>r</Conference></Dial>",
        "<Redirect/>",
    ],
)
def test_good_documents_have_no_warnings(inside: str) -> None:
    assert parse(f"<Response>{inside}</Response>".encode(), url=URL).warnings == ()


def test_plain_text_that_is_no_twiml_is_spoken() -> None:
    document = read(reply(b"Out of order", "text/plain; charset=utf-8"), url=URL)
    assert [(verb.name, verb.text) for verb in document.verbs] == [("Say", "Out of order"), ("Hangup", "")]


def test_audio_is_played() -> None:
    document = read(reply(b"RIFF", "audio/wav"), url=URL)
    assert [(verb.name, verb.text) for verb in document.verbs] == [("Play", URL), ("Hangup", "")]


def test_a_screening_document_never_dials() -> None:
    document = only(parse(b"<Response><Say>Hi</Say><Dial>+18165550101</Dial></Response>", url=URL), SCREENING)
    assert [verb.name for verb in document.verbs] == ["Say"]
    assert document.warnings == ("12200: <Dial> may not stand here",)
