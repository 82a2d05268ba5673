"""The front door: a telephone from which calls and texts reach our numbers, and the account behind it."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from app.simulator.caller import Caller, CallerScript
from app.simulator.caller_leg import CallerLeg
from app.simulator.caller_life import life
from app.simulator.clock import VirtualClock, WallClock
from app.simulator.courier import Courier
from app.simulator.events import Dialled
from app.simulator.exchange import SECONDS_A_CHARACTER, Account, Exchange, Sealed
from app.simulator.handsets import Handsets
from app.simulator.numbers import NumberSettings, number_of, target_in
from app.simulator.parties import Moment, Party
from app.simulator.real_timeline import RealTimeline
from app.simulator.registry import Call, Text
from app.simulator.rest.api import RestApi
from app.simulator.rest.faults import Faults
from app.simulator.rest.server import RestServer
from app.simulator.sids import Sids
from app.simulator.switches import RestSwitches, Switches
from app.simulator.targets import Target
from app.simulator.texts import Post, TextFate
from app.simulator.timeline import Every, Timeline
from app.simulator.trace import Trace
from app.simulator.wire import UnlockedWire, Wire


class Phone:
    """Plays calls and texts against webhooks, over a wire, and answers the REST requests that they lead to.

    With a VirtualClock time passes only in `dial`, `run` and `let_pass`, and the same seed, scripts and
    replies give the same requests, byte for byte. With a WallClock `timeline` is a RealTimeline: it plays
    between its `begin_playing` and `stop_playing`, and `run` and `let_pass` are not for it.
    `api_keys` maps SIDs of API keys to their secrets; the account's own SID goes with `auth_token`. Prompts take
    `seconds_a_character` to say.
    """

    def __init__(
        self,
        wire: Wire,
        *,
        account: Account,
        auth_token: str,
        clock: VirtualClock | WallClock,
        settings: NumberSettings | None = None,
        switches: Switches | None = None,
        rest: RestSwitches | None = None,
        handsets: Handsets | None = None,
        api_keys: Mapping[str, str] | None = None,
        seal: Callable[[bytes], Sealed] | None = None,
        seed: int = 0,
        seconds_a_character: float = SECONDS_A_CHARACTER,
    ) -> None:
        switches, sids = switches or Switches(), Sids(seed)
        self.timeline = RealTimeline(clock) if isinstance(clock, WallClock) else Timeline(clock)
        self._settings = (settings or NumberSettings()).as_kept(account.base_url)
        self._hooks: list[Callable[[], None]] = []
        self._hooks_are_due = False
        wire = UnlockedWire(wire, self.timeline.unlocked)
        self._exchange = Exchange(
            account=account,
            timeline=self.timeline,
            courier=Courier(wire, auth_token=auth_token, switches=switches, sids=sids, afterwards=self._requested),
            handsets=handsets or Handsets(),
            switches=switches,
            sids=sids,
            rest=rest or RestSwitches(),
            seal=seal,
            seconds_a_character=seconds_a_character,
        )
        for owned in sorted(account.owned_numbers):
            number = number_of(owned, self._settings, at=self.timeline.now())
            self._exchange.registry.numbers[number.sid] = number
        self._post = Post(self._exchange)
        self._rest = RestApi(self._exchange, self._post, keys={account.sid: auth_token, **(api_keys or {})})

    # Calls

    def dial(self, *, to: str, from_: str | None, caller: CallerScript | None = None) -> Trace:
        """Play one call to its end, callbacks included, and return what happened.

        `from_` None is a caller of whom the carrier says nothing at all.
        """
        trace = self.begin(to=to, from_=from_, caller=caller)
        self.run()
        return trace

    def begin(
        self, *, to: str, from_: str | None, caller: CallerScript | None = None, party: Party | None = None
    ) -> Trace:
        """Have a call begin at this instant; `run` plays all that have begun, side by side.

        `party`, when given, makes the call instead of somebody who follows a script.
        """
        shown = self._exchange.switches.caller_id
        from_ = from_ if shown is None else shown
        with self.timeline.turn():
            trace = self._exchange.trace(call_sid=self._exchange.sids.new("CA"), caller=from_, dialled=to)
            trace.add(Dialled(self.timeline.now(), trace.call_sid, from_, to))
            settings = self._settings_of(to)
            leg = CallerLeg(
                self._exchange,
                trace,
                party=party or Caller(caller or CallerScript()),
                fallback=target_in(settings, "voice_fallback"),
                status_callback=target_in(settings, "status_callback"),
            )
            leg.start(life(leg, target_in(settings, "voice") or Target("POST", "")))
            leg.enter(Moment.DIALLED)
        return trace

    def _settings_of(self, phone_number: str) -> Mapping[str, str]:
        number = self._exchange.registry.number(phone_number)
        return self._settings if number is None else number.settings

    @property
    def calls(self) -> list[Call]:
        """Every leg there was, in order of creation: callers', dialled ones and those made by REST."""
        with self.timeline.turn():
            return list(self._exchange.registry.calls.values())

    @property
    def journal(self) -> Trace:
        """All that happened in all calls and texts, in one trace."""
        return self._exchange.journal

    @property
    def handsets(self) -> Handsets:
        """What the owners of phones do; it may be changed while calls go on."""
        return self._exchange.handsets

    def forget_pace(self) -> None:
        """Forget when the last call over REST was placed: the clock was set anew."""
        self._exchange.registry.next_call_at = None

    # Texts

    def text(self, *, from_: str, to: str, body: str) -> list[str]:
        """Have somebody text one of our numbers, at this instant; returns our replies."""
        with self.timeline.turn():
            sms = target_in(self._settings_of(to), "sms")
            return [reply.body for reply in self._post.receive(from_=from_, to=to, body=body, sms=sms)]

    def on_text(self, number: str, answer: Callable[[str], str | None], *, after_seconds: float = 20.0) -> None:
        """Have the owner of a phone text back what `answer` makes of each text received; None keeps silent."""
        self._post.answers(number, answer, after_seconds=after_seconds)

    def text_fate(self, number: str, fate: TextFate) -> None:
        """What carriers make of texts to a number from now on."""
        self._post.fates[number] = fate

    def texts(self, *, to: str | None = None) -> list[Text]:
        """The texts we sent, to one number or to all, in order."""
        with self.timeline.turn():
            texts = list(self._exchange.registry.texts.values())
        return [text for text in texts if text.direction != "inbound" and to in {None, text.to}]

    def all_texts(self) -> list[Text]:
        """Every text, ours and people's, in order."""
        with self.timeline.turn():
            return list(self._exchange.registry.texts.values())

    def texts_to(self, number: str) -> list[str]:
        """What the owner of a phone has received, in order."""
        return [text.body for text in self.texts(to=number) if text.sent_at is not None]

    # Time

    def run(self) -> None:
        """Play everything that has begun to its end."""
        self.timeline.run()

    def let_pass(self, seconds: float) -> None:
        """Play all that is due within so many seconds, what happens `every` so often included, and stop there."""
        self.timeline.play_until(self.timeline.now() + timedelta(seconds=seconds))

    def every(self, seconds: float, action: Callable[[], None]) -> Every:
        """Have something done every so many seconds while time passes: the sweeps of a service's clock process.

        It keeps no call and no `run` going; `let_pass` plays it also when no call is left.
        """
        return self.timeline.every(seconds, action)

    def after_request(self, action: Callable[[], None]) -> None:
        """Have something done right after each webhook, at the same instant: an outbox that is delivered at once."""
        self._hooks.append(action)

    def _requested(self) -> None:
        if self._hooks and not self._hooks_are_due:
            self._hooks_are_due = True
            self.timeline.after(0, self._play_hooks)

    def _play_hooks(self) -> None:
        self._hooks_are_due = False
        for hook in self._hooks:
            hook()

    # REST

    def rest_app(self) -> RestApi:
        """Twilio's REST API over this account, a WSGI application; always the same one."""
        return self._rest

    @property
    def rest_faults(self) -> Faults:
        """What goes wrong with the next REST requests."""
        return self._rest.faults

    @property
    def rest_warnings(self) -> list[str]:
        """Fields and values in REST requests that Twilio's API does not have."""
        return self._rest.warnings

    def serve_rest(self, *, host: str = "127.0.0.1", port: int = 0) -> RestServer:
        """Offer the REST API over HTTP until the server is closed; port 0 takes any free one."""
        return RestServer(self._rest, host=host, port=port)
