"""What goes over the wire to Twilio is what its API has, and every way it can fail is told apart."""

import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from app.settings import Settings, read_settings
from app.telephony.outbound import ProviderError, Telephony, TwilioTelephony

ACCOUNT = "AC" + "a" * 32
CALL = "CA" + "1" * 32
RECORDING = "RE" + "2" * 32
NUMBER = "PN" + "3" * 32
STAFF = "+18165550101"
LINE = "+18162327483"
API = f"/2010-04-01/Accounts/{ACCOUNT}"
AT = datetime(2026, 12, 1, 16, 0, 0, tzinfo=UTC)
# Seconds to be connected, and for each word of the answer.
IMPATIENT = (0.5, 0.3)


def fields(names: str) -> set[str]:
    return set(names.split())


# Of the fields in Twilio's OpenAPI description, those we could ever want.
CREATE_CALL = fields(
    "To From Url Method FallbackUrl FallbackMethod StatusCallback StatusCallbackEvent StatusCallbackMethod Timeout "
    "TimeLimit SendDigits Record MachineDetection CallReason"
)
CREATE_MESSAGE = fields("To From Body StatusCallback ValidityPeriod SmartEncoded")
UPDATE_CALL = fields("Url Method Twiml Status FallbackUrl FallbackMethod StatusCallback TimeLimit")
UPDATE_NUMBER = fields(
    "FriendlyName VoiceUrl VoiceMethod VoiceFallbackUrl VoiceFallbackMethod StatusCallback StatusCallbackMethod "
    "VoiceApplicationSid TrunkSid SmsUrl SmsMethod SmsFallbackUrl SmsFallbackMethod SmsApplicationSid"
)


def settings_for(base: str | None, **environ: str) -> Settings:
    given = {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": "the auth token",
        "SECRET_KEY": "a secret for tests only",
        "DATA_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        **environ,
    }
    settings = read_settings(given, instance_dir=Path("never-made"))
    return replace(settings, twilio_api_base_url=base)


@pytest.fixture
def twilio(httpserver: HTTPServer) -> TwilioTelephony:
    return TwilioTelephony(settings_for(httpserver.url_for("").rstrip("/")), timeouts=IMPATIENT)


def call(**changes: Any) -> dict[str, Any]:
    made = {
        "sid": CALL,
        "parent_call_sid": None,
        "account_sid": ACCOUNT,
        "to": STAFF,
        "from": LINE,
        "status": "queued",
        "direction": "outbound-api",
        "date_created": format_datetime(AT),
        "start_time": None,
        "end_time": None,
        "duration": None,
    }
    return made | changes


def page(name: str, *entries: dict[str, Any], next_page: str | None = None) -> dict[str, Any]:
    return {name: list(entries), "next_page_uri": next_page, "page": 0, "page_size": 50}


def number(**changes: Any) -> dict[str, Any]:
    made = {"sid": NUMBER, "account_sid": ACCOUNT, "phone_number": LINE, "voice_url": None, "voice_method": "POST"}
    return made | changes


def sent(httpserver: HTTPServer, place: int = -1) -> Request:
    return httpserver.log[place][0]


def form(httpserver: HTTPServer) -> list[tuple[str, str]]:
    return parse_qsl(sent(httpserver).get_data(as_text=True), keep_blank_values=True)


def ring(telephony: Telephony) -> str:
    return telephony.ring(to=STAFF, from_=LINE, url="https://desk.example.org/voice/leg/1")


def test_ringing_asks_for_a_call_whose_every_step_is_told(httpserver: HTTPServer, twilio: TwilioTelephony) -> None:
    httpserver.expect_request(f"{API}/Calls.json", method="POST").respond_with_json(call(), status=201)
    sid = twilio.ring(
        to=STAFF,
        from_=LINE,
        url="https://desk.example.org/voice/leg/1",
        status_callback="https://desk.example.org/voice/leg/1/status",
        timeout_seconds=25,
    )
    assert sid == CALL
    assert sorted(form(httpserver)) == [
        ("From", LINE),
        ("StatusCallback", "https://desk.example.org/voice/leg/1/status"),
        ("StatusCallbackEvent", "answered"),
        ("StatusCallbackEvent", "completed"),
        ("StatusCallbackEvent", "initiated"),
        ("StatusCallbackEvent", "ringing"),
        ("Timeout", "25"),
        ("To", STAFF),
        ("Url", "https://desk.example.org/voice/leg/1"),
    ]
    assert {name for name, _ in form(httpserver)} <= CREATE_CALL
    authorization = sent(httpserver).authorization
    assert authorization is not None
    assert (authorization.username, authorization.password) == (ACCOUNT, "the auth token")


def test_an_api_key_logs_in_where_there_is_one(httpserver: HTTPServer) -> None:
    key = {"TWILIO_API_KEY_SID": "SK" + "4" * 32, "TWILIO_API_KEY_SECRET": "the key's secret"}
    telephony = TwilioTelephony(settings_for(httpserver.url_for("").rstrip("/"), **key))
    httpserver.expect_request(f"{API}/Calls.json").respond_with_json(call(), status=201)
    httpserver.expect_request(f"{API}/Recordings/{RECORDING}").respond_with_data(b"RIFF")
    ring(telephony)
    telephony.recording(RECORDING)
    for place in (0, 1):
        authorization = sent(httpserver, place).authorization
        assert authorization is not None
        assert (authorization.username, authorization.password) == ("SK" + "4" * 32, "the key's secret")


def test_a_text_is_sent(httpserver: HTTPServer, twilio: TwilioTelephony) -> None:
    httpserver.expect_request(f"{API}/Messages.json", method="POST").respond_with_json({"sid": "SM1"}, status=201)
    assert twilio.text(to=STAFF, from_=LINE, body="Ticket 1042 waits") == "SM1"
    assert dict(form(httpserver)) == {"To": STAFF, "From": LINE, "Body": "Ticket 1042 waits"}
    twilio.text(to=STAFF, from_=LINE, body="é", status_callback="https://desk.example.org/sms/status")
    assert {name for name, _ in form(httpserver)} <= CREATE_MESSAGE


def test_a_live_call_is_ended_or_led_elsewhere(httpserver: HTTPServer, twilio: TwilioTelephony) -> None:
    httpserver.expect_request(f"{API}/Calls/{CALL}.json", method="POST").respond_with_json(call())
    twilio.end_call(CALL)
    assert form(httpserver) == [("Status", "completed")]
    twilio.stop_ringing(CALL)
    assert form(httpserver) == [("Status", "canceled")]
    assert twilio.redirect(CALL, "https://desk.example.org/voice/taken")
    assert dict(form(httpserver)) == {"Url": "https://desk.example.org/voice/taken", "Method": "POST"}
    assert {name for name, _ in form(httpserver)} <= UPDATE_CALL


def test_a_call_that_is_over_is_no_fault(httpserver: HTTPServer, twilio: TwilioTelephony) -> None:
    over = {"code": 21220, "message": f"Call {CALL} is not in-progress", "status": 400}
    httpserver.expect_request(f"{API}/Calls/{CALL}.json").respond_with_json(over, status=400)
    twilio.end_call(CALL)
    twilio.stop_ringing(CALL)
    assert not twilio.redirect(CALL, "https://desk.example.org/voice/taken")


def test_what_was_rung_is_found_by_its_parties_and_time(httpserver: HTTPServer, twilio: TwilioTelephony) -> None:
    """Also a call that has not started yet; but neither older ones nor legs of a Dial."""
    listed = page(
        "calls",
        call(sid="CAnew"),
        call(sid="CAdialled", direction="outbound-dial"),
        call(sid="CAwhen", date_created=None),
        call(sid="CAold", date_created=format_datetime(AT - timedelta(hours=1))),
    )
    httpserver.expect_request(f"{API}/Calls.json", method="GET").respond_with_json(listed)
    assert twilio.rung(to=STAFF, from_=LINE, since=AT - timedelta(minutes=1)) == ("CAnew",)
    asked = sent(httpserver).args
    assert (asked["To"], asked["From"]) == (STAFF, LINE)
    assert not any(name.startswith("StartTime") for name in asked)


def test_what_was_texted_is_found_by_its_words(httpserver: HTTPServer, twilio: TwilioTelephony) -> None:
    made = {"date_created": format_datetime(AT)}
    listed = page(
        "messages",
        {"sid": "SM3", "body": "Sent from your Twilio trial account - Ticket 1042", **made},
        {"sid": "SM2", "body": "Ticket 1043", **made},
        {"sid": "SM1", "body": "Ticket 1042", "date_created": format_datetime(AT - timedelta(hours=1))},
    )
    httpserver.expect_request(f"{API}/Messages.json", method="GET").respond_with_json(listed)
    assert twilio.texted(to=STAFF, from_=LINE, body="Ticket 1042", since=AT) == ("SM3",)


def test_calls_since_an_instant_are_asked_for_in_utc_and_page_by_page(
    httpserver: HTTPServer, twilio: TwilioTelephony
) -> None:
    second = f"{API}/Calls.json?PageSize=1000&Page=1&PageToken=PACA1"
    inbound = {"direction": "inbound", "from": STAFF, "to": LINE, "status": "completed", "duration": "31"}
    times = {"start_time": format_datetime(AT), "end_time": format_datetime(AT + timedelta(seconds=31))}
    httpserver.expect_request(
        f"{API}/Calls.json", query_string={"Page": "1", "PageSize": "1000", "PageToken": "PACA1"}
    ).respond_with_json(page("calls", call(sid="CA2", **inbound, **times)))
    httpserver.expect_request(f"{API}/Calls.json").respond_with_json(page("calls", call(sid="CA1"), next_page=second))
    local = datetime(2026, 12, 1, 10, 0, tzinfo=timezone(timedelta(hours=-6)))
    first, last = twilio.calls_since(local)
    assert sent(httpserver, 0).args["StartTime>"] == "2026-12-01T16:00:00Z"
    assert (first.sid, first.started_at, first.seconds, first.created_at) == ("CA1", None, None, AT)
    assert (last.caller, last.dialled, last.direction, last.status) == (STAFF, LINE, "inbound", "completed")
    assert (last.started_at, last.ended_at, last.seconds) == (AT, AT + timedelta(seconds=31), 31)


def test_a_recording_is_fetched_as_it_is(httpserver: HTTPServer, twilio: TwilioTelephony) -> None:
    sound = b"RIFF\xff\x00\xfe" * 50_000
    httpserver.expect_request(f"{API}/Recordings/{RECORDING}", method="GET").respond_with_data(sound)
    assert twilio.recording(RECORDING) == sound
    assert sent(httpserver).authorization is not None


def test_a_recording_that_is_elsewhere_is_fetched_without_our_login(
    httpserver: HTTPServer, twilio: TwilioTelephony
) -> None:
    elsewhere = httpserver.url_for("/stored/there").replace("localhost", "127.0.0.1")
    httpserver.expect_request(f"{API}/Recordings/{RECORDING}").respond_with_response(
        Response(status=302, headers={"Location": elsewhere})
    )
    httpserver.expect_request("/stored/there").respond_with_data(b"RIFF")
    assert twilio.recording(RECORDING) == b"RIFF"
    assert sent(httpserver).authorization is None


def test_a_recording_that_is_not_there_yet_comes_later(httpserver: HTTPServer, twilio: TwilioTelephony) -> None:
    httpserver.expect_request(f"{API}/Recordings/{RECORDING}").respond_with_json({"code": 20404}, status=404)
    with pytest.raises(ProviderError, match="not there yet") as caught:
        twilio.recording(RECORDING)
    assert not caught.value.permanent


def test_a_recording_is_deleted_once_or_twice(httpserver: HTTPServer, twilio: TwilioTelephony) -> None:
    path = f"{API}/Recordings/{RECORDING}.json"
    httpserver.expect_ordered_request(path, method="DELETE").respond_with_data(status=204)
    httpserver.expect_ordered_request(path, method="DELETE").respond_with_json({"code": 20404}, status=404)
    httpserver.expect_ordered_request(path, method="DELETE").respond_with_json({"code": 20003}, status=401)
    twilio.delete_recording(RECORDING)
    twilio.delete_recording(RECORDING)
    with pytest.raises(ProviderError, match="20003"):
        twilio.delete_recording(RECORDING)


def test_what_was_written_down_is_read_and_deleted(httpserver: HTTPServer, twilio: TwilioTelephony) -> None:
    mine, others = "TR" + "3" * 32, "TR" + "4" * 32
    rows = [
        {"sid": sid, "recording_sid": recording, "status": "completed", "transcription_text": "The printer."}
        for sid, recording in ((mine, RECORDING), (others, "RE" + "9" * 32))
    ]
    listed = page("transcriptions", *rows)
    httpserver.expect_request(f"{API}/Transcriptions.json", method="GET").respond_with_json(listed)
    (found,) = twilio.transcripts(RECORDING)
    assert (found.sid, found.status, found.text) == (mine, "completed", "The printer.")
    assert "printer" not in repr(found)
    path = f"{API}/Transcriptions/{mine}.json"
    httpserver.expect_oneshot_request(path, method="DELETE").respond_with_data(status=204)
    twilio.delete_transcript(mine)
    httpserver.expect_oneshot_request(path, method="DELETE").respond_with_json({"code": 20404}, status=404)
    twilio.delete_transcript(mine)


def test_numbers_are_read_and_wired(httpserver: HTTPServer, twilio: TwilioTelephony) -> None:
    listed = page("incoming_phone_numbers", number())
    httpserver.expect_request(f"{API}/IncomingPhoneNumbers.json", method="GET").respond_with_json(listed)
    (found,) = twilio.numbers()
    assert (found.sid, found.number, found.voice_url, found.voice_method) == (NUMBER, LINE, "", "POST")

    wired = number(voice_url="https://desk.example.org/voice/incoming#rc=2")
    httpserver.expect_request(f"{API}/IncomingPhoneNumbers/{NUMBER}.json", method="POST").respond_with_json(wired)
    now = twilio.wire_number(NUMBER, voice_url="https://desk.example.org/voice/incoming#rc=2", sms_method="POST")
    assert now.voice_url == "https://desk.example.org/voice/incoming#rc=2"
    assert dict(form(httpserver)) == {
        "VoiceUrl": "https://desk.example.org/voice/incoming#rc=2",
        "SmsMethod": "POST",
    }
    assert {name for name, _ in form(httpserver)} <= UPDATE_NUMBER
    with pytest.raises(TypeError, match="account_sid"):
        twilio.wire_number(NUMBER, account_sid="AC0")


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (400, 21211, "permanent"),
        (401, 20003, "permanent"),
        (404, 20404, "permanent"),
        (400, 10004, "later"),
        (408, None, "later"),
        (429, 20429, "later"),
        (500, 20500, "unknown"),
        (503, None, "unknown"),
    ],
)
def test_refusals_are_told_apart(
    httpserver: HTTPServer, twilio: TwilioTelephony, status: int, code: int | None, told: str
) -> None:
    answer = {"code": code, "message": f"The number {STAFF} is not valid", "status": status}
    headers = {"Retry-After": "7" if status == 429 else "Wed, 02 Dec 2026 07:28:00 GMT"}
    httpserver.expect_request(f"{API}/Calls.json").respond_with_json(answer, status=status, headers=headers)
    with pytest.raises(ProviderError) as caught:
        ring(twilio)
    fault = caught.value
    assert (fault.permanent, fault.unknown_outcome) == (told == "permanent", told == "unknown")
    assert fault.code == (code or status)
    assert fault.retry_after == (7 if status == 429 else None)
    assert "555" not in str(fault)
    assert len(httpserver.log) == 1, "a refusal must not be asked again at once"


def test_an_answer_that_never_comes_may_have_been_a_deed(httpserver: HTTPServer, twilio: TwilioTelephony) -> None:
    def sleep(_request: Request) -> Response:
        time.sleep(0.6)
        return Response(status=201)

    httpserver.expect_request(f"{API}/Calls.json").respond_with_handler(sleep)
    with pytest.raises(ProviderError, match="no answer") as caught:
        ring(twilio)
    assert (caught.value.permanent, caught.value.unknown_outcome) == (False, True)
    assert len(httpserver.log) <= 1
    assert "555" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_an_answer_that_makes_no_sense_may_have_been_a_deed(httpserver: HTTPServer, twilio: TwilioTelephony) -> None:
    httpserver.expect_request(f"{API}/Calls.json").respond_with_data("<html>Welcome to the hotel</html>", status=201)
    with pytest.raises(ProviderError, match="understood") as caught:
        ring(twilio)
    assert (caught.value.permanent, caught.value.unknown_outcome) == (False, True)


def test_who_was_never_reached_did_nothing() -> None:
    telephony = TwilioTelephony(settings_for("http://127.0.0.1:9"), timeouts=IMPATIENT)
    with pytest.raises(ProviderError, match="cannot be reached") as caught:
        ring(telephony)
    assert (caught.value.permanent, caught.value.unknown_outcome) == (False, False)


def test_without_an_account_nobody_is_asked(tmp_path: Path) -> None:
    telephony = TwilioTelephony(read_settings({}, instance_dir=tmp_path))
    with pytest.raises(ProviderError, match="no Twilio account") as caught:
        ring(telephony)
    assert caught.value.permanent


@pytest.mark.parametrize("base", ["http://api.example.org", "http://10.0.0.1:8080"])
def test_secrets_do_not_travel_in_the_clear(base: str) -> None:
    with pytest.raises(ValueError, match="https"):
        TwilioTelephony(settings_for(base))


@pytest.mark.parametrize("base", [None, "https://api.example.org", "http://localhost:1", "http://[::1]:1"])
def test_other_addresses_are_taken(base: str | None) -> None:
    TwilioTelephony(settings_for(base))


def test_parameters_are_not_logged(
    httpserver: HTTPServer, twilio: TwilioTelephony, caplog: pytest.LogCaptureFixture
) -> None:
    httpserver.expect_request(f"{API}/Messages.json").respond_with_json({"sid": "SM1"}, status=201)
    with caplog.at_level("DEBUG"):
        twilio.text(to=STAFF, from_=LINE, body="a secret")
    assert "555" not in caplog.text
    assert "secret" not in caplog.text


def test_twilios_library_is_not_loaded_at_the_start() -> None:
    code = "import sys, app.services; print('twilio.rest' in sys.modules, 'requests' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert told.stdout.split() == ["False", "False"]
