"""The line of callers as it is kept: their places, and to whom each was offered. Knows no rule of who comes first.

Whoever changes a place holds its call. That nobody is rung for two callers is the database's own doing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Insert, Select, Update, bindparam, exists, insert, literal_column, select, update

from app.flow.in_line import Choice
from app.flow.messages import LAP
from app.store.access import Reader
from app.store.inserting import insert_into
from app.store.models import legs, queue_offers, queue_places
from app.store.prepared import Session
from app.store.rows import Row, storable
from oncall import Priority

# A phone whose end was never told of does not keep its owner from being rung for ever.
LONGEST_RING = timedelta(minutes=3)


class PlaceKind(StrEnum):
    """Whether the caller is on hold, or has hung up and is to be called."""

    WAITING = "waiting"
    CALLBACK = "callback"


class PlaceOutcome(StrEnum):
    """How somebody's time in line ended."""

    ANSWERED = "answered"
    MESSAGE = "message"
    ABANDONED = "abandoned"
    OVERFLOWED = "overflowed"
    NOT_REACHED = "not_reached"
    SETTLED = "settled"
    DESK_CLOSED = "desk_closed"


class OfferOutcome(StrEnum):
    """What became of a phone that rang for a caller in line."""

    TAKEN = "taken"
    PASSED = "passed"
    CALLED_OFF = "called_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One caller's place in line. `turn` is that of the hold; `people` are those who may take the call.

    `seen_at`: when the caller was last heard of. `due_at`: when a call-back may be tried next, to `number`.
    `attempts` to call back were made, the last by `owner`; `offers` counts the phones rung.
    """

    call_sid: str
    turn: int
    line: str
    flow: str
    node: str
    language: str
    people: tuple[str, ...]
    priority: Priority
    kind: PlaceKind
    entered_at: datetime
    seen_at: datetime
    choice: Choice | None = None
    number: str | None = None
    due_at: datetime | None = None
    attempts: int = 0
    offers: int = 0
    owner: str | None = None
    left_at: datetime | None = None
    outcome: PlaceOutcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOffer:
    """A phone that rings for a caller in line, or to call back who left a message; `exchange` numbers its leg."""

    call_sid: str
    turn: int
    person: str
    offer: int

    @property
    def exchange(self) -> int:
        return self.turn + self.offer * LAP


_P, _O = queue_places.c, queue_offers.c
_COLUMNS = tuple(Place.__dataclass_fields__)
_SID = bindparam("sid", type_=_P.call_sid.type)
_TURN = bindparam("at_turn", type_=_P.turn.type)
_OFFER = bindparam("which", type_=_O.offer.type)
_SINCE = bindparam("since", type_=_P.left_at.type)
_NODE = bindparam("at_node", type_=_P.node.type)
_AT = bindparam("at", type_=_O.ended_at.type)

_PLACE = select(*(_P[name] for name in _COLUMNS))
_MINE = (_P.call_sid == _SID, _P.turn == _TURN)
_ONE = _PLACE.where(*_MINE)
_OF_CALL = _PLACE.where(_P.call_sid == _SID, _P.left_at.is_(None))
_OPEN = _PLACE.where(_P.left_at.is_(None)).order_by(_P.entered_at, _P.call_sid)
_ANY: Select[Any] = select(exists().where(_P.left_at.is_(None)))
_WAITS = select(_P.entered_at, _P.left_at).where(
    _P.outcome == literal_column("'answered'"),
    _P.node == _NODE,
    _P.left_at > _SINCE,
    _P.kind == literal_column("'waiting'"),
)
_COUNT_OFFER = update(queue_places).where(*_MINE, _P.left_at.is_(None))
_COUNTED = _COUNT_OFFER.values(offers=_P.offers + literal_column("1")).returning(_P.offers)
_OPEN_OFFERS = select(_O.call_sid, _O.turn, _O.person, _O.offer).where(_O.ended_at.is_(None))
_PASSED = select(_O.person).where(_O.outcome == literal_column("'passed'"), _O.ended_at > _SINCE)
_RINGING = select(legs.c.party).where(
    legs.c.outcome == literal_column("'ringing'"),
    legs.c.ended_at.is_(None),
    legs.c.screened,
    legs.c.started_at > bindparam("since", type_=legs.c.started_at.type),
)
_END_OFFER = (
    update(queue_offers)
    .where(_O.call_sid == _SID, _O.turn == _TURN, _O.offer == _OFFER, _O.ended_at.is_(None))
    .values(ended_at=_AT, outcome=bindparam("outcome"))
)
_EXTEND = (
    update(queue_offers)
    .where(_O.call_sid == _SID, _O.turn == _TURN, _O.offer == _OFFER, _O.ended_at.is_(None))
    .values(until=bindparam("until"))
)
_LAPSED = select(_O.call_sid, _O.turn, _O.person, _O.offer).where(_O.ended_at.is_(None), _O.until <= _AT)
_INSERT = insert(queue_places).values({name: bindparam(name) for name in _COLUMNS})


@cache
def _insert_offer(database: str) -> Insert:
    names = ("call_sid", "turn", "offer", "person", "offered_at", "until")
    statement = insert_into(database, queue_offers).values({name: bindparam(name) for name in names})
    return statement.on_conflict_do_nothing().returning(_O.offer)


@lru_cache(maxsize=64)
def _change(columns: tuple[str, ...]) -> Update:
    return update(queue_places).where(*_MINE).values({name: bindparam(name) for name in columns})


class QueueRows:
    """Places and offers within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # Places.

    def add(self, place: Place) -> None:
        """Store a new place; one that is there already is left as it is."""
        if self.place(place.call_sid, place.turn) is None:
            row: Row = {name: getattr(place, name) for name in _COLUMNS}
            self._session.run(_INSERT, {**row, "people": list(place.people)})

    def place(self, call_sid: str, turn: int) -> Place | None:
        """The place that this turn of a call was given, open or not."""
        row = self._session.one(_ONE, {"sid": call_sid, "at_turn": turn})
        return None if row is None else _place_of(row)

    def open_of(self, call_sid: str) -> tuple[Place, ...]:
        """The places of a call that are not left yet."""
        return tuple(map(_place_of, self._session.all(_OF_CALL, {"sid": call_sid})))

    def open(self) -> tuple[Place, ...]:
        """All places that are not left yet, oldest first."""
        return tuple(map(_place_of, self._session.all(_OPEN, {})))

    def is_open(self) -> bool:
        """Whether anybody is in line."""
        row = self._session.one(_ANY, {})
        return row is not None and bool(row[0])

    def change(self, place: Place, **values: Any) -> None:  # noqa: ANN401 - each column has its own type
        """Write these fields of a place."""
        statement = _change(tuple(values))
        self._session.run(statement, {"sid": place.call_sid, "at_turn": place.turn, **values})

    def waits(self, node: str, *, since: datetime) -> list[int]:
        """How many seconds callers waited at a node until they were answered, of those answered since an instant."""
        rows = self._session.all(_WAITS, {"at_node": node, "since": since})
        return [round((left_at - entered_at).total_seconds()) for entered_at, left_at in rows]

    # Offers.

    def offer(self, place: Place, person: str, *, at: datetime, until: datetime) -> int | None:
        """Note that somebody is rung for this caller; returns which offer it is, counted from 1.

        None when the place was left, or the person is rung for somebody in line already: of several that try at the
        same time, one succeeds.
        """
        counted = self._session.one(_COUNTED, {"sid": place.call_sid, "at_turn": place.turn})
        if counted is None:
            return None
        return self._engage((place.call_sid, place.turn, int(counted[0])), person, at=at, until=until)

    def engage(self, call_sid: str, turn: int, person: str, *, at: datetime, until: datetime) -> bool:
        """Note that somebody is rung to call back who left a message; False when they are rung for something already.

        `turn` is a number of its own, which no place in line has.
        """
        return self._engage((call_sid, turn, 0), person, at=at, until=until) is not None

    def _engage(self, which: tuple[str, int, int], person: str, *, at: datetime, until: datetime) -> int | None:
        names = dict(zip(("call_sid", "turn", "offer"), which, strict=True))
        row = {**names, "person": storable(person), "offered_at": at, "until": until}
        taken = self._session.one(_insert_offer(self._session.database), row)
        return None if taken is None else int(taken[0])

    def end_offer(self, call_sid: str, turn: int, offer: int, *, at: datetime, outcome: OfferOutcome) -> None:
        """Note what became of an offer, unless that is known."""
        values = {"sid": call_sid, "at_turn": turn, "which": offer, "at": at, "outcome": outcome.value}
        self._session.run(_END_OFFER, values)

    def extend_offer(self, call_sid: str, turn: int, offer: int, *, until: datetime) -> None:
        """Let an offer last longer: the person is busy with it."""
        self._session.run(_EXTEND, {"sid": call_sid, "at_turn": turn, "which": offer, "until": until})

    def offers(self) -> tuple[OpenOffer, ...]:
        """The phones that ring for callers in line."""
        return tuple(_offer_of(row) for row in self._session.all(_OPEN_OFFERS, {}))

    def lapsed(self, *, at: datetime) -> tuple[OpenOffer, ...]:
        """The offers of which nothing was heard in time."""
        return tuple(_offer_of(row) for row in self._session.all(_LAPSED, {"at": at}))

    # People.

    def ringing(self, *, at: datetime) -> frozenset[str]:
        """Who is being rung for any caller."""
        return frozenset(party for (party,) in self._session.all(_RINGING, {"since": at - LONGEST_RING}))

    def passed(self, *, since: datetime) -> frozenset[str]:
        """Who was rung for a caller in line and did not take the call, since an instant."""
        return frozenset(person for (person,) in self._session.all(_PASSED, {"since": since}))


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePicture:
    """The line at one instant: open places, the phones that ring for them, and recent waits in seconds by node."""

    places: tuple[Place, ...]
    offers: tuple[OpenOffer, ...]
    waits: Mapping[str, list[int]]


class QueueLog:
    """The line, for those who only look; one per store, used by all threads. Raises StoreUnavailable."""

    def __init__(self, read: Reader) -> None:
        self._read = read

    def is_open(self) -> bool:
        """Whether anybody is in line."""

        def question(connection: Connection) -> bool:
            return QueueRows(Session.of(connection)).is_open()

        return self._read(question)

    def open(self) -> tuple[Place, ...]:
        """All places that are not left yet, oldest first."""

        def question(connection: Connection) -> tuple[Place, ...]:
            return QueueRows(Session.of(connection)).open()

        return self._read(question)

    def picture(self, *, waits_since: datetime) -> LinePicture:
        """The line as it is, with how long those waited who were answered since an instant."""

        def question(connection: Connection) -> LinePicture:
            rows = QueueRows(Session.of(connection))
            places = rows.open()
            waits = {node: rows.waits(node, since=waits_since) for node in {place.node for place in places}}
            return LinePicture(places=places, offers=rows.offers(), waits=waits)

        return self._read(question)

    def lapsed(self, *, at: datetime) -> tuple[OpenOffer, ...]:
        """The offers of which nothing was heard in time."""

        def question(connection: Connection) -> tuple[OpenOffer, ...]:
            return QueueRows(Session.of(connection)).lapsed(at=at)

        return self._read(question)

    def of_call(self, call_sid: str, turn: int) -> Place | None:
        """The place that a turn of a call was given."""

        def question(connection: Connection) -> Place | None:
            return QueueRows(Session.of(connection)).place(call_sid, turn)

        return self._read(question)


def _offer_of(row: Sequence[Any]) -> OpenOffer:
    call_sid, turn, person, offer = row
    return OpenOffer(call_sid=call_sid, turn=turn, person=person, offer=offer)


def _place_of(row: Sequence[Any]) -> Place:
    fields = dict(zip(_COLUMNS, row, strict=True))
    return Place(
        **{
            **fields,
            "people": tuple(fields["people"]),
            "priority": Priority(fields["priority"]),
            "kind": PlaceKind(fields["kind"]),
            "choice": None if fields["choice"] is None else Choice(fields["choice"]),
            "outcome": None if fields["outcome"] is None else PlaceOutcome(fields["outcome"]),
        }
    )
