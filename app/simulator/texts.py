"""Text messages: ours to people with what carriers make of them, people's to us with our replies, and STOP."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from math import ceil
from xml.etree import ElementTree as ET

from app.simulator.courier import Delivered, Undelivered
from app.simulator.events import Purpose, Texted, Warned
from app.simulator.exchange import Exchange
from app.simulator.numbers import target_in
from app.simulator.registry import Text
from app.simulator.reports import Witnessed, report
from app.simulator.targets import Target

_SENT_SECONDS = 0.5
_DELIVERED_SECONDS = 2.0
_REPLY_AFTER_SECONDS = 20.0
_STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
_START = frozenset({"START", "YES", "UNSTOP"})
_HELP = frozenset({"HELP", "INFO"})
_ONE_SEGMENT, _PART_OF_SEVERAL = 160, 153
_LONGEST = 1600


class TextFate(StrEnum):
    """What carriers make of texts to a number."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"  # 30003: the phone is off
    FAILED = "failed"  # 30034: the sender is not registered
    OPTED_OUT = "opted out"  # the request itself is refused with 21610


_ENDS: Mapping[TextFate, tuple[str, int | None]] = {
    TextFate.DELIVERED: ("delivered", None),
    TextFate.UNDELIVERED: ("undelivered", 30003),
    TextFate.FAILED: ("failed", 30034),
}

Answer = Callable[[str], str | None]


class Post:
    """The account's text messages. `fates` says what becomes of texts to a number, `answers` what people text back."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.fates: dict[str, TextFate] = {}
        self._answers: dict[str, tuple[float, Answer]] = {}

    def answers(self, number: str, answer: Answer, *, after_seconds: float = _REPLY_AFTER_SECONDS) -> None:
        """Have the owner of a phone text back what `answer` makes of each text; None keeps silent."""
        self._answers[number] = (after_seconds, answer)

    def is_opted_out(self, *, recipient: str, sender: str) -> bool:
        """Whether Twilio refuses to text them (21610)."""
        told = (recipient, sender) in self._exchange.registry.opted_out
        return told or self.fates.get(recipient) is TextFate.OPTED_OUT

    def send(
        self, *, from_: str, to: str, body: str, callback: Target | None = None, direction: str = "outbound-api"
    ) -> Text:
        """Queue a text of ours; it is sent, and delivered or not, a little later."""
        text = self._new(from_=from_, to=to, body=body, direction=direction, status="queued")
        text.callback = callback
        self._exchange.timeline.after(_SENT_SECONDS, lambda: self._sent(text))
        return text

    def receive(self, *, from_: str, to: str, body: str, sms: Target | None) -> list[Text]:
        """Take a text to one of our numbers to its webhook, at this instant; returns the replies sent."""
        text = self._new(from_=from_, to=to, body=body, direction="inbound", status="received")
        word = self._keyword(text)
        delivered = None if sms is None else self._ask(text, sms)
        if word == "HELP":
            return [self.send(from_=to, to=from_, body="Reply STOP to unsubscribe.", direction="outbound-reply")]
        if delivered is None or self.is_opted_out(recipient=from_, sender=to):
            return []
        return [self._reply(text, reply) for reply in self._replies(text, delivered)]

    def _new(self, *, from_: str, to: str, body: str, direction: str, status: str) -> Text:
        exchange = self._exchange
        now = exchange.timeline.now()
        text = Text(exchange.sids.new("SM"), from_, to, body, direction, now, status, updated_at=now)
        exchange.registry.texts[text.sid] = text
        exchange.journal.add(Texted(now, text.sid, from_, to, body, status))
        return text

    # Ours

    def _sent(self, text: Text) -> None:
        fate = self.fates.get(text.to, TextFate.DELIVERED)
        if fate is TextFate.FAILED:
            self._becomes(text, *_ENDS[fate])
            return
        self._becomes(text, "sent", None)
        text.sent_at = self._exchange.timeline.now()
        if fate is not TextFate.DELIVERED or self._exchange.rest.deliveries_reported:
            ends = _ENDS.get(fate, _ENDS[TextFate.DELIVERED])
            self._exchange.timeline.after(_DELIVERED_SECONDS, lambda: self._becomes(text, *ends))
        if fate is TextFate.DELIVERED and text.to in self._answers:
            seconds, answer = self._answers[text.to]
            self._exchange.timeline.after(seconds, lambda: self._answered(text, answer))

    def _becomes(self, text: Text, status: str, error: int | None) -> None:
        text.status, text.error_code = status, error
        text.updated_at = self._exchange.timeline.now()
        if text.callback is None:
            return
        fields = {
            "MessageSid": text.sid,
            "SmsSid": text.sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "AccountSid": self._exchange.account.sid,
            "From": text.from_,
            "To": text.to,
            "ApiVersion": "2010-04-01",
        }
        if error is not None:
            fields["ErrorCode"] = str(error)
        report(self._exchange, text.callback, fields, trace=self._exchange.journal, sid=text.sid)

    def _answered(self, text: Text, answer: Answer) -> None:
        body = answer(text.body)
        number = self._exchange.registry.number(text.from_)
        if body is not None:
            sms = None if number is None else target_in(number.settings, "sms")
            self.receive(from_=text.to, to=text.from_, body=body, sms=sms)

    # Theirs

    def _keyword(self, text: Text) -> str | None:
        """What Twilio itself does on a word of its own, matched as the whole message."""
        word, pair = text.body.strip().upper(), (text.from_, text.to)
        if word in _STOP:
            self._exchange.registry.opted_out.add(pair)
            return "STOP"
        if word in _START:
            self._exchange.registry.opted_out.discard(pair)
            return "START"
        return "HELP" if word in _HELP else None

    def _ask(self, text: Text, sms: Target) -> Delivered | None:
        exchange = self._exchange
        fields = {
            "MessageSid": text.sid,
            "SmsSid": text.sid,
            "SmsMessageSid": text.sid,
            "AccountSid": exchange.account.sid,
            "From": text.from_,
            "To": text.to,
            "Body": text.body,
            "NumMedia": "0",
            "NumSegments": str(segments(text.body)),
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
        }
        witness = Witnessed(exchange, exchange.journal, text.sid, Purpose.DOCUMENT)
        try:
            return exchange.courier.deliver(exchange.outgoing(sms, fields), witness)
        except Undelivered as lost:
            self._warn(text, f"{lost.code}: {lost}")
            return None

    def _replies(self, text: Text, delivered: Delivered) -> list[str]:
        reply = delivered.reply
        if reply.content_type == "text/plain":
            return [reply.body.decode(errors="replace")] if reply.body else []
        try:
            # S314: the document comes from the service under test, and expat resolves no outside entities.
            root = ET.fromstring(reply.body)  # noqa: S314
        except ET.ParseError as error:
            self._warn(text, f"12100: {delivered.url}: {error}")
            return []
        for element in root:
            if element.tag not in {"Message", "Redirect"}:
                self._warn(text, f"12200: {delivered.url}: <{element.tag}> is no verb of a message")
        return ["".join(element.itertext()).strip() for element in root if element.tag == "Message"]

    def _reply(self, text: Text, body: str) -> Text:
        if len(body) > _LONGEST:
            self._warn(text, f"21617: a reply of {len(body)} characters, {_LONGEST} are allowed")
        return self.send(from_=text.to, to=text.from_, body=body, direction="outbound-reply")

    def _warn(self, text: Text, complaint: str) -> None:
        self._exchange.journal.add(Warned(self._exchange.timeline.now(), text.sid, complaint))


def segments(body: str) -> int:
    """How many parts a text is sent in, counted as plain GSM-7."""
    return 1 if len(body) <= _ONE_SEGMENT else ceil(len(body) / _PART_OF_SEVERAL)
