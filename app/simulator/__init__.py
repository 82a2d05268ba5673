"""A small Twilio for tests and `ivr call`: it knows the wire (parameters, signatures, TwiML), no service."""

from app.simulator.caller import CallerScript, MessageEnd
from app.simulator.clock import VirtualClock
from app.simulator.events import EndReason, LegOutcome, Purpose
from app.simulator.exchange import Account
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
from app.simulator.parties import Moment, parse_keys
from app.simulator.phone import NumberSettings, Phone
from app.simulator.switches import (
    BridgeEnd,
    FinalStatus,
    ParentStatus,
    RecordingCallback,
    SignatureFault,
    SilentRecord,
    Switches,
)
from app.simulator.trace import Trace
from app.simulator.transcript import render
from app.simulator.wire import HttpWire, Reply, RoutedWire, Wire, WireDown, WsgiWire

__all__ = [
    "BEHAVIOURS",
    "Account",
    "Behaviour",
    "BridgeEnd",
    "CallerScript",
    "EndReason",
    "FinalStatus",
    "Handsets",
    "HttpWire",
    "LegOutcome",
    "MessageEnd",
    "Moment",
    "NumberSettings",
    "ParentStatus",
    "Phone",
    "Purpose",
    "RecordingCallback",
    "Reply",
    "RoutedWire",
    "SignatureFault",
    "SilentRecord",
    "Switches",
    "Trace",
    "VirtualClock",
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
