"""Twilio's words become ours; what is missing, odd or unknown becomes the harmless case."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.flow.messages import DialEnded, DialStatus, KeysPressed, RecordingEnded, Silence
from app.telephony.inbound import (
    VoiceRequest,
    caller_number,
    dial_ended,
    dial_status,
    form_fields,
    happened_at,
    keys,
    over_in,
    recording_ended,
    voice_request,
    whole_seconds,
)
from tests.scenarios.variants import ODD_CALLERS


def request(**fields: str) -> VoiceRequest:
    return voice_request(list(fields.items()))


@pytest.mark.parametrize("number", ["+18165550117", " +18165550117 ", "+1 816 555 0117", "+4930123456"])
def test_a_number_in_e164_is_the_callers(number: str) -> None:
    assert caller_number(number) == number.replace(" ", "")


@pytest.mark.parametrize("text", [*ODD_CALLERS.values(), "8165550117", "+0816555", "+1816555011x", "+", "+١٢٣٤٥٦٧٨"])
def test_what_cannot_be_called_back_is_no_number(text: str) -> None:
    assert caller_number(text) == ""


@given(text=st.text(max_size=60))
def test_whatever_is_sent_a_callers_number_is_e164_or_empty(text: str) -> None:
    number = caller_number(text)
    assert number == "" or (number[0] == "+" and number[1:].isascii() and number[1:].isdigit() and len(number) <= 16)


@pytest.mark.parametrize(
    ("digits", "event"),
    [
        ("1", KeysPressed("1")),
        ("0", KeysPressed("0")),
        ("*#", KeysPressed("*#")),
        ("8165550117", KeysPressed("8165550117")),
        ("", Silence()),
        ("hangup", Silence()),
        ("1 ", Silence()),
        ("1\n", Silence()),
        ("\N{ARABIC-INDIC DIGIT ONE}", Silence()),
        ("9" * 65, Silence()),
    ],
)
def test_keys_are_keys_and_anything_else_is_silence(digits: str, event: KeysPressed | Silence) -> None:
    assert keys(request(Digits=digits)) == event


def test_no_digits_at_all_are_silence() -> None:
    assert keys(request()) == Silence()


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("completed", DialStatus.COMPLETED),
        ("answered", DialStatus.COMPLETED),
        ("busy", DialStatus.BUSY),
        ("no-answer", DialStatus.NO_ANSWER),
        ("failed", DialStatus.FAILED),
        ("canceled", DialStatus.CANCELLED),
        ("", DialStatus.FAILED),
        ("of-tomorrow", DialStatus.FAILED),
    ],
)
def test_an_unknown_word_for_the_end_of_a_dial_lets_the_hunt_go_on(word: str, status: DialStatus) -> None:
    assert dial_status(word) is status


@pytest.mark.parametrize(
    ("said", "bridged"), [("true", True), ("false", False), ("TRUE", True), ("", None), ("1", None)]
)
def test_only_a_plain_yes_or_no_about_the_bridge_is_believed(said: str, bridged: bool | None) -> None:
    told = dial_ended(request(DialCallStatus="completed", DialBridged=said))
    assert told == DialEnded(status=DialStatus.COMPLETED, bridged=bridged, accepted=None)


def test_where_nothing_is_said_about_the_bridge_nothing_is_known() -> None:
    assert dial_ended(request(DialCallStatus="completed")).bridged is None


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({"RecordingUrl": "https://x", "RecordingDuration": "9", "Digits": "#"}, (9, False)),
        ({"RecordingSid": "RE1", "RecordingDuration": "9", "Digits": "hangup"}, (9, False)),
        ({"RecordingUrl": "https://x", "RecordingDuration": "9"}, (9, True)),
        ({"RecordingUrl": "https://x", "RecordingDuration": "x", "Digits": ""}, (0, True)),
        ({"RecordingUrl": "https://x"}, (0, True)),
    ],
)
def test_the_end_of_a_recording_tells_its_length_and_whether_silence_ended_it(
    fields: dict[str, str], event: tuple[int, bool]
) -> None:
    told = recording_ended(request(**fields))
    assert isinstance(told, RecordingEnded)
    assert (told.seconds, told.by_silence) == event


def test_without_a_recording_there_was_silence() -> None:
    assert recording_ended(request(RecordingDuration="9")) == Silence()


def test_what_is_over_is_read_from_the_request_alone() -> None:
    assert isinstance(over_in(request(DialCallStatus="busy")), DialEnded)
    assert isinstance(over_in(request(RecordingSid="RE1")), RecordingEnded)
    assert over_in(request(Digits="1")) is None


@given(text=st.text(max_size=30))
def test_a_duration_is_never_negative_and_never_absurd(text: str) -> None:
    assert 0 <= whole_seconds(text) <= 99_999


@pytest.mark.parametrize("status", ["completed", "busy", "failed", "no-answer", "canceled"])
def test_a_terminal_status_means_the_caller_has_gone(status: str) -> None:
    assert request(CallStatus=status).gone


@pytest.mark.parametrize("status", ["queued", "initiated", "ringing", "in-progress", "", "Completed"])
def test_any_other_status_means_the_caller_may_be_there(status: str) -> None:
    assert not request(CallStatus=status).gone


def test_without_a_call_sid_the_same_request_gets_the_same_one_and_another_gets_another() -> None:
    first, again, other = request(From="+18165550117"), request(From="+18165550117"), request(From="+18165550118")
    assert first.call_sid == again.call_sid != other.call_sid
    assert first.call_sid.startswith("CA")
    assert len(first.call_sid) == 34


@pytest.mark.parametrize("odd", ["", "CA/../x", "CA 1", "C" * 65, "CAé", "CA1\n"])
def test_a_call_sid_that_could_not_be_one_is_replaced(odd: str) -> None:
    assert request(CallSid=odd).call_sid != odd
    assert request(ParentCallSid=odd).parent_call_sid is None


@given(raw=st.binary(max_size=200))
def test_any_bytes_are_fields_that_can_be_stored_and_said(raw: bytes) -> None:
    told = voice_request(form_fields(raw))
    for value in told.fields.values():
        assert "\0" not in value
        value.encode()


def test_a_nul_is_left_out_wherever_it_stands() -> None:
    assert voice_request(form_fields(b"SpeechResult=a%00b\0c")).fields["SpeechResult"] == "abc"


def test_a_field_of_any_length_is_cut() -> None:
    assert len(request(SpeechResult="x" * 100_000).fields["SpeechResult"]) == 4096


def test_the_last_of_several_values_counts() -> None:
    assert voice_request([("Digits", "1"), ("Digits", "2")]).fields["Digits"] == "2"


NOW = datetime(2026, 12, 1, 16, 0, 30, 250_000, tzinfo=UTC)
BEGAN = NOW - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("stamp", "seconds_ago"),
    [
        ("Tue, 01 Dec 2026 16:00:10 +0000", 19.25),
        ("Tue, 01 Dec 2026 10:00:10 -0600", 19.25),
        ("Tue, 01 Dec 2026 16:00:29 +0000", 0),  # hardly late: our own clock is finer
        ("Tue, 01 Dec 2026 16:00:31 +0000", 0),  # in the future
        ("Tue, 01 Dec 2026 15:59:29 +0000", 0),  # before the call
        ("Tue, 01 Dec 2026 16:00:10", 0),  # no zone
        ("Tue, 01 Dec 2026 16:00:10 -0000", 0),
        ("Tue, 99 Dec 2026 16:00:10 +9999999999", 0),
        ("yesterday", 0),
        ("", 0),
    ],
)
def test_a_late_report_is_told_as_of_when_it_says_it_happened(stamp: str, seconds_ago: float) -> None:
    at = happened_at(request(Timestamp=stamp), now=NOW, since=BEGAN)
    assert at == NOW - timedelta(seconds=seconds_ago)
    assert at.tzinfo is UTC


@given(stamp=st.text(max_size=40))
def test_whatever_a_timestamp_says_the_instant_is_of_this_call(stamp: str) -> None:
    assert BEGAN <= happened_at(request(Timestamp=stamp), now=NOW, since=BEGAN) <= NOW
