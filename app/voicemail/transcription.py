"""Keeps what the provider has written down of a message, sealed like its sound; then has it deleted there.

It may be told twice or never. What was never told is asked for a day later, kept if it can be, and deleted as well.
"""

from datetime import datetime, timedelta

from app.flow.messages import Order, OrderKind
from app.services import Services
from app.store import Sealed, TurnTransaction, Voicemail, VoicemailState
from app.telephony.provider import RemoteTranscript
from app.vault import Content, key_id
from app.voicemail.keeping import label, opens, retained_until
from app.voicemail.transcripts import COMPLETED, FINISHED, transcriber

# Twilio writes down what lasts two minutes at most, within minutes. What is still there after a day was not told.
ASKED_AFTER = timedelta(days=1)
_KEEPABLE = (VoicemailState.ANNOUNCED, VoicemailState.FETCHING, VoicemailState.KEPT, VoicemailState.LOST)


def take(
    services: Services, transaction: TurnTransaction, recording_sid: str, told: RemoteTranscript, *, at: datetime
) -> None:
    """Keep what was written down of a message we know, unless something is kept already, and order its deletion."""
    rows = transaction.voicemails
    voicemail = rows.get(recording_sid)
    if voicemail is None or told.status not in FINISHED:
        return
    if told.sid:
        transaction.order([removal(recording_sid, told.sid, due_at=at)])
    reported = transcriber(services.settings).of_callback(told.status, told.text)
    if reported is None or voicemail.transcript_status or voicemail.state not in _KEEPABLE:
        return
    until = retained_until(services, voicemail)
    rows.change(recording_sid, *_KEEPABLE, transcript_status=reported.status, retention_until=until)
    if reported.text:
        binding = label(voicemail, Content.TRANSCRIPT)
        blob = services.vault.seal(reported.text.encode("utf-8", "replace"), binding)
        rows.put(Sealed(recording_sid=recording_sid, content=binding.content, key_id=key_id(blob), sealed=blob))


def removal(recording_sid: str, transcription_sid: str = "", *, due_at: datetime) -> Order:
    """The order to delete what the provider wrote down: the one named, or whatever there is of the recording."""
    key = f"delete_transcript:{recording_sid}" + (f":{transcription_sid}" if transcription_sid else "")
    payload = {"recording_sid": recording_sid, "transcription_sid": transcription_sid}
    return Order(kind=OrderKind.DELETE_RECORDING, key=key, due_at=due_at, payload=payload)


def look_later(services: Services, recording_sid: str) -> None:
    """Order to look for what was written down and never told of, if anything is written down. Safe to repeat."""
    if transcriber(services.settings).by_provider:
        with services.store.turn() as transaction:
            transaction.order([removal(recording_sid, due_at=services.clock.now() + ASKED_AFTER)])


def delete(services: Services, recording_sid: str, transcription_sid: str) -> None:
    """Delete what the provider wrote down, once what we keep of it has been opened again.

    Raises ProviderError when it is to be tried again, and StoreUnavailable.
    """
    if not transcription_sid:
        _catch_up(services, recording_sid)
        return
    with services.store.turn() as transaction:
        voicemail = transaction.voicemails.get(recording_sid)
        sealed = transaction.voicemails.sealed(recording_sid, Content.TRANSCRIPT)
    if voicemail is not None and _is_kept(voicemail) and not opens(services, voicemail, sealed, Content.TRANSCRIPT):
        return
    services.telephony.delete_transcript(transcription_sid)


def _catch_up(services: Services, recording_sid: str) -> None:
    for told in services.telephony.transcripts(recording_sid):
        with services.store.turn() as transaction:
            take(services, transaction, recording_sid, told, at=services.clock.now())


def _is_kept(voicemail: Voicemail) -> bool:
    return voicemail.transcript_status == COMPLETED and voicemail.state is not VoicemailState.DELETED
