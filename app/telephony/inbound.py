"""Translates the fields of Twilio's webhooks into events; Twilio's words end here.

Unknown fields are ignored, missing or odd ones become the harmless case: a caller is never lost over a field.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import unquote

from app.flow.messages import (
    DialEnded,
    DialStatus,
    HoldEnded,
    HoldResult,
    KeysPressed,
    RecordingEnded,
    Silence,
)

TERMINAL = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
LONGEST_FIELD = 4096
# A report that is no later than this happened now: our clock knows more than the whole seconds of a Timestamp.
LATE = timedelta(seconds=2)
_E164 = re.compile(r"\+[1-9]\d{6,14}\Z")
_SID = re.compile(r"[A-Za-z0-9]{1,64}\Z")
_KEYS = re.compile(r"[0-9*#]{1,64}\Z")
# Withheld caller IDs that some routes spell on the keypad: ANONYMOUS, RESTRICTED, UNAVAILABLE, BLOCKED, UNKNOWN.
_SPELLED_WITHHELD = frozenset({"+266696687", "+7378742833", "+86282452253", "+2562533", "+8656696"})
_DIAL_STATUS = {
    "completed": DialStatus.COMPLETED,
    "answered": DialStatus.COMPLETED,
    "busy": DialStatus.BUSY,
    "no-answer": DialStatus.NO_ANSWER,
    "failed": DialStatus.FAILED,
    "canceled": DialStatus.CANCELLED,
}
_HOLD_RESULT = {
    "bridged": HoldResult.CONNECTED,
    "bridging-in-process": HoldResult.CONNECTED,
    "redirected-from-bridged": HoldResult.CONNECTED,
    "leave": HoldResult.GIVEN_UP,
    "hangup": HoldResult.GIVEN_UP,
}


def form_fields(raw: bytes) -> list[tuple[str, str]]:
    """The fields of a form body in order, decoded so that every byte can be had back for the signature."""
    text = raw.decode("utf-8", "surrogateescape").replace("+", " ")
    pairs = [pair.partition("=") for pair in text.split("&") if pair]
    # As the standard library reads a form, but most fields have nothing to decode, and it looks for that in each.
    if "%" not in text:
        return [(name, value) for name, _, value in pairs]
    return [(_decoded(name), _decoded(value)) for name, _, value in pairs]


def _decoded(text: str) -> str:
    return unquote(text, "utf-8", "surrogateescape") if "%" in text else text


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceRequest:
    """What every voice webhook says. `caller` is E.164, or empty when withheld or not a number one can call.

    `gone`: the caller has hung up, so that nothing answered now is heard.
    """

    call_sid: str
    parent_call_sid: str | None
    caller: str
    dialled: str
    gone: bool
    fields: Mapping[str, str]


def voice_request(pairs: list[tuple[str, str]]) -> VoiceRequest:
    """Reads the envelope. A missing or unusable CallSid is replaced by one made from the request itself."""
    fields = {name: _clean(value) for name, value in pairs}
    call_sid = fields.get("CallSid", "")
    if not _SID.match(call_sid):
        call_sid = "CA" + hashlib.sha256(repr(sorted(fields.items())).encode()).hexdigest()[:32]
    parent = fields.get("ParentCallSid", "")
    return VoiceRequest(
        call_sid=call_sid,
        parent_call_sid=parent if _SID.match(parent) else None,
        caller=caller_number(fields.get("From", "")),
        dialled=caller_number(fields.get("To", "")),
        gone=fields.get("CallStatus", "") in TERMINAL,
        fields=fields,
    )


def caller_number(text: str) -> str:
    """E.164, or empty for withheld, spelled-out, SIP and malformed caller IDs."""
    number = text.strip().replace(" ", "")
    return number if _E164.match(number) and number not in _SPELLED_WITHHELD else ""


def keys(request: VoiceRequest) -> KeysPressed | Silence:
    """The keys of a Gather; none, or something that is not keys, is silence."""
    digits = request.fields.get("Digits", "")
    return KeysPressed(digits) if _KEYS.match(digits) else Silence()


def dial_ended(request: VoiceRequest) -> DialEnded:
    """The end of a Dial. Whether the accept key was seen is the record's to say."""
    bridged = {"true": True, "false": False}.get(request.fields.get("DialBridged", "").lower())
    return DialEnded(status=dial_status(request.fields.get("DialCallStatus", "")), bridged=bridged, accepted=None)


def hold_ended(request: VoiceRequest) -> HoldEnded:
    """The end of waiting in a queue; a word we do not know counts as failed, so that phones still ring."""
    return HoldEnded(result=_HOLD_RESULT.get(request.fields.get("QueueResult", ""), HoldResult.FAILED))


def dial_status(word: str) -> DialStatus:
    """Twilio's word for how an attempt ended; one we do not know counts as failed, so that the hunt goes on."""
    return _DIAL_STATUS.get(word, DialStatus.FAILED)


def recording_ended(request: VoiceRequest) -> RecordingEnded | Silence:
    """The end of a recording; without a recording it is silence."""
    seconds = whole_seconds(request.fields.get("RecordingDuration", ""))
    if "RecordingUrl" not in request.fields and "RecordingSid" not in request.fields:
        return Silence()
    sid = request.fields.get("RecordingSid", "")
    recording = sid if _SID.match(sid) else None
    return RecordingEnded(seconds=seconds, by_silence=not request.fields.get("Digits"), recording=recording)


def happened_at(request: VoiceRequest, *, now: datetime, since: datetime) -> datetime:
    """When what a status callback reports happened: as its Timestamp (RFC 2822) says, where it came late.

    A Timestamp that is missing, odd, in the future or before `since` is not believed, and counts as `now`.
    """
    try:
        second = parsedate_to_datetime(request.fields.get("Timestamp", ""))
    except (ValueError, OverflowError):
        return now
    if second.tzinfo is None or not since <= second <= now - LATE:
        return now
    # The end of that second: nothing is to have happened before what it followed.
    return second.astimezone(UTC) + timedelta(seconds=1)


def over_in(request: VoiceRequest) -> DialEnded | RecordingEnded | None:
    """The end of a Dial or a Record, when the request tells of one."""
    if "DialCallStatus" in request.fields:
        return dial_ended(request)
    ended = recording_ended(request)
    return ended if isinstance(ended, RecordingEnded) else None


def whole_seconds(text: str) -> int:
    """A duration field in seconds; 0 when it is missing or odd."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len("86400") else 0


def _clean(value: str) -> str:
    if value.isascii() and len(value) <= LONGEST_FIELD and "\0" not in value:
        return value
    # PostgreSQL keeps no NUL, and nothing a telephone company says has one.
    return value[:LONGEST_FIELD].replace("\0", "").encode("utf-8", "replace").decode()
