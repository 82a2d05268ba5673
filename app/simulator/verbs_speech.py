"""Say, Play and Pause: what a leg hears without being asked for anything."""

from collections.abc import Callable
from urllib.parse import urldefrag

from app.simulator.courier import Undelivered
from app.simulator.documents import address
from app.simulator.events import Purpose
from app.simulator.legs import Leg
from app.simulator.timeline import Script
from app.simulator.twiml import Document, TwimlFault, Verb

_MOST_LOOPS = 1000
_DIGIT_SECONDS = 0.5
_AUDIO = ("audio/",)

Prompt = tuple[float, Callable[[], object]]


def prompt_of(leg: Leg, verb: Verb, document: Document) -> Prompt:
    """How long a Say, Play or Pause takes, and what makes it heard. A Play that cannot be had is a fault."""
    match verb.name:
        case "Say":
            times = _times(verb)
            language = verb.attributes.get("language", "")
            return leg.seconds_to_say(verb.text) * times, lambda: leg.say(verb.text, times=times, language=language)
        case "Play" if "digits" in verb.attributes:
            return len(verb.attributes["digits"]) * _DIGIT_SECONDS, lambda: None
        case "Play":
            url = address(verb.text, document)
            _check_media(leg, url)
            seconds = leg.exchange.account.seconds_of(url) * _times(verb)
            return seconds, lambda: leg.play(url, seconds)
        case _:
            return float(verb.number("length", 1)), lambda: None


def _times(verb: Verb) -> int:
    return verb.number("loop", 1) or _MOST_LOOPS


def _check_media(leg: Leg, url: str) -> None:
    """Fetch a recording that the service itself offers, unless it may be kept: no call parameters, a plain GET."""
    if not url.startswith(leg.exchange.account.base_url) or url in leg.exchange.media_kept:
        return
    outgoing = leg.exchange.courier.outgoing("GET", url, {})
    try:
        delivered = leg.exchange.courier.deliver(outgoing, leg.witness(Purpose.MEDIA))
    except Undelivered as lost:
        raise TwimlFault(lost.code, str(lost)) from lost
    if not delivered.reply.content_type.startswith(_AUDIO):
        raise TwimlFault("12300", f"{urldefrag(url).url}: {delivered.reply.content_type or 'no type'} is not audio")
    if "max-age" in delivered.reply.headers.get("cache-control", ""):
        leg.exchange.media_kept.add(url)


def speak(leg: Leg, verb: Verb, document: Document) -> Script[None]:
    """Execute Say, Play or Pause on a leg."""
    if verb.name == "Pause":  # does not answer: a call that begins with it rings on
        yield from leg.pause(float(verb.number("length", 1)))
        return
    if verb.name == "Say" and not verb.text:
        return
    leg.answer()
    seconds, begin = prompt_of(leg, verb, document)
    leg.sound(on=True)
    begin()
    yield from leg.pause(seconds)
    leg.sound(on=False)
