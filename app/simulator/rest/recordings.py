"""Recordings and transcriptions over REST: fetch their media and what is known of them, list and delete them."""

from app.simulator.envelope import API_VERSION
from app.simulator.recordings import media_of, rest_details
from app.simulator.registry import Recording, Transcript
from app.simulator.rest.asked import Answer, Asked, NotFound, Payload
from app.simulator.rest.desk import Desk, shown
from app.simulator.rest.paging import Listing, page, within


def media(desk: Desk, asked: Asked, sid: str, extension: str | None = None) -> Answer:
    """The sound: WAV, or MP3 by that ending. 404 before it is ready and after it is deleted."""
    recording = _recording(desk, asked, sid)
    mp3 = extension == ".mp3"
    content = media_of(desk.exchange, recording, mp3=mp3, at=desk.now)
    if content is None:
        raise NotFound(asked.path)
    return Answer(200, media=content, media_type="audio/mpeg" if mp3 else "audio/x-wav")


def fetch(desk: Desk, asked: Asked, sid: str) -> Answer:
    """What is known of one recording; of a deleted one only when that is asked for."""
    recording = _recording(desk, asked, sid)
    if recording.deleted_at is not None and not asked.flag("IncludeSoftDeleted"):
        raise NotFound(asked.path)
    return Answer(200, as_json(desk, recording))


def delete(desk: Desk, asked: Asked, sid: str) -> Answer:
    """Remove the sound; what is known of it is kept for a while."""
    recording = _recording(desk, asked, sid)
    if recording.deleted_at is not None:
        raise NotFound(asked.path)
    recording.deleted_at = desk.now
    recording.media = recording.voice = b""
    return Answer(204)


def _recording(desk: Desk, asked: Asked, sid: str) -> Recording:
    recording = desk.exchange.registry.recordings.get(sid)
    if recording is None:
        raise NotFound(asked.path)
    return recording


def listed(desk: Desk, asked: Asked, call_sid: str | None = None) -> Answer:
    """Recordings that fit the filters, newest first."""
    wanted = call_sid or asked.one("CallSid")
    found = [
        recording
        for recording in reversed(desk.exchange.registry.recordings.values())
        if wanted in {None, recording.call_sid} and (recording.deleted_at is None or asked.flag("IncludeSoftDeleted"))
    ]
    found = within(asked, "DateCreated", lambda recording: recording.began_at, found)
    shown_ = [as_json(desk, recording) for recording in found]
    return Answer(200, page(asked, Listing("recordings", "sid", shown_)))


def _status(desk: Desk, recording: Recording) -> str:
    if recording.deleted_at is not None:
        return "deleted"
    if recording.is_absent:
        return "absent"
    ready = media_of(desk.exchange, recording, mp3=False, at=desk.now) is not None
    return "completed" if ready else "processing"


def as_json(desk: Desk, recording: Recording) -> Payload:
    """A recording as Twilio shows it."""
    uri = f"{desk.base}/Recordings/{recording.sid}"
    return {
        "sid": recording.sid,
        "account_sid": desk.exchange.account.sid,
        "call_sid": recording.call_sid,
        "conference_sid": None,
        "api_version": API_VERSION,
        "status": _status(desk, recording),
        "source": "RecordVerb",
        "channels": 1,
        "track": "both",
        "duration": str(recording.seconds),
        "error_code": None,
        "encryption_details": rest_details(recording.encryption),
        "price": None,
        "price_unit": "USD",
        "start_time": shown(recording.began_at),
        "date_created": shown(recording.began_at),
        "date_updated": shown(recording.deleted_at or recording.ended_at),
        "media_url": desk.exchange.account.recording_url(recording.sid),
        "uri": f"{uri}.json",
        "subresource_uris": {"transcriptions": f"{uri}/Transcriptions.json"},
    }


# Transcriptions


def transcription(desk: Desk, asked: Asked, sid: str) -> Answer:
    """One transcription."""
    return Answer(200, _transcript_json(desk, _transcript(desk, asked, sid)))


def delete_transcription(desk: Desk, asked: Asked, sid: str) -> Answer:
    """Forget a transcription."""
    del desk.exchange.registry.transcripts[_transcript(desk, asked, sid).sid]
    return Answer(204)


def transcriptions(desk: Desk, asked: Asked, recording_sid: str | None = None) -> Answer:
    """Transcriptions, of one recording or all, newest first."""
    found = reversed(desk.exchange.registry.transcripts.values())
    shown_ = [_transcript_json(desk, each) for each in found if recording_sid in {None, each.recording_sid}]
    return Answer(200, page(asked, Listing("transcriptions", "sid", shown_)))


def _transcript(desk: Desk, asked: Asked, sid: str) -> Transcript:
    found = desk.exchange.registry.transcripts.get(sid)
    if found is None:
        raise NotFound(asked.path)
    return found


def _transcript_json(desk: Desk, transcript: Transcript) -> Payload:
    recording = desk.exchange.registry.recordings[transcript.recording_sid]
    return {
        "sid": transcript.sid,
        "account_sid": desk.exchange.account.sid,
        "recording_sid": transcript.recording_sid,
        "api_version": API_VERSION,
        "status": transcript.status,
        "type": "fast",
        "transcription_text": transcript.text,
        "duration": str(recording.seconds),
        "price": None,
        "price_unit": "USD",
        "date_created": shown(transcript.made_at),
        "date_updated": shown(transcript.made_at),
        "uri": f"{desk.base}/Transcriptions/{transcript.sid}.json",
    }
