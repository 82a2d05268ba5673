"""Calls over REST: make, change, fetch and list them."""

from app.simulator.dialled_legs import is_e164
from app.simulator.envelope import API_VERSION
from app.simulator.registry import Call
from app.simulator.rest import fields
from app.simulator.rest.asked import Answer, Asked, NotFound, Payload, Refused
from app.simulator.rest.desk import Desk, shown, target_of
from app.simulator.rest.paging import Listing, page, within
from app.simulator.rest_legs import Detection, Order, place_call
from app.simulator.rung_legs import EXTRA_RING_SECONDS, Ring
from app.simulator.signals import Dropped, Redirected

_TIMEOUT_SECONDS = 60
_SUBRESOURCES = ("Notifications", "Recordings", "Payments", "Events", "Siprec", "Streams", "Transcriptions")


def create(desk: Desk, asked: Asked) -> Answer:
    """Queue a call to a phone."""
    _check_parties(desk, asked)
    _check_document(asked)
    if not fields.is_valid(asked, fields.CREATE_CALL, "Timeout"):
        raise Refused(21208, "Invalid Timeout")
    call = place_call(desk.exchange, _order(asked))
    return Answer(201, as_json(desk, call))


def _check_parties(desk: Desk, asked: Asked) -> None:
    to, from_ = asked.text("To"), asked.text("From")
    if not to:
        raise Refused(21201, "No 'To' number is specified")
    if to.startswith("+") and not is_e164(to):
        raise Refused(21211, f"The phone number you are attempting to call, {to}, is not valid.")
    if not fields.is_valid(asked, fields.CREATE_CALL, "To"):
        raise Refused(21211, f"Invalid 'To' Phone Number: {to}")
    if not from_:
        raise Refused(21603, "A 'From' phone number is required")
    if not is_e164(from_):
        raise Refused(21212, f"Invalid 'From' Phone Number: {from_}")
    if not desk.exchange.may_show(from_):
        raise Refused(21210, f"The source phone number provided, {from_}, is not yet verified for your account.")


def _check_document(asked: Asked) -> None:
    if not (asked.text("Url") or asked.text("Twiml") or asked.text("ApplicationSid")):
        raise Refused(21205, "Url parameter is required")
    for name in ("Url", "FallbackUrl", "StatusCallback", "AsyncAmdStatusCallback"):
        if not fields.is_valid(asked, fields.CREATE_CALL, name):
            raise Refused(21205, f"{name} is not a valid URL: {asked.text(name)}")
    if not fields.is_valid(asked, fields.CREATE_CALL, "Twiml"):
        raise Refused(32018, "Twiml must be at most 4000 characters long")


def _order(asked: Asked) -> Order:
    events = frozenset(asked.fields.get("StatusCallbackEvent", ["completed"]))
    to = asked.text("To")
    ring = Ring(
        number=to.partition(":")[2] or to,
        to=to,
        caller_id=asked.text("From"),
        ring_seconds=float(asked.text("Timeout", str(_TIMEOUT_SECONDS))) + EXTRA_RING_SECONDS,
        status_callback=target_of(asked, "StatusCallback", "StatusCallbackMethod"),
        status_events=events,
        send_digits=asked.text("SendDigits"),
    )
    limit = asked.one("TimeLimit")
    return Order(
        ring,
        document=target_of(asked, "Url", "Method"),
        twiml=asked.text("Twiml"),
        fallback=target_of(asked, "FallbackUrl", "FallbackMethod"),
        detection=_detection(asked),
        limit_seconds=None if limit is None else float(limit),
    )


def _detection(asked: Asked) -> Detection | None:
    mode = asked.text("MachineDetection")
    if not mode or asked.text("SendDigits"):  # "SendDigits disables AMD"
        return None
    callback = target_of(asked, "AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod")
    return Detection(mode, callback if asked.flag("AsyncAmd") else None)


def update(desk: Desk, asked: Asked, sid: str) -> Answer:
    """Steer a call to another document, or end it."""
    call = _call(desk, asked, sid)
    status, url, twiml = asked.text("Status"), asked.text("Url"), asked.text("Twiml")
    if call.is_over:
        raise Refused(21220, "Call is not in-progress. Cannot redirect.")
    if url and twiml:
        raise Refused(21218, "Url and Twiml may not be given together")
    if (url or twiml) and call.status != "in-progress":
        raise Refused(21220, "Call is not in-progress. Cannot redirect.")
    if url and not fields.is_url(url):
        raise Refused(21205, f"Url is not a valid URL: {url}")
    _change(call, asked)
    if status == "completed" or (status == "canceled" and call.status in {"queued", "initiated", "ringing"}):
        call.post(Dropped())
    elif url or twiml:
        call.post(Redirected(asked.text("Method", "POST"), url, twiml))
    return Answer(200, as_json(desk, call))


def _change(call: Call, asked: Asked) -> None:
    call.fallback = target_of(asked, "FallbackUrl", "FallbackMethod") or call.fallback
    call.status_callback = target_of(asked, "StatusCallback", "StatusCallbackMethod") or call.status_callback
    limit = asked.one("TimeLimit")
    if limit is not None:
        call.limit(float(limit))


def fetch(desk: Desk, asked: Asked, sid: str) -> Answer:
    """One call."""
    return Answer(200, as_json(desk, _call(desk, asked, sid)))


def _call(desk: Desk, asked: Asked, sid: str) -> Call:
    call = desk.exchange.registry.calls.get(sid)
    if call is None:
        raise NotFound(asked.path)
    return call


def listed(desk: Desk, asked: Asked) -> Answer:
    """Calls that fit the filters, newest first."""
    calls = [call for call in reversed(desk.exchange.registry.calls.values()) if _fits(call, asked)]
    calls = within(asked, "StartTime", lambda call: call.started_at, calls)
    calls = within(asked, "EndTime", lambda call: call.ended_at, calls)
    return Answer(200, page(asked, Listing("calls", "sid", [as_json(desk, call) for call in calls])))


def _fits(call: Call, asked: Asked) -> bool:
    told = {"To": call.fields["To"], "From": call.fields.get("From", ""), "Status": _status(call)}
    told["ParentCallSid"] = call.fields.get("ParentCallSid", "")
    return all(asked.text(name, value) == value for name, value in told.items())


def _status(call: Call) -> str:
    """The status by REST's words, which have no `initiated`."""
    return "queued" if call.status == "initiated" else call.status


def as_json(desk: Desk, call: Call) -> Payload:
    """A call as Twilio shows it. Its price is not known yet."""
    uri = f"{desk.base}/Calls/{call.sid}"
    duration = call.duration()
    to, from_ = call.fields["To"], call.fields.get("From", "")
    number = desk.exchange.registry.number(from_ if call.fields["Direction"] == "outbound-api" else to)
    return {
        "sid": call.sid,
        "account_sid": desk.exchange.account.sid,
        "parent_call_sid": call.fields.get("ParentCallSid"),
        "to": to,
        "to_formatted": to,
        "from": from_,
        "from_formatted": from_,
        "phone_number_sid": None if number is None else number.sid,
        "status": _status(call),
        "direction": call.fields["Direction"],
        "answered_by": call.answered_by,
        "start_time": shown(call.started_at),
        "end_time": shown(call.ended_at),
        "duration": None if duration is None else str(duration),
        "queue_time": str(call.queue_milliseconds),
        "price": None,
        "price_unit": "USD",
        "caller_name": None,
        "forwarded_from": None,
        "group_sid": None,
        "trunk_sid": None,
        "annotation": None,
        "api_version": API_VERSION,
        "date_created": shown(call.created_at),
        "date_updated": shown(call.ended_at or call.answered_at or call.created_at),
        "uri": f"{uri}.json",
        "subresource_uris": {name.lower(): f"{uri}/{name}.json" for name in _SUBRESOURCES},
    }
