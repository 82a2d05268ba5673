"""A desk with a message on it: a provider that keeps recordings, a call, its recording, and what a crash is."""

import io
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

from app.call_records import CallRecords
from app.config.in_force import ConfigStore
from app.flow.messages import Fact, FactKind
from app.outbox import Deliveries
from app.services import Services, wire
from app.store import Store, Voicemail
from app.telephony.inbound import voice_request
from app.telephony.provider import ProviderError, RemoteTranscript, Telephony
from app.vault import Vault
from app.voicemail import Voicemails, announce, recording_stored
from tests.app.store.samples import record, sid
from tests.desk import CONFIG, FakeClock, settings_for

AT = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
RECORDING = "RE" + "1" * 32
TURN = 7
SPOKEN = b"\x11\x22patient\x33"
LEASE = timedelta(seconds=61)


def sound(seconds: float = 21) -> bytes:
    """A WAV file with something recognisable in it."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(SPOKEN.ljust(round(seconds * 16000), b"\0"))
    return buffer.getvalue()


@dataclass
class Provider:
    """A telephone company that has recordings, and counts what it was asked."""

    recordings: dict[str, bytes] = field(default_factory=dict)
    not_ready: int = 0
    refuses: bool = False
    fetched: int = 0
    removed: list[str] = field(default_factory=list)
    requests_to_delete: int = 0
    written_down: dict[str, RemoteTranscript] = field(default_factory=dict)
    transcripts_removed: list[str] = field(default_factory=list)

    def transcripts(self, recording_sid: str) -> tuple[RemoteTranscript, ...]:
        del recording_sid  # there is but one
        return tuple(self.written_down.values())

    def delete_transcript(self, sid: str) -> None:
        self.written_down.pop(sid, None)
        self.transcripts_removed.append(sid)

    def recording(self, sid: str) -> bytes:
        self.fetched += 1
        if self.refuses:
            raise ProviderError("it refuses", permanent=True, code=401)
        if self.not_ready > 0 or sid not in self.recordings:
            self.not_ready -= 1
            raise ProviderError("the recording is not there yet", permanent=False, code=404)
        return self.recordings[sid]

    def delete_recording(self, sid: str) -> None:
        self.requests_to_delete += 1
        if self.recordings.pop(sid, None) is not None:
            self.removed.append(sid)


@cache
def configuration() -> ConfigStore:
    return ConfigStore(CONFIG, clock=lambda: AT)


@dataclass
class Answering:
    """Services over one database and one provider, and what a test does with them."""

    services: Services
    provider: Provider
    clock: FakeClock

    @property
    def voicemails(self) -> Voicemails:
        return Voicemails(self.services)

    @property
    def store(self) -> Store:
        return self.services.store

    def with_settings(self, **changes: Any) -> None:
        self.services = replace(self.services, settings=replace(self.services.settings, **changes))

    def with_keys(self, *keys: bytes) -> None:
        self.services = replace(self.services, vault=Vault(keys))

    def call(self, number: int = 1) -> None:
        with self.store.turn() as turn:
            turn.open(record(number))

    def told(self, *facts: Fact, turn: int = TURN, number: int = 1) -> None:
        """Facts of a call, stored as a webhook stores them."""
        with self.store.turn() as transaction:
            transaction.tell(sid(number), turn, facts)
            announce(transaction, sid(number), turn, facts)

    def reported(
        self, status: str = "completed", *, recording: str = RECORDING, turn: int = TURN, **fields: str
    ) -> None:
        """The recording's own report comes, with these fields besides the usual ones."""
        usual = {"CallSid": sid(1), "RecordingSid": recording, "RecordingStatus": status, "RecordingDuration": "21"}
        request = voice_request(list((usual | fields).items()))
        fact = recording_stored(request, again=False, at=self.clock.now())
        CallRecords(self.services).tell(sid(1), turn, fact)

    def recorded(self, recording: str = RECORDING, *, turn: int = TURN) -> None:
        """The recording's end is told, by another webhook than its own report."""
        detail: dict[str, Any] = {"left": True, "seconds": 24, "recording_sid": recording}
        self.told(self.fact(FactKind.RECORDING_ENDED, "ended", **detail), turn=turn)

    def fact(self, kind: FactKind, key: str, **detail: Any) -> Fact:
        return Fact(kind=kind, key=key, at=self.clock.now(), because="it was so", detail=detail)

    def deliver(self, *, after: timedelta = timedelta()) -> int:
        """Carry out all that is due, and what that orders."""
        self.clock.show(self.clock.now() + after)
        deliveries, delivered = Deliveries(self.services, self.voicemails.handlers(), random=lambda: 0.5), 0
        while found := deliveries.deliver_due(self.clock.now()):
            delivered += found
        return delivered

    def message(self, recording: str = RECORDING) -> Voicemail:
        found = self.store.voicemails.get(recording)
        assert found is not None, "there is no message"
        return found

    def facts(self, kind: str) -> list[str]:
        return [entry.because for entry in self.store.calls.timeline(sid(1)) if entry.fact == kind]

    def subject(self) -> str:
        found = self.store.calls.get(sid(1))
        assert found is not None
        return found.ticket.subject


def answering(store: Store, folder: Path) -> Answering:
    """A desk with a call on which a message is about to be reported."""
    provider, clock = Provider({RECORDING: sound()}), FakeClock(AT)
    settings = settings_for("sqlite:///unused.db", folder)
    telephony = cast("Telephony", provider)
    services = replace(wire(settings, clock=clock, store=store, telephony=telephony), config=configuration())
    made = Answering(services, provider, clock)
    made.call()
    return made


class Killed(BaseException):
    """The process ends here, between two steps."""


@dataclass
class Tripwire:
    """Ends the process at the `step`th of all moments at which something outside it has just changed or is about to."""

    step: int
    passed: int = 0

    @property
    def was_hit(self) -> bool:
        return self.passed > self.step

    def cross(self) -> None:
        self.passed += 1
        if self.passed == self.step + 1:
            raise Killed

    def around(self, services: Services) -> Services:
        store, provider = _TrippedStore(services.store, self), _TrippedProvider(services.telephony, self)
        return replace(services, store=cast("Store", store), telephony=cast("Telephony", provider))


@dataclass
class _TrippedStore:
    store: Store
    wire: Tripwire

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    @contextmanager
    def turn(self) -> Iterator[Any]:
        self.wire.cross()
        with self.store.turn() as transaction:
            yield transaction
            self.wire.cross()
        self.wire.cross()


@dataclass
class _TrippedProvider:
    telephony: Telephony
    wire: Tripwire

    def recording(self, sid: str) -> bytes:
        self.wire.cross()
        audio = self.telephony.recording(sid)
        self.wire.cross()
        return audio

    def delete_recording(self, sid: str) -> None:
        self.wire.cross()
        self.telephony.delete_recording(sid)
        self.wire.cross()
