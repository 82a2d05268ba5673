"""Stand-ins for the world: a telephone company that remembers and can be made to fail, and chance that is known."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from app.telephony.outbound import ProviderError, RemoteCall, RemoteNumber
from app.telephony.provider import RemoteTranscript


def too_many(retry_after: float | None = None) -> ProviderError:
    """Refused for now, and not done."""
    return ProviderError("Twilio answers 429", permanent=False, code=20429, retry_after=retry_after)


def down() -> ProviderError:
    """Nobody there; nothing was sent."""
    return ProviderError("Twilio cannot be reached", permanent=False)


def refused(code: int = 21211) -> ProviderError:
    """Refused for good."""
    return ProviderError(f"Twilio answers 400, code {code}", permanent=True, code=code)


def no_answer() -> ProviderError:
    """Sent, and not heard of since: it may have been done."""
    return ProviderError("no answer from Twilio", permanent=False, unknown_outcome=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """A phone that was rung."""

    sid: str
    to: str
    from_: str
    url: str
    status_callback: str | None
    timeout_seconds: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Texted:
    """A text that was sent."""

    sid: str
    to: str
    from_: str
    body: str
    status_callback: str | None
    at: datetime


Fault = ProviderError | Callable[[], None] | None


@dataclass
class FakeTelephony:
    """A telephone company that does what it is asked and keeps count.

    `faults[name]` is what the next requests of that name meet, one each: an error, something to call first (to be
    slow, to crash), or None for success. A fault of unknown outcome in `done_all_the_same` comes after the deed.
    """

    now: Callable[[], datetime] = lambda: datetime(2026, 12, 1, 16, tzinfo=UTC)
    rings: list[Ring] = field(default_factory=list)
    texts: list[Texted] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    redirected: list[tuple[str, str]] = field(default_factory=list)
    recordings: dict[str, bytes] = field(default_factory=dict)
    written_down: dict[str, list[RemoteTranscript]] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    calls: list[RemoteCall] = field(default_factory=list)
    owned: dict[str, RemoteNumber] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    done_all_the_same: bool = True
    faults: dict[str, deque[Fault]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _made: int = 0

    def fail(self, name: str, *faults: Fault) -> None:
        """What the next requests of this name meet, in order."""
        self.faults.setdefault(name, deque()).extend(faults)

    def ring(
        self, *, to: str, from_: str, url: str, status_callback: str | None = None, timeout_seconds: int = 60
    ) -> str:
        def deed() -> str:
            ring = Ring(
                sid=self._sid("CA"),
                to=to,
                from_=from_,
                url=url,
                status_callback=status_callback,
                timeout_seconds=timeout_seconds,
                at=self.now(),
            )
            self.rings.append(ring)
            return ring.sid

        return self._done("ring", deed)

    def rung(self, *, to: str, from_: str, since: datetime) -> tuple[str, ...]:
        self._met("rung")
        found = [ring.sid for ring in self.rings if (ring.to, ring.from_) == (to, from_) and ring.at >= since]
        return tuple(reversed(found))

    def end_call(self, sid: str) -> None:
        self._met("end_call")
        self.ended.append(sid)

    def stop_ringing(self, sid: str) -> None:
        self._met("stop_ringing")
        self.stopped.append(sid)

    def redirect(self, sid: str, url: str) -> bool:
        self._met("redirect")
        if sid in self.over:
            return False
        self.redirected.append((sid, url))
        return True

    def text(self, *, to: str, from_: str, body: str, status_callback: str | None = None) -> str:
        def deed() -> str:
            sid = self._sid("SM")
            text = Texted(sid=sid, to=to, from_=from_, body=body, status_callback=status_callback, at=self.now())
            self.texts.append(text)
            return sid

        return self._done("text", deed)

    def texted(self, *, to: str, from_: str, body: str, since: datetime) -> tuple[str, ...]:
        self._met("texted")
        same = ((text.to, text.from_, text.body) == (to, from_, body) and text.at >= since for text in self.texts)
        return tuple(text.sid for text, is_same in reversed(list(zip(self.texts, same, strict=True))) if is_same)

    def recording(self, sid: str) -> bytes:
        self._met("recording")
        if sid not in self.recordings:
            raise ProviderError("the recording is not there yet", permanent=False, code=20404)
        return self.recordings[sid]

    def delete_recording(self, sid: str) -> None:
        self._met("delete_recording")
        self.recordings.pop(sid, None)
        self.deleted.append(sid)

    def transcripts(self, recording_sid: str) -> tuple[RemoteTranscript, ...]:
        self._met("transcripts")
        return tuple(self.written_down.get(recording_sid, ()))

    def delete_transcript(self, sid: str) -> None:
        self._met("delete_transcript")
        self.deleted.append(sid)

    def calls_since(self, instant: datetime) -> Iterator[RemoteCall]:
        self._met("calls_since")
        yield from (call for call in self.calls if call.started_at is not None and call.started_at >= instant)

    def numbers(self) -> tuple[RemoteNumber, ...]:
        self._met("numbers")
        return tuple(self.owned.values())

    def wire_number(self, sid: str, **changes: str) -> RemoteNumber:
        self._met("wire_number")
        self.owned[sid] = replace(self.owned[sid], **changes)
        return self.owned[sid]

    def _sid(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}{self._made:032x}"

    def _done(self, name: str, deed: Callable[[], str]) -> str:
        try:
            self._met(name)
        except ProviderError as fault:
            if fault.unknown_outcome and self.done_all_the_same:
                with self._lock:
                    deed()
            raise
        with self._lock:
            return deed()

    def _met(self, name: str) -> None:
        with self._lock:
            self.asked.append(name)
            waiting = self.faults.get(name)
            fault = waiting.popleft() if waiting else None
        if isinstance(fault, ProviderError):
            raise fault
        if fault is not None:
            fault()


class FakeRandom:
    """Chance that is known: these numbers in turn, then one half for ever."""

    def __init__(self, numbers: Iterable[float] = ()) -> None:
        self._numbers = deque(numbers)

    def __call__(self) -> float:
        return self._numbers.popleft() if self._numbers else 0.5
