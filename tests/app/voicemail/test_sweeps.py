"""What the clock looks after: retention ends, messages that never come are told, deletions are insisted on."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.store import VoicemailFilters, VoicemailState
from app.store.models import voicemail_contents
from app.voicemail import NotPlayable
from tests.app.store.samples import sid
from tests.app.voicemail.messages import AT, RECORDING, TURN, Answering, sound

OLD, NEW = b"o" * 32, b"n" * 32


def kept(desk: Answering) -> Answering:
    desk.reported()
    desk.deliver()
    return desk


def key_ids(desk: Answering) -> set[str]:
    query = select(voicemail_contents.c.key_id)
    return set(desk.store._read(lambda connection: connection.execute(query).scalars().all()))


def heard(desk: Answering) -> bytes:
    return desk.voicemails.play(RECORDING, by="Jamison White", role="staff", at=AT)


def test_when_retention_ends_what_was_said_goes_and_the_fact_stays(desk_with_call: Answering) -> None:
    desk = desk_with_call
    desk.with_settings(voicemail_transcription="twilio", voicemail_retention_days=30)
    kept(desk)
    fields = {"RecordingSid": RECORDING, "TranscriptionStatus": "completed", "TranscriptionText": "patient"}
    desk.voicemails.transcribed(sid(1), TURN, fields)
    ends_at = AT + timedelta(days=30)
    assert desk.voicemails.purge(ends_at - timedelta(seconds=1)) == 0
    assert heard(desk) == sound()
    assert desk.voicemails.purge(ends_at) == 1
    assert desk.voicemails.purge(ends_at) == 0
    assert desk.message().state is VoicemailState.DELETED
    assert key_ids(desk) == set()
    assert desk.facts("message_erased") == ["its retention ended"]
    assert desk.facts("message_kept")
    with pytest.raises(NotPlayable, match="deleted"):
        heard(desk)


def test_retention_also_ends_for_what_could_not_be_kept(small_desk: Answering) -> None:
    desk = small_desk
    desk.provider.recordings[RECORDING] = b"patient"
    kept(desk)
    assert desk.message().state is VoicemailState.LOST
    desk.voicemails.sweep(AT + timedelta(days=89))
    desk.deliver()
    assert desk.provider.removed == []
    assert desk.voicemails.purge(AT + timedelta(days=90)) == 1
    desk.deliver(after=timedelta(days=90))
    assert desk.provider.removed == [RECORDING]


def test_a_message_that_never_comes_is_told_as_lost(small_desk: Answering) -> None:
    desk = small_desk
    desk.provider.recordings.clear()
    desk.reported()
    desk.deliver()
    desk.voicemails.sweep(AT + timedelta(hours=6))
    assert desk.message().state is VoicemailState.FETCHING
    desk.voicemails.sweep(AT + timedelta(hours=6, seconds=1))
    assert desk.message().state is VoicemailState.LOST
    assert desk.facts("message_lost") == ["it was not to be had for 6 hours"]
    desk.provider.recordings[RECORDING] = sound()
    desk.deliver(after=timedelta(hours=7))
    assert desk.message().state is VoicemailState.KEPT, "better late than never"


def test_a_deletion_that_was_given_up_is_ordered_again_each_day(
    small_desk: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = kept(small_desk)
    with desk.store.turn() as turn:
        turn.voicemails.change(RECORDING, VoicemailState.KEPT, deleted_at_provider_at=None)
    desk.voicemails.sweep(AT + timedelta(days=1, seconds=1))
    desk.voicemails.sweep(AT + timedelta(days=1, seconds=2))
    desk.deliver(after=timedelta(days=1, hours=1))
    assert desk.provider.requests_to_delete == 2
    assert desk.message().deleted_at_provider_at is not None
    assert "message_left_at_provider" in capsys.readouterr().out


def test_a_new_key_takes_over_what_the_old_one_sealed(desk_with_call: Answering) -> None:
    desk = desk_with_call
    desk.with_keys(OLD)
    kept(desk)
    old = key_ids(desk)
    desk.with_keys(NEW, OLD)
    assert desk.voicemails.rotate() == 1
    assert desk.voicemails.rotate() == 0
    assert key_ids(desk).isdisjoint(old)
    desk.with_keys(NEW)
    assert heard(desk) == sound()


def test_what_no_key_opens_is_left_and_keeps_nothing_else_from_its_turn(small_desk: Answering) -> None:
    desk = small_desk
    desk.with_keys(b"?" * 32)
    kept(desk)
    other = "RE" + "9" * 32
    desk.provider.recordings[other] = sound()
    desk.with_keys(OLD)
    desk.reported(recording=other)
    desk.deliver()
    desk.with_keys(NEW, OLD)
    assert desk.voicemails.rotate() == 1
    assert desk.voicemails.rotate() == 0


def test_many_are_swept_in_batches(small_desk: Answering) -> None:
    desk = small_desk
    desk.with_keys(OLD)
    for number in range(60):
        name = f"RE{number:032x}"
        desk.provider.recordings[name] = sound(3)
        desk.reported(recording=name, RecordingDuration="3")
    desk.deliver()
    desk.with_keys(NEW, OLD)
    assert desk.voicemails.rotate() == 60
    assert desk.voicemails.purge(AT + timedelta(days=90)) == 60
    filters = VoicemailFilters(state=VoicemailState.DELETED)
    assert len(desk.store.voicemails.page(filters, limit=100).items) == 60
