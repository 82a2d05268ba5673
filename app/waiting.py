"""Who waits in line now: in which order, since when, about how much longer, and whose phones ring for them.

It only looks. Who is offered to whom next is decided elsewhere.
"""

from dataclasses import dataclass
from datetime import datetime

from app.flow.in_line import Choice, estimate
from app.queue_keeping import WAITS_SINCE, is_before, order_of
from app.services import Services
from app.store import OpenOffer, Place, PlaceKind
from oncall import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Somebody in line, on hold or to be called back.

    `position` counts from 1, among those who wait for the same people. `estimate_seconds` is None where it cannot be
    trusted. `offered_to` are the people whose phones ring for them; `number` is where they are to be called back.
    """

    call_sid: str
    line: str
    kind: PlaceKind
    priority: Priority
    language: str
    entered_at: datetime
    waited_seconds: int
    position: int
    estimate_seconds: int | None
    offered_to: tuple[str, ...]
    choice: Choice | None
    attempts: int
    due_at: datetime | None
    owner: str | None
    number: str | None


def waiting(services: Services, *, at: datetime) -> tuple[Waiting, ...]:
    """Everybody in line, in the order in which they are served. Raises StoreUnavailable."""
    picture = services.store.queue.picture(waits_since=at - WAITS_SINCE)
    return tuple(
        _waiting(place, picture.places, picture.offers, picture.waits[place.node], at=at)
        for place in sorted(picture.places, key=order_of)
    )


def _waiting(
    place: Place, places: tuple[Place, ...], offers: tuple[OpenOffer, ...], waits: list[int], *, at: datetime
) -> Waiting:
    position = 1 + sum(is_before(other, place, at=at) for other in places)
    offered = [each.person for each in offers if (each.call_sid, each.turn) == (place.call_sid, place.turn)]
    return Waiting(
        call_sid=place.call_sid,
        line=place.line,
        kind=place.kind,
        priority=place.priority,
        language=place.language,
        entered_at=place.entered_at,
        waited_seconds=max(0, int((at - place.entered_at).total_seconds())),
        position=position,
        # A call-back is tried when it is due, not when its turn has come: no wait is foretold for it.
        estimate_seconds=estimate(position, waits) if place.kind is PlaceKind.WAITING else None,
        offered_to=tuple(offered),
        choice=place.choice,
        attempts=place.attempts,
        due_at=place.due_at,
        owner=place.owner,
        number=place.number,
    )
