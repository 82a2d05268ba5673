"""Messages over the API: heard by who may, each hearing noted, one person at a time, gone when they are gone."""

import io
import wave
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.store import Sealed, Store, VoicemailState
from tests.app.store.samples import leg, sid
from tests.app.voicemail.messages import AT, RECORDING, Answering, answering, sound
from tests.app.web.api_client import Client

AUDIO, TRANSCRIPT = f"/voicemail/{RECORDING}/audio", f"/voicemail/{RECORDING}/transcript"
SECOND = "RE" + "2" * 32
SUBJECT = f"voicemail:{RECORDING}"


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Answering:
    """A desk with a message that is kept, once on each kind of database."""
    made = answering(store, tmp_path)
    made.reported()
    made.deliver()
    return made


@pytest.fixture
def small_desk(sqlite_store: Store, tmp_path: Path) -> Answering:
    made = answering(sqlite_store, tmp_path)
    made.reported()
    made.deliver()
    return made


def client_of(desk: Answering, role: str = "staff", name: str = "wallboard") -> Client:
    return Client(desk.services, desk.store.tokens.create(name, role, at=AT))


def post(client: Client, word: str, recording: str = RECORDING) -> TestResponse:
    return client.http.post(f"/api/v1/voicemail/{recording}/{word}", headers=client.headers)


def audited(desk: Answering) -> list[tuple[str, str]]:
    return [(entry.actor, entry.action) for entry in reversed(desk.store.audit.list(limit=50, subject=SUBJECT).items)]


def problem(answer: TestResponse, status: HTTPStatus) -> str:
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    return str(answer.get_json()["detail"])


def test_the_list_has_everything_but_what_was_said(desk: Answering) -> None:
    (message,) = client_of(desk).json("/voicemail")["items"]
    assert (message["recording_sid"], message["ticket"], message["state"], message["seconds"]) == (
        RECORDING,
        1001,
        "kept",
        21,
    )
    assert message["retention_until"] == (AT + timedelta(days=90)).isoformat().replace("+00:00", "Z")
    assert message == client_of(desk).json(f"/voicemail/{RECORDING}")


@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        ({"state": "kept"}, 1),
        ({"state": "lost"}, 0),
        ({"ticket": "1001"}, 1),
        ({"ticket": "1002"}, 0),
        ({"done": "false"}, 1),
        ({"done": "true"}, 0),
    ],
)
def test_it_is_limited_as_asked(small_desk: Answering, parameters: dict[str, str], count: int) -> None:
    assert len(client_of(small_desk).json("/voicemail", **parameters)["items"]) == count


def test_a_long_list_comes_in_pages(desk: Answering) -> None:
    desk.clock.show(AT + timedelta(minutes=1))
    desk.recorded(SECOND, turn=9)
    pages = list(client_of(desk).pages("/voicemail", limit=1))
    assert [each["recording_sid"] for page in pages for each in page] == [SECOND, RECORDING]


def test_what_cannot_be_used_is_named(small_desk: Answering) -> None:
    faults = client_of(small_desk).faults("/voicemail", state="kept!", ticket="x", done="perhaps", cursor="x", q="x")
    assert set(faults) == {"state", "ticket", "done", "q"}
    assert "cursor" in client_of(small_desk).faults("/voicemail", cursor="x")


@pytest.mark.parametrize("role", ["staff", "supervisor", "admin"])
def test_it_is_played_and_each_playing_is_noted(desk: Answering, role: str) -> None:
    client = client_of(desk, role)
    for _ in range(2):
        answer = client.get(AUDIO)
        assert answer.status_code == HTTPStatus.OK
        assert answer.mimetype == "audio/wav"
        assert answer.data == sound()
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Accept-Ranges"] == "bytes"
    assert audited(desk) == [("token:wallboard", "voicemail_played")] * 2
    assert desk.message().heard_by == "token:wallboard"
    with wave.open(io.BytesIO(client.get(AUDIO).data)) as file:
        assert file.getframerate() == 8000


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-99", 0, 99), ("bytes=100-", 100, -1), ("bytes=-50", -50, -1)],
)
def test_a_part_of_it_is_played(small_desk: Answering, asked: str, first: int, last: int) -> None:
    whole = sound()
    first, last = (each % len(whole) for each in (first, last))
    client = client_of(small_desk)
    answer = client.http.get(f"/api/v1{AUDIO}", headers={**client.headers, "Range": asked})
    assert answer.status_code == HTTPStatus.PARTIAL_CONTENT
    assert answer.data == whole[first : last + 1]
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(whole)}"
    assert audited(small_desk) == [("token:wallboard", "voicemail_played")]


def test_a_part_that_is_not_there_is_a_problem(small_desk: Answering) -> None:
    client = client_of(small_desk)
    answer = client.http.get(f"/api/v1{AUDIO}", headers={**client.headers, "Range": "bytes=99999999-"})
    assert answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE


def test_its_length_is_told_without_playing_it(desk: Answering) -> None:
    client = client_of(desk)
    answer = client.http.head(f"/api/v1{AUDIO}", headers=client.headers)
    assert (answer.status_code, answer.data) == (HTTPStatus.OK, b"")
    assert answer.headers["Content-Length"] == str(len(sound()))
    assert answer.mimetype == "audio/wav"
    assert audited(desk) == []
    assert desk.message().heard_at is None


def test_other_tokens_hear_nothing(small_desk: Answering) -> None:
    for secret in (None, "ivr_unknown"):
        assert Client(small_desk.services, secret).get(AUDIO).status_code == HTTPStatus.UNAUTHORIZED
    for path in (AUDIO, TRANSCRIPT, "/voicemail"):
        assert client_of(small_desk, "feed").get(path).status_code == HTTPStatus.FORBIDDEN
    assert audited(small_desk) == []


def test_a_transcript_is_read_and_each_reading_is_noted(desk: Answering) -> None:
    client = client_of(desk)
    assert problem(client.get(TRANSCRIPT), HTTPStatus.CONFLICT) == "It has not been written down."
    desk.with_settings(voicemail_transcription="twilio")
    fields = {"RecordingSid": RECORDING, "TranscriptionStatus": "completed", "TranscriptionText": "The printer."}
    desk.voicemails.transcribed(sid(1), 7, fields)
    assert client_of(desk).json(TRANSCRIPT) == {"recording_sid": RECORDING, "text": "The printer."}
    assert audited(desk) == [("token:wallboard", "voicemail_read")]


def test_a_message_that_was_changed_is_not_played(desk: Answering) -> None:
    with desk.store.turn() as transaction:
        old = transaction.voicemails.sealed(RECORDING, "audio")
        assert old is not None
        changed: dict[str, Any] = {"recording_sid": RECORDING, "content": "audio", "key_id": old.key_id}
        transaction.voicemails.reseal(old, Sealed(**changed, sealed=old.sealed[:-1] + bytes([old.sealed[-1] ^ 1])))
    told = problem(client_of(desk).get(AUDIO), HTTPStatus.INTERNAL_SERVER_ERROR)
    assert told.startswith("The message cannot be opened. It was changed after it was sealed")
    assert audited(desk) == []
    assert desk.message().heard_at is None


def test_a_message_that_is_not_here_yet_is_said_so(small_desk: Answering) -> None:
    small_desk.recorded(SECOND, turn=9)
    client = client_of(small_desk)
    answers = [client.get(f"/voicemail/{SECOND}/audio"), client.http.head(f"/api/v1/voicemail/{SECOND}/audio")]
    assert problem(answers[0], HTTPStatus.CONFLICT) == "The message is not here yet."
    assert "the message is not here" in problem(post(client, "claim", SECOND), HTTPStatus.CONFLICT)


@pytest.mark.parametrize("path", ["", "/audio", "/transcript"])
@pytest.mark.parametrize("name", ["RE1", "x" * 65, "%00", "RE%2e"])
def test_one_that_never_was_is_a_problem(small_desk: Answering, name: str, path: str) -> None:
    answer = client_of(small_desk).get(f"/voicemail/{name}{path}")
    assert problem(answer, HTTPStatus.NOT_FOUND) == "there is no message with this SID"


def test_what_is_to_be_deleted_is_not_played_any_more(desk: Answering) -> None:
    """Neither in the minutes before it is deleted, nor afterwards; that there was one is still told."""
    desk.clock.show(AT + timedelta(days=91))
    client = client_of(desk)
    assert problem(client.get(AUDIO), HTTPStatus.GONE) == "The message has been deleted."
    desk.voicemails.sweep(desk.clock.now())
    assert problem(client.get(AUDIO), HTTPStatus.GONE) == "The message has been deleted."
    assert client.json(f"/voicemail/{RECORDING}")["state"] == VoicemailState.DELETED


def test_one_person_has_it_at_a_time(desk: Answering) -> None:
    first, second = client_of(desk, name="first"), client_of(desk, name="second")
    assert post(first, "claim").get_json()["claimed_by"] == "token:first"
    assert post(first, "claim").status_code == HTTPStatus.OK
    assert problem(post(second, "claim"), HTTPStatus.CONFLICT) == "token:first has taken the message"
    assert problem(post(second, "done"), HTTPStatus.CONFLICT) == "token:first has taken the message"
    assert problem(post(second, "release"), HTTPStatus.CONFLICT) == "token:first has taken the message"
    assert post(first, "release").get_json()["claimed_by"] is None
    assert post(first, "release").status_code == HTTPStatus.OK
    assert post(second, "heard").get_json()["heard_by"] == "token:second"
    assert post(first, "heard").get_json()["heard_by"] == "token:second"
    assert post(second, "done").get_json()["done_by"] == "token:second"
    assert post(second, "done").status_code == HTTPStatus.OK
    assert problem(post(first, "claim"), HTTPStatus.CONFLICT) == "token:second has finished with the message"
    assert [action for _, action in audited(desk)] == [
        "voicemail_claimed",
        "voicemail_released",
        "voicemail_heard",
        "voicemail_done",
    ]


def test_a_change_is_asked_for_by_post_alone(small_desk: Answering) -> None:
    for word in ("claim", "release", "heard", "done"):
        answer = client_of(small_desk).get(f"/voicemail/{RECORDING}/{word}")
        assert answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED
        assert post(client_of(small_desk), word, "RE1").status_code == HTTPStatus.NOT_FOUND


def test_a_token_with_the_name_of_one_of_the_staff_sees_what_they_see(desk: Answering) -> None:
    with desk.store.turn() as turn:
        before = turn.load(sid(1))
        assert before is not None
        turn.save(before, replace(before, legs=(leg(1, turn=2),)))
    assert leg().team == "offsite"
    for name, sees in (("Lasha Dalakishvili", True), ("triggerfish-1", False), ("wallboard", True)):
        client = client_of(desk, name=name)
        assert len(client.json("/voicemail")["items"]) == int(sees), name
        for word in ("", "/audio", "/transcript"):
            status = client.get(f"/voicemail/{RECORDING}{word}").status_code
            assert (status == HTTPStatus.NOT_FOUND) is not sees, (name, word)
        assert (post(client, "claim").status_code == HTTPStatus.NOT_FOUND) is not sees, name
        post(client, "release")
    overseer = client_of(desk, role="supervisor", name="triggerfish-1")
    assert len(overseer.json("/voicemail")["items"]) == 1
