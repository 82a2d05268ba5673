"""Messages played to people who may hear them, each playing in the audit log; and who has which message."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

import structlog

from app.services import Services
from app.store import AuditEntry, TurnTransaction, Voicemail, VoicemailState
from app.vault import Content, VaultError, plain_bytes
from app.voicemail.arrival import fetching
from app.voicemail.keeping import label

MAY_LISTEN = frozenset({"staff", "supervisor", "admin"})
# Players fetch a message in parts, and parts again for seeking: so long that is one playing.
PLAYING_LASTS = timedelta(minutes=15)
_LOOKED_THROUGH = 50
_log = structlog.get_logger(__name__)


class NotAllowed(Exception):  # noqa: N818 - a decision, not a failure
    """This role may not hear messages."""


class Why(StrEnum):
    """What keeps a message from being played."""

    UNKNOWN = "unknown"
    NOT_HERE_YET = "not_here_yet"
    NOTHING_SAID = "nothing_said"
    LOST = "lost"
    DELETED = "deleted"
    NOT_WRITTEN_DOWN = "not_written_down"
    UNREADABLE = "unreadable"


class NotPlayable(Exception):  # noqa: N818 - a state of the message
    """There is nothing to play, and why. The text is one sentence that may be shown."""

    def __init__(self, why: Why, sentence: str) -> None:
        super().__init__(sentence)
        self.why = why


def read(
    services: Services, recording_sid: str, content: Content, *, by: str, role: str, at: datetime, playing: str = ""
) -> bytes:
    """What was said, as WAV or as UTF-8 text, once it is in the audit log who asked.

    What is asked for again under the same name of a `playing`, by the same person and soon, is noted once.

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
        voicemail = _playable(transaction.voicemails.get(recording_sid), at=at)
        plain = _opened(services, transaction, voicemail, content)
        entry = _entry(action, recording_sid, by=by, at=at, role=role, ticket=voicemail.ticket)
        if playing:
            transaction.load(voicemail.call_sid)  # holds the call: the parts of a playing come side by side
            entry = replace(entry, detail={**entry.detail, "playing": playing})
        if not playing or not _goes_on(transaction, entry):
            transaction.audit.write(entry)
        transaction.voicemails.heard(recording_sid, by=by, at=at)
    return plain


def size(services: Services, recording_sid: str, *, at: datetime) -> int:
    """How many bytes the sound of a message has. Nothing is opened, so nothing is noted. Raises NotPlayable."""
    voicemail = _playable(services.store.voicemails.get(recording_sid), at=at)
    sealed_bytes = services.store.voicemails.sealed_bytes(recording_sid, Content.AUDIO)
    if sealed_bytes is None:
        raise _missing(voicemail, Content.AUDIO)
    return plain_bytes(sealed_bytes)


def heard(services: Services, recording_sid: str, *, by: str, at: datetime) -> bool:
    """Note that somebody knows what was said without having played it here; False when somebody had heard it."""
    with services.store.turn() as transaction:
        first = transaction.voicemails.heard(recording_sid, by=by, at=at)
        return _noted(transaction, first, _entry("voicemail_heard", recording_sid, by=by, at=at))


def claim(services: Services, recording_sid: str, *, by: str, at: datetime) -> bool:
    """Take a message to oneself; of several who try at once, one does."""
    with services.store.turn() as transaction:
        taken = transaction.voicemails.claim(recording_sid, by=by, at=at)
        return _noted(transaction, taken, _entry("voicemail_claimed", recording_sid, by=by, at=at))


def release(services: Services, recording_sid: str, *, by: str, at: datetime, holder: str | None = None) -> bool:
    """Give back a message one has taken, or for an overseer one that `holder` has; False when that is not so."""
    detail = {} if holder is None else {"of": holder}
    with services.store.turn() as transaction:
        given = transaction.voicemails.release(recording_sid, by=holder or by)
        return _noted(transaction, given, _entry("voicemail_released", recording_sid, by=by, at=at, **detail))


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


def _playable(voicemail: Voicemail | None, *, at: datetime) -> Voicemail:
    if voicemail is None:
        raise NotPlayable(Why.UNKNOWN, "There is no such message.")
    if voicemail.retention_until is not None and voicemail.retention_until <= at:
        # What is to be deleted is not played in the minutes until it is.
        raise NotPlayable(*_WHY_NOT[VoicemailState.DELETED])
    return voicemail


def _opened(services: Services, transaction: TurnTransaction, voicemail: Voicemail, content: Content) -> bytes:
    sealed = transaction.voicemails.sealed(voicemail.recording_sid, content)
    if sealed is None:
        raise _missing(voicemail, content)
    try:
        return services.vault.open(sealed.sealed, label(voicemail, content))
    except VaultError as fault:
        _log.error("message_unreadable", recording_sid=voicemail.recording_sid, reason=str(fault))
        raise NotPlayable(Why.UNREADABLE, f"The message cannot be opened. {fault}") from fault


def _missing(voicemail: Voicemail, content: Content) -> NotPlayable:
    if voicemail.state in _WHY_NOT:
        return NotPlayable(*_WHY_NOT[voicemail.state])
    if content is Content.TRANSCRIPT:
        return NotPlayable(Why.NOT_WRITTEN_DOWN, "It has not been written down.")
    return NotPlayable(Why.UNREADABLE, "The message cannot be opened. It is not where it was put.")


_WHY_NOT = {
    VoicemailState.ANNOUNCED: (Why.NOT_HERE_YET, "The message is not here yet."),
    VoicemailState.FETCHING: (Why.NOT_HERE_YET, "The message is not here yet."),
    VoicemailState.EMPTY: (Why.NOTHING_SAID, "Nothing was said."),
    VoicemailState.LOST: (Why.LOST, "The message could not be kept."),
    VoicemailState.DELETED: (Why.DELETED, "The message has been deleted."),
}


def _goes_on(transaction: TurnTransaction, entry: AuditEntry) -> bool:
    """Whether this playing is noted already, and not long ago."""
    return any(
        (each.actor, each.action, each.detail) == (entry.actor, entry.action, entry.detail)
        and each.at > entry.at - PLAYING_LASTS
        for each in transaction.audit.recent(entry.subject, limit=_LOOKED_THROUGH)
    )


def _noted(transaction: TurnTransaction, happened: bool, entry: AuditEntry) -> bool:
    if happened:
        transaction.audit.write(entry)
    return happened


def _entry(action: str, recording_sid: str, *, by: str, at: datetime, **detail: str | int) -> AuditEntry:
    return AuditEntry(at=at, actor=by, action=action, subject=f"voicemail:{recording_sid}", detail=detail)
