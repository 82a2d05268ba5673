"""Calls over REST, by Twilio's own library: made, steered, ended, fetched and listed."""

from datetime import timedelta
from typing import Any, ClassVar

import pytest
from twilio.base.exceptions import TwilioRestException

from app.simulator import (
    Behaviour,
    CallerScript,
    EngagedPhone,
    LegOutcome,
    Phone,
    RestSwitches,
    accept,
    busy,
    fail,
    hangs_up,
    ignore,
    voicemail,
)
from tests.app.simulator.desk import ANN, BASE, BEN, CALLER, MAIN, START, Desk, Page, Pages, phone_to, rows
from tests.app.simulator.sdk import client_of

EVENTS = ["initiated", "ringing", "answered", "completed"]
PAGES: Pages = {"/agent": "<Say>Hello.</Say>", "/voice/incoming": "<Pause length='30'/><Say>Hi.</Say>"}


def phone_with(behaviour: Behaviour, pages: Pages | None = None, rest: RestSwitches | None = None) -> Phone:
    return phone_to(Desk({**PAGES, **(pages or {})}), handsets={ANN: behaviour}, rest=rest)


def ring(phone: Phone, **fields: Any) -> Any:
    given = {"to": ANN, "from_": MAIN, "url": f"{BASE}/agent", "timeout": 20, **fields}
    return client_of(phone).calls.create(**given)


def refused(phone: Phone, **fields: Any) -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as caught:
        ring(phone, **fields)
    return caught.value.status, caught.value.code


@pytest.mark.parametrize(
    ("behaviour", "statuses", "final", "outcome"),
    [
        (accept(), ["initiated", "ringing", "in-progress", "completed"], "completed", LegOutcome.ENDED),
        (hangs_up(stays_seconds=0.2), ["initiated", "ringing", "in-progress", "completed"], "completed",
         LegOutcome.REFUSED),
        (ignore(), ["initiated", "ringing", "no-answer"], "no-answer", LegOutcome.NO_ANSWER),
        (busy(), ["initiated", "busy"], "busy", LegOutcome.BUSY),
        (fail(), ["initiated", "failed"], "failed", LegOutcome.FAILED),
    ],
)  # fmt: skip
def test_statuses_of_a_call(behaviour: Behaviour, statuses: list[str], final: str, outcome: LegOutcome) -> None:
    phone = phone_with(behaviour)
    call = ring(phone, status_callback=f"{BASE}/leg", status_callback_event=EVENTS)
    assert (call.status, call.direction, call.to, call._from) == ("queued", "outbound-api", ANN, MAIN)
    phone.run()
    asked = [each.params for each in phone.journal.requests(path="/leg")]
    assert [params["CallStatus"] for params in asked] == statuses
    assert [params["SequenceNumber"] for params in asked] == [str(n) for n in range(len(statuses))]
    assert call.fetch().status == final
    assert phone.journal.outcomes() == [(ANN, outcome)]
    assert (phone.rest_warnings, phone.journal.warnings) == ([], [])


def test_a_call_as_it_is_shown_while_it_goes_on() -> None:
    phone = phone_with(accept(), {"/agent": '<Pause length="10"/>'})
    call = ring(phone)
    phone.let_pass(3)
    assert call.fetch().status == "ringing"
    phone.let_pass(10)
    shown = call.fetch()
    assert (shown.status, shown.duration, shown.end_time) == ("in-progress", None, None)
    phone.run()
    shown = call.fetch()
    assert (shown.status, shown.duration) == ("completed", "10")
    assert shown.start_time == START
    assert shown.end_time == START + timedelta(seconds=17)


def test_only_the_last_event_is_told_unless_more_are_asked_for() -> None:
    phone = phone_with(ignore())
    ring(phone, status_callback=f"{BASE}/leg")
    phone.run()
    assert [asked.params["CallStatus"] for asked in phone.journal.requests(path="/leg")] == ["no-answer"]


@pytest.mark.parametrize(("a_second", "begun"), [(1.0, [0.0, 1.0, 2.0]), (10.0, [0.0, 0.1, 0.2])])
def test_calls_wait_for_their_turn(a_second: float, begun: list[float]) -> None:
    phone = phone_with(ignore(), rest=RestSwitches(calls_a_second=a_second))
    calls = [ring(phone) for _ in begun]
    phone.run()
    assert [round((leg.started_at - START).total_seconds(), 1) for leg in phone.calls if leg.started_at] == begun
    assert [int(call.fetch().queue_time) for call in calls] == [round(each * 1000) for each in begun]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"to": "+1"}, 400, 21211),
        ({"to": "816-555-0101"}, 400, 21211),
        ({"from_": "+18165550199"}, 400, 21210),
        ({"from_": "Anonymous"}, 400, 21212),
        ({"url": "/agent"}, 400, 21205),
        ({"url": "https://desk_1.example.org/x"}, 400, 21205),
        ({"timeout": 700}, 400, 21208),
        ({"twiml": "<Response/>" + " " * 4000}, 400, 32018),
    ],
)
def test_calls_that_are_refused(fields: dict[str, Any], status: int, code: int) -> None:
    phone = phone_with(accept())
    assert refused(phone, **fields) == (status, code)
    assert phone.calls == []


def test_a_call_without_a_document_is_refused() -> None:
    phone = phone_with(accept())
    with pytest.raises(TwilioRestException) as caught:
        client_of(phone).calls.create(to=ANN, from_=MAIN)
    assert caught.value.code == 21205


def test_fields_and_values_that_twilio_does_not_have_are_noted() -> None:
    phone = phone_with(accept())
    ring(phone, status_callback_event=["answered", "hung-up"], machine_detection="Perhaps", record=True)
    assert phone.rest_warnings == [
        "POST /Calls.json: StatusCallbackEvent='hung-up' is not a valid value",
        "POST /Calls.json: MachineDetection='Perhaps' is not a valid value",
    ]


def test_twiml_that_comes_with_the_request() -> None:
    phone = phone_with(accept())
    client_of(phone).calls.create(to=ANN, from_=MAIN, twiml="<Response><Say>Wake up.</Say></Response>")
    phone.run()
    assert phone.journal.heard_texts(ANN) == ["Wake up."]


def test_the_fallback_of_a_call() -> None:
    phone = phone_with(accept(), {"/agent": Page("", "500 Oops"), "/spare": "<Say>Spare.</Say>"})
    ring(phone, fallback_url=f"{BASE}/spare")
    phone.run()
    assert phone.journal.heard_texts(ANN) == ["Spare."]
    assert rows(phone.journal, "ErrorCode")[-1][1:] == ("/spare", {"ErrorCode": "11200"})


@pytest.mark.parametrize(("behaviour", "verdict"), [(accept(), "human"), (voicemail(after_seconds=2), "machine_start")])
def test_whether_a_machine_answers(behaviour: Behaviour, verdict: str) -> None:
    phone = phone_with(behaviour)
    waiting = ring(phone, machine_detection="Enable")
    phone.run()
    assert phone.journal.requests(path="/agent")[0].params["AnsweredBy"] == verdict
    assert waiting.fetch().answered_by == verdict
    ring(phone, machine_detection="Enable", async_amd="true", async_amd_status_callback=f"{BASE}/amd")
    phone.run()
    assert "AnsweredBy" not in phone.journal.requests(path="/agent")[1].params
    assert phone.journal.requests(path="/amd")[0].params["AnsweredBy"] == verdict


def test_a_call_back_rings_the_staff_first_and_then_the_caller() -> None:
    dial = f'<Dial action="/done" callerId="{MAIN}"><Number>{CALLER}</Number></Dial>'
    phone = phone_with(accept(talks_for_seconds=None), {"/agent": dial, "/done": "<Hangup/>"})
    phone.handsets.behave(CALLER, accept(talks_for_seconds=30))
    ring(phone)
    phone.run()
    assert phone.journal.rang() == [ANN, CALLER]
    done = phone.journal.requests(path="/done")[0].params
    assert (done["DialCallStatus"], done["DialBridged"], done["DialCallDuration"]) == ("completed", "true", "30")
    child = phone.calls[1].fields
    assert (child["Direction"], child["From"], child["ParentCallSid"]) == ("outbound-dial", MAIN, phone.calls[0].sid)


class TestUpdates:
    """A call is steered or ended while it goes on."""

    TALK: ClassVar[Pages] = {
        "/agent": '<Gather action="/key" timeout="60"><Say>Wait.</Say></Gather>',
        "/new": "<Say>New.</Say>",
    }

    def test_to_another_document(self) -> None:
        phone = phone_with(accept(keys=()), self.TALK)
        call = ring(phone)
        phone.timeline.after(20, lambda: call.update(url=f"{BASE}/new", method="POST") and None)
        phone.run()
        assert [row[1] for row in rows(phone.journal)] == ["/agent", "/new"]
        assert phone.journal.heard_texts(ANN) == ["Wait.", "New."]

    def test_to_twiml(self) -> None:
        phone = phone_with(accept(keys=()), self.TALK)
        call = ring(phone)
        phone.timeline.after(20, lambda: call.update(twiml="<Response><Say>Over.</Say></Response>") and None)
        phone.run()
        assert phone.journal.heard_texts(ANN) == ["Wait.", "Over."]

    @pytest.mark.parametrize(
        ("after", "status", "final"),
        [
            (0.0, "canceled", "canceled"),
            (3.0, "canceled", "canceled"),
            (3.0, "completed", "canceled"),
            (20.0, "completed", "completed"),
        ],
    )
    def test_it_is_ended(self, after: float, status: str, final: str) -> None:
        phone = phone_with(accept(keys=()), self.TALK)
        call = ring(phone, status_callback=f"{BASE}/leg")
        phone.let_pass(after)
        call.update(status=status)
        phone.run()
        assert call.fetch().status == final
        assert len(phone.journal.requests(path="/leg")) == 1

    def test_a_queued_call_that_is_cancelled_tells_nothing(self) -> None:
        phone = phone_with(ignore())
        ring(phone)
        second = ring(phone, status_callback=f"{BASE}/leg", status_callback_event=EVENTS)
        second.update(status="canceled")
        phone.run()
        assert second.fetch().status == "canceled"
        assert phone.journal.requests(path="/leg") == []
        assert phone.journal.rang() == [ANN]

    def test_a_live_call_is_not_cancelled(self) -> None:
        phone = phone_with(accept(keys=()), self.TALK)
        call = ring(phone)
        phone.let_pass(20)
        call.update(status="canceled")
        assert call.fetch().status == "in-progress"

    def test_a_call_that_is_over_or_not_answered_cannot_be_steered(self) -> None:
        phone = phone_with(ignore())
        call = ring(phone)
        phone.let_pass(3)
        with pytest.raises(TwilioRestException) as ringing:
            call.update(url=f"{BASE}/new")
        phone.run()
        with pytest.raises(TwilioRestException) as over:
            call.update(status="completed")
        assert (ringing.value.code, over.value.code, over.value.status) == (21220, 21220, 400)

    def test_a_caller_who_is_being_connected_is_steered_away(self) -> None:
        dial = f'<Dial action="/done" callerId="{MAIN}"><Number>{ANN}</Number></Dial>'
        phone = phone_with(ignore(), {"/voice/incoming": dial, "/done": "<Say>Never heard.</Say>", **self.TALK})
        trace = phone.begin(to=MAIN, from_=CALLER)
        client = client_of(phone)
        phone.timeline.after(10, lambda: client.calls(trace.call_sid).update(url=f"{BASE}/new") and None)
        phone.run()
        done = trace.requests(path="/done")[0].params
        assert (done["CallStatus"], done["DialCallStatus"]) == ("in-progress", "canceled")
        assert trace.heard_texts() == ["New."]
        assert trace.outcomes() == [(ANN, LegOutcome.LOST_RACE)]

    def test_a_dialled_party_who_is_steered_away_leaves_the_caller_to_the_action(self) -> None:
        dial = f'<Dial action="/done" callerId="{MAIN}"><Number>{ANN}</Number></Dial>'
        phone = phone_with(accept(), {"/voice/incoming": dial, "/done": "<Say>Back.</Say>", **self.TALK})
        trace = phone.begin(to=MAIN, from_=CALLER)
        client = client_of(phone)
        phone.timeline.after(20, lambda: client.calls(phone.calls[1].sid).update(url=f"{BASE}/new") and None)
        phone.run()
        assert "DialCallDuration" not in trace.requests(path="/done")[0].params
        assert trace.heard_texts() == ["Back."]
        assert trace.heard_texts(ANN) == ["New."]

    def test_a_message_being_recorded_is_kept_when_the_caller_is_steered_away(self) -> None:
        record = '<Record action="/done" recordingStatusCallback="/recording"/>'
        phone = phone_with(ignore(), {"/voice/incoming": record, **self.TALK})
        trace = phone.begin(to=MAIN, from_=CALLER, caller=CallerScript(message_seconds=30))
        client = client_of(phone)
        phone.timeline.after(11.2, lambda: client.calls(trace.call_sid).update(url=f"{BASE}/new") and None)
        phone.run()
        assert trace.requests(path="/recording")[0].params["RecordingDuration"] == "10"
        assert trace.requests(path="/done") == []
        assert trace.heard_texts() == ["New."]


class TestEngaged:
    """Somebody who talks on a phone cannot answer it."""

    PAGES: ClassVar[Pages] = {
        "/voice/incoming": f'<Dial action="/done" callerId="{MAIN}"><Number>{ANN}</Number></Dial>'
    }

    @pytest.mark.parametrize(
        ("choice", "outcome"),
        [
            (EngagedPhone.BUSY, LegOutcome.BUSY),
            (EngagedPhone.CALL_WAITING, LegOutcome.NO_ANSWER),
            (EngagedPhone.VOICEMAIL, LegOutcome.ENDED),
        ],
    )
    def test_rung_by_rest_while_talking(self, choice: EngagedPhone, outcome: LegOutcome) -> None:
        phone = phone_with(accept(talks_for_seconds=300), self.PAGES, RestSwitches(engaged=choice))
        phone.begin(to=MAIN, from_=CALLER)
        phone.timeline.after(60, lambda: ring(phone) and None)
        phone.run()
        assert phone.journal.outcomes()[0] == (ANN, outcome)

    def test_afterwards_the_phone_is_free_again(self) -> None:
        phone = phone_with(accept(talks_for_seconds=30), self.PAGES)
        phone.begin(to=MAIN, from_=CALLER)
        phone.timeline.after(60, lambda: ring(phone) and None)
        phone.run()
        assert [outcome for _, outcome in phone.journal.outcomes()] == [LegOutcome.BRIDGED, LegOutcome.ENDED]

    def test_two_calls_ring_and_one_is_answered(self) -> None:
        phone = phone_with(accept(after_seconds=6), {"/agent": "<Pause length='60'/>"})
        ring(phone)
        ring(phone)
        phone.run()
        assert sorted(phone.journal.outcomes()) == [(ANN, LegOutcome.ENDED), (ANN, LegOutcome.NO_ANSWER)]

    def test_a_phone_with_many_lines_is_never_engaged(self) -> None:
        phone = phone_with(accept(lines=2), self.PAGES)
        phone.begin(to=MAIN, from_=CALLER)
        phone.begin(to=MAIN, from_="+18165550118")
        phone.run()
        assert [outcome for _, outcome in phone.journal.outcomes()] == [LegOutcome.BRIDGED] * 2

    def test_somebody_who_calls_us_is_engaged(self) -> None:
        phone = phone_with(accept())
        phone.begin(to=MAIN, from_=ANN)
        ring(phone)
        phone.run()
        assert phone.journal.outcomes() == [(ANN, LegOutcome.BUSY)]


class TestLists:
    """What there was is found again."""

    @pytest.fixture
    def phone(self) -> Phone:
        phone = phone_with(ignore(), {"/voice/incoming": f'<Dial callerId="{MAIN}">{ANN}</Dial>'})
        phone.begin(to=MAIN, from_=CALLER)
        phone.run()
        for _ in range(7):
            ring(phone)
        ring(phone, to=BEN)
        phone.run()
        return phone

    def test_newest_first_and_in_pages(self, phone: Phone) -> None:
        everything = client_of(phone).calls.list()
        assert [call.sid for call in everything] == [leg.sid for leg in reversed(phone.calls)]
        asked = len(phone.rest_app().requests)
        assert [call.sid for call in client_of(phone).calls.list(page_size=3)] == [call.sid for call in everything]
        assert len(phone.rest_app().requests) - asked == 4

    def test_a_page_names_the_next(self, phone: Phone) -> None:
        page = client_of(phone).calls.page(page_size=3)
        assert page.next_page_url is not None
        ring(phone)  # a new call moves nothing
        following = page.next_page()
        assert following is not None
        assert next(following).sid == phone.calls[-5].sid

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ({"to": ANN}, 8),
            ({"to": BEN}, 1),
            ({"from_": CALLER}, 1),
            ({"status": "no-answer"}, 9),
            ({"status": "completed"}, 1),
            ({"start_time_after": START}, 10),
            ({"start_time_after": START + timedelta(seconds=30)}, 8),
            ({"start_time_before": START + timedelta(seconds=30)}, 2),
            ({"start_time_after": START + timedelta(days=1)}, 0),
            ({"start_time": START.date()}, 10),
            ({"limit": 4}, 4),
        ],
    )
    def test_filters(self, phone: Phone, filters: dict[str, Any], found: int) -> None:
        assert len(client_of(phone).calls.list(**filters)) == found
        assert phone.rest_warnings == []

    def test_children(self, phone: Phone) -> None:
        parent, child = phone.calls[:2]
        children = client_of(phone).calls.list(parent_call_sid=parent.sid)
        assert [(call.sid, call.parent_call_sid, call.direction) for call in children] == [
            (child.sid, parent.sid, "outbound-dial")
        ]

    def test_an_inbound_call(self, phone: Phone) -> None:
        call = client_of(phone).calls(phone.calls[0].sid).fetch()
        assert (call.direction, call.status, call.to, call._from) == ("inbound", "completed", MAIN, CALLER)
        assert call.phone_number_sid == client_of(phone).incoming_phone_numbers.list()[0].sid
        assert int(call.duration) > 30

    def test_what_does_not_exist(self, phone: Phone) -> None:
        with pytest.raises(TwilioRestException) as caught:
            client_of(phone).calls("CA" + "0" * 32).fetch()
        assert (caught.value.status, caught.value.code) == (404, 20404)
