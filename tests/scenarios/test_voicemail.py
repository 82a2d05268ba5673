"""Whole calls that leave a message: it is kept, played to staff, and in no log, fact, address or ticket."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from app.cdr.records import Disposition
from app.outbox import Deliveries
from app.simulator import CallerScript, MessageEnd, Moment, RecordingCallback, ignore
from app.simulator.events import RecordingMade
from app.store import Voicemail, VoicemailFilters, VoicemailState
from app.telephony.provider import Telephony
from app.voicemail import Voicemails
from tests.app.voicemail.messages import Provider, sound
from tests.app.web.signed import SignedClient
from tests.desk import MAIN, Desk, PlayedCall, assert_cared_for

TRANSCRIPT = "I am calling about a problem."


def listening(desk: Desk, **settings: object) -> Provider:
    """The desk with nobody at their phones, and a provider that has every recording."""
    provider = Provider()
    changed = replace(desk.services.settings, **settings)  # type: ignore[arg-type] # each has its own type
    desk.services = replace(desk.services, settings=changed, telephony=cast("Telephony", provider))
    desk.everybody(ignore())
    return provider


def kept(desk: Desk, played: PlayedCall, provider: Provider) -> tuple[Voicemail, ...]:
    """Everything ordered is carried out; the messages there are, oldest first."""
    made = [event for event in played.trace.events if isinstance(event, RecordingMade)]
    log = desk.services.store.voicemails
    lengths = {each.recording_sid: each.seconds for each in log.page(VoicemailFilters(), limit=9).items}
    for event in made:
        length = lengths.get(event.recording_sid)
        provider.recordings[event.recording_sid] = sound(event.seconds if length is None else length)
    deliveries = Deliveries(desk.services, Voicemails(desk.services).handlers())
    for minutes in (0, 10, 20):
        at = desk.clock.now().replace(microsecond=0)
        desk.clock.show(at.fromtimestamp(at.timestamp() + minutes * 60, tz=at.tzinfo))
        while deliveries.deliver_due(desk.clock.now()):
            pass
    return tuple(reversed(log.page(VoicemailFilters(), limit=9).items))


def test_a_message_left_at_night_can_be_heard_in_the_morning(desk_on_each: Desk) -> None:
    provider = listening(desk_on_each)
    played = desk_on_each.dials(MAIN, keys="0")
    assert_cared_for(played)
    (message,) = kept(desk_on_each, played, provider)
    assert (message.state, message.ticket) == (VoicemailState.KEPT, played.ticket.number)
    assert provider.removed == [message.recording_sid]
    voicemails = Voicemails(desk_on_each.services)
    assert voicemails.play(message.recording_sid, by="Jamison White", role="staff", at=desk_on_each.clock.now())
    assert played.told("message_kept")


@pytest.mark.parametrize("when", RecordingCallback)
def test_whenever_the_report_comes_if_at_all_the_message_is_kept_once(desk: Desk, when: RecordingCallback) -> None:
    provider = listening(desk)
    played = desk.twilio(recording_callback=when).dials(MAIN, keys="0")
    (message,) = kept(desk, played, provider)
    assert message.state is VoicemailState.KEPT
    assert provider.removed == [message.recording_sid]


def test_a_caller_who_hangs_up_after_the_tone_has_left_a_message(desk: Desk) -> None:
    provider = listening(desk)
    script = CallerScript(hangs_up_at=Moment.RECORDING, hangs_up_delay_seconds=9)
    played = desk.dials(MAIN, keys="0", script=script)
    (message,) = kept(desk, played, provider)
    assert message.state is VoicemailState.KEPT
    assert played.call.disposition is Disposition.VOICEMAIL


def test_a_message_recorded_again_is_the_one_that_is_kept(desk: Desk) -> None:
    provider = listening(desk)
    played = desk.dials(MAIN, keys="0,2,1", script=CallerScript(message_end=MessageEnd.PRESSES_KEY))
    assert_cared_for(played)
    first, second = kept(desk, played, provider)
    assert (first.state, second.state) == (VoicemailState.DELETED, VoicemailState.KEPT)
    assert sorted(provider.removed) == sorted([first.recording_sid, second.recording_sid])
    assert played.ticket.subject.startswith("Voicemail from")


def test_a_caller_who_says_nothing_leaves_no_message(desk: Desk) -> None:
    provider = listening(desk)
    played = desk.dials(MAIN, keys="0", script=CallerScript(message_seconds=0))
    assert [each.state for each in kept(desk, played, provider)] in ([], [VoicemailState.EMPTY])
    assert provider.fetched == 0


def test_what_was_written_down_is_sealed_and_nowhere_else(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    provider = listening(desk, voicemail_transcription="twilio")
    played = desk.dials(MAIN, keys="0")
    (message,) = kept(desk, played, provider)
    read = Voicemails(desk.services).transcript(
        message.recording_sid, by="Lasha Dalakishvili", role="admin", at=desk.clock.now()
    )
    assert read == TRANSCRIPT
    desk.services.store.close()
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(b"about a problem" in content or b"patient\x33" in content for content in files)
    assert "about a problem" not in str(played.timeline) + capsys.readouterr().out
    assert "recordings/" not in str(played.timeline).lower()


def test_a_report_of_another_recording_without_a_word_takes_nothing_from_a_message(desk: Desk) -> None:
    """Twilio may report a recording as absent late, when the caller has left a message in the next one."""
    listening(desk)
    played = desk.dials(MAIN, keys="0")
    assert played.call.disposition is Disposition.VOICEMAIL
    report = next(each for each in played.trace.requests() if "/voice/recording/" in each.url)
    fields = {**report.params, "RecordingSid": "RE" + "e" * 32, "RecordingStatus": "absent", "RecordingDuration": "0"}
    SignedClient(desk.services).post("/" + report.url.split("/", 3)[3], list(fields.items()))

    assert len(played.told("recording_stored")) == 2
    assert played.call.disposition is Disposition.VOICEMAIL
