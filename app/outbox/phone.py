"""Orders about telephones: ring one, end a leg, send a text. None is rung or texted twice for one order.

Knows the orders' payloads; refuses to know what is said when a phone is answered.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.flow.messages import OrderKind
from app.outbox.delivery import Handler, NoLongerWanted, is_too_late
from app.services import Services
from app.store import ClaimedOrder
from app.telephony.overrides import OVERRIDES

# How far the provider's clock may be behind ours. What other orders did meanwhile is known, and not mistaken for ours.
CLOCK_SKEW: Final = timedelta(seconds=60)
DEFAULT_RING_SECONDS: Final = 20

Rung = Callable[[ClaimedOrder, str], None]
"""Told that an order to ring was carried out, and the SID of its leg; may be told twice. May raise StoreUnavailable."""


def phone_handlers(services: Services, *, rung: Rung | None = None) -> Mapping[OrderKind, Handler]:
    """What carries out orders about telephones. `rung` hears of every leg that rings."""
    phone = _Phone(services, rung or _unheard)
    return {
        OrderKind.RING_PHONE: phone.ring,
        OrderKind.END_LEG: phone.end_leg,
        OrderKind.SEND_TEXT: phone.text,
    }


@dataclass(frozen=True, slots=True)
class _Phone:
    services: Services
    rung: Rung

    def ring(self, order: ClaimedOrder) -> str:
        """Payload: `number`; `url` and perhaps `status`, paths of ours; perhaps `timeout` seconds and the `line`."""
        telephony, to, from_ = self.services.telephony, _text(order, "number"), self._line_number(order)
        sid = None
        if order.uncertain_since is not None:
            since = order.uncertain_since - CLOCK_SKEW
            sid = self._not_of_others(telephony.rung(to=to, from_=from_, since=since))
        if sid is None:
            self._must_be_wanted(order)
            timeout = order.payload.get("timeout")
            sid = telephony.ring(
                to=to,
                from_=from_,
                url=self._address(_text(order, "url")),
                status_callback=self._told_at(order),
                timeout_seconds=timeout if isinstance(timeout, int) else DEFAULT_RING_SECONDS,
            )
        self.rung(order, sid)
        return sid

    def end_leg(self, order: ClaimedOrder) -> None:
        """Payload: `leg_sid`; perhaps `unanswered_on`, a call: then only while nobody has picked up that leg of it."""
        leg_sid, call_sid = _text(order, "leg_sid"), order.payload.get("unanswered_on")
        if not isinstance(call_sid, str):
            self.services.telephony.end_call(leg_sid)
            return
        # Asked anew each time: when an attempt fails, whoever picks up before the next one may be talking by then. And
        # whoever picks up while the request travels is let alone by the provider.
        if not self._rings(leg_sid, call_sid):
            raise NoLongerWanted
        self.services.telephony.stop_ringing(leg_sid)

    def text(self, order: ClaimedOrder) -> str:
        """Payload: `to`, `body`; perhaps `status`, a path of ours, and the `line` to send from."""
        telephony, to, from_ = self.services.telephony, _text(order, "to"), self._line_number(order)
        body = _text(order, "body")
        if order.uncertain_since is not None:
            since = order.uncertain_since - CLOCK_SKEW
            sid = self._not_of_others(telephony.texted(to=to, from_=from_, body=body, since=since))
            if sid is not None:
                return sid
            self._must_be_wanted(order)
        return telephony.text(to=to, from_=from_, body=body, status_callback=self._told_at(order))

    def _rings(self, leg_sid: str, call_sid: str) -> bool:
        record = self.services.store.calls.get(call_sid)
        return record is not None and any(
            leg.leg_sid == leg_sid and leg.answered_at is None and leg.ended_at is None for leg in record.legs
        )

    def _not_of_others(self, sids: tuple[str, ...]) -> str | None:
        """The oldest that is not the outcome of another order."""
        return next((sid for sid in reversed(sids) if not self.services.store.outbox.is_result(sid)), None)

    def _must_be_wanted(self, order: ClaimedOrder) -> None:
        if is_too_late(order, at=self.services.clock.now()):
            raise NoLongerWanted

    def _line_number(self, order: ClaimedOrder) -> str:
        """The number of the line that the order names; else of the first one."""
        lines = self.services.config.current().book.lines
        named = lines.get(str(order.payload.get("line")))
        return (named or next(iter(lines.values()))).number

    def _told_at(self, order: ClaimedOrder) -> str | None:
        path = order.payload.get("status")
        return self._address(path) if isinstance(path, str) else None

    def _address(self, path: str) -> str:
        return f"{self.services.settings.public_base_url}{path}{OVERRIDES}"


def _text(order: ClaimedOrder, name: str) -> str:
    value = order.payload[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} of an order must be text")
    return value


def _unheard(_order: ClaimedOrder, _sid: str) -> None:
    """Nobody wants to know."""
