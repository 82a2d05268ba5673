"""The account itself and its phone numbers over REST: fetch, list, and set up."""

import re

from app.simulator.envelope import API_VERSION
from app.simulator.registry import Number
from app.simulator.rest import fields
from app.simulator.rest.asked import Answer, Asked, NotFound, Payload, Refused
from app.simulator.rest.desk import Desk, shown
from app.simulator.rest.paging import Listing, page

_URLS = ("VoiceUrl", "VoiceFallbackUrl", "StatusCallback", "SmsUrl", "SmsFallbackUrl")
_KEPT_AS_GIVEN = (
    "voice_url",
    "voice_method",
    "voice_fallback_url",
    "voice_fallback_method",
    "status_callback",
    "status_callback_method",
    "sms_url",
    "sms_method",
    "sms_fallback_url",
    "sms_fallback_method",
)


def account(desk: Desk, _asked: Asked) -> Answer:
    """The account, without its secret."""
    sid = desk.exchange.account.sid
    return Answer(
        200,
        {
            "sid": sid,
            "owner_account_sid": sid,
            "friendly_name": "Simulated account",
            "auth_token": None,
            "status": "active",
            "type": "Full",
            "date_created": None,
            "date_updated": None,
            "uri": f"{desk.base}.json",
            "subresource_uris": {"calls": f"{desk.base}/Calls.json"},
        },
    )


def listed(desk: Desk, asked: Asked) -> Answer:
    """Our numbers; `PhoneNumber` filters by any part of them."""
    wanted, name = asked.text("PhoneNumber"), asked.one("FriendlyName")
    found = [
        as_json(desk, number)
        for number in desk.exchange.registry.numbers.values()
        if wanted in number.phone_number and name in {None, number.settings["friendly_name"]}
    ]
    return Answer(200, page(asked, Listing("incoming_phone_numbers", "sid", found)))


def fetch(desk: Desk, asked: Asked, sid: str) -> Answer:
    """One number."""
    return Answer(200, as_json(desk, _number(desk, asked, sid)))


def update(desk: Desk, asked: Asked, sid: str) -> Answer:
    """Change what is given and leave the rest; the next call finds it so."""
    number = _number(desk, asked, sid)
    for name in _URLS:
        if not fields.is_valid(asked, fields.UPDATE_NUMBER, name):
            raise Refused(21502, f"{name} is not valid: {asked.text(name)}")
    settings = {**number.settings, **{_snake(name): values[-1] for name, values in asked.fields.items()}}
    if settings.get("voice_fallback_url") and not settings.get("voice_url"):
        raise Refused(21405, "VoiceFallbackUrl requires VoiceUrl")
    if settings.get("sms_fallback_url") and not settings.get("sms_url"):
        raise Refused(21406, "SmsFallbackUrl requires SmsUrl")
    number.settings = settings
    number.updated_at = desk.now
    return Answer(200, as_json(desk, number))


def _number(desk: Desk, asked: Asked, sid: str) -> Number:
    number = desk.exchange.registry.numbers.get(sid)
    if number is None:
        raise NotFound(asked.path)
    return number


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def as_json(desk: Desk, number: Number) -> Payload:
    """A number as Twilio shows it."""
    settings = number.settings
    return {
        "sid": number.sid,
        "account_sid": desk.exchange.account.sid,
        "phone_number": number.phone_number,
        "friendly_name": settings["friendly_name"],
        **{name: settings.get(name, "") for name in _KEPT_AS_GIVEN},
        "voice_caller_id_lookup": settings.get("voice_caller_id_lookup", "false").lower() == "true",
        "voice_application_sid": settings.get("voice_application_sid", ""),
        "voice_receive_mode": settings.get("voice_receive_mode", "voice"),
        "sms_application_sid": settings.get("sms_application_sid", ""),
        "trunk_sid": settings.get("trunk_sid") or None,
        "address_sid": settings.get("address_sid") or None,
        "bundle_sid": settings.get("bundle_sid") or None,
        "identity_sid": settings.get("identity_sid") or None,
        "emergency_address_sid": settings.get("emergency_address_sid") or None,
        "emergency_address_status": "unregistered",
        "emergency_status": settings.get("emergency_status", "Inactive"),
        "address_requirements": "none",
        "api_version": API_VERSION,
        "beta": False,
        "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
        "origin": "twilio",
        "status": "in-use",
        "type": "local",
        "date_created": shown(number.created_at),
        "date_updated": shown(number.updated_at),
        "uri": f"{desk.base}/IncomingPhoneNumbers/{number.sid}.json",
        "subresource_uris": {},
    }
