"""A leg: one party's connection, its state, what it hears, and the signals it waits for.

Knows nothing of documents; scripts run on it and end by PartyLeft when the party is gone.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from app.simulator.courier import Outgoing, Undelivered
from app.simulator.events import (
    Heard,
    Played,
    Pressed,
    Purpose,
    Requested,
    Warned,
)
from app.simulator.exchange import SECONDS_A_CHARACTER, Exchange, Target
from app.simulator.parties import Moment, Party
from app.simulator.signals import Dropped, HungUp, Key, Signal
from app.simulator.timeline import Alarm, Process, Script
from app.simulator.trace import Trace
from app.simulator.wire import Reply


class PartyLeft(Exception):  # noqa: N818 (not an error: people hang up)
    """The leg is over; whatever ran on it stops."""


def nothing() -> None:
    """What a verb wants noted before its party leaves, unless it says otherwise."""


class Leg:
    """What callers' legs and dialled legs have in common."""

    number = ""  # of a dialled leg

    def __init__(self, exchange: Exchange, trace: Trace, *, party: Party, fields: dict[str, str]) -> None:
        self.exchange = exchange
        self.trace = trace
        self.party = party
        self.fields = fields
        self.sid = fields["CallSid"]
        self.status = "ringing"
        self.answered_at: datetime | None = None
        self.is_over = False
        self.process: Process | None = None
        self.sequence = 0
        self._alarms: list[Alarm] = []
        self._leaving: list[Alarm] = []
        self.before_leaving: Callable[[], None] = nothing

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
        """Wait for one signal, at most `seconds`; the party's leaving ends the script with PartyLeft."""
        signal = yield seconds
        if isinstance(signal, HungUp | Dropped):
            if not self.is_over:
                self.before_leaving()
                self.left(dropped=isinstance(signal, Dropped))
            raise PartyLeft
        if isinstance(signal, Key):
            self.trace.add(Pressed(self.now(), self.sid, self.number, signal.key))
        return signal

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

    def seconds_answered(self) -> int:
        """Seconds since the leg was answered; 0 when it never was."""
        return 0 if self.answered_at is None else round((self.now() - self.answered_at).total_seconds())

    def left(self, *, dropped: bool) -> None:
        """The party hung up, or the leg was `dropped`."""
        raise NotImplementedError

    # Sound

    def sound(self, *, on: bool) -> None:
        """Something begins or ceases to be heard on the leg."""

    @staticmethod
    def seconds_to_say(text: str) -> float:
        return len(text) * SECONDS_A_CHARACTER

    def say(self, text: str, *, times: int = 1) -> float:
        """Begin to say a text; returns how long it takes."""
        seconds = self.seconds_to_say(text) * times
        self.trace.add(Heard(self.now(), self.sid, self.number, text, seconds))
        return seconds

    def play(self, url: str, seconds: float) -> float:
        """Begin to play a recording; returns how long it takes."""
        self.trace.add(Played(self.now(), self.sid, self.number, url, seconds))
        return seconds

    # Requests

    def envelope(self, extra: Mapping[str, str], *, status: str | None = None) -> dict[str, str]:
        """The parameters of a request about this leg."""
        return {**self.fields, "CallStatus": status or self.status, **extra}

    def witness(self, purpose: Purpose) -> "Witnessed":
        """Something that notes every attempt at a request in the trace."""
        return Witnessed(self, purpose)

    def report(self, target: Target, params: Mapping[str, str], *, after_seconds: float = 0.0) -> None:
        """Send a callback that steers nothing; its failure touches nothing."""
        outgoing = self.exchange.outgoing(target, params)

        def deliver() -> None:
            try:
                delivered = self.exchange.courier.deliver(outgoing, self.witness(Purpose.CALLBACK))
            except Undelivered as lost:
                self.trace.add(Warned(self.now(), self.sid, f"{lost.code}: {lost}"))
                return
            if _is_chatty(delivered.reply):
                self.trace.add(Warned(self.now(), self.sid, f"12200: {delivered.url} answered a callback with content"))

        self.exchange.send_later(after_seconds, deliver)

    def next_sequence(self) -> int:
        """The SequenceNumber of the leg's next progress event."""
        self.sequence += 1
        return self.sequence - 1


def _is_chatty(reply: Reply) -> bool:
    """Whether a callback was answered with more than nothing, which Twilio's debugger complains of."""
    return not reply.body.endswith((b"<Response/>", b"<Response />", b"<Response></Response>")) and bool(reply.body)


class Witnessed:
    """Notes attempts in a leg's trace."""

    __slots__ = ("_leg", "_purpose")

    def __init__(self, leg: Leg, purpose: Purpose) -> None:
        self._leg = leg
        self._purpose = purpose

    def __call__(self, outgoing: Outgoing, url: str, reply: Reply | None) -> None:
        status, body = (0, b"") if reply is None else (reply.status, reply.body)
        self._leg.trace.add(
            Requested(
                self._leg.now(),
                self._leg.sid,
                self._purpose,
                outgoing.method,
                url,
                outgoing.params,
                status,
                body,
                outgoing.token,
            )
        )
