"""The record of a call, kept: facts and what follows from them in one transaction, in the spool while that cannot be.

Knows no documents and no flow: what has happened is decided elsewhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from app.cdr.derive import apply
from app.cdr.records import CallRecord
from app.flow.messages import Fact
from app.paging import see_to, tell_number
from app.queue_keeping import keep_line
from app.ringing import calls_off
from app.services import Services
from app.store import SpoolEntry, StoreUnavailable, TurnTransaction
from app.turn_rules import as_it_began, desk_hours
from app.voicemail import announce
from oncall import Override

_log = structlog.get_logger(__name__)


def left_waiting(_entry: SpoolEntry) -> bool:
    """Stores nothing: the entry stays for another time."""
    return False


@dataclass(frozen=True, slots=True)
class CallRecords:
    """Keeps what happens on calls, and sees to it that people hear of it who are not on the call."""

    services: Services

    def save(self, transaction: TurnTransaction, before: CallRecord | None, after: CallRecord) -> CallRecord:
        if before is None:
            return transaction.open(after)
        transaction.save(before, after)
        return after

    def see_to(
        self,
        transaction: TurnTransaction,
        before: CallRecord | None,
        after: CallRecord,
        facts: Sequence[Fact],
        *,
        at: datetime,
    ) -> None:
        """People who are not on the call hear of it, when they must."""
        snapshot, quick = self.services.config.current(), self.quick(transaction, at)
        keep_line(transaction, after, facts)
        see_to(transaction, before, after, facts, snapshot=snapshot, quick=quick, at=at)
        if self.services.can_ring:
            tell_number(transaction, after, facts, at=at)
        self.services.announcer.follow(transaction, before.ticket if before else None, after.ticket, at=at)

    def quick(self, transaction: TurnTransaction | None, at: datetime) -> tuple[Override, ...]:
        rows = None if transaction is None else transaction.overrides
        return self.services.store.overrides.for_turn(rows, at=at)

    def tell(self, call_sid: str, turn: int, fact: Fact, *, opening: CallRecord | None = None) -> CallRecord | None:
        """Stores a fact that steers nothing; returns the record after it, or None when it could not be stored yet.

        A fact about a call the database has not seen waits in the spool for that call, unless it brings an
        `opening`: then it opens the call itself. What a mistake of ours keeps from being stored waits there too, and
        the mistake is passed on.
        """
        after: CallRecord | None = None
        is_stored = False
        try:
            with self.services.store.turn() as transaction:
                known = transaction.load(call_sid)
                record = known or opening
                if record is not None:
                    after = self.store_facts(transaction, record, turn, [fact], opened=known is not None)
                    announce(transaction, call_sid, turn, [fact])
            is_stored = after is not None
        except StoreUnavailable as fault:
            _log.warning("store_unavailable", call_sid=call_sid, turn=turn, reason=fault.reason)
        finally:
            if not is_stored:
                self.keep(SpoolEntry.of(call_sid=call_sid, turn=turn, facts=[fact], opening=opening, reply=None))
        return after if is_stored else None

    def keep(self, entry: SpoolEntry) -> None:
        try:
            self.services.spool.append(entry)
        except OSError as fault:
            # The caller comes first: without a disk the call still goes on, and the log is all that is left of it.
            _log.error("spool_failed", call_sid=entry.call_sid, turn=entry.turn, reason=fault.strerror)

    def store_facts(
        self,
        transaction: TurnTransaction,
        record: CallRecord,
        turn: int,
        facts: Sequence[Fact],
        *,
        opened: bool = True,
    ) -> CallRecord:
        """Stores facts and what follows from them, and calls off phones that ring for nobody; returns the record.

        Not `opened`: the database has not seen the call yet.
        """
        after = apply(record, facts, hours=desk_hours(self.services.config.current()))
        after = self.save(transaction, record if opened else None, after)
        transaction.tell(record.call.call_sid, turn, facts)
        self.see_to(transaction, record if opened else None, after, facts, at=self.services.clock.now())
        transaction.order(calls_off(after, at=self.services.clock.now()))
        return after

    def replay(self, of_no_caller: Callable[[SpoolEntry], bool] = left_waiting) -> int:
        """Stores what the spool holds, in order; returns how many entries. Repeating it changes nothing.

        `of_no_caller` is handed what belongs to no call we know of, and says whether it has stored that. Raises
        StoreUnavailable when the database is still away: the rest then stays in the spool.
        """
        return self.services.spool.replay(lambda entry: self._replay_entry(entry) or of_no_caller(entry))

    def _replay_entry(self, entry: SpoolEntry) -> bool:
        """Stores one entry; False when it waits for a call that nobody has told of."""
        snapshot = self.services.config.revision(entry.revision) or self.services.config.current()
        with self.services.store.turn() as transaction:
            before, opening = transaction.load(entry.call_sid), entry.opening()
            stored = before
            if before is None:
                if opening is None:
                    return False
                before = transaction.open(opening)
            transaction.tell(entry.call_sid, entry.turn, entry.facts)
            # Facts of the outage may precede facts stored since: the record is read again from all of them.
            blank = replace(before, call=as_it_began(before.call, opening), legs=())
            told = transaction.facts(entry.call_sid)
            after = self.save(transaction, before, apply(blank, told, hours=desk_hours(snapshot)))
            self.see_to(transaction, stored, after, entry.facts, at=self.services.clock.now())
            announce(transaction, entry.call_sid, entry.turn, entry.facts)
            if entry.reply is not None:
                transaction.keep_reply(entry.call_sid, entry.turn, entry.reply)
        return True

    def caller_of(self, call_sid: str) -> str:
        """The number (E.164) that called; empty when it was withheld or the record cannot be asked."""
        try:
            record = self.services.store.calls.get(call_sid)
        except StoreUnavailable:
            return ""
        return "" if record is None else record.call.caller
