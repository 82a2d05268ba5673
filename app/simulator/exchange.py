"""What all calls of one simulated account share, and the sending of webhooks on behalf of a leg."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.simulator.courier import Courier, Outgoing
from app.simulator.handsets import Handsets
from app.simulator.queues import Queues
from app.simulator.registry import Registry
from app.simulator.sids import Sids
from app.simulator.switches import RestSwitches, Switches
from app.simulator.targets import Target
from app.simulator.timeline import Timeline
from app.simulator.trace import Trace

SECONDS_A_CHARACTER = 0.07
_PLAY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Account:
    """The customer's side of Twilio: the account, its numbers and what media there is.

    owned_numbers may be shown as callerId besides the number dialled. `media_seconds` says how long a
    recording that is played lasts; media under `base_url` are fetched, others are taken for granted.
    """

    sid: str
    base_url: str
    owned_numbers: frozenset[str] = frozenset()
    api_url: str = "https://api.twilio.com"
    media_seconds: Mapping[str, float] = field(default_factory=dict)

    def seconds_of(self, media_url: str) -> float:
        return self.media_seconds.get(media_url, _PLAY_SECONDS)

    def recording_url(self, recording_sid: str) -> str:
        return f"{self.api_url}/2010-04-01/Accounts/{self.sid}/Recordings/{recording_sid}"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A recording encrypted with the customer's public key, and the EncryptionDetails that go with it."""

    media: bytes
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Exchange:
    """The telephone exchange: time, the courier, the handsets, what the account holds, how this Twilio behaves.

    `seal`, when given, encrypts recordings as Twilio does for an account with a public key. `media_kept` are the
    addresses of recordings that were fetched, and may be kept.
    """

    account: Account
    timeline: Timeline
    courier: Courier
    handsets: Handsets
    switches: Switches
    sids: Sids
    rest: RestSwitches = field(default_factory=RestSwitches)
    registry: Registry = field(default_factory=Registry)
    queues: Queues = field(default_factory=Queues)
    journal: Trace = field(default_factory=lambda: Trace(call_sid="", caller=None, dialled=""))
    seal: Callable[[bytes], Sealed] | None = None
    media_kept: set[str] = field(default_factory=set)
    most_requests: int = 500
    seconds_a_character: float = SECONDS_A_CHARACTER

    def trace(self, *, call_sid: str, caller: str | None, dialled: str) -> Trace:
        """The record of one more call, told in the journal of everything too."""
        return Trace(call_sid=call_sid, caller=caller, dialled=dialled, journal=self.journal)

    def may_show(self, number: str) -> bool:
        """Whether one of our numbers is meant, so that calls and texts may come from it."""
        return number in self.account.owned_numbers or self.registry.number(number) is not None

    def send_later(self, seconds: float, action: Callable[[], None]) -> None:
        """Have a callback delivered, late and twice if the switches say so."""
        for _ in range(2 if self.switches.callbacks_delivered_twice else 1):
            jitter = self.sids.delay(self.switches.callback_jitter_seconds)
            self.timeline.after(seconds + jitter, action)

    def outgoing(self, target: Target, params: Mapping[str, str]) -> Outgoing:
        """A new logical request, with the unknown parameter if the switches say so."""
        surprise = {"ParameterOfTomorrow": "ünknown & new"} if self.switches.unknown_parameter else {}
        if target.method == "GET":  # the token is too long for a query, and Twilio sends it by POST only
            params = {name: value for name, value in params.items() if name != "CallToken"}
        return self.courier.outgoing(target.method, target.url, {**params, **surprise})
