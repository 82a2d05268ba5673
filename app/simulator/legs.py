"""A leg: one party's connection, its state, what it hears, and the signals it waits for.

Knows nothing of documents; scripts run on it and end by PartyLeft when the party is gone.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from app.simulator.events import Heard, Played, Pressed, Purpose, Warned
from app.simulator.exchange import Exchange
from app.simulator.parties import Moment, Party
from app.simulator.reports import Witnessed, report
from app.simulator.signals import Dequeued, Dropped, HungUp, Key, Redirected, Signal
from app.simulator.switches import FinalStatus
from app.simulator.targets import Target
from app.simulator.timeline import Alarm, Process, Script
from app.simulator.trace import Trace

# "Parent calls end after 4 h in any case."
_LONGEST_CALL_SECONDS = 14_400
_FINAL_STATUS_SECONDS = 0.4


class PartyLeft(Exception):  # noqa: N818 (not an error: people hang up)
    """The leg is over; whatever ran on it stops."""


class Steered(Exception):  # noqa: N818 (an order, not an error)
    """The leg was given another document; whatever ran on it stops, and `order` says where to go on."""

    def __init__(self, order: Redirected) -> None:
        super().__init__(order.url)
        self.order = order


class TakenOut(Exception):  # noqa: N818 (good news)
    """Somebody takes the leg out of the queue it waits in; its waiting document stops."""


class TooManyRequests(Exception):  # noqa: N818 (the guard's verdict)
    """The leg made more requests than any sane one does."""


def nothing() -> None:
    """What a verb wants noted before its party leaves, unless it says otherwise."""


class Leg:
    """What callers' legs, dialled legs and legs made by REST have in common.

    `legal` names the verbs that the document in hand may use; None is all of them. `recovers` says
    whether a document that fails leads to the fallback. `voice` is what the party says into a recording, as WAV; empty
    is a tone.
    """

    number = ""  # of a leg that rings a phone

    def __init__(self, exchange: Exchange, trace: Trace, *, party: Party, fields: dict[str, str]) -> None:
        self.exchange = exchange
        self.trace = trace
        self.party = party
        self.fields = fields
        self.sid = fields["CallSid"]
        self.status = "ringing"
        self.created_at = self.now()
        self.started_at: datetime | None = None
        self.answered_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.answered_by: str | None = None
        self.queue_milliseconds = 0
        self.is_over = False
        self.is_bridged = False
        self.process: Process | None = None
        self.sequence = 0
        self.fallback: Target | None = None
        self.status_callback: Target | None = None
        self.legal: frozenset[str] | None = None
        self.recovers = True
        self.requests_made = 0
        self.before_leaving: Callable[[], None] = nothing
        self.voice = b""
        self._alarms: list[Alarm] = []
        self._leaving: list[Alarm] = []
        self._limit: Alarm | None = None
        exchange.registry.calls[self.sid] = self

    # Time and signals

    def now(self) -> datetime:
        return self.exchange.timeline.now()

    def start(self, script: Script[None]) -> None:
        self.process = self.exchange.timeline.start(script)

    def post(self, signal: Signal) -> None:
        """Send the leg a signal."""
        if self.process is not None:
            self.process.post(signal)

    def enter(self, moment: Moment, *, prompt_seconds: float = 0.0) -> list[Alarm]:
        """Tell the party that this moment has come; what it will do is due at its time.

        Returns what belongs to the moment and ends with it. A resolve to hang up outlives the moment:
        somebody who has had enough of ringing does not care which phone it is that rings.
        """
        passing = []
        for seconds, signal in self.party.reactions(moment, prompt_seconds=prompt_seconds):
            alarm = self.exchange.timeline.after(seconds, partial(self.post, signal))
            self._alarms.append(alarm)
            if not isinstance(signal, HungUp):
                passing.append(alarm)
            elif moment is not Moment.DIALLED:
                self._leaving.append(alarm)
        return passing

    def call_off_leaving(self) -> None:
        """The party got what it waited for; only the patience it began with goes on running."""
        for alarm in self._leaving:
            alarm.call_off()
        self._leaving.clear()

    def call_off_reactions(self) -> None:
        """The party does not do what it had in mind."""
        for alarm in self._alarms:
            alarm.call_off()
        self._alarms.clear()

    def next_signal(self, seconds: float | None) -> Script[Signal | None]:
        """Wait for one signal, at most `seconds`.

        The party's leaving ends the script with PartyLeft, an order with Steered or TakenOut.
        """
        signal = yield seconds
        match signal:
            case HungUp() | Dropped():
                self.leave(dropped=isinstance(signal, Dropped))
                raise PartyLeft
            case Redirected():
                raise Steered(signal)
            case Dequeued():
                raise TakenOut
            case Key(key):
                self.trace.add(Pressed(self.now(), self.sid, self.number, key))
            case _:
                pass
        return signal

    def leave(self, *, dropped: bool) -> None:
        """The party hangs up, or is hung up on, at this instant."""
        if not self.is_over:
            self.before_leaving()
            self.left(dropped=dropped)

    def pause(self, seconds: float) -> Script[None]:
        """Let time pass; keys are not listened to."""
        if seconds <= 0:
            return
        yield from self._until_key(seconds, listening=False)

    def listen(self, seconds: float) -> Script[str | None]:
        """Let time pass until a key is pressed."""
        return (yield from self._until_key(seconds, listening=True))

    def _until_key(self, seconds: float, *, listening: bool) -> Script[str | None]:
        began = self.now()
        while (left := seconds - (self.now() - began).total_seconds()) > 0:
            signal = yield from self.next_signal(left)
            if signal is None:
                return None
            if listening and isinstance(signal, Key):
                return signal.key
        return None

    # State

    @property
    def is_answered(self) -> bool:
        return self.answered_at is not None

    def answer(self) -> None:
        """Answer the leg, if it is not answered yet."""
        if self.answered_at is None:
            self.answered_at = self.now()
            self.status = "in-progress"
            self.limit(_LONGEST_CALL_SECONDS)

    def limit(self, seconds: float) -> None:
        """Have the leg cut off when it has lasted this long, counted from now."""
        if self._limit is not None:
            self._limit.call_off()
        self._limit = self.exchange.timeline.after(seconds, partial(self.post, Dropped()))

    def seconds_answered(self) -> int:
        """Seconds since the leg was answered; 0 when it never was."""
        return 0 if self.answered_at is None else round((self.now() - self.answered_at).total_seconds())

    def duration(self) -> int | None:
        """How long a leg that is over was connected, as REST tells it; None when it never was."""
        if self.ended_at is None or self.answered_at is None:
            return None
        return round((self.ended_at - self.answered_at).total_seconds())

    def left(self, *, dropped: bool) -> None:
        """The party hung up, or the leg was `dropped`."""
        raise NotImplementedError

    def end(self, status: str) -> None:
        """The leg is over; what was due on it is called off."""
        self.is_over = True
        self.status = status
        self.ended_at = self.now()
        self.call_off_reactions()
        if self._limit is not None:
            self._limit.call_off()

    def count_request(self) -> None:
        """Raise TooManyRequests when the call goes round in circles."""
        self.requests_made += 1
        if self.requests_made > self.exchange.most_requests:
            raise TooManyRequests

    # Sound

    def sound(self, *, on: bool) -> None:
        """Something begins or ceases to be heard on the leg."""

    def seconds_to_say(self, text: str) -> float:
        return len(text) * self.exchange.seconds_a_character

    def say(self, text: str, *, times: int = 1, language: str = "") -> float:
        """Begin to say a text; returns how long it takes."""
        seconds = self.seconds_to_say(text) * times
        self.trace.add(Heard(self.now(), self.sid, self.number, text, seconds, language))
        return seconds

    def play(self, url: str, seconds: float) -> float:
        """Begin to play a recording; returns how long it takes."""
        self.trace.add(Played(self.now(), self.sid, self.number, url, seconds))
        return seconds

    def warn(self, text: str) -> None:
        """Note what Twilio's debugger would show."""
        self.trace.add(Warned(self.now(), self.sid, text))

    # Requests

    def envelope(self, extra: Mapping[str, str], *, status: str | None = None) -> dict[str, str]:
        """The parameters of a request about this leg."""
        return {**self.fields, "CallStatus": status or self.status, **extra}

    def witness(self, purpose: Purpose) -> Witnessed:
        """Something that notes every attempt at a request in the trace."""
        return Witnessed(self.exchange, self.trace, self.sid, purpose)

    def report(self, target: Target, params: Mapping[str, str], *, after_seconds: float = 0.0) -> None:
        """Send a callback that steers nothing; its failure touches nothing."""
        report(self.exchange, target, params, trace=self.trace, sid=self.sid, after_seconds=after_seconds)

    def report_last(self, target: Target, params: Mapping[str, str]) -> None:
        """Send the callback that says how the leg ended: when, and how often, the switches say."""
        for delay in _FINAL_DELAYS[self.exchange.switches.final_status]:
            self.report(target, {**self.fields, **params}, after_seconds=delay)

    def next_sequence(self) -> int:
        """The SequenceNumber of the leg's next progress event."""
        self.sequence += 1
        return self.sequence - 1


# Seconds between the end of the call and its status callback. A pending action is requested 0.1 s after.
_FINAL_DELAYS: Mapping[FinalStatus, tuple[float, ...]] = {
    FinalStatus.AFTER: (_FINAL_STATUS_SECONDS,),
    FinalStatus.BEFORE: (0.0,),
    FinalStatus.DUPLICATED: (_FINAL_STATUS_SECONDS, 1.0),
    FinalStatus.LOST: (),
}
