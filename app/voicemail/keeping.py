"""Carries out the two orders of a message: fetch it, verify it and seal it; then delete it at the provider.

Each may be cut off anywhere and carried out again: there is one sealed copy, and nothing is deleted before it.
"""

from datetime import datetime, timedelta

import structlog

from app.cdr.derive import apply
from app.cdr.records import TicketUpdate
from app.flow.messages import Detail, Fact, FactKind
from app.flow.recording import SHORTEST_MESSAGE_SECONDS
from app.services import Services
from app.store import Sealed, TurnTransaction, Voicemail, VoicemailState
from app.store.voicemail import UNFETCHED
from app.telephony.encrypted_recording import EncryptionDetails, UnreadableRecording, decrypted
from app.telephony.outbound import ProviderError
from app.telephony.wave_file import NotAWave, seconds_of
from app.vault import Content, Label, VaultError, key_id
from app.voicemail.arrival import deletion

# What is fetched may differ from the announced length by rounding, and by what trimming silence leaves open.
_TOLERANCE_SECONDS = 2
_TOLERANCE_SHARE = 0.1
# What was told as lost is lost no more once it comes after all.
_FETCHABLE = (*UNFETCHED, VoicemailState.LOST)
_DELETABLE = (VoicemailState.KEPT, VoicemailState.EMPTY, VoicemailState.DELETED)
# Of the entries in a ticket whose spoken update is gone.
_AUTHOR, _NOTE = "service", "note"
_log = structlog.get_logger(__name__)


class _Implausible(Exception):  # noqa: N818 - a state of the recording
    """What was fetched is not as long as was announced."""


def fetch(services: Services, recording_sid: str) -> None:
    """Fetch a message, verify and keep it. One that cannot be kept is told as lost, with an error in the log.

    One that was told as lost may be fetched again. Raises ProviderError when the provider does not hand it out, and
    StoreUnavailable.
    """
    voicemail = _begun(services, recording_sid)
    if voicemail is None:
        return
    try:
        audio = _readable(services, voicemail, services.telephony.recording(recording_sid))
        seconds = _verified(audio, voicemail.seconds)
    except ProviderError as fault:
        if fault.permanent:
            lose(services, voicemail, f"the provider refuses to hand it out ({fault})")
        raise
    except (UnreadableRecording, NotAWave, _Implausible) as fault:
        lose(services, voicemail, str(fault))
    else:
        _keep(services, voicemail, audio, seconds)


def delete(services: Services, recording_sid: str) -> None:
    """Delete a message at the provider, once what we keep of it has been opened again.

    Raises ProviderError when it is to be tried again, and StoreUnavailable.
    """
    with services.store.turn() as transaction:
        voicemail = transaction.voicemails.get(recording_sid)
        sealed = transaction.voicemails.sealed(recording_sid, Content.AUDIO)
    if voicemail is None or voicemail.state not in _DELETABLE or voicemail.deleted_at_provider_at is not None:
        return
    if voicemail.state is VoicemailState.KEPT and not opens(services, voicemail, sealed, Content.AUDIO):
        return
    services.telephony.delete_recording(recording_sid)
    at = services.clock.now()
    with services.store.turn() as transaction:
        transaction.voicemails.change(recording_sid, *_DELETABLE, deleted_at_provider_at=at)


def lose(services: Services, voicemail: Voicemail, reason: str) -> None:
    """Tell that a message could not be kept. The provider's copy is left where it is."""
    at = services.clock.now()
    until = retained_until(services, voicemail)
    with services.store.turn() as transaction:
        rows = transaction.voicemails
        if not rows.change(voicemail.recording_sid, *UNFETCHED, state=VoicemailState.LOST, retention_until=until):
            return
        tell(services, transaction, voicemail, _fact(FactKind.MESSAGE_LOST, voicemail, reason, at=at))
    _log.error("message_lost", recording_sid=voicemail.recording_sid, ticket=voicemail.ticket, reason=reason)


def erase(
    services: Services, transaction: TurnTransaction, voicemail: Voicemail, *, because: str, at: datetime
) -> None:
    """Delete all that was said in a message; that there was one stays. Deletes it at the provider if need be."""
    rows, sid = transaction.voicemails, voicemail.recording_sid
    if rows.change(sid, *VoicemailState, state=VoicemailState.DELETED, retention_until=None, encryption=None):
        rows.erase(sid)
        tell(services, transaction, voicemail, _fact(FactKind.MESSAGE_ERASED, voicemail, because, at=at))
        transaction.order([deletion(sid, at=at)])


def tell(services: Services, transaction: TurnTransaction, voicemail: Voicemail, fact: Fact) -> None:
    """Store a fact about a message with the call it belongs to; of one by staff, its ticket tells when it is gone."""
    hours = next(iter(services.config.current().roster.hours.values()), None)
    record = transaction.load(voicemail.call_sid)
    if record is not None:
        transaction.save(record, apply(record, [fact], hours=hours))
    elif fact.kind is not FactKind.MESSAGE_KEPT:
        text = f"a spoken update is gone: {fact.because}"
        transaction.tickets.note(voicemail.ticket, TicketUpdate(at=fact.at, author=_AUTHOR, kind=_NOTE, text=text))
    transaction.tell(voicemail.call_sid, voicemail.turn, [fact])


def retained_until(services: Services, voicemail: Voicemail) -> datetime:
    """When a message's retention ends, by today's setting."""
    return voicemail.created_at + timedelta(days=services.settings.voicemail_retention_days)


def label(voicemail: Voicemail, content: Content) -> Label:
    """What binds sealed content to its message."""
    return Label(voicemail.recording_sid, voicemail.call_sid, content)


def _begun(services: Services, recording_sid: str) -> Voicemail | None:
    with services.store.turn() as transaction:
        rows = transaction.voicemails
        rows.change(recording_sid, VoicemailState.ANNOUNCED, state=VoicemailState.FETCHING)
        voicemail = rows.get(recording_sid)
    return voicemail if voicemail is not None and voicemail.state in _FETCHABLE else None


def _readable(services: Services, voicemail: Voicemail, blob: bytes) -> bytes:
    if voicemail.encryption is None:
        return blob
    private_key = services.settings.recording_private_key
    if private_key is None:
        raise UnreadableRecording("The recording is encrypted, and RECORDING_PRIVATE_KEY is not set.")
    details = EncryptionDetails(
        encrypted_key=str(voicemail.encryption["encrypted_key"]), iv=str(voicemail.encryption["iv"])
    )
    return decrypted(blob, details, private_key)


def _verified(audio: bytes, announced: int | None) -> int:
    """How long it is, in whole seconds. Raises NotAWave or _Implausible."""
    seconds = seconds_of(audio)
    if announced is not None and abs(seconds - announced) > max(_TOLERANCE_SECONDS, announced * _TOLERANCE_SHARE):
        raise _Implausible(f"The recording is {seconds:.0f} seconds long instead of {announced}.")
    return round(seconds)


def _keep(services: Services, voicemail: Voicemail, audio: bytes, seconds: int) -> None:
    at, sid = services.clock.now(), voicemail.recording_sid
    nothing_said = voicemail.seconds is None and seconds <= SHORTEST_MESSAGE_SECONDS
    blob = services.vault.seal(audio, label(voicemail, Content.AUDIO))
    with services.store.turn() as transaction:
        rows = transaction.voicemails
        transaction.load(voicemail.call_sid)  # holds the call, so that its messages are settled one at a time
        if nothing_said:
            if rows.change(sid, *_FETCHABLE, state=VoicemailState.EMPTY, seconds=seconds):
                transaction.order([deletion(sid, at=at)])
            return
        until = retained_until(services, voicemail)
        kept = {"state": VoicemailState.KEPT, "fetched_at": at, "seconds": seconds, "retention_until": until}
        if not rows.change(sid, *_FETCHABLE, **kept):
            return
        rows.put(Sealed(recording_sid=sid, content=Content.AUDIO, key_id=key_id(blob), sealed=blob))
        because = "the message was fetched, verified and sealed"
        tell(services, transaction, voicemail, _fact(FactKind.MESSAGE_KEPT, voicemail, because, at=at, seconds=seconds))
        transaction.order([deletion(sid, at=at)])
        _drop_replaced(services, transaction, voicemail.call_sid, at=at)


def _drop_replaced(services: Services, transaction: TurnTransaction, call_sid: str, *, at: datetime) -> None:
    """Erase what the caller recorded again, as soon as what replaces it is kept."""
    again = [fact.turn for fact in transaction.facts(call_sid) if fact.kind is FactKind.RECORDING_REPEATED]
    kept = [each for each in transaction.voicemails.of_call(call_sid) if each.state is VoicemailState.KEPT]
    for each in kept:
        if any(each.turn < turn < later.turn for turn in again for later in kept):
            erase(services, transaction, each, because="the caller recorded it again", at=at)


def opens(services: Services, voicemail: Voicemail, sealed: Sealed | None, content: Content) -> bool:
    """Whether what we keep of a message can be opened; what cannot be is left at the provider, with an error logged."""
    try:
        services.vault.open(sealed.sealed if sealed else b"", label(voicemail, content))
    except VaultError as fault:
        _log.error("message_unreadable", recording_sid=voicemail.recording_sid, reason=str(fault))
        return False
    return True


def _fact(kind: FactKind, voicemail: Voicemail, because: str, *, at: datetime, seconds: int | None = None) -> Fact:
    sid = voicemail.recording_sid
    detail: dict[str, Detail] = {"recording_sid": sid, "seconds": voicemail.seconds if seconds is None else seconds}
    return Fact(kind=kind, key=f"{kind}:{sid}", at=at, because=because, detail=detail)
