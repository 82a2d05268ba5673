"""Texts over REST: send, change, fetch, list and delete them."""

from app.simulator.dialled_legs import is_e164
from app.simulator.envelope import API_VERSION
from app.simulator.registry import Text
from app.simulator.rest import fields
from app.simulator.rest.asked import Answer, Asked, NotFound, Payload, Refused
from app.simulator.rest.desk import Desk, shown, target_of
from app.simulator.rest.paging import Listing, page, within
from app.simulator.texts import segments


def create(desk: Desk, asked: Asked) -> Answer:
    """Queue a text to a phone."""
    to, from_, body = asked.text("To"), asked.text("From"), asked.text("Body")
    _check_parties(desk, asked, to=to, from_=from_)
    if not body and not asked.text("MediaUrl"):
        raise Refused(21602, "Message body is required.")
    if not fields.is_valid(asked, fields.CREATE_MESSAGE, "Body"):
        raise Refused(21617, "The concatenated message body exceeds the 1600 character limit")
    if not fields.is_valid(asked, fields.CREATE_MESSAGE, "StatusCallback"):
        raise Refused(21609, f"Invalid StatusCallback URL: {asked.text('StatusCallback')}")
    if desk.post.is_opted_out(recipient=to, sender=from_):
        raise Refused(21610, "Attempt to send to unsubscribed recipient")
    callback = target_of(asked, "StatusCallback", "StatusCallbackMethod")
    return Answer(201, as_json(desk, desk.post.send(from_=from_, to=to, body=body, callback=callback)))


def _check_parties(desk: Desk, asked: Asked, *, to: str, from_: str) -> None:
    if not to:
        raise Refused(21604, "A 'To' phone number is required.")
    if not is_e164(to):
        raise Refused(21211, f"The 'To' number {to} is not a valid phone number.")
    if asked.text("MessagingServiceSid"):
        raise Refused(21701, "The Messaging Service does not exist")
    if not from_:
        raise Refused(21603, "A 'From' phone number is required.")
    if not is_e164(from_):
        raise Refused(21212, f"The 'From' number {from_} is not a valid phone number.")
    if not desk.exchange.may_show(from_):
        raise Refused(21606, f"The 'From' phone number provided ({from_}) is not a valid message-capable number")


def update(desk: Desk, asked: Asked, sid: str) -> Answer:
    """Take the words out of a text that was sent."""
    text = _text(desk, asked, sid)
    if asked.one("Body") == "":
        text.body = ""
    return Answer(200, as_json(desk, text))


def fetch(desk: Desk, asked: Asked, sid: str) -> Answer:
    """One text."""
    return Answer(200, as_json(desk, _text(desk, asked, sid)))


def delete(desk: Desk, asked: Asked, sid: str) -> Answer:
    """Forget a text."""
    del desk.exchange.registry.texts[_text(desk, asked, sid).sid]
    return Answer(204)


def _text(desk: Desk, asked: Asked, sid: str) -> Text:
    text = desk.exchange.registry.texts.get(sid)
    if text is None:
        raise NotFound(asked.path)
    return text


def listed(desk: Desk, asked: Asked) -> Answer:
    """Texts that fit the filters, newest first."""
    texts = [
        text
        for text in reversed(desk.exchange.registry.texts.values())
        if asked.text("To", text.to) == text.to and asked.text("From", text.from_) == text.from_
    ]
    texts = within(asked, "DateSent", lambda text: text.sent_at, texts)
    return Answer(200, page(asked, Listing("messages", "sid", [as_json(desk, text) for text in texts])))


def as_json(desk: Desk, text: Text) -> Payload:
    """A text as Twilio shows it."""
    uri = f"{desk.base}/Messages/{text.sid}"
    return {
        "sid": text.sid,
        "account_sid": desk.exchange.account.sid,
        "messaging_service_sid": None,
        "from": text.from_,
        "to": text.to,
        "body": text.body,
        "status": text.status,
        "direction": text.direction,
        "error_code": text.error_code,
        "error_message": None if text.error_code is None else f"Error {text.error_code}",
        "num_media": "0",
        "num_segments": str(segments(text.body)),
        "price": None,
        "price_unit": "USD",
        "api_version": API_VERSION,
        "date_created": shown(text.created_at),
        "date_sent": shown(text.sent_at),
        "date_updated": shown(text.updated_at),
        "uri": f"{uri}.json",
        "subresource_uris": {"media": f"{uri}/Media.json"},
    }
