"""Which verbs TwiML has, what may stand in them and which values their attributes take. A table, no parsing.

Source: Twilio's TwiML reference, one page per verb.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Check = Callable[[str], bool]

_SSML = frozenset({"break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"})
_VOICE = re.compile(
    r"man|woman|alice|Polly\.[A-Z][A-Za-z]+(-Neural|-Generative)?|Google\.[a-z]{2,3}-[A-Z]{2}-[A-Za-z0-9-]+"
)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_SECONDS_IN_A_DAY = 86_400


def _anything(_text: str) -> bool:
    return True


def _matches(pattern: str) -> Check:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


def _one_of(*values: str) -> Check:
    allowed = frozenset(values)
    return allowed.__contains__


def _words(*values: str) -> Check:
    allowed = frozenset(values)
    return lambda text: bool(text.split()) and allowed.issuperset(text.split())


def _whole(lowest: int, highest: int) -> Check:
    return lambda text: text.isascii() and text.isdecimal() and lowest <= int(text) <= highest


def _voice(text: str) -> bool:
    return _VOICE.fullmatch(text) is not None


def _language(text: str) -> bool:
    return _LANGUAGE.fullmatch(text) is not None


def _url(text: str) -> bool:
    return not re.search(r"\s", text) and (
        ":" not in text.split("/", maxsplit=1)[0] or text.startswith(("http://", "https://"))
    )


@dataclass(frozen=True, slots=True)
class Rule:
    """What one verb or noun may carry. An attribute that is missing here is unknown to Twilio."""

    attributes: Mapping[str, Check] = field(default_factory=dict)
    children: frozenset[str] = frozenset()


_bool = _one_of("true", "false")
_method = _one_of("GET", "POST")
_speech_timeout: Check = lambda text: text == "auto" or _whole(1, 60)(text)  # noqa: E731 (one line in a table of checks)
_leg_events = _words("initiated", "ringing", "answered", "completed")
_recording_events = _words("in-progress", "completed", "absent")

_STATUS = {"statusCallback": _url, "statusCallbackMethod": _method, "statusCallbackEvent": _leg_events}
_MACHINE = {
    "machineDetection": _one_of("Enable", "DetectMessageEnd"),
    "machineDetectionTimeout": _whole(3, 60),
    "machineDetectionSpeechThreshold": _whole(1000, 6000),
    "machineDetectionSpeechEndThreshold": _whole(500, 5000),
    "machineDetectionSilenceTimeout": _whole(2000, 10_000),
    "amdStatusCallback": _url,
    "amdStatusCallbackMethod": _method,
}
_RECORDING = {
    "recordingStatusCallback": _url,
    "recordingStatusCallbackMethod": _method,
    "recordingStatusCallbackEvent": _recording_events,
    "recordingConfigurationId": _anything,
    "trim": _one_of("trim-silence", "do-not-trim"),
}

TOP_LEVEL = frozenset(
    {"Say", "Play", "Pause", "Gather", "Redirect", "Hangup", "Reject", "Record", "Dial", "Enqueue", "Leave"}
)
EVERYWHERE = TOP_LEVEL - {"Leave"}
SCREENING = frozenset({"Say", "Play", "Pause", "Gather", "Redirect", "Hangup", "Reject"})
WAITING = frozenset({"Say", "Play", "Pause", "Redirect", "Leave", "Hangup", "Gather"})
ANNOUNCING = frozenset({"Play", "Say", "Pause", "Redirect"})

RULES: Mapping[str, Rule] = {
    "Response": Rule(children=TOP_LEVEL),
    "Say": Rule({"voice": _voice, "language": _language, "loop": _whole(0, 1000)}, _SSML),
    "Play": Rule({"loop": _whole(0, 1000), "digits": _matches(r"[0-9A-D#*wW]+")}),
    "Pause": Rule({"length": _whole(1, _SECONDS_IN_A_DAY)}),
    "Gather": Rule(
        {
            "action": _url,
            "method": _method,
            "input": _words("dtmf", "speech"),
            "timeout": _whole(0, 600),
            "numDigits": _whole(1, 1000),
            "finishOnKey": _matches(r"[0-9#*]?"),
            "actionOnEmptyResult": _bool,
            "speechTimeout": _speech_timeout,
            "maxSpeechTime": _whole(1, 60),
            "speechModel": _matches(r"[a-z0-9_-]+"),
            "language": _language,
            "hints": _anything,
            "profanityFilter": _bool,
            "partialResultCallback": _url,
            "partialResultCallbackMethod": _method,
            "bargeIn": _bool,
            "debug": _bool,
            "enhanced": _bool,
        },
        frozenset({"Say", "Play", "Pause"}),
    ),
    "Redirect": Rule({"method": _method}),
    "Hangup": Rule(),
    "Leave": Rule(),
    "Reject": Rule({"reason": _one_of("rejected", "busy")}),
    "Record": Rule(
        {
            "action": _url,
            "method": _method,
            "timeout": _whole(0, 14_400),
            "finishOnKey": _matches(r"[0-9#*]*"),
            "maxLength": _whole(2, _SECONDS_IN_A_DAY),
            "playBeep": _bool,
            "transcribe": _bool,
            "transcribeCallback": _url,
            **_RECORDING,
        }
    ),
    "Dial": Rule(
        {
            "action": _url,
            "method": _method,
            "timeout": _whole(5, 600),
            "timeLimit": _whole(1, _SECONDS_IN_A_DAY),
            "callerId": _anything,
            "answerOnBridge": _bool,
            "hangupOnStar": _bool,
            "ringTone": _matches(r"[a-z]{2}(-old)?"),
            "sequential": _bool,
            "record": _one_of(
                "true",
                "false",
                "do-not-record",
                "record-from-answer",
                "record-from-ringing",
                "record-from-answer-dual",
                "record-from-ringing-dual",
            ),
            "recordingTrack": _one_of("inbound", "outbound", "both"),
            "callReason": _matches(r".{1,50}"),
            "referUrl": _url,
            "referMethod": _method,
            **_RECORDING,
        },
        frozenset({"Number", "Client", "Sip", "Queue", "Conference"}),
    ),
    "Number": Rule(
        {
            "sendDigits": _matches(r"[0-9A-D#*wW]+"),
            "url": _url,
            "method": _method,
            "byoc": _anything,
            **_STATUS,
            **_MACHINE,
        }
    ),
    "Client": Rule(
        {"url": _url, "method": _method, "clientNotificationUrl": _url, **_STATUS},
        frozenset({"Identity", "Parameter"}),
    ),
    "Identity": Rule(),
    "Parameter": Rule({"name": _anything, "value": _anything}),
    "Sip": Rule({"url": _url, "method": _method, "username": _anything, "password": _anything, **_STATUS, **_MACHINE}),
    "Queue": Rule({"url": _url, "method": _method, "reservationSid": _anything, "postWorkActivitySid": _anything}),
    "Conference": Rule(
        {
            "muted": _bool,
            "beep": _one_of("true", "false", "onEnter", "onExit"),
            "startConferenceOnEnter": _bool,
            "endConferenceOnExit": _bool,
            "participantLabel": _matches(r".{1,128}"),
            "maxParticipants": _whole(2, 250),
            "waitUrl": _url,
            "waitMethod": _method,
            "record": _one_of("do-not-record", "record-from-start"),
            "region": _anything,
            "coach": _anything,
            "jitterBufferSize": _one_of("small", "medium", "large", "off"),
            "statusCallback": _url,
            "statusCallbackMethod": _method,
            "statusCallbackEvent": _words(
                "start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"
            ),
            **_RECORDING,
        }
    ),
    "Enqueue": Rule(
        {
            "action": _url,
            "method": _method,
            "waitUrl": _url,
            "waitUrlMethod": _method,
            "workflowSid": _anything,
            "maxQueueSize": _whole(1, 5000),
        }
    ),
}
