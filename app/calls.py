"""THE use case: something happened on a call → what to do next, saved before it is said.

One transaction a turn, committed before the reply. When the database cannot be reached, the turn is answered from
the position token and the configuration in memory, and its facts go to the local spool until they can be stored.
"""

from binascii import crc32
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

import structlog

from app.call_records import CallRecords
from app.cdr.derive import apply
from app.cdr.records import CallRecord
from app.config.snapshot import Snapshot
from app.flow import last_resort
from app.flow.book import DEFAULT_LANGUAGE
from app.flow.engine import advance, first_position
from app.flow.in_line import QueueState
from app.flow.messages import (
    END_TURN,
    CallArrived,
    Event,
    Fact,
    FactKind,
    Faulted,
    Hold,
    Order,
    Position,
    RecordingEnded,
    Say,
    Silence,
    Turn,
)
from app.flow.scene import Scene
from app.flow.standard import APOLOGY, LAST_RESORT_MESSAGE, STANDARD_PROMPTS
from app.flow.standing import Standing
from app.joining import joined
from app.queue_keeping import state_of
from app.ringing import calls_off, hold_state, ring_order
from app.services import Services
from app.store import FirstSight, SpoolEntry, StoreUnavailable, TurnTransaction
from app.telephony import twiml
from app.telephony.inbound import VoiceRequest, dial_status, happened_at, over_in, whole_seconds
from app.turn_rules import (
    LONGEST_CALL,
    begins_plainly,
    desk_hours,
    is_fresh,
    opening_of,
    started,
    unheard,
    unless_gone,
    unless_over,
    waits_on,
    with_accept_key,
)
from app.voicemail import Voicemails, announce, left_another, recording_stored, transcriber
from oncall import StaffState

# Turns of requests that carry no position of ours have numbers no flow reaches.
STRAY_TURNS = 2_000_000
# Twilio's codes for an answer that came but was too large, no TwiML, or could not be executed.
UNUSABLE_ANSWER = ("11750", "12", "13", "15")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Calls:
    """Answers every voice webhook. Each method returns a document, or nothing where nothing is steered."""

    services: Services

    @property
    def records(self) -> CallRecords:
        """Where calls are kept."""
        return CallRecords(self.services)

    # Webhooks that steer the caller.

    def incoming(self, request: VoiceRequest) -> str:
        """The first ring: opens the ticket and enters the flow of the line that was dialled."""
        at = self.services.clock.now()
        position = self._beginning(request, self.services.config.current(), at)
        if request.gone:
            return self._turn(position, CallArrived(), request, at)
        try:
            said = self._at_first_sight(position, request, at)
        except StoreUnavailable as fault:
            _log.warning("store_unavailable", call_sid=request.call_sid, turn=position.turn, reason=fault.reason)
            return self._turn_unstored(position, CallArrived(), request, at)
        return self._turn(position, CallArrived(), request, at) if said is None else said

    def resume(self, token: str, request: VoiceRequest, event: Event) -> str:
        """The caller did something, or an attempt to reach somebody ended, at the position in `token`."""
        at = self.services.clock.now()
        position = self.services.positions.read(token)
        if position is None or not is_fresh(position, at):
            reason = "the position in the address is not ours or too old"
            stray = self._stray(request, token, at)
            if isinstance(event, RecordingEnded):
                # A message is a message, wherever it was asked for.
                return self._turn(replace(stray, flow=last_resort.NAME, node=last_resort.MESSAGE), event, request, at)
            return self._turn(stray, Faulted(reason), request, at)
        return self._turn(position, event, request, at)

    def fallback(self, token: str | None, request: VoiceRequest) -> str:
        """Twilio could not use our last answer: answer the same turn again, from `token` if its address had one."""
        code = request.fields.get("ErrorCode", "")
        if code.startswith(UNUSABLE_ANSWER):
            # The same answer again would fail again.
            return self.rescue(None, request, f"our last answer could not be carried out ({code[:5]})")
        if token is None:
            return self.incoming(request)
        position = self.services.positions.read(token)
        if position is not None and waits_on(position, self.services.clock.now()) and not request.gone:
            return self._on_hold_again(position, request)
        return self.resume(token, request, unheard(request))

    def _on_hold_again(self, position: Position, request: VoiceRequest) -> str:
        """A lap of waiting failed, which took the caller off hold: back there, while phones ring on, for the next lap.

        Nothing is told, so that this needs no database.
        """
        waiting = Turn(instructions=(Hold(phones=()),), position=replace(position, lap=0), facts=())
        links = replace(
            self._links(waiting.position, request),
            lap=lambda: self.services.positions.write(replace(position, lap=position.lap + 1)),
        )
        return twiml.render(waiting, links=links, caller_id="")  # nobody is shown a number by it

    def rescue(self, token: str | None, request: VoiceRequest, reason: str) -> str:
        """Something of ours raised: record it and continue in the flow of last resort."""
        at = self.services.clock.now()
        position = self.services.positions.read(token) if token else None
        if position is None:
            position = self._stray(request, token or "", at)
        return self._turn(replace(position, flow="", node=""), Faulted(reason), request, at)

    def rescue_unstored(self, token: str | None, request: VoiceRequest, reason: str) -> str:
        """Storing the turn is what raised: go on from its position alone; the record waits in the spool."""
        at = self.services.clock.now()
        position = self.services.positions.read(token) if token else None
        ended = over_in(request)
        if position is None or ended is None:
            stray = replace(position or self._stray(request, token or "", at), flow="", node="")
            return self._turn_unstored(stray, Faulted(reason), request, at)
        return self._turn_unstored(position, ended, request, at)

    def silence(self, token: str, request: VoiceRequest) -> str:
        """Nothing was pressed or recorded, or a verb fell through to the redirect behind it."""
        return self.resume(token, request, Silence())

    def bare_document(self, request: VoiceRequest) -> str:
        """What is said when even the flow of last resort raised: needs only the configuration in memory."""
        snapshot = self.services.config.current()
        party = next(iter(snapshot.roster.outside_parties.values()), None)
        line = snapshot.book.line_for(request.dialled)
        words = STANDARD_PROMPTS["en"]
        return twiml.bare(
            Say(words[APOLOGY], "en-US"),
            Say(words[LAST_RESORT_MESSAGE], "en-US"),
            number=party.number if party else None,
            caller_id=line.number,
            base=self.services.settings.public_base_url,
        )

    # Webhooks that only report.

    def recording_status(self, token: str, request: VoiceRequest) -> None:
        """A message is stored at the provider, or turned out empty."""
        position = self.services.positions.read(token)
        status = request.fields.get("RecordingStatus", "")
        if position is None or status not in {"completed", "absent", "failed"}:
            return
        again = position.tries > 0 or (status == "absent" and self._has_another_message(request))
        fact = recording_stored(request, again=again, at=self.services.clock.now())
        self.records.tell(request.call_sid, position.turn, fact)

    def _has_another_message(self, request: VoiceRequest) -> bool:
        """Whether the caller has left a message in another recording than the one this report is about."""
        try:
            with self.services.store.turn() as transaction:
                return left_another(transaction, request.call_sid, request.fields.get("RecordingSid", ""))
        except StoreUnavailable:
            return False

    def transcription(self, token: str, request: VoiceRequest) -> None:
        """The provider has written a message down, or could not."""
        position = self.services.positions.read(token)
        if position is not None:
            Voicemails(self.services).transcribed(request.call_sid, position.turn, request.fields)

    def call_status(self, request: VoiceRequest) -> None:
        """The call is over, as the provider reports it; opens the ticket of a call we had not seen."""
        if not request.gone:
            return
        word, now = request.fields.get("CallStatus", ""), self.services.clock.now()
        fact = Fact(
            kind=FactKind.CALL_ENDED,
            key="call_ended",
            at=happened_at(request, now=now, since=now - LONGEST_CALL),
            because=f"the provider reports {word}",
            detail={
                "status": dial_status(word).value,
                "seconds": whole_seconds(request.fields.get("CallDuration", "")),
            },
        )
        opening = opening_of(request, self.services.config.current(), at=fact.at)
        self.records.tell(request.call_sid, END_TURN, fact, opening=opening)

    # One turn.

    def _at_first_sight(self, position: Position, request: VoiceRequest, at: datetime) -> str | None:
        """The first turn of a call that begins like most: worked out while nothing is held, stored in one go.

        None for a call that needs more, or that somebody has opened already.
        """
        snapshot = self._snapshot(position.revision)
        with self.services.store.first_sight() as sight:
            record = opening_of(request, snapshot, at=at)
            turn = advance(position, CallArrived(), self._first_scene(snapshot, request, sight, at))
            after = apply(record, turn.facts, hours=desk_hours(snapshot))
            if not begins_plainly(after, turn.facts):
                return None
            reply = self._render(turn, snapshot, request)
            then = self._announce_opening if self.services.announcer.is_heard else None
            opened = sight.open(after, position.exchange, turn.facts, reply=reply, then=then)
        return reply if opened else None

    def _announce_opening(self, transaction: TurnTransaction, opened: CallRecord) -> None:
        self.services.announcer.follow(transaction, None, opened.ticket, at=opened.call.started_at)

    def _first_scene(self, snapshot: Snapshot, request: VoiceRequest, sight: FirstSight, at: datetime) -> Scene:
        """What is known when a call comes in; nobody is rung by what begins plainly, so nobody's state is asked."""
        return Scene(
            book=snapshot.book,
            roster=snapshot.roster,
            at=at,
            caller=request.caller,
            standing=cache(lambda: sight.standing(caller=request.caller, call_sid=request.call_sid, at=at)),
            desk=self.services.store.desk.known(),
        )

    def _turn(self, position: Position, event: Event, request: VoiceRequest, at: datetime) -> str:
        snapshot = self._snapshot(position.revision)
        call_sid = request.call_sid
        event = unless_gone(event, request)
        try:
            with self.services.store.turn() as transaction:
                said = transaction.saved_reply(call_sid, position.exchange)
                if said is not None:
                    return said
                known = transaction.load(call_sid)
                record = known or opening_of(request, snapshot, at=started(position, at))
                event = with_accept_key(
                    unless_over(event, record), record, position.turn, at=at, complete=not self.services.spool.size()
                )
                scene = self._scene(position, snapshot, request, at=at, record=record, transaction=transaction)
                turn = advance(position, event, scene)
                hours, announcer = desk_hours(snapshot), self.services.announcer
                known, record = joined(transaction, known, record, turn.facts, at=at, hours=hours, announcer=announcer)
                after = apply(record, turn.facts, hours=desk_hours(snapshot))
                after = self.records.save(transaction, known, after)
                transaction.tell(call_sid, position.exchange, turn.facts)
                announce(transaction, call_sid, position.exchange, turn.facts)
                self.records.see_to(transaction, known, after, turn.facts, at=at)
                transaction.order(self._orders(turn, request, snapshot, at=at))
                transaction.order(calls_off(after, at=at))
                reply = self._render(turn, snapshot, request)
                transaction.keep_reply(call_sid, position.exchange, reply)
        except StoreUnavailable as fault:
            _log.warning("store_unavailable", call_sid=call_sid, turn=position.turn, reason=fault.reason)
        else:
            return reply
        return self._turn_unstored(position, event, request, at)

    def _turn_unstored(self, position: Position, event: Event, request: VoiceRequest, at: datetime) -> str:
        """Answers a turn from its position alone; what it tells waits in the spool."""
        snapshot, event = self._snapshot(position.revision), unless_gone(event, request)
        scene = self._scene(position, snapshot, request, at=at, record=None, transaction=None)
        turn = advance(position, event, scene)
        reply = self._render(turn, snapshot, request)
        opening = opening_of(request, snapshot, at=started(position, at))
        entry = SpoolEntry.of(
            call_sid=request.call_sid, turn=position.exchange, facts=turn.facts, opening=opening, reply=reply
        )
        self.records.keep(entry)
        return reply

    def _scene(
        self,
        position: Position,
        snapshot: Snapshot,
        request: VoiceRequest,
        *,
        at: datetime,
        record: CallRecord | None,
        transaction: TurnTransaction | None,
    ) -> Scene:
        def staff(before: datetime) -> StaffState:
            if transaction is None or record is None:
                return StaffState()
            known = transaction.staff(at=at, before=before, seed=crc32(record.call.call_sid.encode()))
            # Whoever is rung for a caller in line is not free for one who has just come.
            return replace(known, talking=known.talking | {offer.person for offer in transaction.queue.offers()})

        def queue() -> QueueState | None:
            if transaction is None or record is None:
                return None
            return state_of(transaction, record, position, at=at)

        return Scene(
            book=snapshot.book,
            roster=snapshot.roster,
            at=at,
            caller=request.caller,
            standing=self._standing(transaction, request, at),
            ticket=record.ticket.number if record else None,
            callback_number=record.call.callback_number if record else None,
            staff=staff,
            can_hold=transaction is not None and self.services.can_ring,
            hold=hold_state(record, position.turn) if record else None,
            queue=cache(queue),
            quick=self.records.quick(transaction, at),
            desk=self.services.store.desk.known(),
        )

    def _standing(
        self, transaction: TurnTransaction | None, request: VoiceRequest, at: datetime
    ) -> Callable[[], Standing]:
        def standing() -> Standing:
            if transaction is None:
                return Standing()
            return transaction.standing(caller=request.caller, call_sid=request.call_sid, at=at)

        return cache(standing)

    def _orders(self, turn: Turn, request: VoiceRequest, snapshot: Snapshot, *, at: datetime) -> list[Order]:
        """The phones to ring at once for a caller who is put on hold."""
        phones = [
            each for instruction in turn.instructions if isinstance(instruction, Hold) for each in instruction.phones
        ]
        if not phones or turn.position is None:
            return []
        line = snapshot.book.line_for(request.dialled)
        waiting = replace(turn.position, call_sid=request.call_sid)
        return [ring_order(phone, waiting, self.services.positions, line=line.name, at=at) for phone in phones]

    def _render(self, turn: Turn, snapshot: Snapshot, request: VoiceRequest) -> str:
        caller_id = snapshot.book.line_for(request.dialled).number
        return twiml.render(turn, links=self._links(turn.position, request), caller_id=caller_id)

    def _links(self, position: Position | None, request: VoiceRequest) -> twiml.Links:
        base, write = self.services.settings.public_base_url, self.services.positions.write
        if position is None:
            return twiml.Links(base, "")
        return twiml.Links(
            base,
            write(position),
            transcribed=transcriber(self.services.settings).by_provider,
            queue=self.services.positions.hold_name(request.call_sid, position.turn),
            lap=lambda: write(replace(position, lap=1)),
        )

    def _snapshot(self, revision: str) -> Snapshot:
        config = self.services.config
        return config.revision(revision) or config.current()

    def _beginning(self, request: VoiceRequest, snapshot: Snapshot, at: datetime) -> Position:
        line = snapshot.book.line_for(request.dialled)
        return first_position(line=line.name, flow=line.flow, revision=snapshot.revision, at=at)

    def _stray(self, request: VoiceRequest, token: str, at: datetime) -> Position:
        """A position for a request that carries none of ours; the same request always gets the same turn."""
        turn = STRAY_TURNS + crc32(token.encode("utf-8", "replace")) % STRAY_TURNS
        return replace(self._beginning(request, self.services.config.current(), at), turn=turn)

    # What staff phones hear.

    def words(self, position: Position | None, prompt: str, *, ticket: int | None = None, caller: str = "") -> Say:
        """The words of a prompt for a staff phone; it may name the number `ticket`, and whose client `caller` is."""
        at = self.services.clock.now()
        snapshot = self._snapshot(position.revision if position else "")
        if position is None:
            line = next(iter(snapshot.book.lines.values()))
            position = first_position(line=line.name, flow=line.flow, revision=snapshot.revision, at=at)
        scene = Scene(book=snapshot.book, roster=snapshot.roster, at=at, ticket=ticket, caller=caller)
        return scene.say(prompt, position, language=DEFAULT_LANGUAGE)
