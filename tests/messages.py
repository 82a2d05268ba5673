"""Messages on the desk of a test, as they lie there once they were fetched and sealed."""

import io
import math
import struct
import wave
from datetime import datetime, timedelta

from app.services import Services
from app.store import Sealed, Voicemail, VoicemailState
from app.vault import Content, Label, key_id

RETENTION = timedelta(days=90)


def tone(seconds: float = 4) -> bytes:
    """A WAV file with a tone that swells, so that its parts differ."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        frames = (math.sin(step / 9) * step % 9000 for step in range(int(seconds * 8000)))
        file.writeframes(b"".join(struct.pack("<h", int(frame)) for frame in frames))
    return buffer.getvalue()


def left(
    services: Services,
    call_sid: str,
    ticket: int,
    *,
    at: datetime,
    number: int = 1,
    written: str = "",
    state: VoicemailState = VoicemailState.KEPT,
) -> str:
    """A message of a call; returns its recording SID."""
    sid = f"RE{number:032x}"
    message = Voicemail(
        recording_sid=sid,
        call_sid=call_sid,
        turn=90,
        ticket=ticket,
        state=state,
        created_at=at,
        seconds=4,
        fetched_at=at,
        transcript_status="completed" if written else None,
        retention_until=at + RETENTION,
    )
    contents = {Content.AUDIO: tone()} | ({Content.TRANSCRIPT: written.encode()} if written else {})
    with services.store.turn() as transaction:
        transaction.voicemails.add(message)
        for content, plain in contents.items():
            blob = services.vault.seal(plain, Label(sid, call_sid, content))
            transaction.voicemails.put(Sealed(recording_sid=sid, content=content, key_id=key_id(blob), sealed=blob))
    return sid
