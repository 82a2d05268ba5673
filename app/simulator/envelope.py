"""Names and values Twilio sends with a request about a leg. Knows the form's fields, not when they are sent."""

from datetime import datetime
from email.utils import format_datetime
from math import ceil

API_VERSION = "2010-04-01"
# What a number database says; Twilio sends the fields empty for a number it does not know.
_PLACES = {
    "+1816": ("SAINT JOSEPH", "MO", "64501", "US"),
    "+1": ("", "", "", "US"),
}
_SIP_RESPONSES = {"completed": "200", "busy": "486", "no-answer": "487", "canceled": "487", "failed": "404"}
_SECONDS_A_MINUTE = 60


def identity(
    *, account_sid: str, call_sid: str, direction: str, from_: str | None, to: str, parent_sid: str | None = None
) -> dict[str, str]:
    """The part of the envelope that stays the same for the life of a leg. No `from_`, no From at all."""
    fields = {"AccountSid": account_sid, "ApiVersion": API_VERSION, "CallSid": call_sid, "Direction": direction}
    if parent_sid is not None:
        fields["ParentCallSid"] = parent_sid
    fields |= _party(("To", "Called"), to)
    if from_ is not None:
        fields |= _party(("From", "Caller"), from_)
    return fields


def _party(names: tuple[str, str], number: str) -> dict[str, str]:
    place = next((place for prefix, place in _PLACES.items() if number.startswith(prefix)), ("", "", "", ""))
    fields = {}
    for name in names:
        fields[name] = number
        for part, value in zip(("City", "State", "Zip", "Country"), place, strict=True):
            fields[f"{name}{part}"] = value
    return fields


def first_request_only(call_sid: str) -> dict[str, str]:
    """What an inbound leg's requests carry besides: the attestation and the token for REST calls."""
    token = f'{{"parentCallInfoToken":"{call_sid[2:18]}"}}'
    return {"StirVerstat": "TN-Validation-Passed-A", "CallToken": token}


def progress(*, at: datetime, sequence: int, status: str, seconds: int | None) -> dict[str, str]:
    """What a status callback adds; `seconds` since the answer for a terminal status, None before."""
    fields = {
        "CallStatus": status,
        "Timestamp": format_datetime(at),
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(sequence),
    }
    if seconds is not None:
        fields["CallDuration"] = str(seconds)
        fields["Duration"] = str(ceil(seconds / _SECONDS_A_MINUTE))
        fields["SipResponseCode"] = _SIP_RESPONSES.get(status, "")
    return fields
