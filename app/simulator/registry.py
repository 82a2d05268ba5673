"""What an account holds at this moment: its calls, queues, recordings, texts and numbers. Plain state, no behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.simulator.signals import Signal
from app.simulator.targets import Target
from app.simulator.trace import Trace


class Call(Protocol):
    """A leg, as the rest of the account sees it. Only `fallback` and `status_callback` are for others to set."""

    sid: str
    number: str
    trace: Trace
    fields: dict[str, str]
    status: str
    created_at: datetime
    started_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    is_over: bool
    answered_by: str | None
    queue_milliseconds: int
    fallback: Target | None
    status_callback: Target | None

    def post(self, signal: Signal) -> None: ...

    def duration(self) -> int | None: ...

    def limit(self, seconds: float) -> None: ...


@dataclass(slots=True)
class Recording:
    """One recording. `seconds` is its length after trimming. `voice` is what was said, as WAV; empty is a tone."""

    sid: str
    call_sid: str
    began_at: datetime
    ended_at: datetime
    seconds: int
    is_absent: bool = False
    encryption: Mapping[str, str] | None = None
    media: bytes = b""
    voice: bytes = b""
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """The transcription of one recording."""

    sid: str
    recording_sid: str
    made_at: datetime
    status: str
    text: str


@dataclass(slots=True)
class Text:
    """One SMS. `direction` is inbound, outbound-api or outbound-reply; `number` is our end's other side."""

    sid: str
    from_: str
    to: str
    body: str
    direction: str
    created_at: datetime
    status: str
    sent_at: datetime | None = None
    updated_at: datetime | None = None
    error_code: int | None = None
    callback: Target | None = None


@dataclass(slots=True)
class Number:
    """One of our numbers, and its settings by the name REST gives them ("voice_url")."""

    sid: str
    phone_number: str
    settings: dict[str, str]
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class Registry:
    """Everything the account has, by SID, in order of creation."""

    calls: dict[str, Call] = field(default_factory=dict)
    recordings: dict[str, Recording] = field(default_factory=dict)
    transcripts: dict[str, Transcript] = field(default_factory=dict)
    texts: dict[str, Text] = field(default_factory=dict)
    numbers: dict[str, Number] = field(default_factory=dict)
    opted_out: set[tuple[str, str]] = field(default_factory=set)  # (whose phone, our number)
    next_call_at: datetime | None = None

    def number(self, phone_number: str) -> Number | None:
        """The entry of one of our numbers."""
        return next((each for each in self.numbers.values() if each.phone_number == phone_number), None)
