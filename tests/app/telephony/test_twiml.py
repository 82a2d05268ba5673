"""Instructions become TwiML: exactly this text, and the same document as Twilio's own library would write."""

from xml.etree import ElementTree as ET
from xml.sax.saxutils import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.twiml.voice_response import VoiceResponse

from app.flow.messages import Dial, Gather, Hangup, Instruction, Play, Record, Say, Turn
from app.telephony import twiml
from app.telephony.twiml import Links, render

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
BASE = "https://desk.example.org"
LINKS = Links(BASE, "TOKEN")
# How every address ends: Twilio waits three seconds instead of fifteen, and asks again.
ENDING = "#rc=2&amp;rp=5xx,ct,rt&amp;ct=1500&amp;rt=3000&amp;tt=14000"
MAIN = "+18162327483"
TABLE: list[tuple[str, tuple[Instruction, ...], str]] = [
    ("nothing", (), "<Response/>"),
    (
        "words",
        (Say("Hello.", "en-US"),),
        '<Response><Say language="en-US">Hello.</Say></Response>',
    ),
    (
        "words in a voice",
        (Say("Hola.", "es-US", "Polly.Lupe-Neural"),),
        '<Response><Say voice="Polly.Lupe-Neural" language="es-US">Hola.</Say></Response>',
    ),
    (
        "words that look like markup",
        (Say('Smith & "Sons" <press 1>', "en-US"),),
        '<Response><Say language="en-US">Smith &amp; "Sons" &lt;press 1&gt;</Say></Response>',
    ),
    (
        "audio",
        (Play("https://media.example.org/a.mp3?x=1&y=2"),),
        "<Response><Play>https://media.example.org/a.mp3?x=1&amp;y=2</Play></Response>",
    ),
    ("the end", (Say("Bye.", "en-US"), Hangup()), '<Response><Say language="en-US">Bye.</Say><Hangup/></Response>'),
    (
        "a menu",
        (Gather(prompts=(Say("Press 1.", "en-US"),), wait_seconds=5, digits=1),),
        (
            '<Response><Gather action="https://desk.example.org/voice/keys/TOKEN" method="POST" input="dtmf" '
            'timeout="5" numDigits="1" finishOnKey=""><Say language="en-US">Press 1.</Say></Gather>'
            '<Redirect method="POST">https://desk.example.org/voice/silence/TOKEN</Redirect></Response>'
        ),
    ),
    (
        "a number of any length",
        (Gather(prompts=(Play("https://x.example/a"),), wait_seconds=6, digits=None),),
        (
            '<Response><Gather action="https://desk.example.org/voice/keys/TOKEN" method="POST" input="dtmf" '
            'timeout="6" finishOnKey="#"><Play>https://x.example/a</Play></Gather>'
            '<Redirect method="POST">https://desk.example.org/voice/silence/TOKEN</Redirect></Response>'
        ),
    ),
    (
        "a staff phone",
        (Dial(number="+18165550101", ring_seconds=20, screened=True),),
        (
            '<Response><Dial action="https://desk.example.org/voice/dialled/TOKEN" method="POST" timeout="20" '
            'callerId="+18162327483"><Number url="https://desk.example.org/voice/accept/TOKEN" method="POST" '
            'statusCallback="https://desk.example.org/voice/leg/TOKEN" statusCallbackMethod="POST" '
            'statusCallbackEvent="ringing answered completed">+18165550101</Number></Dial></Response>'
        ),
    ),
    (
        "an outside party",
        (Dial(number="+18165550150", ring_seconds=45, screened=False),),
        (
            '<Response><Dial action="https://desk.example.org/voice/dialled/TOKEN" method="POST" timeout="45" '
            'callerId="+18162327483"><Number statusCallback="https://desk.example.org/voice/leg/TOKEN" '
            'statusCallbackMethod="POST" statusCallbackEvent="ringing answered completed">+18165550150</Number></Dial>'
            "</Response>"
        ),
    ),
    (
        "a message",
        (Say("Speak.", "en-US"), Record(max_seconds=180, silence_seconds=6)),
        (
            '<Response><Say language="en-US">Speak.</Say><Record '
            'action="https://desk.example.org/voice/recorded/TOKEN" method="POST" '
            'maxLength="180" timeout="6" finishOnKey="#" playBeep="true" '
            'recordingStatusCallback="https://desk.example.org/voice/recording/TOKEN" '
            'recordingStatusCallbackMethod="POST" recordingStatusCallbackEvent="completed absent"/>'
            '<Redirect method="POST">https://desk.example.org/voice/silence/TOKEN</Redirect></Response>'
        ),
    ),
]


def document(*instructions: Instruction) -> str:
    return render(Turn(instructions=instructions, position=None, facts=()), links=LINKS, caller_id=MAIN)


@pytest.mark.parametrize(("instructions", "xml"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_instructions_become_exactly_this_document(instructions: tuple[Instruction, ...], xml: str) -> None:
    assert document(*instructions) == HEAD + xml.replace("TOKEN", f"TOKEN{ENDING}")


def address(what: str) -> str:
    return f"{BASE}/voice/{what}/TOKEN{unescape(ENDING)}"


def written_by_the_library(instructions: tuple[Instruction, ...]) -> str:
    """The same instructions, given to Twilio's own library."""
    response = VoiceResponse()
    for instruction in instructions:
        match instruction:
            case Say(text, language, voice):
                response.say(text, language=language, voice=voice)
            case Play(url):
                response.play(url)
            case Gather(prompts=prompts, wait_seconds=wait, digits=digits):
                gather = response.gather(
                    action=address("keys"),
                    method="POST",
                    input="dtmf",
                    timeout=wait,
                    num_digits=digits,
                    finish_on_key="#" if digits is None else "",
                )
                for prompt in prompts:
                    if isinstance(prompt, Say):
                        gather.say(prompt.text, language=prompt.language, voice=prompt.voice)
                    else:
                        gather.play(prompt.url)
                response.redirect(address("silence"), method="POST")
            case Dial(number=number, ring_seconds=seconds, screened=screened):
                dial = response.dial(action=address("dialled"), method="POST", timeout=seconds, caller_id=MAIN)
                screen = {"url": address("accept"), "method": "POST"} if screened else {}
                dial.number(
                    number,
                    status_callback=address("leg"),
                    status_callback_method="POST",
                    status_callback_event="ringing answered completed",
                    **screen,
                )
            case Record(max_seconds=longest, silence_seconds=silence):
                response.record(
                    action=address("recorded"),
                    method="POST",
                    max_length=longest,
                    timeout=silence,
                    finish_on_key="#",
                    play_beep=True,
                    recording_status_callback=address("recording"),
                    recording_status_callback_method="POST",
                    recording_status_callback_event="completed absent",
                )
                response.redirect(address("silence"), method="POST")
            case _:
                response.hangup()
    return str(response)


def assert_same(ours: str, theirs: str) -> None:
    """Equal but for the order of attributes, which means nothing."""
    assert ET.canonicalize(ours) == ET.canonicalize(theirs)


@pytest.mark.parametrize("instructions", [row[1] for row in TABLE], ids=[row[0] for row in TABLE])
def test_twilios_library_writes_the_same_document(instructions: tuple[Instruction, ...]) -> None:
    assert_same(document(*instructions), written_by_the_library(instructions))


SPOKEN = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).map(str.strip).filter(bool)
SAYS = st.builds(Say, SPOKEN, st.sampled_from(["en-US", "es-US"]), st.sampled_from([None, "Polly.Joanna-Neural"]))
INSTRUCTIONS: st.SearchStrategy[Instruction] = st.one_of(
    SAYS,
    st.builds(Gather, prompts=st.tuples(SAYS), wait_seconds=st.integers(1, 30), digits=st.sampled_from([None, 1, 4])),
    st.builds(
        Dial,
        number=st.sampled_from(["+18165550101", "+18165550150"]),
        ring_seconds=st.integers(5, 60),
        screened=st.booleans(),
    ),
    st.builds(Record, max_seconds=st.integers(2, 600), silence_seconds=st.integers(1, 20)),
    st.just(Hangup()),
)


@given(instructions=st.lists(INSTRUCTIONS, min_size=1, max_size=5).map(tuple))
def test_any_words_in_any_order_are_the_document_twilios_library_would_write(
    instructions: tuple[Instruction, ...],
) -> None:
    assert_same(document(*instructions), written_by_the_library(instructions))


def test_staff_phones_never_see_the_callers_number() -> None:
    dial = ET.fromstring(document(Dial(number="+18165550101", ring_seconds=20, screened=True))).find("Dial")  # noqa: S314
    assert dial is not None
    assert dial.attrib["callerId"] == MAIN


# What staff phones are given.


def test_the_accept_prompt_is_said_twice_and_hangs_up_without_a_key() -> None:
    words = Say("Press 1 to take it.", "en-US")
    root = ET.fromstring(twiml.accept_prompt(words, links=LINKS, wait_seconds=5))  # noqa: S314
    gather, hangup = root
    assert (gather.tag, hangup.tag) == ("Gather", "Hangup")
    assert [child.text for child in gather if child.tag == "Say"] == ["Press 1 to take it."] * 2
    assert gather.attrib["action"] == address("accept-key")


def test_the_document_after_the_accept_key_ends_by_itself_because_its_end_connects() -> None:
    root = ET.fromstring(twiml.accepted(Say("Connecting you now.", "en-US")))  # noqa: S314
    assert [child.tag for child in root] == ["Say"]


def test_last_words_to_a_staff_phone_hang_it_up() -> None:
    root = ET.fromstring(twiml.parting(Say("Passing it on.", "en-US")))  # noqa: S314
    assert [child.tag for child in root] == ["Say", "Hangup"]


@pytest.mark.parametrize("number", ["+18165550150", None])
def test_the_bare_document_connects_the_party_if_there_is_one_and_takes_a_message(number: str | None) -> None:
    apology, message = Say("We are sorry.", "en-US"), Say("Leave a message.", "en-US")
    text = twiml.bare(apology, message, number=number, caller_id=MAIN, base=BASE)
    tags = [child.tag for child in ET.fromstring(text)]  # noqa: S314
    assert tags == ["Say", *(["Dial"] if number else []), "Say", "Record", "Hangup"]
