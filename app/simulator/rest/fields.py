"""Which fields each REST request may have and which values they take. A table, no resource.

Source: Twilio's OpenAPI description of the 2010-04-01 API.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from app.simulator.rest.asked import Asked

Check = Callable[[str], bool]
Fields = Mapping[str, Check]

_MOST_SECONDS = 600


def _anything(_text: str) -> bool:
    return True


def _one_of(*values: str) -> Check:
    return frozenset(values).__contains__


def _whole(lowest: int, highest: int) -> Check:
    return lambda text: text.isascii() and text.isdecimal() and lowest <= int(text) <= highest


def _at_most(characters: int) -> Check:
    return lambda text: len(text) <= characters


def _matches(pattern: str) -> Check:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


def is_url(text: str) -> bool:
    """Whether Twilio can call this address."""
    return re.fullmatch(r"https?://[^\s_/]+(/\S*)?", text) is not None


def _url_or_none(text: str) -> bool:
    return not text or is_url(text)


_bool = _matches("(?i)true|false")
_method = _one_of("GET", "POST")
_address = _matches(r"\+[1-9]\d{1,14}|client:\S+|sips?:\S+")
_day_or_instant = _matches(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")
_sid = _matches(r"[A-Z]{2}[0-9a-f]{32}")

_PAGE: Fields = {"PageSize": _whole(1, 1000), "Page": _whole(0, 1_000_000), "PageToken": _anything}
_NOTHING: Fields = {}


def _dates(name: str) -> Fields:
    return {name: _day_or_instant, f"{name}<": _day_or_instant, f"{name}>": _day_or_instant}


CREATE_CALL: Fields = {
    "To": _address,
    "From": _anything,
    "Url": is_url,
    "Twiml": _at_most(4000),
    "ApplicationSid": _sid,
    "Method": _method,
    "FallbackUrl": is_url,
    "FallbackMethod": _method,
    "StatusCallback": is_url,
    "StatusCallbackEvent": _one_of("initiated", "ringing", "answered", "completed"),
    "StatusCallbackMethod": _method,
    "Timeout": _whole(1, _MOST_SECONDS),
    "SendDigits": _matches(r"[0-9A-D#*wW]{1,32}"),
    "Record": _bool,
    "RecordingChannels": _one_of("mono", "dual"),
    "RecordingTrack": _one_of("inbound", "outbound", "both"),
    "RecordingStatusCallback": is_url,
    "RecordingStatusCallbackMethod": _method,
    "RecordingStatusCallbackEvent": _one_of("in-progress", "completed", "absent"),
    "RecordingConfigurationId": _anything,
    "Trim": _one_of("trim-silence", "do-not-trim"),
    "MachineDetection": _one_of("Enable", "DetectMessageEnd"),
    "MachineDetectionTimeout": _whole(3, 60),
    "MachineDetectionSpeechThreshold": _whole(1000, 6000),
    "MachineDetectionSpeechEndThreshold": _whole(500, 5000),
    "MachineDetectionSilenceTimeout": _whole(2000, 10_000),
    "AsyncAmd": _bool,
    "AsyncAmdStatusCallback": is_url,
    "AsyncAmdStatusCallbackMethod": _method,
    "TimeLimit": _whole(1, 86_400),
    "CallerId": _anything,
    "CallReason": _at_most(50),
    "CallToken": _anything,
    "Byoc": _anything,
    "SipAuthUsername": _anything,
    "SipAuthPassword": _anything,
    "ClientNotificationUrl": is_url,
    "Passports": _anything,
}
UPDATE_CALL: Fields = {
    "Url": is_url,
    "Method": _method,
    "Status": _one_of("canceled", "completed"),
    "FallbackUrl": is_url,
    "FallbackMethod": _method,
    "StatusCallback": is_url,
    "StatusCallbackMethod": _method,
    "Twiml": _at_most(4000),
    "TimeLimit": _whole(1, 86_400),
}
LIST_CALLS: Fields = {
    "To": _anything,
    "From": _anything,
    "ParentCallSid": _sid,
    "Status": _one_of("queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"),
    **_dates("StartTime"),
    **_dates("EndTime"),
    **_PAGE,
}
CREATE_MESSAGE: Fields = {
    "To": _address,
    "From": _anything,
    "MessagingServiceSid": _sid,
    "Body": _at_most(1600),
    "MediaUrl": is_url,
    "StatusCallback": is_url,
    "ApplicationSid": _sid,
    "MaxPrice": _anything,
    "ProvideFeedback": _bool,
    "Attempt": _whole(1, 100),
    "ValidityPeriod": _whole(1, 36_000),
    "ForceDelivery": _bool,
    "ContentRetention": _one_of("retain", "discard"),
    "AddressRetention": _one_of("retain", "obfuscate"),
    "SmartEncoded": _bool,
    "PersistentAction": _anything,
    "TrafficType": _one_of("free"),
    "ShortenUrls": _bool,
    "ScheduleType": _one_of("fixed"),
    "SendAt": _day_or_instant,
    "SendAsMms": _bool,
    "ContentVariables": _anything,
    "RiskCheck": _one_of("enable", "disable"),
    "ContentSid": _sid,
    "FallbackFrom": _anything,
    "MessageIntent": _anything,
}
UPDATE_MESSAGE: Fields = {"Body": _one_of(""), "Status": _one_of("canceled")}
LIST_MESSAGES: Fields = {"To": _anything, "From": _anything, **_dates("DateSent"), **_PAGE}
LIST_RECORDINGS: Fields = {
    "CallSid": _sid,
    "ConferenceSid": _sid,
    "IncludeSoftDeleted": _bool,
    **_dates("DateCreated"),
    **_PAGE,
}
FETCH_RECORDING: Fields = {"IncludeSoftDeleted": _bool}
FETCH_MEDIA: Fields = {"RequestedChannels": _one_of("1")}
UPDATE_MEMBER: Fields = {"Url": is_url, "Method": _method}
UPDATE_QUEUE: Fields = {"FriendlyName": _at_most(64), "MaxSize": _whole(1, 5000)}
LIST_NUMBERS: Fields = {
    "PhoneNumber": _anything,
    "FriendlyName": _anything,
    "Beta": _bool,
    "Origin": _anything,
    **_PAGE,
}
UPDATE_NUMBER: Fields = {
    "FriendlyName": _at_most(64),
    "VoiceUrl": _url_or_none,
    "VoiceMethod": _method,
    "VoiceFallbackUrl": _url_or_none,
    "VoiceFallbackMethod": _method,
    "StatusCallback": _url_or_none,
    "StatusCallbackMethod": _method,
    "VoiceCallerIdLookup": _bool,
    "VoiceApplicationSid": _anything,
    "TrunkSid": _anything,
    "VoiceReceiveMode": _one_of("voice", "fax"),
    "SmsUrl": _url_or_none,
    "SmsMethod": _method,
    "SmsFallbackUrl": _url_or_none,
    "SmsFallbackMethod": _method,
    "SmsApplicationSid": _anything,
    "EmergencyAddressSid": _anything,
    "EmergencyStatus": _one_of("Active", "Inactive"),
    "AddressSid": _anything,
    "BundleSid": _anything,
    "IdentitySid": _anything,
    "ApiVersion": _anything,
    "AccountSid": _sid,
}
PAGE_ONLY = _PAGE
NONE = _NOTHING

_REPEATED = frozenset({"StatusCallbackEvent", "RecordingStatusCallbackEvent", "MediaUrl", "PersistentAction"})


def complaints(asked: Asked, allowed: Fields) -> Iterator[str]:
    """What Twilio's API does not have: fields, values, repetitions."""
    for name, values in asked.fields.items():
        if name not in allowed:
            yield f"there is no field {name}"
            continue
        if len(values) > 1 and name not in _REPEATED:
            yield f"{name} is given {len(values)} times"
        yield from (f"{name}={value!r} is not a valid value" for value in values if not allowed[name](value))


def is_valid(asked: Asked, allowed: Fields, name: str) -> bool:
    """Whether a field that was given has valid values."""
    return all(allowed[name](value) for value in asked.fields.get(name, ()))
