"""The record of calls in one database: opened, migrated, written in turns, read.

The only front door. Gives frozen objects and keeps SQL to itself.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Self, TypeVar

from sqlalchemy import URL, Connection, Engine, Insert, bindparam, select, text

from app import clock
from app.store import engines
from app.store.accounts import Accounts
from app.store.audit import Audit
from app.store.board import Board
from app.store.call_log import CallLog
from app.store.call_work import CallWork
from app.store.daily_figures import DailyFigures
from app.store.desk_overrides import DeskOverrides
from app.store.figures import Figures
from app.store.first_sight import FirstSight
from app.store.inbox import Inbox
from app.store.inserting import insert_into
from app.store.leadership import Leadership, leadership
from app.store.models import alembic_version, heartbeats
from app.store.night_rings import NightRings
from app.store.order_log import OrderLog
from app.store.outage import Breaker, StoreUnavailable, translated
from app.store.outbox import Outbox
from app.store.overrides import Overrides
from app.store.prepared import Session
from app.store.publications import Publications
from app.store.queue import QueueLog
from app.store.reminders import ReminderLog
from app.store.revisions import head_revision
from app.store.running import Running
from app.store.swaps import Swaps
from app.store.tallies import Tallies
from app.store.ticket_lists import TicketLists
from app.store.ticket_log import TicketLog
from app.store.ticket_words import TicketWords
from app.store.tokens import Tokens
from app.store.turns import TurnTransaction
from app.store.voicemail import VoicemailLog

Answer = TypeVar("Answer")
_LEADERSHIP_SECONDS = 1.0


@cache
def _beat(database: str) -> Insert:
    statement = insert_into(database, heartbeats).values(name=bindparam("name"), at=bindparam("at"))
    return statement.on_conflict_do_update(index_elements=[heartbeats.c.name], set_={"at": statement.excluded.at})


class Store:
    """The database. One per process, opened after any fork, used by all threads.

    Every method raises StoreUnavailable when the database cannot be reached or does not answer within the
    bound.
    """

    def __init__(self, address: URL, engine: Engine, gate: engines.Gate, breaker: Breaker) -> None:
        self._address = address
        self._engine = engine
        self._gate = gate
        self._breaker = breaker
        self.calls = CallLog(self._read)
        self.call_work = CallWork(self._read, self._write)
        self.tickets = TicketLog(self._read)
        self.ticket_lists = TicketLists(self._read)
        self.tokens = Tokens(self._read, self._write)
        self.accounts = Accounts(self._read, self._write)
        self.outbox = Outbox(self._read, self._write)
        self.orders = OrderLog(self._read, self._write)
        self.voicemails = VoicemailLog(self._read)
        self.inbox = Inbox(self._read)
        self.audit = Audit(self._read, self._write)
        self.overrides = Overrides(self._read)
        self.desk = DeskOverrides(self._read, self._write)
        self.board = Board(self._read)
        self.swaps = Swaps(self._read, self._write, self.outbox.announce)
        self.queue = QueueLog(self._read)
        self.reminders = ReminderLog(self._read)
        self.publications = Publications(self._read, self._write)
        self.tallies = Tallies(self._read, self._write)
        self.figures = Figures(self._read, self._write)
        self.days = DailyFigures(self._read, self._write)
        self.rings = NightRings(self._read)
        self.words = TicketWords(self._read, self._write)
        self.running = Running(self._read, self._write)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        timeout_seconds: float = 1.0,
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> Self:
        """A store at `url`, not reached for yet and not migrated. `monotonic` counts seconds, for time limits.

        Raises:
            ValueError: the address is of no supported database.
        """
        address = engines.parsed(url)
        engine, gate = engines.opened(address, bound=timeout_seconds, monotonic=monotonic)
        return cls(address, engine, gate, Breaker(monotonic))

    def upgrade(self) -> None:
        """Bring the schema to the newest revision, creating a SQLite file if need be. Takes as long as it takes."""
        # Alembic is heavy, and only this needs it.
        from app.store.migrate import upgrade  # noqa: PLC0415

        with translated():
            upgrade(self._address)

    def revision(self) -> str:
        """The revision of the schema in the database; empty when there is none."""
        try:
            return self._read(lambda connection: connection.execute(select(alembic_version)).scalar() or "")
        except StoreUnavailable as outage:
            if outage.reason == "not migrated":
                return ""
            raise

    def is_current(self) -> bool:
        """Whether the schema has all this program needs: it is at our revision, or at a later one, which only adds."""
        return self.revision() >= head_revision()

    def close(self) -> None:
        """Let go of all connections."""
        self._gate.close()
        self._engine.dispose()

    @contextmanager
    def turn(self) -> Iterator[TurnTransaction]:
        """One write transaction: committed when the block ends, undone when it raises.

        After an outage it fails at once for two seconds instead of trying.
        """
        with self._breaker.guard(), translated(), self._gate.writing() as session:
            transaction = TurnTransaction(session)
            yield transaction
        if transaction.ordered:
            self.outbox.announce()

    @contextmanager
    def first_sight(self) -> Iterator[FirstSight]:
        """What the first turn of a call needs: questions that hold nothing, and one write of it all."""
        with self._breaker.guard(), translated(), self._gate.reading() as session:
            sight = FirstSight(session, self._gate.writing)
            yield sight
        if sight.ordered:
            self.outbox.announce()

    def leadership(self) -> Leadership:
        """A lock that one process at a time can hold, among all that use this database. It raises nothing."""
        return leadership(self._address, bound=_LEADERSHIP_SECONDS, monotonic=clock.monotonic)

    def ping(self) -> None:
        """Return when the database answers."""
        self._read(lambda connection: connection.execute(text("SELECT 1")).scalar())

    def beat(self, name: str, *, at: datetime) -> None:
        """Note that the process called `name` was alive `at`."""
        self._write(lambda session: session.run(_beat(session.database), {"name": name, "at": at}))

    def heartbeats(self) -> Mapping[str, datetime]:
        """When each process was last known to be alive."""
        rows = self._read(lambda connection: connection.execute(select(heartbeats)).all())
        return {row.name: row.at for row in rows}

    def _read(self, question: Callable[[Connection], Answer]) -> Answer:
        with translated(), self._gate.lending() as connection:
            return question(connection)

    def _write(self, change: Callable[[Session], Answer]) -> Answer:
        with self._breaker.guard(), translated(), self._gate.writing() as session:
            return change(session)
