"""Texts both ways: sent over REST, received at the webhook, refused, lost, answered."""

from datetime import timedelta
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from app.simulator import Phone, RestSwitches, TextFate, render
from tests.app.simulator.desk import ANN, BASE, BEN, MAIN, START, Answer, Asked, Desk, Page, Pages, phone_to
from tests.app.simulator.sdk import client_of


def echo(asked: Asked) -> str:
    return f"<Message>You said {asked.form['Body']}.</Message>"


def phone_with(pages: Pages | None = None, rest: RestSwitches | None = None) -> Phone:
    return phone_to(Desk({"/sms/incoming": echo, **(pages or {})}), rest=rest)


def send(phone: Phone, **fields: Any) -> Any:
    given = {"to": ANN, "from_": MAIN, "body": "Ticket 1042 needs you.", **fields}
    return client_of(phone).messages.create(**given)


def refused(phone: Phone, **fields: Any) -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as caught:
        send(phone, **fields)
    return caught.value.status, caught.value.code


@pytest.mark.parametrize(
    ("fate", "statuses", "error"),
    [
        (TextFate.DELIVERED, ["sent", "delivered"], None),
        (TextFate.UNDELIVERED, ["sent", "undelivered"], 30003),
        (TextFate.FAILED, ["failed"], 30034),
    ],
)
def test_what_becomes_of_a_text(fate: TextFate, statuses: list[str], error: int | None) -> None:
    phone = phone_with()
    phone.text_fate(ANN, fate)
    text = send(phone, status_callback=f"{BASE}/sms/status")
    assert (text.status, text.direction, text.date_sent) == ("queued", "outbound-api", None)
    phone.run()
    told = [asked.params for asked in phone.journal.requests(path="/sms/status")]
    assert [params["MessageStatus"] for params in told] == statuses
    assert told[-1]["MessageSid"] == text.sid
    assert told[-1].get("ErrorCode") == (None if error is None else str(error))
    fetched = text.fetch()
    assert (fetched.status, fetched.error_code) == (statuses[-1], error)
    assert phone.texts_to(ANN) == ([] if fate is TextFate.FAILED else ["Ticket 1042 needs you."])
    assert phone.rest_warnings == []


def test_not_every_carrier_says_that_a_text_arrived() -> None:
    phone = phone_with(rest=RestSwitches(deliveries_reported=False))
    text = send(phone, status_callback=f"{BASE}/sms/status")
    phone.run()
    assert text.fetch().status == "sent"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"to": "+1"}, 21211),
        ({"from_": "+18165550199"}, 21606),
        ({"from_": "desk"}, 21212),
        ({"body": ""}, 21602),
        ({"body": "a" * 1601}, 21617),
        ({"status_callback": "/sms/status"}, 21609),
    ],
)
def test_texts_that_are_refused(fields: dict[str, Any], code: int) -> None:
    phone = phone_with()
    assert refused(phone, **fields) == (400, code)
    assert phone.texts() == []


def test_lists_changes_and_deletion() -> None:
    phone = phone_with()
    first, second = send(phone), send(phone, to=BEN)
    phone.run()
    client = client_of(phone)
    assert [text.sid for text in client.messages.list()] == [second.sid, first.sid]
    assert [text.sid for text in client.messages.list(to=ANN)] == [first.sid]
    assert len(client.messages.list(date_sent_after=START + timedelta(seconds=1))) == 0
    assert first.update(body="").body == ""
    first.delete()
    with pytest.raises(TwilioRestException):
        first.fetch()
    assert phone.rest_warnings == []


def test_a_text_to_us_and_the_reply() -> None:
    desk = Desk({"/sms/incoming": echo})
    phone = phone_to(desk)
    assert phone.text(from_=ANN, to=MAIN, body="WHO") == ["You said WHO."]
    phone.run()
    assert phone.texts_to(ANN) == ["You said WHO."]
    asked = desk.asked[0]
    assert asked.headers["HTTP_X_TWILIO_SIGNATURE"]
    assert {name: asked.form[name] for name in ("From", "To", "Body", "NumMedia", "SmsStatus")} == {
        "From": ANN,
        "To": MAIN,
        "Body": "WHO",
        "NumMedia": "0",
        "SmsStatus": "received",
    }
    reply, received = client_of(phone).messages.list()
    assert (received.direction, received.status, reply.direction) == ("inbound", "received", "outbound-reply")


@pytest.mark.parametrize(
    ("answer", "replies", "complaints"),
    [
        ("", [], 0),
        ("<Message>One.</Message><Message><Body>Two.</Body></Message>", ["One.", "Two."], 0),
        (Page("debug", content_type="text/plain"), ["debug"], 0),
        (Page("", "204 No Content", content_type=None), [], 1),
        (Page("", "500 Oops"), [], 1),
        ("<Say>Hello.</Say>", [], 1),
    ],
)
def test_replies(answer: Answer, replies: list[str], complaints: int) -> None:
    phone = phone_with({"/sms/incoming": answer})
    assert phone.text(from_=ANN, to=MAIN, body="WHO") == replies
    assert len(phone.journal.warnings) == complaints


def test_words_that_twilio_keeps_for_itself() -> None:
    phone = phone_with()
    assert phone.text(from_=ANN, to=MAIN, body=" stop ") == []
    assert len(phone.journal.requests(path="/sms/incoming")) == 1
    assert refused(phone) == (400, 21610)
    assert send(phone, to=BEN).status == "queued"
    phone.text(from_=ANN, to=MAIN, body="START")
    assert send(phone).status == "queued"
    assert phone.text(from_=ANN, to=MAIN, body="help") == ["Reply STOP to unsubscribe."]
    assert phone.text(from_=ANN, to=MAIN, body="STOP 1042") == ["You said STOP 1042."]


def test_somebody_who_opted_out_long_ago() -> None:
    phone = phone_with()
    phone.text_fate(ANN, TextFate.OPTED_OUT)
    assert refused(phone) == (400, 21610)


def test_people_text_back() -> None:
    phone = phone_with()
    phone.on_text(ANN, lambda body: "ACK 1042" if "needs you" in body else None, after_seconds=30)
    send(phone)
    phone.run()
    assert phone.texts_to(ANN) == ["Ticket 1042 needs you.", "You said ACK 1042."]
    asked = phone.journal.requests(path="/sms/incoming")
    assert [round((each.at - START).total_seconds(), 1) for each in asked] == [30.5]


def test_texts_are_told_in_the_journal() -> None:
    phone = phone_with()
    send(phone)
    phone.run()
    told = render(phone.journal, names={ANN: "Ann", MAIN: "the desk"}, zone=START.tzinfo)  # type: ignore[arg-type]
    assert told == ["09:00:00  Ann is texted by the desk: Ticket 1042 needs you."]
