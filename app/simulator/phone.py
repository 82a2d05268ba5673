"""The front door: a telephone from which calls are made to our numbers. Knows the number's webhooks and no more."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from app.simulator.caller import Caller, CallerScript
from app.simulator.caller_leg import CallerLeg, TooManyRequests
from app.simulator.clock import VirtualClock
from app.simulator.courier import Courier
from app.simulator.dialled_legs import Over
from app.simulator.documents import ApplicationError, fetch
from app.simulator.events import Dialled, EndReason
from app.simulator.exchange import Account, Exchange, Target
from app.simulator.handsets import Handsets
from app.simulator.interpreter import run
from app.simulator.legs import PartyLeft
from app.simulator.parties import Moment
from app.simulator.sids import Sids
from app.simulator.switches import Switches
from app.simulator.timeline import Script, Timeline
from app.simulator.trace import Trace
from app.simulator.wire import Wire

APOLOGY = "We are sorry, an application error has occurred. Goodbye."
_SET_UP_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class NumberSettings:
    """How the numbers are set up at Twilio. Relative URLs belong to the account's base URL."""

    voice_url: str = "/voice/incoming"
    voice_method: str = "POST"
    fallback_url: str | None = None
    fallback_method: str = "POST"
    status_callback: str | None = "/voice/status"


class Phone:
    """Plays calls against webhooks, over a wire, in virtual time.

    The same seed, script and replies give the same requests, byte for byte.
    """

    def __init__(
        self,
        wire: Wire,
        *,
        account: Account,
        auth_token: str,
        clock: VirtualClock,
        settings: NumberSettings | None = None,
        switches: Switches | None = None,
        handsets: Handsets | None = None,
        seed: int = 0,
    ) -> None:
        switches, sids = switches or Switches(), Sids(seed)
        self._settings = settings or NumberSettings()
        self.timeline = Timeline(clock)
        self._exchange = Exchange(
            account=account,
            timeline=self.timeline,
            courier=Courier(wire, auth_token=auth_token, switches=switches, sids=sids),
            handsets=handsets or Handsets(),
            switches=switches,
            sids=sids,
        )

    def dial(self, *, to: str, from_: str | None, caller: CallerScript | None = None) -> Trace:
        """Play one call to its end, callbacks included, and return what happened.

        `from_` None is a caller of whom the carrier says nothing at all.
        """
        trace = self.begin(to=to, from_=from_, caller=caller)
        self.timeline.run()
        return trace

    def begin(self, *, to: str, from_: str | None, caller: CallerScript | None = None) -> Trace:
        """Have a call begin at this instant; `run` plays all that have begun, side by side."""
        shown = self._exchange.switches.caller_id
        from_ = from_ if shown is None else shown
        trace = Trace(call_sid=self._exchange.sids.new("CA"), caller=from_, dialled=to)
        trace.add(Dialled(self.timeline.now(), trace.call_sid, from_, to))
        settings = self._settings
        leg = CallerLeg(
            self._exchange,
            trace,
            party=Caller(caller or CallerScript()),
            fallback=self._target(settings.fallback_url, settings.fallback_method),
            status_callback=self._target(settings.status_callback, "POST"),
        )
        voice = Target(settings.voice_method, urljoin(self._exchange.account.base_url, settings.voice_url))
        leg.start(_life(leg, voice))
        leg.enter(Moment.DIALLED)
        return trace

    def run(self) -> None:
        """Play everything that has begun to its end."""
        self.timeline.run()

    def _target(self, url: str | None, method: str) -> Target | None:
        return None if url is None else Target(method, urljoin(self._exchange.account.base_url, url))


def _life(leg: CallerLeg, voice: Target) -> Script[None]:
    """The script of a caller's leg, from dialling to its end."""
    try:
        document = yield from fetch(leg, voice, {})
        yield from leg.pause(_SET_UP_SECONDS)
        over = yield from run(leg, document)
        reason, status = _ENDINGS[over]
        leg.close(reason, status=status)
    except PartyLeft:
        return
    except ApplicationError:
        yield from _apologise(leg)
    except TooManyRequests:
        leg.close(EndReason.LOOP, status="failed")


# An empty document answers the call and ends it; Reject leaves it unanswered.
_ENDINGS: Mapping[Over, tuple[EndReason, str]] = {
    Over.END_OF_DOCUMENT: (EndReason.END_OF_DOCUMENT, "completed"),
    Over.HANGUP: (EndReason.HANGUP, "completed"),
    Over.REJECTED: (EndReason.REJECTED, "no-answer"),
    Over.BUSY: (EndReason.REJECTED, "busy"),
}


def _apologise(leg: CallerLeg) -> Script[None]:
    status = "completed" if leg.is_answered else "failed"
    try:
        leg.sound(on=True)
        yield from leg.pause(leg.say(APOLOGY))
    except PartyLeft:
        return
    leg.close(EndReason.APPLICATION_ERROR, status=status)
