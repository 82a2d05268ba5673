"""Messages callers leave: fetched from the provider, verified, sealed here, played to who may, deleted in time.

Others come in by the names here. What was said is never in a log, a fact, an address or a notice.
"""

from app.voicemail.alert import voicemail_alert
from app.voicemail.arrival import announce, expect, left_another, recording_stored
from app.voicemail.listening import MAY_LISTEN, NotAllowed, NotPlayable, Why
from app.voicemail.reach import scope_of
from app.voicemail.transcripts import Transcriber, Transcript, transcriber
from app.voicemail.voicemails import Voicemails

__all__ = [
    "MAY_LISTEN",
    "NotAllowed",
    "NotPlayable",
    "Transcriber",
    "Transcript",
    "Voicemails",
    "Why",
    "announce",
    "expect",
    "left_another",
    "recording_stored",
    "scope_of",
    "transcriber",
    "voicemail_alert",
]
