"""Messages played to people who may hear them, each playing in the audit log; and who has which message."""

from datetime import datetime

from app.services import Services
from app.store import AuditEntry, TurnTransaction, Voicemail, VoicemailState
from app.vault import Content, VaultError
from app.voicemail.arrival import fetching
from app.voicemail.keeping import label

MAY_LISTEN = frozenset({"staff", "supervisor", "admin"})


class NotAllowed(Exception):  # noqa: N818 - a decision, not a failure
    """This role may not hear messages."""


class NotPlayable(Exception):  # noqa: N818 - a state of the message
    """There is nothing to play. The text is one sentence that may be shown."""


def read(services: Services, recording_sid: str, content: Content, *, by: str, role: str, at: datetime) -> bytes:
    """What was said, as WAV or as UTF-8 text, once it is in the audit log who asked.

    Raises:
        NotAllowed: the role is none that may listen; the attempt is in the audit log.
        NotPlayable: there is no such message, or its content is not here.
        StoreUnavailable: then nothing is played either.
    """
    action = _ACTIONS[content]
    if role not in MAY_LISTEN:
        services.store.audit.write(_entry(f"{action}_refused", recording_sid, by=by, at=at, role=role))
        raise NotAllowed(f"The role {role} may not hear messages.")
    with services.store.turn() as transaction:
        voicemail = transaction.voicemails.get(recording_sid)
        plain = _opened(services, transaction, voicemail, content)
        assert voicemail is not None  # noqa: S101 - for the type checker: what was opened is there
        transaction.audit.write(_entry(action, recording_sid, by=by, at=at, role=role, ticket=voicemail.ticket))
        transaction.voicemails.heard(recording_sid, by=by, at=at)
    return plain


def claim(services: Services, recording_sid: str, *, by: str, at: datetime) -> bool:
    """Take a message to oneself; of several who try at once, one does."""
    with services.store.turn() as transaction:
        taken = transaction.voicemails.claim(recording_sid, by=by, at=at)
        return _noted(transaction, taken, _entry("voicemail_claimed", recording_sid, by=by, at=at))


def release(services: Services, recording_sid: str, *, by: str, at: datetime) -> bool:
    """Give back a message one has taken."""
    with services.store.turn() as transaction:
        given = transaction.voicemails.release(recording_sid, by=by)
        return _noted(transaction, given, _entry("voicemail_released", recording_sid, by=by, at=at))


def done(services: Services, recording_sid: str, *, by: str, at: datetime) -> bool:
    """Finish with a message that is one's own or nobody's."""
    with services.store.turn() as transaction:
        finished = transaction.voicemails.done(recording_sid, by=by, at=at)
        return _noted(transaction, finished, _entry("voicemail_done", recording_sid, by=by, at=at))


def fetch_again(services: Services, recording_sid: str, *, by: str, at: datetime) -> bool:
    """Have a lost message fetched once more; False when it is not lost."""
    with services.store.turn() as transaction:
        lost = transaction.voicemails.change(recording_sid, VoicemailState.LOST, state=VoicemailState.ANNOUNCED)
        if lost:
            transaction.order([fetching(recording_sid, at.isoformat(), due_at=at)])
        return _noted(transaction, lost, _entry("voicemail_fetched_again", recording_sid, by=by, at=at))


_ACTIONS = {Content.AUDIO: "voicemail_played", Content.TRANSCRIPT: "voicemail_read"}


def _opened(services: Services, transaction: TurnTransaction, voicemail: Voicemail | None, content: Content) -> bytes:
    if voicemail is None:
        raise NotPlayable("There is no such message.")
    sealed = transaction.voicemails.sealed(voicemail.recording_sid, content)
    if sealed is None:
        raise NotPlayable(_WHY_NOT.get(voicemail.state, "It has not been written down."))
    try:
        return services.vault.open(sealed.sealed, label(voicemail, content))
    except VaultError as fault:
        raise NotPlayable(f"The message cannot be opened. {fault}") from fault


_WHY_NOT = {
    VoicemailState.ANNOUNCED: "The message is not here yet.",
    VoicemailState.FETCHING: "The message is not here yet.",
    VoicemailState.EMPTY: "Nothing was said.",
    VoicemailState.LOST: "The message could not be kept.",
    VoicemailState.DELETED: "The message has been deleted.",
}


def _noted(transaction: TurnTransaction, happened: bool, entry: AuditEntry) -> bool:
    if happened:
        transaction.audit.write(entry)
    return happened


def _entry(action: str, recording_sid: str, *, by: str, at: datetime, **detail: str | int) -> AuditEntry:
    return AuditEntry(at=at, actor=by, action=action, subject=f"voicemail:{recording_sid}", detail=detail)
