"""What came of a message: told to its ticket, and, unless somebody has to try again, finished with.

The message first, then its ticket: of several who finish at once, one is the author of what the ticket says.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.cdr.records import TicketStatus
from app.services import Services
from app.store import Voicemail
from app.tickets import LONGEST_UPDATE, News, NewsKind, Outcome, TicketEdit, TicketRequests
from app.voicemail import Voicemails


class CameOf(StrEnum):
    """What came of a message, as whoever saw to it says."""

    SPOKEN = "spoken"
    NOBODY = "nobody"
    NO_CALL = "no_call"


_SENTENCES = {
    CameOf.SPOKEN: "Message answered: called back and spoken to",
    CameOf.NOBODY: "Message: called back, nobody was reached; to be tried again",
    CameOf.NO_CALL: "Message dealt with; no call back was needed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finishing:
    """Somebody who finishes with messages. `person`: the member of staff they are, if any; `way`: how.

    Raises StoreUnavailable.
    """

    services: Services
    actor: str
    person: str | None
    way: str = "at the desk"

    def finish(self, message: Voicemail, came_of: CameOf, *, words: str, resolve: bool) -> str:
        """Note what came of a message; returns the name of the notice that says what was done."""
        sid, at = message.recording_sid, self.services.clock.now()
        voicemails = Voicemails(self.services)
        if came_of is CameOf.NOBODY:
            # Whoever tries takes it to themselves, so that two do not try at once.
            voicemails.claim(sid, by=self.actor, at=at)
            current = self.services.store.voicemails.get(sid)
            if current is None or current.done_at is not None or current.claimed_by != self.actor:
                return "claimed_by_another"
        elif not voicemails.done(sid, by=self.actor, at=at):
            return "claimed_by_another"
        self._tell(message.ticket, came_of, words)
        if came_of is CameOf.NOBODY:
            return "tried"
        if not resolve:
            return "message_done"
        return "message_resolved" if self._resolved(message.ticket, came_of) else "message_done_only"

    def _tell(self, ticket: int, came_of: CameOf, words: str) -> None:
        words = " ".join(words.split())
        text = f"{_SENTENCES[came_of]}{f': {words}' if words else '.'}"[:LONGEST_UPDATE]
        kind = NewsKind.UPDATE if came_of is CameOf.SPOKEN else NewsKind.NOTE
        result = self._requests.tell(ticket, News(text=text, kind=kind))
        if result.outcome is not Outcome.DONE and kind is NewsKind.UPDATE:
            # A ticket that is closed takes notes only.
            self._requests.tell(ticket, News(text=text, kind=NewsKind.NOTE))

    def _resolved(self, ticket: int, came_of: CameOf) -> bool:
        wanted = TicketEdit(status=TicketStatus.RESOLVED, reason=_SENTENCES[came_of].lower())
        return self._requests.edit(ticket, wanted).outcome in {Outcome.DONE, Outcome.DONE_BEFORE}

    @property
    def _requests(self) -> TicketRequests:
        return TicketRequests(services=self.services, actor=self.actor, person=self.person, way=self.way)
