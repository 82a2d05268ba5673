"""Requests that Twilio would never send, signed all the same: each is answered with a document that leads on."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from app.simulator import Reply
from app.telephony.position import PositionTokens
from tests.app.web.signed import (
    CALL_SID,
    Fields,
    SignedClient,
    document_of,
    encoded,
    envelope,
    leads_on,
    next_paths,
)
from tests.desk import MAIN, Desk
from tests.scenarios.variants import ODD_CALLERS, SharedServices, shared_services

STEERING = ("keys", "silence", "dialled", "recorded")
SCREENING = ("accept", "accept-key")
REPORTS = ("leg", "recording")
TERMINAL = ("completed", "busy", "failed", "no-answer", "canceled")
QUICK = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def shared(sqlite_template: Path) -> Iterator[SharedServices]:
    with shared_services(sqlite_template) as services:
        yield services


@pytest.fixture(scope="module")
def client(shared: SharedServices) -> SignedClient:
    return SignedClient(shared.services)


@pytest.fixture(scope="module")
def tokens(client: SignedClient) -> dict[str, str]:
    """Good position tokens of one running call, by the kind of node that waits there."""
    sid = "CA" + "a" * 32
    menu = document_of(client.post("/voice/incoming", envelope(call_sid=sid, status="ringing").items()))
    found = {"menu": _token(next_paths(menu)[0])}
    dial = document_of(client.post(next_paths(menu)[0], envelope(call_sid=sid, Digits="2").items()))
    return found | {"dial": _token(next_paths(dial)[0])}


def _token(path: str) -> str:
    return path.rpartition("/")[2]


def assert_leads_on(reply: Reply, fields: Fields) -> None:
    """TwiML that leads to a person or a recording; nothing need be said to a caller who has gone."""
    document = document_of(reply)
    gone = dict(fields).get("CallStatus") in TERMINAL
    assert leads_on(document) or (gone and not document.verbs), [verb.name for verb in document.verbs]


# Anything as text: letters of all scripts, emoji, control characters, bytes that are no UTF-8.
TEXT = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(categories=["Cc", "So", "Nd", "Zs"]), max_size=20),
    st.binary(max_size=20).map(lambda raw: raw.decode("utf-8", "surrogateescape")),
    st.sampled_from(
        [
            "",
            "\0",
            "\0\0\0",
            "-1",
            "1e9",
            "9" * 400,
            "٣",
            "²",
            "\N{MATHEMATICAL DOUBLE-STRUCK DIGIT ONE}",
            "<Response/>",
            "]]>",
            "' OR 1=1 --",
        ]
    ),
    st.sampled_from([*ODD_CALLERS.values(), MAIN, "+18165550117"]),
    st.sampled_from(["completed", "in-progress", "ringing", "true", "false", "hangup", "1", "1#", "*"]),
)
NAMES = st.sampled_from(
    [
        *("CallSid", "ParentCallSid", "AccountSid", "From", "To", "CallStatus", "Direction", "Digits", "SpeechResult"),
        *("DialCallStatus", "DialBridged", "DialCallDuration", "DialCallSid", "RecordingUrl", "RecordingSid"),
        *("RecordingDuration", "RecordingStatus", "CallDuration", "Timestamp", "SequenceNumber", "ErrorUrl"),
        *("ErrorCode", "ParameterOfTomorrow", "From[]", "to", ""),
    ]
)
FIELDS = st.lists(st.tuples(st.one_of(NAMES, TEXT), TEXT), max_size=12)
# A whole envelope in which some fields are replaced, repeated or missing.
ALMOST = st.tuples(FIELDS, st.sets(st.sampled_from(list(envelope())))).map(
    lambda drawn: [(name, value) for name, value in envelope().items() if name not in drawn[1]] + drawn[0]
)
FORMS = st.one_of(FIELDS, ALMOST)


@given(fields=FORMS)
@QUICK
def test_a_first_webhook_with_any_fields_is_answered(client: SignedClient, fields: list[tuple[str, str]]) -> None:
    assert_leads_on(client.post("/voice/incoming", fields), fields)


@given(fields=FORMS, what=st.sampled_from(STEERING), waits_at=st.sampled_from(["menu", "dial"]), fresh=st.booleans())
@QUICK
def test_any_fields_at_any_position_lead_on_whatever_node_waits_there(  # noqa: PLR0917 (one argument a choice)
    client: SignedClient,
    tokens: dict[str, str],
    fields: list[tuple[str, str]],
    what: str,
    waits_at: str,
    fresh: bool,
) -> None:
    """A node asked about something it does not wait for, as by a wrong or repeated address."""
    if fresh:  # else a turn that was answered is simply answered again
        fields = [(name, value) for name, value in fields if name != "CallSid"]
    assert_leads_on(client.post(f"/voice/{what}/{tokens[waits_at]}", fields), fields)


@given(fields=FORMS, what=st.sampled_from(STEERING), token=TEXT.filter(lambda text: text.strip("/. ") != ""))
@QUICK
def test_any_text_in_place_of_the_position_leads_on(
    client: SignedClient, fields: list[tuple[str, str]], what: str, token: str
) -> None:
    path = f"/voice/{what}/{quote(token.encode('utf-8', 'surrogateescape'), safe='')}"
    reply = client.post(path, fields)
    assert reply.status in {200, 403}, "what cannot be a path at all may be refused"
    if reply.status == 200:
        assert_leads_on(reply, fields)


@given(path=st.text("abc/-_.~%20é0", min_size=1, max_size=60))
@QUICK
def test_an_address_nobody_listens_at_leads_on(client: SignedClient, path: str) -> None:
    address = "/voice/x" + quote(path, safe="/-_.~").replace("//", "/")
    assert_leads_on(client.post(address, envelope().items()), envelope().items())


@given(fields=FORMS)
@QUICK
def test_the_fallback_address_leads_on_whatever_is_said_to_have_failed(
    client: SignedClient, fields: list[tuple[str, str]]
) -> None:
    assert_leads_on(client.post("/voice/fallback", fields), fields)


@pytest.mark.parametrize(
    "failed",
    [
        "http://[bad",
        "https://desk.example.org/voice/keys/",
        "https://desk.example.org/voice/dialled/forged",
        "//",
        "\0",
        "https://" + "x" * 9000,
    ],
)
@pytest.mark.parametrize("code", ["11200", "12100", "", "é", "1" * 50])
def test_an_address_that_failed_and_is_none_of_ours_leads_on(client: SignedClient, failed: str, code: str) -> None:
    fields = envelope(ErrorUrl=failed, ErrorCode=code)
    with capture_logs():
        assert_leads_on(client.post("/voice/fallback", fields.items()), fields.items())


@given(fields=FORMS, what=st.sampled_from(SCREENING), token=st.sampled_from(["menu", "dial", "forged"]))
@QUICK
def test_a_staff_phone_is_never_connected_but_by_the_accept_key(
    client: SignedClient, tokens: dict[str, str], fields: list[tuple[str, str]], what: str, token: str
) -> None:
    reply = client.post(f"/voice/{what}/{tokens.get(token, token)}", fields)
    document = document_of(reply)
    pressed = dict(fields).get("Digits") == "1" and what == "accept-key"
    assert pressed or document.verbs[-1].name == "Hangup"


@given(fields=FORMS, what=st.sampled_from(REPORTS), token=st.sampled_from(["menu", "dial", "forged"]))
@QUICK
def test_reports_with_any_fields_are_taken_quietly(
    client: SignedClient, tokens: dict[str, str], fields: list[tuple[str, str]], what: str, token: str
) -> None:
    with capture_logs() as events:
        assert document_of(client.post(f"/voice/{what}/{tokens.get(token, token)}", fields)).verbs == ()
        assert document_of(client.post("/voice/status", fields)).verbs == ()
    assert not [event for event in events if event["event"] == "webhook_failed"]


@given(fields=FORMS)
@QUICK
def test_a_get_with_any_fields_is_answered_like_a_post(client: SignedClient, fields: list[tuple[str, str]]) -> None:
    assert_leads_on(client.get("/voice/incoming", fields), fields)


@pytest.mark.parametrize("dialled", ["", "+18165550199", "sip:desk@example.org", "anonymous", "9" * 400, None])
def test_a_number_that_is_no_line_of_ours_is_served_as_the_first_line(
    shared: SharedServices, client: SignedClient, dialled: str | None
) -> None:
    sid = f"CA{hash(dialled) & (2**128 - 1):032x}"
    fields = envelope(call_sid=sid, status="ringing")
    fields = {name: value for name, value in fields.items() if name != "To"} | ({"To": dialled} if dialled else {})
    assert_leads_on(client.post("/voice/incoming", fields.items()), fields.items())
    record = shared.services.store.calls.get(sid)
    assert record is not None
    assert record.call.line == "main"


@pytest.mark.parametrize("missing", list(envelope()))
def test_any_field_may_be_missing(client: SignedClient, missing: str) -> None:
    fields = {name: value for name, value in envelope().items() if name != missing}
    assert_leads_on(client.post("/voice/incoming", fields.items()), fields.items())


def test_no_fields_at_all_are_answered(client: SignedClient) -> None:
    assert_leads_on(client.post("/voice/incoming", []), [])
    assert_leads_on(client.get("/voice/incoming", []), [])


def test_several_thousand_fields_are_answered(client: SignedClient) -> None:
    fields = [*envelope().items(), *((f"Parameter{number}", "ü") for number in range(6000))]
    assert_leads_on(client.post("/voice/incoming", fields), fields)


def test_a_huge_field_is_answered(client: SignedClient) -> None:
    fields = {**envelope(), "SpeechResult": "ü" * 40_000}
    assert_leads_on(client.post("/voice/incoming", fields.items()), fields.items())


@pytest.mark.parametrize("kilobytes", [300, 900, 1500])
def test_a_body_larger_than_any_of_twilios_is_refused_unread_and_changes_nothing(
    client: SignedClient, kilobytes: int
) -> None:
    before = client.rows()
    reply = client.post("/voice/incoming", encoded(envelope().items()) + b"&A=" + b"x" * 1024 * kilobytes)
    assert reply.status in {403, 413}
    assert client.rows() == before


@pytest.mark.parametrize("raw", [b"%FF%FE=%80", b"\xff\xfe=\x80", b"%E2%82=%", b"&&&=&=", b"%00=%00", b"a;b=c", b"%"])
def test_bytes_that_are_no_text_are_answered(client: SignedClient, raw: bytes) -> None:
    body = encoded(envelope().items()) + b"&" + raw
    assert_leads_on(client.post("/voice/incoming", body), envelope().items())


@pytest.mark.parametrize("name", ["CallSid", "From", "To", "Digits", "DialCallStatus", "RecordingSid", "CallStatus"])
def test_a_nul_reaches_no_database(desk_on_each: Desk, name: str) -> None:
    """PostgreSQL keeps none, and must not be asked to."""
    client = SignedClient(desk_on_each.services)
    fields = {**envelope(status="ringing"), "RecordingStatus": "completed", name: "a\0b"}
    menu = document_of(client.post("/voice/incoming", fields.items()))
    token = _token(next_paths(menu)[0])
    with capture_logs() as events:
        for path in (f"/voice/keys/{token}", "/voice/no\0where", f"/voice/leg/{token}", f"/voice/recording/{token}"):
            assert client.post(quote(path), fields.items()).status == 200
    assert not [event for event in events if event["event"] == "webhook_failed"]


# Positions that are not, or no longer, to be believed.


def test_a_truncated_or_altered_position_leads_on(client: SignedClient, tokens: dict[str, str]) -> None:
    good = tokens["menu"]
    cut = [good[:length] for length in range(1, len(good), 7)]
    altered = [good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :] for at in range(0, len(good), 7)]
    for token in (*cut, *altered):
        fields = envelope(call_sid="CA" + "b" * 32, Digits="1")
        assert_leads_on(client.post(f"/voice/keys/{token}", fields.items()), fields.items())


def test_a_position_signed_with_another_secret_is_not_believed(
    shared: SharedServices, client: SignedClient, tokens: dict[str, str]
) -> None:
    position = shared.services.positions.read(tokens["menu"])
    assert position is not None
    forged = PositionTokens("another secret").write(replace(position, flow="main", node="goodbye"))
    sid = "CA" + "c" * 32
    document = document_of(client.post(f"/voice/keys/{forged}", envelope(call_sid=sid, Digits="1").items()))

    assert leads_on(document)
    record = shared.services.store.calls.get(sid)
    assert record is not None
    assert record.ticket.number is not None
    assert shared.services.store.calls.timeline(sid)[0].fact == "fault_met"


@pytest.mark.parametrize("age", [timedelta(hours=25), timedelta(days=400), -timedelta(hours=1)])
def test_a_position_too_old_or_from_the_future_is_not_believed(
    shared: SharedServices, client: SignedClient, tokens: dict[str, str], age: timedelta
) -> None:
    position = shared.services.positions.read(tokens["menu"])
    assert position is not None
    other = replace(position, started_at=position.started_at - int(age.total_seconds()), turn=1)
    sid = f"CA{abs(hash(age)):032x}"
    token = shared.services.positions.write(other)
    document = document_of(client.post(f"/voice/keys/{token}", envelope(call_sid=sid, Digits="2").items()))

    assert leads_on(document)
    assert shared.services.store.calls.timeline(sid)[0].fact == "fault_met"


def test_a_message_recorded_at_a_position_we_do_not_know_is_kept_and_thanked_for(
    shared: SharedServices, client: SignedClient
) -> None:
    sid = "CA" + "d" * 32
    fields = envelope(call_sid=sid, RecordingUrl="https://api.example.org/RE1", RecordingDuration="9", Digits="#")
    document = document_of(client.post("/voice/recorded/none", fields.items()))

    assert [verb.name for verb in document.verbs] == ["Say", "Hangup"]
    record = shared.services.store.calls.get(sid)
    assert record is not None
    assert record.call.disposition == "voicemail"


def test_the_same_malformed_request_twice_gets_the_same_bytes_and_one_ticket(client: SignedClient) -> None:
    before = client.rows()["tickets"]
    fields = [("From", "no number at all"), ("Unknown", "1")]
    first, second = client.post("/voice/incoming", fields), client.post("/voice/incoming", fields)
    assert first.body == second.body
    assert client.rows()["tickets"] == before + 1


@given(fields=FORMS, path=st.sampled_from(["/voice/incoming", "/voice/status", "/voice/keys/x", "/voice/recorded/x"]))
@QUICK
def test_unsigned_nothing_is_answered_and_nothing_changes_whatever_is_sent(
    client: SignedClient, fields: list[tuple[str, str]], path: str
) -> None:
    before = client.rows()
    with capture_logs():
        assert client.post(path, fields, signature="AAAAAAAAAAAAAAAAAAAAAAAAAAA=").status == 403
    assert client.rows() == before


def test_the_envelope_of_these_tests_is_a_good_one(client: SignedClient) -> None:
    assert_leads_on(client.post("/voice/incoming", envelope(call_sid=CALL_SID).items()), envelope().items())
