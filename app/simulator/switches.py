"""Everything Twilio's documentation leaves open, as choices a test can make. Plain values, no behaviour."""

from dataclasses import dataclass
from enum import StrEnum


class SignatureFault(StrEnum):
    """How requests are signed wrongly."""

    NONE = "none"
    WRONG = "wrong"
    MISSING = "missing"


class FinalStatus(StrEnum):
    """What becomes of the number's status callback at the end of a call."""

    AFTER = "after"
    BEFORE = "before"
    DUPLICATED = "duplicated"
    LOST = "lost"


class SilentRecord(StrEnum):
    """What a Record does on which nothing was said."""

    ABSENT = "absent"
    FALLS_THROUGH = "falls-through"
    ZERO_DURATION = "zero-duration"


class RecordingCallback(StrEnum):
    """When the recording's status callback comes."""

    AFTER_ACTION = "after-action"
    BEFORE_ACTION = "before-action"
    LOST = "lost"


class BridgeEnd(StrEnum):
    """Which is told first when the callee hangs up."""

    LEG_STATUS_FIRST = "leg-status-first"
    ACTION_FIRST = "action-first"


class ParentStatus(StrEnum):
    """The caller's CallStatus in the Dial action of an abandoned call."""

    TERMINAL = "terminal"  # completed when answered, no-answer when not: what most sources say
    COMPLETED = "completed"
    NO_ANSWER = "no-answer"
    IN_PROGRESS = "in-progress"


@dataclass(frozen=True, slots=True)
class Switches:
    """How this Twilio behaves where sources disagree. The defaults are the best documented variants."""

    abandoned_dial_status: str = "canceled"  # or no-answer
    abandoned_dial_action: bool = True
    abandoned_parent_status: ParentStatus = ParentStatus.TERMINAL
    loser_status: str = "canceled"  # or no-answer
    dial_bridged_sent: bool = True
    refused_dial_status: str = "completed"  # no-answer before December 2020
    server_error_code: str = "11200"  # or 11217
    unreachable_code: str = "11205"  # or 11200
    silent_record: SilentRecord = SilentRecord.ABSENT
    final_status: FinalStatus = FinalStatus.AFTER
    recording_callback: RecordingCallback = RecordingCallback.AFTER_ACTION
    bridge_end: BridgeEnd = BridgeEnd.LEG_STATUS_FIRST
    empty_digits_sent: bool = True  # with actionOnEmptyResult: Digits= or no Digits
    failed_screening_bridges: bool = False
    unknown_parameter: bool = False
    caller_id: str | None = None  # replaces the caller's own number: "Anonymous", "+266696687", ""
    webhooks_delivered_twice: bool = False
    callbacks_delivered_twice: bool = False
    callback_jitter_seconds: float = 0.0  # callbacks late by up to this, hence out of order
    signature: SignatureFault = SignatureFault.NONE


class FailedWait(StrEnum):
    """What a waitUrl that cannot be had or executed does."""

    ERROR_RESULT = "error-result"  # the Enqueue is over, QueueResult=error
    FALLBACK = "fallback"  # the call goes to its fallback


class EngagedPhone(StrEnum):
    """What a phone does that is rung while its owner talks on it."""

    BUSY = "busy"
    CALL_WAITING = "call-waiting"  # rings, and nobody answers
    VOICEMAIL = "voicemail"  # the carrier's voicemail answers at once


class MediaReady(StrEnum):
    """When a recording can be fetched."""

    AT_ONCE = "at-once"
    LATE = "late"  # 404 for a minute
    NEVER = "never"


class Transcription(StrEnum):
    """What becomes of a transcription."""

    COMPLETED = "completed"
    FAILED = "failed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class RestSwitches:
    """How queues, REST, recordings, texts and busy phones behave where sources disagree or it is a setting."""

    calls_a_second: float = 1.0
    wait_status: str = "ringing"  # of a waitUrl's CallStatus; or in-progress
    failed_wait: FailedWait = FailedWait.ERROR_RESULT
    left_while_bridging: str = "hangup"  # QueueResult of a caller who goes just then; or bridging-in-process
    deserted_result: str = "error"  # QueueResult when the taker goes just then; or bridged
    hung_up_bridged_result: str = "bridged"  # QueueResult of a caller who ends the talk; or hangup
    engaged: EngagedPhone = EngagedPhone.BUSY
    media: MediaReady = MediaReady.AT_ONCE
    transcription: Transcription = Transcription.COMPLETED
    transcription_text: str = "I am calling about a problem."
    deliveries_reported: bool = True  # carriers do not always say that a text arrived
