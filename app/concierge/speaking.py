"""Updates given on the telephone: what is said is kept like a caller's message, and the ticket says that there is one.

What was said is nowhere but in the sealed recording, and in its transcript if there is one.
"""

from dataclasses import dataclass, replace
from typing import Final

import structlog

from app.concierge.telling import due_name
from app.flow.messages import Fact, FactKind
from app.services import Services
from app.store import REMINDER_KEYS, SpoolEntry
from app.telephony.inbound import VoiceRequest
from app.tickets import News, NewsKind, Outcome, Result, tell, work
from app.voicemail import Voicemails, announce, expect, recording_stored

# The number under which facts of spoken updates are kept: they belong to no turn of any flow.
UPDATE_TURN: Final = 6_000_000
NOTHING_NEW: Final = "No change yet; the work goes on."
_WAY: Final = "by key on a reminder call"
_SPOKEN_WAY: Final = "spoken on a reminder call"
_KEPT: Final = frozenset({Outcome.DONE, Outcome.DONE_BEFORE, Outcome.KEY_USED})
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SpokenUpdates:
    """Updates by voice and by key. Every method may raise StoreUnavailable, unless it says otherwise."""

    services: Services

    def spoken(self, number: int, call_sid: str, *, recording: str, seconds: int, by: str) -> Result:
        """Keep a recording as the ticket's update, once, however often it is told; on one that is over, as a note.

        `call_sid` is the call of the phone that it was spoken on.
        """
        at = self.services.clock.now()
        address = f"{self.services.settings.public_base_url}/api/v1/voicemail/{recording}/audio"
        text = f"Spoken update, {seconds} seconds: {address}"
        key = f"{REMINDER_KEYS}spoken:{recording}"
        with self.services.store.turn() as transaction:
            mine = work(self.services, transaction, by=by, way=_SPOKEN_WAY)
            result = tell(mine, number, News(text=text, key=key))
            if result.outcome is Outcome.CLOSED:
                tell(mine, number, News(text=text, key=key, kind=NewsKind.NOTE))
            if result.outcome is not Outcome.UNKNOWN:
                expect(transaction, call_sid, UPDATE_TURN, recording, at=at, ticket=number)
                # It waits for nobody of the desk.
                transaction.voicemails.done(recording, by=by, at=at)
        if result.outcome is Outcome.UNKNOWN:
            _log.error("spoken_update_lost", recording_sid=recording, reason="there is no such ticket")
        return result

    def unchanged(self, number: int, due: str, request: VoiceRequest, *, by: str) -> Result:
        """Tell that nothing has changed: an update like any other, if the one called `due` is still wanted."""
        key = f"{REMINDER_KEYS}unchanged:{request.call_sid}"
        with self.services.store.turn() as transaction:
            ticket = transaction.tickets.hold(number)
            due_at = None if ticket is None else ticket.update_due_at
            is_wanted = due_at is not None and due_name(due_at) == due
            if not is_wanted and transaction.tickets.noted(number, key) is None:
                return Result(Outcome.STALE, ticket, ticket)
            mine = work(self.services, transaction, by=by, way=_WAY)
            return tell(mine, number, News(text=NOTHING_NEW, key=key))

    def recorded(self, number: int, request: VoiceRequest) -> None:
        """The recording's own report: it is fetched now, or was empty."""
        self._recorded(number, request.call_sid, recording_stored(request, again=False, at=self.services.clock.now()))

    def transcribed(self, number: int, request: VoiceRequest) -> None:
        """What the provider has written down."""
        if self.services.store.tickets.get(number) is not None:
            Voicemails(self.services).transcribed(request.call_sid, UPDATE_TURN, request.fields, ticket=number)

    def keep(self, number: int, call_sid: str, *, recording: str, seconds: int, by: str) -> None:
        """Keep on this machine's disk what cannot be stored yet, for `replayed`. Raises OSError."""
        fact = Fact(
            kind=FactKind.RECORDING_ENDED,
            key=f"spoken:{recording}",
            at=self.services.clock.now(),
            because=_SPOKEN_WAY,
            detail={"ticket": number, "recording_sid": recording, "seconds": seconds, "by": by},
        )
        self._keep(call_sid, fact)

    def keep_report(self, number: int, request: VoiceRequest) -> None:
        """The same for the recording's own report. Raises OSError."""
        fact = recording_stored(request, again=False, at=self.services.clock.now())
        self._keep(request.call_sid, replace(fact, detail={**fact.detail, "ticket": number}))

    def replayed(self, entry: SpoolEntry) -> bool:
        """Store what was kept; False for what is no spoken update."""
        if entry.turn != UPDATE_TURN:
            return False
        for fact in entry.facts:
            number, recording = int(str(fact.detail["ticket"])), str(fact.detail["recording_sid"])
            if fact.kind is FactKind.RECORDING_STORED:
                self._recorded(number, entry.call_sid, fact)
            else:
                seconds, by = int(str(fact.detail["seconds"])), str(fact.detail["by"])
                self.spoken(number, entry.call_sid, recording=recording, seconds=seconds, by=by)
        return True

    def _keep(self, call_sid: str, fact: Fact) -> None:
        entry = SpoolEntry.of(call_sid=call_sid, turn=UPDATE_TURN, facts=[fact], opening=None, reply=None)
        self.services.spool.append(entry)

    def _recorded(self, number: int, call_sid: str, fact: Fact) -> None:
        with self.services.store.turn() as transaction:
            if transaction.tickets.hold(number) is not None:
                announce(transaction, call_sid, UPDATE_TURN, [fact], ticket=number)


def is_kept(result: Result) -> bool:
    """Whether an update is in the ticket's history, now or since before."""
    return result.outcome in _KEPT
