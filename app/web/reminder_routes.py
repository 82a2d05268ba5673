"""The webhooks of phones that are rung for an update. Whatever raises hangs that phone up, or loses a report."""

from typing import cast

from flask import Blueprint, g

from app.concierge import UpdateCalls
from app.services import Services
from app.telephony.inbound import VoiceRequest, keys
from app.web.errors import answer_staff_phone, report_only

# Twilio repeats a redirected POST as GET, so both are understood.
METHODS = ("GET", "POST")


def reminder_routes(blueprint: Blueprint, services: Services) -> None:
    """Add the routes to the blueprint that checks Twilio's signatures."""
    calls = UpdateCalls(services)

    @blueprint.route("/voice/update/<reference>", methods=METHODS)
    @answer_staff_phone
    def update(reference: str) -> str:
        return calls.prompt(reference, _voice())

    @blueprint.route("/voice/update-key/<reference>", methods=METHODS)
    @answer_staff_phone
    def update_key(reference: str) -> str:
        return calls.key(reference, _voice(), keys(_voice()))

    @blueprint.route("/voice/update-spoken/<reference>", methods=METHODS)
    @answer_staff_phone
    def update_spoken(reference: str) -> str:
        return calls.spoken(reference, _voice())

    @blueprint.route("/voice/update-recording/<reference>", methods=METHODS)
    @report_only
    def update_recording(reference: str) -> None:
        calls.recording(reference, _voice())

    @blueprint.route("/voice/update-transcription/<reference>", methods=METHODS)
    @report_only
    def update_transcription(reference: str) -> None:
        calls.transcription(reference, _voice())


def _voice() -> VoiceRequest:
    return cast("VoiceRequest", g.voice)
