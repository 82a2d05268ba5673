"""A small Twilio for tests and `ivr call`: it knows the wire (parameters, signatures, TwiML), no service."""

from app.simulator.caller import CallerScript, MessageEnd
from app.simulator.clock import VirtualClock, WallClock
from app.simulator.events import EndReason, LegOutcome, Purpose
from app.simulator.exchange import Account, Sealed
from app.simulator.handsets import (
    BEHAVIOURS,
    Behaviour,
    Handsets,
    accept,
    busy,
    decline,
    fail,
    hangs_up,
    ignore,
    voicemail,
)
from app.simulator.numbers import NumberSettings
from app.simulator.parties import Moment, parse_keys
from app.simulator.phone import Phone
from app.simulator.real_timeline import RealTimeline
from app.simulator.registry import Call, Text
from app.simulator.rest.api import RestApi, Seen
from app.simulator.rest.faults import Faults
from app.simulator.rest.server import RestServer
from app.simulator.switches import (
    BridgeEnd,
    EngagedPhone,
    FailedWait,
    FinalStatus,
    MediaReady,
    ParentStatus,
    RecordingCallback,
    RestSwitches,
    SignatureFault,
    SilentRecord,
    Switches,
    Transcription,
)
from app.simulator.texts import TextFate
from app.simulator.trace import Trace
from app.simulator.transcript import render
from app.simulator.wire import HttpWire, Reply, RoutedWire, Wire, WireDown, WsgiWire

__all__ = [
    "BEHAVIOURS",
    "Account",
    "Behaviour",
    "BridgeEnd",
    "Call",
    "CallerScript",
    "EndReason",
    "EngagedPhone",
    "FailedWait",
    "Faults",
    "FinalStatus",
    "Handsets",
    "HttpWire",
    "LegOutcome",
    "MediaReady",
    "MessageEnd",
    "Moment",
    "NumberSettings",
    "ParentStatus",
    "Phone",
    "Purpose",
    "RealTimeline",
    "RecordingCallback",
    "Reply",
    "RestApi",
    "RestServer",
    "RestSwitches",
    "RoutedWire",
    "Sealed",
    "Seen",
    "SignatureFault",
    "SilentRecord",
    "Switches",
    "Text",
    "TextFate",
    "Trace",
    "Transcription",
    "VirtualClock",
    "WallClock",
    "Wire",
    "WireDown",
    "WsgiWire",
    "accept",
    "busy",
    "decline",
    "fail",
    "hangs_up",
    "ignore",
    "parse_keys",
    "render",
    "voicemail",
]
