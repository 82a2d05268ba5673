"""What people at a screen do with the phones of a live telephone company, and the moment its calls take place at."""

from collections.abc import Callable, Mapping
from datetime import datetime

from app.simulator.caller_leg import CallerLeg
from app.simulator.handsets import Behaviour, by_hand, voicemail
from app.simulator.legs import Leg
from app.simulator.live.hand import Hand
from app.simulator.live.picture import Picture, pictured
from app.simulator.phone import Phone
from app.simulator.real_timeline import RealTimeline
from app.simulator.rung_legs import RungLeg
from app.simulator.signals import HungUp, Key, SpeechBegan, SpeechEnded

KEYS = frozenset("0123456789*#")
SAMPLE_SECONDS = 6.0
LONGEST_TEXT = 1600
LONGEST_VOICE = 1_000_000
# A phone that rings: what a tap on its screen means.
WAYS: Mapping[str, Behaviour] = {
    "answer": by_hand(),
    "accept": by_hand("1"),
    "pass": by_hand("2"),
    "voicemail": voicemail(after_seconds=0),
}
Clock = Callable[[datetime | None], None]
"""Sets the clock of the calls to an instant, from where it runs on; None sets it to the present."""


class Refusal(Exception):  # noqa: N818 (an answer, not a fault)
    """What was asked for cannot be done as things are; its text says why."""


class Company:
    """Phones that do what they are told. Every phone that is rung rings until somebody decides.

    `phone` is one on a WallClock whose handsets are `by_hand`; `set_clock` sets that clock. May be used by any thread.
    """

    def __init__(self, phone: Phone, *, set_clock: Clock) -> None:
        if not isinstance(phone.timeline, RealTimeline):
            raise TypeError("a live company needs a phone in real time")
        self.phone = phone
        self.timeline = phone.timeline
        self._set_clock = set_clock
        self._hands: dict[str, Hand] = {}

    # Time

    def open(self) -> None:
        """Begin to play calls."""
        self.timeline.begin_playing()

    def close(self) -> None:
        """Stop; calls that go on are never heard of again."""
        self.timeline.stop_playing()

    def move_to(self, at: datetime | None) -> None:
        """Let calls take place from `at` on, or now. Raises Refusal while a call goes on."""
        with self.timeline.turn():
            if any(not call.is_over for call in self.phone.calls):
                raise Refusal("A call is going on. End it before you choose another moment.")
            self.timeline.shift(lambda: self._set_clock(at))
            self.phone.forget_pace()

    # The caller

    def dial(self, *, to: str, from_: str) -> str:
        """Call one of our numbers; returns the SID. Raises Refusal while the caller's phone is in use."""
        with self.timeline.turn():
            if self._in_use(from_):
                raise Refusal("This phone is on a call already.")
            hand = Hand()
            sid = self.phone.begin(to=to, from_=from_ or None, party=hand).call_sid
            self._hands = {sid: hand}
            return sid

    def _in_use(self, number: str) -> bool:
        return any(
            not call.is_over and number == (call.fields.get("From") if isinstance(call, CallerLeg) else call.number)
            for call in self.phone.calls
        )

    def speak(self, sid: str, voice: bytes | None = None) -> None:
        """Say something into a recording: for a few seconds from now, or what was said (WAV) until now."""
        with self.timeline.turn():
            leg = self._leg(sid)
            if voice is None:
                leg.post(SpeechBegan())
                self.timeline.after(SAMPLE_SECONDS, lambda: leg.post(SpeechEnded()))
                return
            if len(voice) > LONGEST_VOICE or not voice.startswith(b"RIFF"):
                raise Refusal("That recording cannot be used.")
            leg.voice = voice
            leg.post(SpeechEnded())

    def begins_speaking(self, sid: str) -> None:
        """Somebody has begun to speak into a microphone."""
        with self.timeline.turn():
            self._leg(sid).post(SpeechBegan())

    # Any phone

    def press(self, sid: str, keys: str) -> None:
        """Press keys, one after another."""
        if not keys or not set(keys) <= KEYS:
            raise Refusal("A phone has no such key.")
        with self.timeline.turn():
            leg = self._leg(sid)
            for key in keys:
                leg.post(Key(key))

    def hang_up(self, sid: str) -> None:
        """Put the phone down."""
        with self.timeline.turn():
            self._leg(sid).post(HungUp())

    def pick_up(self, sid: str, how: str) -> None:
        """Do with a phone that rings what one of WAYS says. Raises Refusal when it has stopped ringing."""
        with self.timeline.turn():
            leg = self._leg(sid)
            if how not in WAYS or not isinstance(leg, RungLeg) or leg.is_answered:
                raise Refusal("This phone does not ring any more.")
            leg.pick_up(WAYS[how])

    def text(self, *, from_: str, to: str, body: str) -> None:
        """Text one of our numbers."""
        if not body.strip() or len(body) > LONGEST_TEXT:
            raise Refusal("A text has between 1 and 1600 characters.")
        self.phone.text(from_=from_, to=to, body=body.strip())

    def _leg(self, sid: str) -> Leg:
        leg = next((call for call in self.phone.calls if call.sid == sid), None)
        if not isinstance(leg, Leg) or leg.is_over:
            raise Refusal("This call is over.")
        return leg

    # What is to be seen

    def picture(self) -> Picture:
        """Every phone in use as it is at this instant, and the last call."""
        with self.timeline.turn():
            return pictured(self.phone, self._hands)
