"""Writes instructions as TwiML. One renderer, no SDK in the call path: an escaped template is ten times cheaper.

Every document leads on: a Gather is followed by a Redirect for silence, a Dial and a Record name their action.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

from app.flow.messages import (
    Dial,
    EndHold,
    Gather,
    Hangup,
    Hold,
    Instruction,
    KeepHolding,
    Play,
    Record,
    Say,
    Turn,
)
from app.telephony.overrides import IN_A_DOCUMENT

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
EMPTY = f"{HEAD}<Response/>"
HANGUP = f"{HEAD}<Response><Hangup/></Response>"
# A caller whose call was just taken is in the queue; where they are not, they have gone.
TAKE_SECONDS = 5
CALL_BACK_SECONDS = 25
LEG_EVENTS = "ringing answered completed"


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses a document leads to; each is `base` + what happened + the position token + how to ask for it.

    `transcribed`: what is recorded in English is also to be written down by Twilio. `queue`: where the caller waits
    while phones ring at once, and `lap` gives the token of the first lap there.
    """

    base: str
    token: str
    transcribed: bool = False
    queue: str = ""
    lap: Callable[[], str] = str

    def to(self, what: str) -> str:
        """The address, as it stands in a document."""
        return f"{self.base}/voice/{what}/{self.token}{IN_A_DOCUMENT}"


def render(turn: Turn, *, links: Links, caller_id: str) -> str:
    """The document of a turn. `caller_id` (E.164) is the number shown to the people rung."""
    if not turn.instructions:
        return EMPTY
    body = "".join(_element(instruction, links, caller_id) for instruction in turn.instructions)
    return f"{HEAD}<Response>{body}</Response>"


def _element(instruction: Instruction, links: Links, caller_id: str) -> str:
    match instruction:
        case Say():
            return say(instruction)
        case Play():
            return f"<Play>{escape(instruction.url)}</Play>"
        case Gather():
            return _gather(instruction, links)
        case Dial():
            return _dial(instruction, links, caller_id)
        case Record():
            return _record(instruction, links)
        case Hold():
            return _hold(links)
        case KeepHolding():
            return _keep_holding(instruction, links)
        case EndHold():
            return "<Leave/>"
        case Hangup():
            return "<Hangup/>"


@lru_cache(maxsize=512)
def say(words: Say) -> str:
    """A spoken text. Most of what is said has been said before."""
    voice = f" voice={quoteattr(words.voice)}" if words.voice else ""
    return f"<Say{voice} language={quoteattr(words.language)}>{escape(words.text)}</Say>"


def _gather(gather: Gather, links: Links) -> str:
    # A menu takes one key, the hash key included; a number of unknown length is ended by the hash key.
    ending = 'finishOnKey="#"' if gather.digits is None else f'numDigits="{gather.digits}" finishOnKey=""'
    inside = "".join(
        say(prompt) if isinstance(prompt, Say) else _element(prompt, links, "") for prompt in gather.prompts
    )
    return (
        f'<Gather action="{links.to("keys")}" method="POST" input="dtmf" timeout="{gather.wait_seconds}" {ending}>'
        f'{inside}</Gather><Redirect method="POST">{links.to("silence")}</Redirect>'
    )


def _dial(dial: Dial, links: Links, caller_id: str) -> str:
    shown = f" callerId={quoteattr(caller_id)}" if caller_id else ""
    screen = f' url="{links.to("accept")}" method="POST"' if dial.screened else ""
    return (
        f'<Dial action="{links.to("dialled")}" method="POST" timeout="{dial.ring_seconds}"{shown}>'
        f'<Number{screen} statusCallback="{links.to("leg")}" statusCallbackMethod="POST" '
        f'statusCallbackEvent="{LEG_EVENTS}">{escape(dial.number)}</Number></Dial>'
    )


def _record(record: Record, links: Links) -> str:
    # Twilio transcribes US English only.
    wanted = links.transcribed and record.language == "en"
    transcript = f'transcribe="true" transcribeCallback="{links.to("transcription")}" ' if wanted else ""
    return (
        f'<Record action="{links.to("recorded")}" method="POST" maxLength="{record.max_seconds}" '
        f'timeout="{record.silence_seconds}" finishOnKey="#" playBeep="true" '
        f'{transcript}recordingStatusCallback="{links.to("recording")}" recordingStatusCallbackMethod="POST" '
        f'recordingStatusCallbackEvent="completed absent"/>'
        f'<Redirect method="POST">{links.to("silence")}</Redirect>'
    )


def _hold(links: Links) -> str:
    first_lap = f"{links.base}/voice/wait/{links.lap()}{IN_A_DOCUMENT}"
    return (
        f'<Enqueue action="{links.to("left")}" method="POST" waitUrl="{first_lap}" waitUrlMethod="POST">'
        f"{escape(links.queue)}</Enqueue>"
    )


def _keep_holding(hold: KeepHolding, links: Links) -> str:
    times = f' loop="{hold.times}"' if hold.times > 1 else ""
    music = f"<Play{times}>{links.base}/voice/hold-music.wav</Play>"
    heard = "".join(_element(each, links, "") for each in hold.prompts) + music
    if hold.keys:
        heard = (
            f'<Gather action="{links.to("keys")}" method="POST" input="dtmf" timeout="1" numDigits="1" '
            f'finishOnKey="">{heard}</Gather>'
        )
    return f'{heard}<Redirect method="POST">{links.to("wait")}</Redirect>'


def take_from_hold(words: Say, *, links: Links) -> str:
    """The document of the phone whose key came first: connects it with the caller on hold."""
    return (
        f'{HEAD}<Response>{say(words)}<Dial action="{links.to("ring-done")}" method="POST" timeout="{TAKE_SECONDS}">'
        f"<Queue>{escape(links.queue)}</Queue></Dial></Response>"
    )


def call_back(words: Say, *, number: str, caller_id: str, links: Links) -> str:
    """The document of a member of staff who calls somebody back: that number rings and sees `caller_id`.

    The star key ends the call to it, and the member of staff stays on the line.
    """
    return (
        f'{HEAD}<Response>{say(words)}<Dial action="{links.to("callback-done")}" method="POST" '
        f'timeout="{CALL_BACK_SECONDS}" hangupOnStar="true" callerId={quoteattr(caller_id)}>'
        f'<Number statusCallback="{links.to("callback-answered")}" statusCallbackMethod="POST" '
        f'statusCallbackEvent="answered">{escape(number)}</Number></Dial></Response>'
    )


def accept_prompt(words: Say, *, links: Links, wait_seconds: int, key: str = "accept-key") -> str:
    """The document played to a staff phone before anybody is connected: it hangs up unless a key is pressed.

    `key` is the webhook that hears of the key.
    """
    text = say(words)
    return (
        f'{HEAD}<Response><Gather action="{links.to(key)}" method="POST" input="dtmf" numDigits="1" '
        f'finishOnKey="" timeout="{wait_seconds}">{text}<Pause length="2"/>{text}</Gather><Hangup/></Response>'
    )


def accepted(words: Say) -> str:
    """The document after the accept key: it ends by itself, and its end connects the two."""
    return f"{HEAD}<Response>{say(words)}</Response>"


def parting(words: Say) -> str:
    """Last words to a staff phone that is not connected."""
    return f"{HEAD}<Response>{say(words)}<Hangup/></Response>"


def text_back(words: str | None) -> str:
    """The document that answers a text; without words, silence."""
    return EMPTY if words is None else f"{HEAD}<Response><Message>{escape(words)}</Message></Response>"


def bare(apology: Say, message: Say, *, number: str | None, caller_id: str, base: str) -> str:
    """A document that needs nothing of ours but this text: apology, outside party if there is one, a message."""
    dial = f"<Dial callerId={quoteattr(caller_id)}>{escape(number)}</Dial>" if number else ""
    record = (
        f'<Record action="{base}/voice/recorded/none{IN_A_DOCUMENT}" method="POST" finishOnKey="#" maxLength="180"/>'
    )
    return f"{HEAD}<Response>{say(apology)}{dial}{say(message)}{record}<Hangup/></Response>"
