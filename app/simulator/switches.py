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
