"""The use case: all that can be done with messages, in one place for the web, the clock and the outbox."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.flow.messages import OrderKind
from app.services import Services
from app.store import ClaimedOrder, Sealed, VoicemailState
from app.vault import Content, key_id
from app.voicemail import keeping, listening, sweeps
from app.voicemail.arrival import expect
from app.voicemail.transcripts import transcriber

_TRANSCRIBABLE = (VoicemailState.ANNOUNCED, VoicemailState.FETCHING, VoicemailState.KEPT, VoicemailState.LOST)


@dataclass(frozen=True, slots=True)
class Voicemails:
    """Messages of one service. Every method may raise StoreUnavailable."""

    services: Services

    def handlers(self) -> Mapping[OrderKind, Callable[[ClaimedOrder], None]]:
        """How the orders of messages are carried out. Safe to repeat; ProviderError means to try again."""
        return {OrderKind.FETCH_RECORDING: self.fetch, OrderKind.DELETE_RECORDING: self.delete}

    def fetch(self, order: ClaimedOrder) -> None:
        """Fetch, verify and keep the message an order names."""
        keeping.fetch(self.services, str(order.payload["recording_sid"]))

    def delete(self, order: ClaimedOrder) -> None:
        """Delete the message an order names at the provider."""
        keeping.delete(self.services, str(order.payload["recording_sid"]))

    def transcribed(self, call_sid: str, turn: int, fields: Mapping[str, str]) -> None:
        """Keep what the provider has written down of a message, sealed like its sound; the first word of it stays."""
        sid = fields.get("RecordingSid", "")[:64]
        reported = transcriber(self.services.settings).of_callback(
            fields.get("TranscriptionStatus", ""), fields.get("TranscriptionText", "")
        )
        if reported is None or not sid:
            return
        with self.services.store.turn() as transaction:
            rows = transaction.voicemails
            expect(transaction, call_sid, turn, sid, at=self.services.clock.now())
            voicemail = rows.get(sid)
            if voicemail is None or voicemail.transcript_status or voicemail.state not in _TRANSCRIBABLE:
                return
            until = keeping.retained_until(self.services, voicemail)
            rows.change(sid, *_TRANSCRIBABLE, transcript_status=reported.status, retention_until=until)
            if reported.text:
                label = keeping.label(voicemail, Content.TRANSCRIPT)
                blob = self.services.vault.seal(reported.text.encode("utf-8", "replace"), label)
                rows.put(Sealed(recording_sid=sid, content=label.content, key_id=key_id(blob), sealed=blob))

    def play(self, recording_sid: str, *, by: str, role: str, at: datetime) -> bytes:
        """The sound of a message as WAV, noted in the audit log. Raises NotAllowed or NotPlayable."""
        return listening.read(self.services, recording_sid, Content.AUDIO, by=by, role=role, at=at)

    def transcript(self, recording_sid: str, *, by: str, role: str, at: datetime) -> str:
        """What was written down of a message, noted in the audit log. Raises NotAllowed or NotPlayable."""
        return listening.read(self.services, recording_sid, Content.TRANSCRIPT, by=by, role=role, at=at).decode()

    def claim(self, recording_sid: str, *, by: str, at: datetime) -> bool:
        """Take a message to oneself; of several who try at once, one does."""
        return listening.claim(self.services, recording_sid, by=by, at=at)

    def release(self, recording_sid: str, *, by: str, at: datetime) -> bool:
        """Give back a message one has taken."""
        return listening.release(self.services, recording_sid, by=by, at=at)

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
