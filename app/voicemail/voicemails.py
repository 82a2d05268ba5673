"""The use case: all that can be done with messages, in one place for the web, the clock and the outbox."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.flow.messages import OrderKind
from app.services import Services
from app.store import ClaimedOrder
from app.telephony.provider import RemoteTranscript
from app.vault import Content
from app.voicemail import keeping, listening, sweeps, transcription
from app.voicemail.arrival import expect
from app.voicemail.transcripts import FINISHED


@dataclass(frozen=True, slots=True)
class Voicemails:
    """Messages of one service. Every method may raise StoreUnavailable."""

    services: Services

    def handlers(self) -> Mapping[OrderKind, Callable[[ClaimedOrder], None]]:
        """How the orders of messages are carried out. Safe to repeat; ProviderError means to try again."""
        return {OrderKind.FETCH_RECORDING: self.fetch, OrderKind.DELETE_RECORDING: self.delete}

    def fetch(self, order: ClaimedOrder) -> None:
        """Fetch, verify and keep the message an order names."""
        sid = str(order.payload["recording_sid"])
        transcription.look_later(self.services, sid)
        keeping.fetch(self.services, sid)

    def delete(self, order: ClaimedOrder) -> None:
        """Delete the message an order names at the provider, or what was written down of it."""
        sid = str(order.payload["recording_sid"])
        if "transcription_sid" in order.payload:
            transcription.delete(self.services, sid, str(order.payload["transcription_sid"]))
        else:
            keeping.delete(self.services, sid)

    def transcribed(self, call_sid: str, turn: int, fields: Mapping[str, str], *, ticket: int | None = None) -> None:
        """Keep what the provider has written down of a message, sealed like its sound; the first word of it stays.

        `ticket` is the message's where the call has no record.
        """
        sid = fields.get("RecordingSid", "")[:64]
        told = RemoteTranscript(
            sid=fields.get("TranscriptionSid", "")[:64],
            status=fields.get("TranscriptionStatus", ""),
            text=fields.get("TranscriptionText", ""),
        )
        if not sid or told.status not in FINISHED:
            return
        at = self.services.clock.now()
        with self.services.store.turn() as transaction:
            expect(transaction, call_sid, turn, sid, at=at, ticket=ticket)
            transcription.take(self.services, transaction, sid, told, at=at)

    def play(self, recording_sid: str, *, by: str, role: str, at: datetime, playing: str = "") -> bytes:
        """The sound of a message as WAV, noted in the audit log. Raises NotAllowed or NotPlayable.

        `playing` is a name the parts of one playing have in common, so that it is noted once.
        """
        return listening.read(self.services, recording_sid, Content.AUDIO, by=by, role=role, at=at, playing=playing)

    def transcript(self, recording_sid: str, *, by: str, role: str, at: datetime) -> str:
        """What was written down of a message, noted in the audit log. Raises NotAllowed or NotPlayable."""
        return listening.read(self.services, recording_sid, Content.TRANSCRIPT, by=by, role=role, at=at).decode()

    def size(self, recording_sid: str, *, at: datetime) -> int:
        """How many bytes the sound of a message has. Raises NotPlayable."""
        return listening.size(self.services, recording_sid, at=at)

    def heard(self, recording_sid: str, *, by: str, at: datetime) -> bool:
        """Note that somebody knows what was said without having played it here; False when somebody had heard it."""
        return listening.heard(self.services, recording_sid, by=by, at=at)

    def claim(self, recording_sid: str, *, by: str, at: datetime) -> bool:
        """Take a message to oneself; of several who try at once, one does."""
        return listening.claim(self.services, recording_sid, by=by, at=at)

    def release(self, recording_sid: str, *, by: str, at: datetime, holder: str | None = None) -> bool:
        """Give back a message one has taken, or for an overseer one that `holder` has; False when that is not so."""
        return listening.release(self.services, recording_sid, by=by, at=at, holder=holder)

    def done(self, recording_sid: str, *, by: str, at: datetime) -> bool:
        """Finish with a message that is one's own or nobody's."""
        return listening.done(self.services, recording_sid, by=by, at=at)

    def fetch_again(self, recording_sid: str, *, by: str, at: datetime) -> bool:
        """Have a lost message fetched once more; False when it is not lost."""
        return listening.fetch_again(self.services, recording_sid, by=by, at=at)

    def purge(self, at: datetime) -> int:
        """Delete what was said in messages whose retention has ended; returns how many."""
        return sweeps.purge(self.services, at=at)

    def rotate(self) -> int:
        """Seal everything under the newest key; returns how much was not."""
        return sweeps.rotate(self.services)

    def sweep(self, at: datetime) -> None:
        """Everything the clock process looks after. Safe to repeat."""
        sweeps.give_up(self.services, at=at)
        sweeps.insist(self.services, at=at)
        sweeps.purge(self.services, at=at)
        sweeps.rotate(self.services)
