"""What the provider writes down is sealed like the sound, if it was asked for, and is nowhere else."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.store import VoicemailState
from app.store.models import voicemail_contents
from app.telephony.provider import RemoteTranscript
from app.voicemail import NotPlayable
from tests.app.store.samples import sid
from tests.app.voicemail.messages import AT, RECORDING, TURN, Answering

TEXT = "The archive in the café is down."
TRANSCRIPT = "TR" + "3" * 32
A_DAY = timedelta(days=1, minutes=1)


def comes(desk: Answering, status: str = "completed", text: str = TEXT, *, recording: str = RECORDING) -> None:
    fields = {
        "RecordingSid": recording,
        "TranscriptionSid": TRANSCRIPT,
        "TranscriptionStatus": status,
        "TranscriptionText": text,
    }
    desk.voicemails.transcribed(sid(1), TURN, fields)


def asked(desk: Answering) -> Answering:
    desk.with_settings(voicemail_transcription="twilio")
    desk.reported()
    desk.deliver()
    return desk


def read(desk: Answering) -> str:
    return desk.voicemails.transcript(RECORDING, by="Jamison White", role="staff", at=AT)


def test_a_transcript_is_sealed_and_read_by_who_may(desk_with_call: Answering) -> None:
    desk = asked(desk_with_call)
    comes(desk)
    assert read(desk) == TEXT
    assert desk.message().transcript_status == "completed"
    blobs = desk.store._read(lambda connection: connection.execute(select(voicemail_contents.c.sealed)).scalars().all())
    assert len(blobs) == 2
    assert not any(b"archive" in blob for blob in blobs)
    assert [entry.action for entry in desk.store.audit.list(limit=9).items] == ["voicemail_read"]


def test_the_first_word_stays(small_desk: Answering) -> None:
    desk = asked(small_desk)
    comes(desk)
    comes(desk, text="something else")
    comes(desk, "failed", "")
    assert (read(desk), desk.message().transcript_status) == (TEXT, "completed")


@pytest.mark.parametrize(("status", "text"), [("failed", ""), ("completed", " ")])
def test_a_transcript_that_failed_is_told_as_failed(small_desk: Answering, status: str, text: str) -> None:
    desk = asked(small_desk)
    comes(desk, status, text)
    assert desk.message().transcript_status == "failed"
    with pytest.raises(NotPlayable):
        read(desk)


def test_nothing_is_taken_that_was_not_asked_for(small_desk: Answering) -> None:
    desk = asked(small_desk)
    desk.with_settings(voicemail_transcription="none")
    comes(desk)
    desk.with_settings(voicemail_transcription="twilio")
    comes(desk, "in-progress")
    comes(desk, recording="")
    desk.voicemails.transcribed(sid(7), TURN, {"RecordingSid": "RE7", "TranscriptionStatus": "failed"})
    assert desk.message().transcript_status is None
    assert desk.store.voicemails.get("RE7") is None


def test_a_transcript_that_comes_first_makes_the_message_known(desk_with_call: Answering) -> None:
    desk = desk_with_call
    desk.with_settings(voicemail_transcription="twilio")
    comes(desk)
    assert desk.message().state is VoicemailState.ANNOUNCED
    desk.reported()
    desk.deliver()
    assert desk.message().state is VoicemailState.KEPT
    assert read(desk) == TEXT


def test_nothing_is_kept_of_a_message_that_is_gone(small_desk: Answering) -> None:
    desk = small_desk
    desk.with_settings(voicemail_transcription="twilio")
    desk.reported("absent")
    comes(desk)
    assert desk.message().transcript_status is None


@pytest.mark.parametrize("status", ["completed", "failed"])
def test_what_was_written_down_is_deleted_at_the_provider(desk_with_call: Answering, status: str) -> None:
    """Once it is kept, and once however often it is told of; also when nothing came of it."""
    desk = asked(desk_with_call)
    for _ in range(2):
        comes(desk, status, TEXT if status == "completed" else "")
        desk.deliver()
    assert desk.provider.transcripts_removed == [TRANSCRIPT]


def test_it_is_left_there_while_ours_cannot_be_opened(small_desk: Answering) -> None:
    desk = asked(small_desk)
    comes(desk)
    desk.with_keys(b"x" * 32)
    desk.deliver()
    assert desk.provider.transcripts_removed == []


def test_it_is_left_there_while_nothing_tells_that_it_is_finished(small_desk: Answering) -> None:
    desk = asked(small_desk)
    comes(desk, "in-progress")
    desk.deliver()
    assert desk.provider.transcripts_removed == []


def test_it_is_deleted_also_when_it_is_no_longer_wanted(small_desk: Answering) -> None:
    desk = asked(small_desk)
    desk.with_settings(voicemail_transcription="none")
    comes(desk)
    desk.deliver()
    assert desk.provider.transcripts_removed == [TRANSCRIPT]
    assert desk.message().transcript_status is None


def test_one_that_was_never_told_of_is_found_a_day_later(desk_with_call: Answering) -> None:
    desk = asked(desk_with_call)
    desk.provider.written_down[TRANSCRIPT] = RemoteTranscript(sid=TRANSCRIPT, status="completed", text=TEXT)
    desk.deliver(after=A_DAY)
    assert (read(desk), desk.provider.transcripts_removed) == (TEXT, [TRANSCRIPT])


def test_nothing_is_looked_for_where_nothing_is_written_down(small_desk: Answering) -> None:
    small_desk.reported()
    small_desk.provider.written_down[TRANSCRIPT] = RemoteTranscript(sid=TRANSCRIPT, status="completed", text=TEXT)
    small_desk.deliver(after=A_DAY)
    assert small_desk.provider.transcripts_removed == []
