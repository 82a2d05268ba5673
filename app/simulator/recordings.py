"""Recordings as the account keeps them: their media, their readiness, their deletion, their fields. Records nothing."""

import json
import math
import wave
from array import array
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from io import BytesIO

from app.simulator.exchange import Exchange
from app.simulator.registry import Recording
from app.simulator.switches import MediaReady

_LATE_SECONDS = 60.0
_RATE = 8000
_LOUDNESS = 8000
# MPEG 1 layer III, 32 kbit/s, 44.1 kHz, mono: one frame of silence.
_MP3_FRAME = bytes.fromhex("fffb10c4") + bytes(100)
_MP3_FRAME_SECONDS = 1152 / 44_100


def keep(exchange: Exchange, recording: Recording) -> None:
    """Put a recording into the account, encrypted if the account has a public key."""
    if exchange.seal is not None and not recording.is_absent:
        sealed = exchange.seal(wav(recording))
        recording.media, recording.encryption = sealed.media, sealed.details
    exchange.registry.recordings[recording.sid] = recording


def media_of(exchange: Exchange, recording: Recording, *, mp3: bool, at: datetime) -> bytes | None:
    """What is fetched at this instant; None when there is nothing, yet or any more."""
    ready = exchange.rest.media
    if ready is MediaReady.NEVER or recording.is_absent or recording.deleted_at is not None:
        return None
    if ready is MediaReady.LATE and at < recording.ended_at + timedelta(seconds=_LATE_SECONDS):
        return None
    if recording.encryption is not None:  # "the downloaded object is ciphertext whatever its extension"
        return recording.media
    return _mp3(recording) if mp3 else wav(recording)


def wav(recording: Recording) -> bytes:
    """What was said; else a tone of the recording's length and pitch: 16-bit PCM, mono, 8 kHz."""
    if recording.voice:
        return recording.voice
    second = _second_of(200 + int(recording.sid[-2:], 16))
    buffer = BytesIO()
    with wave.open(buffer, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(_RATE)
        writer.writeframes(second * recording.seconds)
    return buffer.getvalue()


@lru_cache(maxsize=256)
def _second_of(pitch: int) -> bytes:
    """One second of a whole number of waves, which repeats without a click."""
    return array("h", (round(_LOUDNESS * math.sin(2 * math.pi * pitch * n / _RATE)) for n in range(_RATE))).tobytes()


def _mp3(recording: Recording) -> bytes:
    return _MP3_FRAME * round(recording.seconds / _MP3_FRAME_SECONDS)


def callback_fields(exchange: Exchange, recording: Recording) -> dict[str, str]:
    """What the recording's status callback says. No From, no To."""
    fields = {
        "AccountSid": exchange.account.sid,
        "CallSid": recording.call_sid,
        "RecordingSid": recording.sid,
        "RecordingUrl": exchange.account.recording_url(recording.sid),
        "RecordingStatus": "absent" if recording.is_absent else "completed",
        "RecordingDuration": str(recording.seconds),
        "RecordingChannels": "1",
        "RecordingSource": "RecordVerb",
        "RecordingStartTime": format_datetime(recording.began_at),
    }
    if recording.is_absent:
        fields["ErrorCode"] = "0"
    if recording.encryption is not None:
        fields["EncryptionDetails"] = json.dumps(dict(recording.encryption))
    return fields


def rest_details(details: Mapping[str, str] | None) -> dict[str, str] | None:
    """EncryptionDetails as the REST page spells them."""
    if details is None:
        return None
    spelled = {"public_key_sid": "encryption_public_key_sid", "encrypted_cek": "encryption_cek", "iv": "encryption_iv"}
    return {spelled.get(name, name): value for name, value in details.items()}
