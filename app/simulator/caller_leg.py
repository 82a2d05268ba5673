"""The caller's own leg: answered or not, what it hears and for how long nothing, and how the call ends."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from app.simulator.envelope import first_request_only, identity, progress
from app.simulator.events import CallAnswered, CallEnded, EndReason, Silence
from app.simulator.exchange import Exchange, Target
from app.simulator.legs import Leg
from app.simulator.parties import Party
from app.simulator.switches import FinalStatus
from app.simulator.trace import Trace

_FINAL_STATUS_SECONDS = 0.4
_NOTEWORTHY_SILENCE_SECONDS = 3.0


class TooManyRequests(Exception):  # noqa: N818 (the guard's verdict)
    """The call made more requests than any sane one does."""


class CallerLeg(Leg):
    """The leg of somebody who dialled one of our numbers."""

    def __init__(
        self,
        exchange: Exchange,
        trace: Trace,
        *,
        party: Party,
        fallback: Target | None,
        status_callback: Target | None,
    ) -> None:
        fields = identity(
            account_sid=exchange.account.sid,
            call_sid=trace.call_sid,
            direction="inbound",
            from_=trace.caller,
            to=trace.dialled,
        )
        super().__init__(exchange, trace, party=party, fields=fields | first_request_only(trace.call_sid))
        self.fallback = fallback
        self.status_callback = status_callback
        self.requests_made = 0
        self._dialled_at = self.now()
        self._quiet_since: datetime | None = None

    def count_request(self) -> None:
        """Raise TooManyRequests when the call goes round in circles."""
        self.requests_made += 1
        if self.requests_made > self.exchange.most_requests:
            raise TooManyRequests

    def answer(self) -> None:
        if self.is_answered:
            return
        super().answer()
        self.trace.add(CallAnswered(self.now(), self.sid))
        self._quiet_since = self.now()

    def sound(self, *, on: bool) -> None:
        if not on:
            self._quiet_since = self._quiet_since or self.now()
            return
        if self._quiet_since is not None and self.is_answered:
            seconds = (self.now() - self._quiet_since).total_seconds()
            if seconds >= _NOTEWORTHY_SILENCE_SECONDS:
                self.trace.add(Silence(self.now(), self.sid, seconds))
        self._quiet_since = None

    def left(self, *, dropped: bool) -> None:
        status = "completed" if self.is_answered else "no-answer"
        self.close(EndReason.HANGUP if dropped else EndReason.CALLER_HUNG_UP, status=status)

    def close(self, reason: EndReason, *, status: str) -> None:
        """End the call and tell the number's status callback."""
        if self.is_over:
            return
        self.sound(on=True)
        self.is_over = True
        self.status = status
        self.call_off_reactions()
        at = self.now()
        whole = round((at - self._dialled_at).total_seconds())
        self.trace.add(CallEnded(at, self.sid, reason, status, whole))
        if self.status_callback is not None:
            seconds = whole if self.is_answered else 0
            self._send_final(self.status_callback, progress(at=at, sequence=0, status=status, seconds=seconds))

    def _send_final(self, target: Target, params: Mapping[str, str]) -> None:
        for delay in _FINAL_DELAYS[self.exchange.switches.final_status]:
            self.report(target, {**self.fields, **params}, after_seconds=delay)


# Seconds between the end of the call and its status callback. A pending action is requested 0.1 s after.
_FINAL_DELAYS: Mapping[FinalStatus, Iterable[float]] = {
    FinalStatus.AFTER: (_FINAL_STATUS_SECONDS,),
    FinalStatus.BEFORE: (0.0,),
    FinalStatus.DUPLICATED: (_FINAL_STATUS_SECONDS, 1.0),
    FinalStatus.LOST: (),
}
