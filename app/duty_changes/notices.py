"""Texts to those whose duty somebody else has changed: names, a schedule and times. No caller's word is in them.

Plain GSM-7 signs. Nothing is ordered where no phone can be rung.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from app.duty_changes.guard import Guard
from app.duty_changes.outlook import Change
from app.flow.messages import Detail, Order, OrderKind
from app.services import Services
from app.store import DutyRows, Swap

_MOST_SPANS = 3


@dataclass(frozen=True, slots=True)
class Notices:
    """Orders texts about what `by` has done, within one transaction."""

    services: Services
    rows: DutyRows
    guard: Guard
    by: str

    def of_changes(self, found: tuple[Change, ...], *, key: str) -> None:
        """Text everybody else who comes on call or goes off by it. `key` names what was done."""
        names = sorted({name for each in found for name in {*each.before} ^ {*each.after}} - {self.by})
        for name in names:
            lines = list(self._lines(found, name))
            more = f" And {len(lines) - _MOST_SPANS} more." if len(lines) > _MOST_SPANS else ""
            body = f"Changed by {self.by}: {' '.join(lines[:_MOST_SPANS])}{more}"
            self._text(name, body, key=f"duty:{key}:{name}")

    def of_swap(self, swap: Swap) -> None:
        """Text the one who is asked; it is no longer wanted once the turn has begun."""
        where = f"{self.services.settings.public_base_url}/desk/oncall/swaps"
        body = f"{swap.asker} asks you to take {self._turn(swap)}. Answer at the desk: {where}"
        self._text(swap.asked, body, key=f"duty:swap:{swap.id}:asked", until=swap.starts_at)

    def of_refusal(self, swap: Swap) -> None:
        """Text the one who asked that they keep their turn."""
        body = f"{swap.asked} does not take {self._turn(swap)}. It stays yours."
        self._text(swap.asker, body, key=f"duty:swap:{swap.id}:declined")

    def _turn(self, swap: Swap) -> str:
        return f"{self.guard.title(swap.schedule)}, {_plain(self.guard.span(swap.starts_at, swap.ends_at))}"

    def _lines(self, found: tuple[Change, ...], name: str) -> Iterator[str]:
        for each in found:
            if (name in each.before) != (name in each.after):
                now = "you are on call" if name in each.after else "you are off"
                span = _plain(self.guard.span(each.starts_at, each.ends_at))
                yield f"{now}, {self.guard.title(each.schedule)}, {span}."

    def _text(self, name: str, body: str, *, key: str, until: datetime | None = None) -> None:
        person = self.guard.roster.people.get(name)
        if not self.services.can_ring or person is None or not person.phones:
            return
        payload: dict[str, Detail] = {"to": person.phones[0], "body": body}
        if until is not None:
            payload["until"] = until.isoformat()
        self.rows.order([Order(kind=OrderKind.SEND_TEXT, key=key, due_at=self.guard.at, payload=payload)])


def _plain(text: str) -> str:
    return text.replace("\N{EN DASH}", "to")
