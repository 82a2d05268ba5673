"""Waiting in a queue and being taken out of it: which requests Twilio makes, in which order."""

import pytest

from app.simulator import (
    Behaviour,
    CallerScript,
    EndReason,
    FailedWait,
    LegOutcome,
    Moment,
    NumberSettings,
    Phone,
    Purpose,
    RestSwitches,
    Switches,
    Trace,
    accept,
    hangs_up,
    ignore,
)
from tests.app.simulator.desk import ANN, BASE, BEN, CALLER, MAIN, START, Answer, Desk, Page, phone_to, rows
from tests.app.simulator.sdk import client_of

ENQUEUE = '<Enqueue action="/left" waitUrl="/wait">support</Enqueue>'
WAIT = f"<Say>{'a' * 30}</Say><Play>https://media.example.org/30s.mp3</Play>"  # 2.1 s and 10 s
ANSWER = '<Gather action="/agent-key" numDigits="1" timeout="8"><Say>Press 1.</Say></Gather><Hangup/>'
TAKE = '<Dial action="/agent-done" timeout="10"><Queue url="/connecting">support</Queue></Dial>'
PAGES: dict[str, Answer | list[Answer]] = {
    "/voice/incoming": ENQUEUE,
    "/wait": WAIT,
    "/left": "<Say>Good-bye.</Say><Hangup/>",
    "/agent": ANSWER,
    "/agent-key": TAKE,
    "/connecting": "<Say>Connecting you.</Say>",
    "/agent-done": "<Hangup/>",
}
WAITED = ("CallStatus", "QueuePosition", "QueueTime", "CurrentQueueSize", "MaxQueueSize", "AvgQueueTime")


def queueing(
    pages: dict[str, Answer | list[Answer]] | None = None,
    *,
    ann: Behaviour | None = None,
    rest: RestSwitches | None = None,
    switches: Switches | None = None,
    settings: NumberSettings | None = None,
) -> Phone:
    handsets = {ANN: ann or accept(talks_for_seconds=253)}
    desk = Desk({**PAGES, **(pages or {})})
    return phone_to(desk, handsets=handsets, rest=rest, switches=switches, settings=settings)


def ring(phone: Phone, *, to: str = ANN, after: float = 33.0) -> None:
    """Have the desk ring somebody some time after the start."""
    client = client_of(phone)

    def create() -> None:
        client.calls.create(
            to=to,
            from_=MAIN,
            url=f"{BASE}/agent",
            timeout=20,
            status_callback=f"{BASE}/agent-leg",
            status_callback_event=["initiated", "ringing", "answered", "completed"],
        )

    phone.timeline.after(after, create)


def played(phone: Phone, caller: CallerScript | None = None, *, ring_after: float | None = 33.0) -> Trace:
    trace = phone.begin(to=MAIN, from_=CALLER, caller=caller)
    if ring_after is not None:
        ring(phone, after=ring_after)
    phone.run()
    return trace


def test_queue_wait_then_taken_out_by_a_leg_made_by_rest() -> None:
    phone = queueing()
    trace = played(phone)
    names = ("CallStatus", "Digits", "SequenceNumber", "CallDuration", "QueueTime", "QueueResult", "DialCallStatus",
             "DialBridged", "DequeueResult", "DequeuedCallQueueTime", "DequeuedCallDuration")  # fmt: skip
    assert rows(phone.journal, *names) == [
        (0.0, "/voice/incoming", {"CallStatus": "ringing"}),
        (0.2, "/wait", {"CallStatus": "ringing", "QueueTime": "0"}),
        (12.3, "/wait", {"CallStatus": "ringing", "QueueTime": "12"}),
        (24.4, "/wait", {"CallStatus": "ringing", "QueueTime": "24"}),
        (33.2, "/agent-leg", {"CallStatus": "initiated", "SequenceNumber": "0"}),
        (34.5, "/agent-leg", {"CallStatus": "ringing", "SequenceNumber": "1"}),
        (36.5, "/wait", {"CallStatus": "ringing", "QueueTime": "36"}),
        (40.5, "/agent-leg", {"CallStatus": "in-progress", "SequenceNumber": "2"}),
        (40.6, "/agent", {"CallStatus": "in-progress"}),
        (43.6, "/agent-key", {"CallStatus": "in-progress", "Digits": "1"}),
        (43.6, "/connecting", {"CallStatus": "in-progress", "QueueTime": "43"}),
        (297.8, "/agent-done", {"CallStatus": "completed", "DialCallStatus": "completed", "DialBridged": "true",
                                "DequeueResult": "bridged", "DequeuedCallQueueTime": "43",
                                "DequeuedCallDuration": "253"}),
        (297.8, "/left", {"CallStatus": "in-progress", "QueueTime": "43", "QueueResult": "bridged"}),
        (298.1, "/agent-leg", {"CallStatus": "completed", "SequenceNumber": "3", "CallDuration": "257"}),
        (298.8, "/voice/status", {"CallStatus": "completed", "SequenceNumber": "0", "CallDuration": "298"}),
    ]  # fmt: skip
    assert trace.connected() == [ANN]
    assert not trace.dropped
    assert not trace.dead_air
    assert (phone.journal.warnings, phone.rest_warnings) == ([], [])


def test_the_envelopes_around_a_queue() -> None:
    phone = queueing()
    trace = played(phone)
    waiting = trace.requests(path="/wait")[0].params
    assert (waiting["CallSid"], waiting["Direction"]) == (trace.call_sid, "inbound")
    assert {name: waiting[name] for name in ("QueuePosition", "CurrentQueueSize", "MaxQueueSize", "AvgQueueTime")} == {
        "QueuePosition": "1",
        "CurrentQueueSize": "1",
        "MaxQueueSize": "1000",
        "AvgQueueTime": "0",
    }
    agent = phone.journal.requests(path="/agent")[0].params
    assert (agent["Direction"], agent["From"], agent["To"]) == ("outbound-api", MAIN, ANN)
    assert "ParentCallSid" not in agent
    connecting = trace.requests(path="/connecting")[0].params
    assert (connecting["CallSid"], connecting["DequeingCallSid"]) == (trace.call_sid, agent["CallSid"])
    done = phone.journal.requests(path="/agent-done")[0].params
    assert (done["CallSid"], done["DequeuedCallSid"]) == (agent["CallSid"], trace.call_sid)
    assert {done["QueueSid"], connecting["QueueSid"]} == {waiting["QueueSid"]}


def left(trace: Trace) -> dict[str, str]:
    """What the Enqueue's action was told, once."""
    asked = trace.requests(path="/left")
    assert len(asked) == 1
    return {name: asked[0].params.get(name, "-") for name in ("CallStatus", "QueueResult", "QueueTime")}


@pytest.mark.parametrize("status", ["ringing", "in-progress"])
def test_the_status_told_to_a_wait_url(status: str) -> None:
    trace = played(queueing(rest=RestSwitches(wait_status=status)), CallerScript(hangs_up_after_seconds=5))
    assert trace.requests(path="/wait")[0].params["CallStatus"] == status


def test_the_caller_hangs_up_waiting() -> None:
    trace = played(queueing(), CallerScript(hangs_up_at=Moment.WAITING, hangs_up_delay_seconds=20), ring_after=None)
    assert left(trace) == {"CallStatus": "completed", "QueueResult": "hangup", "QueueTime": "20"}
    assert trace.ended is not None
    assert trace.ended.reason is EndReason.CALLER_HUNG_UP
    assert trace.heard_texts()[-1] != "Good-bye."


def test_leave_by_a_key_in_the_waiting_document() -> None:
    wait = f'<Gather action="/wait-key" numDigits="1" timeout="1"><Say>{"a" * 30}</Say></Gather>'
    phone = queueing({"/wait": wait, "/wait-key": "<Leave/>"})
    trace = played(phone, CallerScript(keys=("-", "-", "1"), presses_after_seconds=1), ring_after=None)
    assert rows(trace, "Digits", "QueueTime", "QueueResult")[1:6] == [
        (0.2, "/wait", {"QueueTime": "0"}),
        (3.3, "/wait", {"QueueTime": "3"}),
        (6.4, "/wait", {"QueueTime": "6"}),
        (7.4, "/wait-key", {"Digits": "1"}),
        (7.5, "/left", {"QueueTime": "7", "QueueResult": "leave"}),
    ]
    assert left(trace)["CallStatus"] == "in-progress"
    assert trace.heard_texts()[-1] == "Good-bye."


def test_a_full_queue_is_told_at_once() -> None:
    phone = queueing({"/voice/incoming": ENQUEUE.replace("<Enqueue ", '<Enqueue maxQueueSize="1" ')})
    first = phone.begin(to=MAIN, from_=CALLER, caller=CallerScript(hangs_up_after_seconds=30))
    second = phone.begin(to=MAIN, from_="+18165550118")
    phone.run()
    assert left(first)["QueueResult"] == "hangup"
    assert left(second) == {"CallStatus": "in-progress", "QueueResult": "queue-full", "QueueTime": "-"}
    assert second.requests(path="/wait") == []


def test_a_rest_redirect_out_of_the_queue() -> None:
    phone = queueing({"/elsewhere": "<Say>Voicemail.</Say>"})
    trace = phone.begin(to=MAIN, from_=CALLER)
    client = client_of(phone)
    phone.timeline.after(5, lambda: client.calls(trace.call_sid).update(url=f"{BASE}/elsewhere") and None)
    phone.run()
    assert left(trace) == {"CallStatus": "in-progress", "QueueResult": "redirected", "QueueTime": "5"}
    assert trace.requests(path="/left")[0].purpose is Purpose.FAREWELL
    assert trace.heard_texts()[-1] == "Voicemail."
    assert "Good-bye." not in trace.heard_texts()


def test_dequeueing_by_rest() -> None:
    phone = queueing({"/next": "<Say>Your turn.</Say>"})
    trace = phone.begin(to=MAIN, from_=CALLER)
    client = client_of(phone)

    def dequeue() -> None:
        queue = client.queues.list()[0]
        assert (queue.friendly_name, queue.current_size, queue.max_size) == ("support", 1, 1000)
        waiting = client.queues(queue.sid).members.list()
        assert [(member.call_sid, member.position, member.wait_time) for member in waiting] == [(trace.call_sid, 1, 5)]
        client.queues(queue.sid).members("Front").update(url=f"{BASE}/next", method="POST")
        assert client.queues(queue.sid).fetch().current_size == 0

    phone.timeline.after(5, dequeue)
    phone.run()
    assert left(trace)["QueueResult"] == "redirected"
    assert trace.requests(path="/next")[0].params["CallSid"] == trace.call_sid
    assert trace.heard_texts()[-1] == "Your turn."


@pytest.mark.parametrize("result", ["bridged", "hangup"])
def test_the_caller_hangs_up_talking(result: str) -> None:
    phone = queueing(rest=RestSwitches(hung_up_bridged_result=result))
    trace = played(phone, CallerScript(talks_for_seconds=30))
    assert left(trace) == {"CallStatus": "completed", "QueueResult": result, "QueueTime": "43"}
    done = phone.journal.requests(path="/agent-done")[0].params
    assert (done["CallStatus"], done["DialCallStatus"], done["DequeuedCallDuration"]) == (
        "in-progress",
        "completed",
        "30",
    )


@pytest.mark.parametrize("result", ["hangup", "bridging-in-process"])
def test_the_caller_hangs_up_just_before_the_talk(result: str) -> None:
    phone = queueing({"/connecting": f"<Say>{'a' * 100}</Say>"}, rest=RestSwitches(left_while_bridging=result))
    trace = played(phone, CallerScript(hangs_up_after_seconds=45))
    assert left(trace) == {"CallStatus": "completed", "QueueResult": result, "QueueTime": "43"}
    done = phone.journal.requests(path="/agent-done")[0].params
    assert (done["DialCallStatus"], done["DialBridged"]) == ("no-answer", "false")
    assert trace.connected() == []


@pytest.mark.parametrize("result", ["error", "bridged"])
def test_the_taker_goes_just_before_the_talk(result: str) -> None:
    ann = Behaviour("fickle", keys=("1",), hangs_up_after_seconds=5)
    phone = queueing({"/connecting": f"<Say>{'a' * 100}</Say>"}, ann=ann, rest=RestSwitches(deserted_result=result))
    trace = played(phone)
    assert left(trace)["QueueResult"] == result
    done = phone.journal.requests(path="/agent-done")[0].params
    assert (done["CallStatus"], done["DialBridged"]) == ("completed", "false")
    assert trace.connected() == []
    assert trace.heard_texts()[-1] == "Good-bye."


def test_a_taker_waits_at_an_empty_queue_and_gives_up() -> None:
    phone = queueing({"/voice/incoming": ENQUEUE, "/left": "<Hangup/>"})
    phone.begin(to=MAIN, from_=CALLER, caller=CallerScript(hangs_up_after_seconds=5))
    ring(phone, after=6)
    phone.run()
    done = phone.journal.requests(path="/agent-done")[0]
    assert (done.params["DialCallStatus"], done.params["DialBridged"]) == ("no-answer", "false")
    assert "DequeueResult" not in done.params
    key = phone.journal.requests(path="/agent-key")[0]
    assert round((done.at - key.at).total_seconds(), 1) == 10.1


def test_a_taker_who_waits_gets_the_next_who_comes() -> None:
    phone = queueing(ann=accept())
    phone.begin(to=MAIN, from_=CALLER, caller=CallerScript(hangs_up_after_seconds=5))
    ring(phone, after=6)
    later: list[Trace] = []
    phone.timeline.after(20, lambda: later.append(phone.begin(to=MAIN, from_="+18165550118")))
    phone.run()
    assert later[0].connected() == [ANN]
    assert left(later[0])["QueueTime"] == "0"


def test_a_queue_that_does_not_exist() -> None:
    phone = queueing()
    ring(phone, after=0)
    phone.run()
    done = phone.journal.requests(path="/agent-done")[0].params
    assert (done["DialCallStatus"], done["DialBridged"]) == ("failed", "false")
    assert phone.journal.warnings == ["there is no queue 'support'"]


def test_first_come_first_served_and_positions_move_up() -> None:
    phone = queueing(ann=accept(talks_for_seconds=40))
    first = phone.begin(to=MAIN, from_=CALLER)
    second = phone.begin(to=MAIN, from_="+18165550118", caller=CallerScript(hangs_up_after_seconds=60))
    ring(phone, after=2)
    phone.run()
    assert first.connected() == [ANN]
    positions = [asked.params["QueuePosition"] for asked in second.requests(path="/wait")]
    assert positions == ["2", "2", "1", "1", "1"]
    assert second.requests(path="/wait")[2].params["AvgQueueTime"] == "12"


def test_music_is_played_without_a_wait_url_and_silence_with_an_empty_one() -> None:
    music = queueing({"/voice/incoming": '<Enqueue action="/left">q</Enqueue>'})
    trace = played(music, CallerScript(hangs_up_after_seconds=60), ring_after=None)
    assert not trace.dead_air
    silent = queueing({"/voice/incoming": '<Enqueue action="/left" waitUrl="">q</Enqueue>'})
    assert played(silent, CallerScript(hangs_up_after_seconds=60), ring_after=None).dead_air
    assert [len(each.requests(path="/wait")) for each in (trace, silent.journal)] == [0, 0]


def test_a_recording_as_waiting_document_is_repeated() -> None:
    phone = queueing({"/wait": Page(b"RIFF", content_type="audio/wav")})
    trace = played(phone, CallerScript(hangs_up_after_seconds=25), ring_after=None)
    assert len(trace.requests(Purpose.DOCUMENT, path="/wait")) == 3
    assert left(trace)["QueueResult"] == "hangup"


@pytest.mark.parametrize("verb", ["<Dial>+18165550101</Dial>", "<Record/>", "<Enqueue>other</Enqueue>"])
def test_verbs_that_may_not_stand_in_a_waiting_document(verb: str) -> None:
    phone = queueing({"/wait": f"<Say>{'a' * 200}</Say>{verb}"})
    trace = played(phone, CallerScript(hangs_up_after_seconds=10), ring_after=None)
    assert len(trace.warnings) == 1
    assert trace.warnings[0].startswith(f"{BASE}/wait: 12200")


def test_a_waiting_document_that_takes_no_time_is_not_asked_for_at_one_instant() -> None:
    trace = played(queueing({"/wait": ""}), CallerScript(hangs_up_after_seconds=5), ring_after=None)
    assert [row[0] for row in rows(trace) if row[1] == "/wait"] == [0.2, 1.2, 2.2, 3.2, 4.2]


def test_hanging_up_in_a_waiting_document_ends_the_call() -> None:
    trace = played(queueing({"/wait": "<Say>Closed.</Say><Hangup/>"}), ring_after=None)
    assert left(trace)["QueueResult"] == "hangup"
    assert left(trace)["CallStatus"] == "completed"
    assert trace.ended is not None
    assert trace.ended.reason is EndReason.HANGUP


@pytest.mark.parametrize(
    ("choice", "paths"),
    [
        (FailedWait.ERROR_RESULT, ["/voice/incoming", "/wait", "/left", "/voice/status"]),
        (FailedWait.FALLBACK, ["/voice/incoming", "/wait", "/fallback", "/voice/status"]),
    ],
)
def test_a_waiting_document_that_cannot_be_had(choice: FailedWait, paths: list[str]) -> None:
    phone = queueing(
        {"/wait": Page("", "500 Oops"), "/fallback": "<Say>One moment.</Say>"},
        rest=RestSwitches(failed_wait=choice),
        settings=NumberSettings(fallback_url="/fallback"),
    )
    trace = played(phone, ring_after=None)
    assert [row[1] for row in rows(trace)] == paths
    if choice is FailedWait.ERROR_RESULT:
        assert left(trace)["QueueResult"] == "error"


def test_without_action_the_document_goes_on() -> None:
    phone = queueing({"/voice/incoming": '<Enqueue waitUrl="/wait">q</Enqueue><Say>After.</Say>', "/wait": "<Leave/>"})
    assert played(phone, ring_after=None).heard_texts() == ["After."]


def test_leave_outside_a_queue_is_complained_of() -> None:
    trace = played(queueing({"/voice/incoming": "<Leave/><Say>Hi.</Say>"}), ring_after=None)
    assert trace.warnings == [f"{BASE}/voice/incoming: 12200: <Leave> may not stand here"]


def test_the_first_key_press_wins_although_a_voicemail_picked_up_first() -> None:
    """Several phones are rung by REST; the queue goes to whoever presses 1, the others hear that it is taken."""
    claimed: list[str] = []

    def agent_key(_asked: object) -> str:
        claimed.append("")
        return TAKE if len(claimed) == 1 else "<Say>It is taken.</Say><Hangup/>"

    phone = queueing({"/agent-key": agent_key}, ann=hangs_up(after_seconds=1, stays_seconds=30))
    phone.handsets.behave(BEN, accept(after_seconds=8))
    third = "+18165550103"
    phone.handsets.behave(third, accept(after_seconds=9))
    trace = phone.begin(to=MAIN, from_=CALLER)
    for number in (ANN, BEN, third):
        ring(phone, to=number, after=1)
    phone.run()
    assert trace.connected() == [BEN]
    assert phone.journal.heard_texts(third) == ["Press 1.", "It is taken."]
    assert dict(phone.journal.outcomes()) == {
        ANN: LegOutcome.ENDED,
        BEN: LegOutcome.BRIDGED,
        third: LegOutcome.ENDED,
    }
    created = [round((asked.at - START).total_seconds(), 1) for asked in phone.rest_app().requests]
    assert created == [1.0, 1.0, 1.0]
    ringing = [round((call.started_at - START).total_seconds(), 1) for call in phone.calls[1:] if call.started_at]
    assert ringing == [1.0, 2.0, 3.0]


def test_legs_that_still_ring_can_be_called_off() -> None:
    phone = queueing(ann=ignore())
    trace = phone.begin(to=MAIN, from_=CALLER, caller=CallerScript(hangs_up_after_seconds=60))
    ring(phone, after=1)
    client = client_of(phone)
    phone.timeline.after(10, lambda: client.calls(phone.calls[1].sid).update(status="completed") and None)
    phone.run()
    assert dict(phone.journal.outcomes()) == {ANN: LegOutcome.CALLED_OFF}
    final = phone.journal.requests(path="/agent-leg")[-1].params
    assert (final["CallStatus"], final["CallDuration"]) == ("canceled", "0")
    assert left(trace)["QueueResult"] == "hangup"
