"""What the clock process looks after: retention, messages that do not come, deletions that failed, old keys.

Every sweep asks the database what is due and is safe to repeat, also by two processes at once.
"""

from datetime import datetime, timedelta

import structlog

from app.services import Services
from app.store import Sealed, VoicemailState
from app.vault import Content, VaultError, key_id
from app.voicemail.arrival import deletion
from app.voicemail.keeping import erase, label, lose

BATCH = 50
# The longest a message is waited for. Whoever is paged has been told of it by then, and of its loss.
FETCH_DEADLINE = timedelta(hours=6)
DELETION_PATIENCE = timedelta(days=1)
_log = structlog.get_logger(__name__)


def purge(services: Services, *, at: datetime) -> int:
    """Delete what was said in messages whose retention has ended; returns how many there were."""
    erased = 0
    while ended := services.store.voicemails.ended(at=at, limit=BATCH):
        for voicemail in ended:
            with services.store.turn() as transaction:
                erase(services, transaction, voicemail, because="its retention ended", at=at)
        erased += len(ended)
    return erased


def give_up(services: Services, *, at: datetime) -> int:
    """Tell messages as lost that were not to be had in time; returns how many."""
    late = services.store.voicemails.unfetched(before=at - FETCH_DEADLINE, limit=BATCH)
    for voicemail in late:
        lose(services, voicemail, f"it was not to be had for {FETCH_DEADLINE // timedelta(hours=1)} hours")
    return len(late)


def insist(services: Services, *, at: datetime) -> int:
    """Order once more, each day, that the provider delete what it should have; returns how many messages."""
    left = services.store.voicemails.left_at_provider(before=at - DELETION_PATIENCE, limit=BATCH)
    for voicemail in left:
        _log.error("message_left_at_provider", recording_sid=voicemail.recording_sid, ticket=voicemail.ticket)
        with services.store.turn() as transaction:
            transaction.order([deletion(voicemail.recording_sid, at=at, again=at.date().isoformat())])
    return len(left)


def rotate(services: Services) -> int:
    """Seal everything under the newest key; returns how much was not. What cannot be opened is left, and logged."""
    resealed, after = 0, ("", "")
    newest = services.vault.newest_key_id
    while batch := services.store.voicemails.sealed_otherwise(newest, after=after, limit=BATCH):
        resealed += sum(_resealed(services, recording_sid, content) for recording_sid, content in batch)
        after = batch[-1]
    return resealed


def _resealed(services: Services, recording_sid: str, content: str) -> bool:
    with services.store.turn() as transaction:
        rows = transaction.voicemails
        voicemail, old = rows.get(recording_sid), rows.sealed(recording_sid, content)
        if voicemail is None or old is None or voicemail.state is VoicemailState.DELETED:
            return False
        try:
            blob = services.vault.rotate(old.sealed, label(voicemail, Content(content)))
        except VaultError as fault:
            _log.error("message_unreadable", recording_sid=recording_sid, reason=str(fault))
            return False
        new = Sealed(recording_sid=recording_sid, content=content, key_id=key_id(blob), sealed=blob)
        return rows.reseal(old, new)
