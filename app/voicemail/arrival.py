"""What the facts of a call say about messages: notes each message, and orders that it be fetched.

Works within the transaction that stores the facts, and is harmless to repeat with the same ones.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from app.cdr.derive import holds_message
from app.flow.messages import Detail, Fact, FactKind, Order, OrderKind
from app.store import TurnTransaction, Voicemail, VoicemailState
from app.telephony.encrypted_recording import encryption_details
from app.telephony.inbound import VoiceRequest, whole_seconds

# The end of the recording is told at once, and whether it is encrypted only with its own report, which may be
# lost. So long that report has the first word.
REPORT_GRACE = timedelta(minutes=5)
_UNSETTLED = (VoicemailState.ANNOUNCED, VoicemailState.FETCHING, VoicemailState.LOST)
_log = structlog.get_logger(__name__)


def recording_stored(request: VoiceRequest, *, again: bool, at: datetime) -> Fact:
    """The fact that a recording's own report tells. `again`: it is not the first of its message."""
    fields = request.fields
    sid, status = fields.get("RecordingSid", "")[:64], fields.get("RecordingStatus", "")[:20]
    seconds = fields.get("RecordingDuration", "")
    detail: dict[str, Detail] = {
        "recording_sid": sid,
        "status": status,
        "seconds": whole_seconds(seconds) if seconds.isdigit() else None,
    }
    if again:
        detail["again"] = True
    if "EncryptionDetails" in fields:
        detail["encryption"] = _encryption(fields["EncryptionDetails"])
    key = f"recording:{sid}:{status}"
    because = f"the recording is {status}"
    return Fact(kind=FactKind.RECORDING_STORED, key=key, at=at, because=because, detail=detail)


def left_another(transaction: TurnTransaction, call_sid: str, recording_sid: str) -> bool:
    """Whether the call has a message in another recording: an empty one says nothing about that."""
    nothing = {VoicemailState.EMPTY, VoicemailState.LOST}
    messages = transaction.voicemails.of_call(call_sid)
    return any(each.recording_sid != recording_sid and each.state not in nothing for each in messages)


def announce(
    transaction: TurnTransaction, call_sid: str, turn: int, facts: Iterable[Fact], *, ticket: int | None = None
) -> None:
    """Note the messages that these facts of a call tell of, and order what is to be done about them.

    `ticket` is theirs where the call is none of a caller's, and has no record.
    """
    for fact in facts:
        sid = fact.detail.get("recording_sid")
        if not isinstance(sid, str) or not sid:
            continue
        if fact.kind is FactKind.RECORDING_ENDED and fact.detail.get("left"):
            expect(transaction, call_sid, turn, sid, at=fact.at, ticket=ticket)
        elif fact.kind is FactKind.RECORDING_STORED:
            _note(transaction, call_sid, turn, fact, ticket=ticket)


def expect(
    transaction: TurnTransaction, call_sid: str, turn: int, sid: str, *, at: datetime, ticket: int | None = None
) -> None:
    """Note a message that something else than its own report tells of, and fetch it should that report be lost.

    `ticket` as in `announce`.
    """
    state = VoicemailState.ANNOUNCED
    voicemail = _voicemail(transaction, call_sid, turn, sid, at=at, state=state, ticket=ticket)
    if voicemail is not None and transaction.voicemails.add(voicemail):
        transaction.order([fetching(sid, "unreported", due_at=at + REPORT_GRACE)])


def fetching(sid: str, which: str = "", *, due_at: datetime) -> Order:
    """The order to fetch a recording; `which` tells it from others for the same one."""
    key = f"recording:{sid}" + (f":{which}" if which else "")
    return Order(kind=OrderKind.FETCH_RECORDING, key=key, due_at=due_at, payload={"recording_sid": sid})


def deletion(recording_sid: str, *, at: datetime, again: str = "") -> Order:
    """The order to delete a recording at the provider; `again` tells a repeated one from those before."""
    key = f"delete_recording:{recording_sid}" + (f":{again}" if again else "")
    return Order(kind=OrderKind.DELETE_RECORDING, key=key, due_at=at, payload={"recording_sid": recording_sid})


def _note(transaction: TurnTransaction, call_sid: str, turn: int, fact: Fact, *, ticket: int | None) -> None:
    """The recording's own report: it is there, there is nothing in it, or the provider lost it."""
    sid, rows = str(fact.detail["recording_sid"]), transaction.voicemails
    state, before = _state(fact), rows.get(sid)
    if before is None:
        voicemail = _voicemail(
            transaction, call_sid, turn, sid, at=fact.at, state=state, ticket=ticket, told=fact.detail
        )
        if voicemail is None:
            return
        rows.add(voicemail)
    elif not rows.change(sid, *_UNSETTLED, state=state, **_told(fact.detail)):
        return
    if state is VoicemailState.ANNOUNCED:
        # Given up once, it is tried again as something new.
        was_lost = before is not None and before.state is VoicemailState.LOST
        transaction.order([fetching(sid, fact.at.isoformat() if was_lost else "", due_at=fact.at)])
    elif state is VoicemailState.LOST:
        _log.error("message_lost", recording_sid=sid, call_sid=call_sid, reason="the provider could not store it")
    elif fact.detail.get("status") == "completed":
        transaction.order([deletion(sid, at=fact.at)])


def _state(fact: Fact) -> VoicemailState:
    if holds_message(fact):
        return VoicemailState.ANNOUNCED
    return VoicemailState.LOST if fact.detail.get("status") == "failed" else VoicemailState.EMPTY


def _voicemail(
    transaction: TurnTransaction,
    call_sid: str,
    turn: int,
    sid: str,
    *,
    at: datetime,
    state: VoicemailState,
    ticket: int | None,
    told: Mapping[str, Detail] | None = None,
) -> Voicemail | None:
    record = transaction.load(call_sid) if ticket is None else None
    number = ticket if record is None else record.ticket.number
    if number is None:
        return None
    return Voicemail(
        recording_sid=sid,
        call_sid=call_sid,
        turn=turn,
        ticket=number,
        state=state,
        created_at=at,
        **_told(told or {}),
    )


def _told(detail: Mapping[str, Detail]) -> dict[str, Any]:
    return {"seconds": detail.get("seconds"), "encryption": detail.get("encryption")}


def _encryption(text: str) -> dict[str, Detail]:
    details = encryption_details(text)
    # Empty is kept as well: it says that what is fetched is encrypted, and cannot be read.
    return {"encrypted_key": details.encrypted_key, "iv": details.iv} if details else {"encrypted_key": "", "iv": ""}
