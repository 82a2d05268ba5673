"""Twilio's webhooks: check the signature, read the form, hand it to the use case, answer with its document.

A bad signature gets 403 and changes nothing; a good one is answered 200 with TwiML whatever else is wrong.
"""

from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, abort, g, request

from app.callbacks import CallbackPhones, MessageCallbacks, QueueCallbacks
from app.calls import Calls
from app.flow.messages import HoldWaited
from app.held_calls import HeldCalls
from app.paging import DeliveryReports
from app.paging_calls import PagingCalls
from app.services import Services
from app.staff_phones import StaffPhones
from app.staff_texts import StaffTexts
from app.telephony import twiml
from app.telephony.hold_music import hold_music
from app.telephony.inbound import (
    VoiceRequest,
    dial_ended,
    form_fields,
    hold_ended,
    keys,
    recording_ended,
    voice_request,
)
from app.web.errors import answer_rescued, answer_staff_phone, answer_text, report_only
from app.web.reminder_routes import reminder_routes

FORM = "application/x-www-form-urlencoded"
LARGEST_BODY = 262_144
# Twilio repeats a redirected POST as GET, so both are understood.
METHODS = ("GET", "POST")
_log = structlog.get_logger(__name__)


def webhooks(services: Services) -> Blueprint:
    """The blueprint of everything Twilio requests."""
    calls = Calls(services)
    blueprint = Blueprint("webhooks", __name__)
    blueprint.before_request(_SignatureGate(services))
    _caller_routes(blueprint, calls)
    phones = StaffPhones(calls)
    _staff_phone_routes(blueprint, phones)
    _held_call_routes(blueprint, HeldCalls(calls))
    callbacks = CallbackPhones(calls, of_line=QueueCallbacks(calls), of_messages=MessageCallbacks(calls))
    _callback_routes(blueprint, callbacks)
    _report_routes(blueprint, calls, phones)
    _page_routes(blueprint, services)
    reminder_routes(blueprint, services)
    return blueprint


def _caller_routes(blueprint: Blueprint, calls: Calls) -> None:
    """What the caller hears next. Whatever raises in here is answered by the flow of last resort."""
    rescued = answer_rescued(calls)

    @blueprint.route("/voice/incoming", methods=METHODS)
    @rescued
    def incoming() -> str:
        return calls.incoming(_voice())

    @blueprint.route("/voice/keys/<token>", methods=METHODS)
    @rescued
    def keys_pressed(token: str) -> str:
        return calls.resume(token, _voice(), keys(_voice()))

    @blueprint.route("/voice/silence/<token>", methods=METHODS)
    @rescued
    def silence(token: str) -> str:
        return calls.silence(token, _voice())

    @blueprint.route("/voice/dialled/<token>", methods=METHODS)
    @rescued
    def dialled(token: str) -> str:
        return calls.resume(token, _voice(), dial_ended(_voice()))

    @blueprint.route("/voice/recorded/<token>", methods=METHODS)
    @rescued
    def recorded(token: str) -> str:
        return calls.resume(token, _voice(), recording_ended(_voice()))

    @blueprint.route("/voice/wait/<token>", methods=METHODS)
    @rescued
    def waits(token: str) -> str:
        return calls.resume(token, _voice(), HoldWaited())

    @blueprint.route("/voice/left/<token>", methods=METHODS)
    @rescued
    def left_hold(token: str) -> str:
        return calls.resume(token, _voice(), hold_ended(_voice()))

    @blueprint.route("/voice/fallback", methods=METHODS)
    @rescued
    def fallback() -> str:
        return calls.fallback(_failed_path(_voice()), _voice())

    @blueprint.route("/voice/<path:unknown>", methods=METHODS)
    @rescued
    def unknown(unknown: str) -> str:
        return calls.rescue(None, _voice(), f"there is no webhook {unknown[:40]}")


def _staff_phone_routes(blueprint: Blueprint, phones: StaffPhones) -> None:
    """What a staff phone hears before it is connected. Whatever raises hangs it up, and the hunt goes on."""

    @blueprint.route("/voice/accept/<token>", methods=METHODS)
    @answer_staff_phone
    def accept(token: str) -> str:
        return phones.accept_prompt(token, _voice())

    @blueprint.route("/voice/accept-key/<token>", methods=METHODS)
    @answer_staff_phone
    def accept_key(token: str) -> str:
        return phones.accept_key(token, _voice(), keys(_voice()))


def _held_call_routes(blueprint: Blueprint, held: HeldCalls) -> None:
    """Phones rung as calls of their own, for a caller on hold. Whatever raises hangs that phone up."""

    @blueprint.route("/voice/ring/<token>", methods=METHODS)
    @answer_staff_phone
    def ring(token: str) -> str:
        return held.prompt(token, _voice())

    @blueprint.route("/voice/ring-key/<token>", methods=METHODS)
    @answer_staff_phone
    def ring_key(token: str) -> str:
        return held.key(token, _voice(), keys(_voice()))

    @blueprint.route("/voice/ring-done/<token>", methods=METHODS)
    @answer_staff_phone
    def ring_done(token: str) -> str:
        return held.done(token, _voice())

    @blueprint.route("/voice/ring-status/<token>", methods=METHODS)
    @report_only
    def ring_status(token: str) -> None:
        held.status(token, _voice())

    @blueprint.route("/voice/hold-music.wav", methods=METHODS)
    def music() -> Response:
        return Response(hold_music(), mimetype="audio/wav", headers={"Cache-Control": "public, max-age=86400"})


def _callback_routes(blueprint: Blueprint, callbacks: CallbackPhones) -> None:
    """Staff phones rung to call somebody back. Whatever raises hangs that phone up; nobody else hears of it."""

    @blueprint.route("/voice/callback/<token>", methods=METHODS)
    @answer_staff_phone
    def callback(token: str) -> str:
        return callbacks.prompt(token, _voice())

    @blueprint.route("/voice/callback-key/<token>", methods=METHODS)
    @answer_staff_phone
    def callback_key(token: str) -> str:
        return callbacks.key(token, _voice(), keys(_voice()))

    @blueprint.route("/voice/callback-done/<token>", methods=METHODS)
    @answer_staff_phone
    def callback_done(token: str) -> str:
        return callbacks.done(token, _voice())

    @blueprint.route("/voice/callback-spoken/<token>", methods=METHODS)
    @answer_staff_phone
    def callback_spoken(token: str) -> str:
        return callbacks.spoken(token, _voice(), keys(_voice()))

    @blueprint.route("/voice/callback-answered/<token>", methods=METHODS)
    @report_only
    def callback_answered(token: str) -> None:
        callbacks.answered(token, _voice())


def _report_routes(blueprint: Blueprint, calls: Calls, phones: StaffPhones) -> None:
    """Reports that steer nothing; Twilio reads no answer to them."""

    @blueprint.route("/voice/leg/<token>", methods=METHODS)
    @report_only
    def leg(token: str) -> None:
        phones.leg_status(token, _voice())

    @blueprint.route("/voice/recording/<token>", methods=METHODS)
    @report_only
    def recording(token: str) -> None:
        calls.recording_status(token, _voice())

    @blueprint.route("/voice/transcription/<token>", methods=METHODS)
    @report_only
    def transcription(token: str) -> None:
        calls.transcription(token, _voice())

    @blueprint.route("/voice/status", methods=METHODS)
    @report_only
    def status() -> None:
        calls.call_status(_voice())


def _page_routes(blueprint: Blueprint, services: Services) -> None:
    """Phones that are rung for an emergency without an owner, and texts from staff."""
    pages, texts, reports = PagingCalls(services), StaffTexts(services), DeliveryReports(services)

    @blueprint.route("/voice/page/<reference>", methods=METHODS)
    @answer_staff_phone
    def page(reference: str) -> str:
        return pages.prompt(reference, _voice())

    @blueprint.route("/voice/page-key/<reference>", methods=METHODS)
    @answer_staff_phone
    def page_key(reference: str) -> str:
        return pages.key(reference, _voice(), keys(_voice()))

    @blueprint.route("/sms/status/<reference>", methods=METHODS)
    @report_only
    def text_status(reference: str) -> None:
        reports.heard(reference, _voice().fields)

    @blueprint.route("/sms/incoming", methods=METHODS)
    @answer_text
    def message() -> str:
        return twiml.text_back(texts.incoming(_voice()))


@dataclass(frozen=True, slots=True)
class _SignatureGate:
    """Lets only requests pass that Twilio signed, and reads their fields once."""

    services: Services

    def __call__(self) -> None:
        if not self._accepts():
            _log.warning("signature_refused", path=request.path.partition("/")[0] or request.path[:20])
            abort(403)

    def _accepts(self) -> bool:
        query = request.environ.get("QUERY_STRING", "")
        target = _raw_path() + (f"?{query}" if query else "")
        raw = request.get_data(cache=False) if (request.content_length or 0) <= LARGEST_BODY else None
        if raw is None:
            return False
        is_form = request.method == "POST" and request.mimetype == FORM
        try:
            body_fields = form_fields(raw) if is_form else []
            query_fields = form_fields(query.encode("latin-1")) if query else []
        except ValueError:
            return False
        accepted = self.services.signatures.accepts(
            target=target,
            parameters=body_fields,
            body=None if is_form else raw,
            given=request.headers.get("X-Twilio-Signature", ""),
        )
        g.voice = voice_request(body_fields or query_fields) if accepted else None
        return accepted


def _raw_path() -> str:
    """The path as it was requested, escapes and all; WSGI itself only has it decoded."""
    environ = request.environ
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if raw:
        parts = urlsplit(raw)
        return parts.path if not raw.startswith("//") else raw.partition("?")[0]
    return request.path


def _voice() -> VoiceRequest:
    return cast("VoiceRequest", g.voice)


def _failed_path(voice: VoiceRequest) -> str | None:
    """The token in the address that failed, when it was one of a running call."""
    path = urlsplit(voice.fields.get("ErrorUrl", "")).path
    what, _, token = path.removeprefix("/voice/").partition("/")
    return token if what in {"keys", "silence", "dialled", "recorded", "wait", "left"} and token else None
