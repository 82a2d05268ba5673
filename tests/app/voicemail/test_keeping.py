"""A message that was left is kept once, sealed, and deleted at the provider after that; else everybody is told."""

import os
from base64 import b64encode
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.call_records import CallRecords
from app.flow.messages import FactKind
from app.store import Store, VoicemailState
from app.store.models import voicemail_contents
from app.voicemail import NotPlayable, keeping
from tests.app.store.samples import sid
from tests.app.telephony.test_encrypted_recording import as_twilio_does, pem, private_key
from tests.app.voicemail.messages import AT, LEASE, RECORDING, SPOKEN, TURN, Answering, Killed, Tripwire, sound

SECOND = "RE" + "2" * 32


def contents(store: Store) -> list[bytes]:
    return list(store._read(lambda connection: connection.execute(select(voicemail_contents.c.sealed)).scalars().all()))


def heard(desk: Answering, recording: str = RECORDING) -> bytes:
    return desk.voicemails.play(recording, by="Jamison White", role="staff", at=desk.clock.now())


def test_a_message_is_fetched_verified_sealed_and_deleted_at_the_provider(desk_with_call: Answering) -> None:
    desk = desk_with_call
    desk.reported()
    assert desk.message().state is VoicemailState.ANNOUNCED
    desk.deliver()

    message = desk.message()
    assert (message.state, message.seconds, message.ticket, message.turn) == (VoicemailState.KEPT, 21, 1001, TURN)
    assert message.fetched_at == message.deleted_at_provider_at == AT
    assert message.retention_until == AT + timedelta(days=90)
    assert (desk.provider.removed, desk.provider.recordings) == ([RECORDING], {})
    assert heard(desk) == sound()
    (sealed,) = contents(desk.store)
    assert SPOKEN not in sealed
    assert b"RIFF" not in sealed
    assert desk.facts("message_kept") == ["the message was fetched, verified and sealed"]
    assert desk.subject() == "Voicemail from +18165550142 on the main line"


def test_repeated_reports_change_nothing(desk_with_call: Answering) -> None:
    desk = desk_with_call
    for _ in range(3):
        desk.reported()
        desk.recorded()
        desk.deliver()
    desk.deliver(after=timedelta(hours=1))
    assert (desk.provider.fetched, desk.provider.requests_to_delete, len(contents(desk.store))) == (1, 1, 1)


def test_a_recording_that_is_not_ready_is_fetched_later(small_desk: Answering) -> None:
    small_desk.provider.not_ready = 2
    small_desk.reported()
    small_desk.deliver()
    assert small_desk.message().state is VoicemailState.FETCHING
    for _ in range(3):
        small_desk.deliver(after=timedelta(seconds=30))
    assert small_desk.message().state is VoicemailState.KEPT


def test_a_lost_report_loses_no_message(desk_with_call: Answering) -> None:
    """The end of the recording is enough, once the report has had its time."""
    desk = desk_with_call
    desk.recorded()
    desk.deliver()
    assert desk.provider.fetched == 0
    desk.deliver(after=timedelta(minutes=6))
    assert desk.message().state is VoicemailState.KEPT
    assert desk.message().seconds == 21


def test_a_report_during_an_outage_of_the_database_is_made_up_for(small_desk: Answering) -> None:
    desk, url = small_desk, str(small_desk.store._address.database)
    away = Path(url)
    desk.store.close()
    away.rename(url + ".away")
    away.mkdir()
    desk.reported()
    assert desk.services.spool.size() > 0
    away.rmdir()
    Path(url + ".away").rename(away)
    desk.store._breaker._open_until = None
    assert CallRecords(desk.services).replay() == 1
    desk.deliver()
    assert desk.message().state is VoicemailState.KEPT


@pytest.mark.parametrize(
    ("status", "duration", "state", "subject"),
    [
        ("absent", "0", VoicemailState.EMPTY, "Missed call from +18165550142 on the main line, hung up "),
        ("completed", "1", VoicemailState.EMPTY, "Missed call from +18165550142 on the main line, hung up "),
        ("completed", "0", VoicemailState.EMPTY, "Missed call from +18165550142 on the main line, hung up "),
        ("failed", "12", VoicemailState.LOST, "Voicemail from +18165550142 on the main line, message lost"),
    ],
)
def test_nothing_said_and_nothing_stored_are_told_apart_on_the_ticket(
    desk_with_call: Answering, status: str, duration: str, state: VoicemailState, subject: str
) -> None:
    desk = desk_with_call
    ended = desk.fact(FactKind.RECORDING_ENDED, "ended", left=True, seconds=8)
    left = desk.fact(FactKind.CALLER_LEFT, "left")
    for fact in (ended, left):
        CallRecords(desk.services).tell(sid(1), TURN, fact)
    desk.reported(status, RecordingDuration=duration)
    desk.deliver()
    assert desk.message().state is state
    assert desk.subject().startswith(subject)
    assert desk.provider.fetched == 0
    assert desk.provider.removed == ([RECORDING] if status == "completed" else [])
    with pytest.raises(NotPlayable):
        heard(desk)


def test_a_report_without_a_length_is_believed(small_desk: Answering) -> None:
    small_desk.reported(RecordingDuration="")
    small_desk.deliver()
    assert (small_desk.message().state, small_desk.message().seconds) == (VoicemailState.KEPT, 21)


def test_silence_of_unknown_length_is_no_message(small_desk: Answering) -> None:
    small_desk.provider.recordings[RECORDING] = sound(0.6)
    small_desk.reported(RecordingDuration="")
    small_desk.deliver()
    assert small_desk.message().state is VoicemailState.EMPTY
    assert small_desk.provider.removed == [RECORDING]


@pytest.mark.parametrize(
    ("came", "reason"),
    [
        (b"", "The recording does not begin like a WAV file."),
        (b"<html>patient</html>", "The recording does not begin like a WAV file."),
        (sound()[:-5], "The recording is cut short: 335995 of 336000 bytes of sound came."),
        (sound(12), "The recording is 12 seconds long instead of 21."),
        (sound(31), "The recording is 31 seconds long instead of 21."),
        (os.urandom(4000), "The recording does not begin like a WAV file."),
    ],
    ids=["nothing", "page", "short", "shorter", "longer", "noise"],
)
def test_what_is_not_the_recording_is_lost_aloud_and_left_at_the_provider(
    small_desk: Answering, capsys: pytest.CaptureFixture[str], came: bytes, reason: str
) -> None:
    desk = small_desk
    desk.provider.recordings[RECORDING] = came
    desk.reported()
    desk.deliver()
    assert desk.message().state is VoicemailState.LOST
    assert desk.facts("message_lost") == [reason]
    assert desk.subject() == "Voicemail from +18165550142 on the main line, message lost"
    assert (desk.provider.removed, contents(desk.store)) == ([], [])
    told = capsys.readouterr().out
    assert "message_lost" in told
    assert "patient" not in told


def test_a_length_that_differs_by_rounding_is_the_recording(small_desk: Answering) -> None:
    small_desk.provider.recordings[RECORDING] = sound(22.9)
    small_desk.reported()
    small_desk.deliver()
    assert small_desk.message().state is VoicemailState.KEPT


def test_a_provider_that_refuses_is_told_and_the_order_stays_to_be_seen(small_desk: Answering) -> None:
    desk = small_desk
    desk.provider.refuses = True
    desk.reported()
    desk.deliver()
    assert desk.message().state is VoicemailState.LOST
    desk.provider.refuses = False
    assert desk.voicemails.fetch_again(RECORDING, by="Lasha Dalakishvili", at=desk.clock.now())
    assert not desk.voicemails.fetch_again(RECORDING, by="Lasha Dalakishvili", at=desk.clock.now())
    desk.deliver()
    assert desk.message().state is VoicemailState.KEPT
    assert desk.subject() == "Voicemail from +18165550142 on the main line"


def test_a_lost_message_is_tried_again_when_it_is_reported_again(small_desk: Answering) -> None:
    desk = small_desk
    desk.provider.recordings[RECORDING] = b"half"
    desk.reported()
    desk.deliver()
    desk.provider.recordings[RECORDING] = sound()
    desk.clock.show(AT + timedelta(minutes=1))
    desk.reported()
    desk.deliver()
    assert desk.message().state is VoicemailState.KEPT


# Encrypted by the provider with our public key.


@pytest.mark.parametrize(("key_name", "iv_name"), [("encrypted_cek", "iv"), ("encryption_cek", "encryption_iv")])
def test_a_recording_encrypted_for_us_is_decrypted_before_it_is_sealed(
    small_desk: Answering, key_name: str, iv_name: str
) -> None:
    desk = small_desk
    desk.with_settings(recording_private_key=pem(private_key()))
    blob, details = as_twilio_does(sound())
    desk.provider.recordings[RECORDING] = blob
    desk.reported(EncryptionDetails=f'{{"{key_name}": "{details.encrypted_key}", "{iv_name}": "{details.iv}"}}')
    desk.deliver()
    assert heard(desk) == sound()
    assert desk.provider.removed == [RECORDING]


@pytest.mark.parametrize(
    ("details", "with_key", "reason"),
    [
        ('{"encrypted_cek": "a2V5", "iv": "aXY="}', False, "RECORDING_PRIVATE_KEY is not set"),
        ('{"encrypted_cek": "a2V5", "iv": "aXY="}', True, "encrypted for another key"),
        ("not what it should be", True, "details are damaged"),
    ],
)
def test_an_encrypted_recording_that_cannot_be_read_is_lost_and_left_at_the_provider(
    small_desk: Answering, details: str, with_key: bool, reason: str
) -> None:
    desk = small_desk
    desk.with_settings(recording_private_key=pem(private_key()) if with_key else None)
    desk.provider.recordings[RECORDING] = b64encode(os.urandom(3000))
    desk.reported(EncryptionDetails=details)
    desk.deliver()
    assert reason in desk.facts("message_lost")[0]
    assert desk.provider.removed == []


# Recorded again.


def again(desk: Answering) -> None:
    desk.provider.recordings[SECOND] = sound(9)
    desk.told(desk.fact(FactKind.RECORDING_REPEATED, "again"), turn=TURN + 1)


@pytest.mark.parametrize("first_report", ["before", "after"])
def test_a_message_recorded_again_replaces_the_first(desk_with_call: Answering, first_report: str) -> None:
    desk = desk_with_call
    if first_report == "before":
        desk.reported()
        desk.deliver()
    again(desk)
    desk.reported(recording=SECOND, turn=TURN + 2, RecordingDuration="9")
    desk.deliver()
    if first_report == "after":
        desk.reported()
        desk.deliver()
    assert desk.message().state is VoicemailState.DELETED
    assert desk.message(SECOND).state is VoicemailState.KEPT
    assert sorted(desk.provider.removed) == [RECORDING, SECOND]
    assert heard(desk, SECOND) == sound(9)
    assert len(contents(desk.store)) == 1
    assert desk.facts("message_erased") == ["the caller recorded it again"]


def test_who_does_not_say_it_again_has_left_the_first(small_desk: Answering) -> None:
    desk = small_desk
    desk.reported()
    again(desk)
    desk.reported("absent", recording=SECOND, turn=TURN + 2, RecordingDuration="0")
    desk.deliver()
    assert desk.message().state is VoicemailState.KEPT


# Cut off between any two steps.


def crash_at(desk: Answering, step: int) -> Tripwire:
    """Report and carry out all orders, with the process killed at this step; then a new process goes on."""
    wire, services = Tripwire(step), desk.services
    desk.reported()
    desk.services = wire.around(services)
    try:
        desk.deliver()
    except Killed:
        assert desk.provider.recordings or desk.store.voicemails.get(RECORDING) is not None
    desk.services = services
    for _ in range(4):
        desk.deliver(after=LEASE)
    return wire


@pytest.mark.parametrize("step", range(18))
def test_cut_off_between_any_two_steps_there_is_one_copy_and_one_deletion(desk_with_call: Answering, step: int) -> None:
    desk = desk_with_call
    wire = crash_at(desk, step)
    assert wire.was_hit is (step < 16), "the steps have changed: look whether all are covered"
    message = desk.message()
    assert message.state is VoicemailState.KEPT
    assert message.deleted_at_provider_at is not None
    assert len(contents(desk.store)) == 1
    assert desk.provider.removed == [RECORDING]
    assert heard(desk) == sound()
    assert len(desk.facts("message_kept")) == 1


def test_nothing_is_deleted_at_the_provider_that_cannot_be_opened_here(small_desk: Answering) -> None:
    desk = small_desk
    desk.reported()
    keeping.fetch(desk.services, RECORDING)
    desk.with_keys(b"?" * 32)
    keeping.delete(desk.services, RECORDING)
    assert desk.provider.requests_to_delete == 0
    assert desk.message().deleted_at_provider_at is None
