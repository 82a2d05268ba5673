"""The caller's own leg: answered or not, what it hears and for how long nothing, and how the call ends."""

from datetime import datetime

from app.simulator.envelope import first_request_only, identity, progress
from app.simulator.events import CallAnswered, CallEnded, EndReason, Silence
from app.simulator.exchange import Exchange
from app.simulator.legs import Leg
from app.simulator.parties import Party
from app.simulator.targets import Target
from app.simulator.trace import Trace

_NOTEWORTHY_SILENCE_SECONDS = 3.0


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
        self.started_at = self.created_at
        self._quiet_since: datetime | None = None
        exchange.handsets.engage(trace.caller)

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

    def duration(self) -> int | None:
        if self.ended_at is None:
            return None
        return round((self.ended_at - self.created_at).total_seconds()) if self.is_answered else 0

    def close(self, reason: EndReason, *, status: str) -> None:
        """End the call and tell the number's status callback."""
        if self.is_over:
            return
        self.sound(on=True)
        self.end(status)
        self.exchange.handsets.release(self.trace.caller)
        at = self.now()
        whole = round((at - self.created_at).total_seconds())
        self.trace.add(CallEnded(at, self.sid, reason, status, whole))
        if self.status_callback is not None:
            seconds = whole if self.is_answered else 0
            self.report_last(self.status_callback, progress(at=at, sequence=0, status=status, seconds=seconds))
