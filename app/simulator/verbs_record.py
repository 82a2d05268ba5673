"""Record: the beep, the message, and the three ways Twilio reports it."""

from app.simulator.documents import request_action, target_of
from app.simulator.events import RecordingMade
from app.simulator.legs import Leg, PartyLeft, Steered, nothing
from app.simulator.parties import Moment
from app.simulator.recordings import callback_fields, keep
from app.simulator.registry import Recording, Transcript
from app.simulator.signals import Key, Signal, SpeechBegan, SpeechEnded
from app.simulator.switches import RecordingCallback, SilentRecord, Transcription
from app.simulator.targets import Target
from app.simulator.timeline import Alarm, Script
from app.simulator.twiml import Document, Verb

_BEEP_SECONDS = 1.0
_TIMEOUT_SECONDS = 5
_MAX_SECONDS = 3600
_ALL_KEYS = "1234567890*#"
_CALLBACK_SECONDS = {RecordingCallback.AFTER_ACTION: 2.0, RecordingCallback.BEFORE_ACTION: 0.0}
_TRANSCRIPTION_SECONDS = 60.0


class _Take:
    """One message while it is recorded. Times are seconds since the beep ended."""

    def __init__(self, leg: Leg, verb: Verb) -> None:
        self.sid = leg.exchange.sids.new("RE")
        self.url = leg.exchange.account.recording_url(self.sid)
        self.digits = ""
        self.began_at = leg.now()
        self.seconds = 0
        self.spoken_seconds = 0.0
        self._leg = leg
        self._finish = verb.attributes.get("finishOnKey", _ALL_KEYS)
        self._most = float(verb.number("maxLength", _MAX_SECONDS))
        self._timeout = float(verb.number("timeout", _TIMEOUT_SECONDS)) or self._most
        self._speaking_since: float | None = None
        self._quiet_end = self._timeout

    def elapsed(self) -> float:
        return (self._leg.now() - self.began_at).total_seconds()

    @property
    def is_silent(self) -> bool:
        return self.spoken_seconds <= 0

    def listen(self) -> Script[None]:
        """Record until a key, silence, the greatest length, or the party's leaving (PartyLeft)."""
        self.began_at = self._leg.now()
        self._leg.before_leaving = self.finish
        try:
            while (left := min(self._quiet_end, self._most) - self.elapsed()) > 0 and not self.digits:
                self._take_in((yield from self._leg.next_signal(left)))
        finally:
            self._leg.before_leaving = nothing
        self.finish()

    def finish(self) -> None:
        """The recording ends at this instant, whatever ended it."""
        self._speech_ended()
        self.seconds = round(self.elapsed())
        if not self.is_silent:
            self._leg.trace.add(RecordingMade(self._leg.now(), self._leg.sid, self.sid, self.url, self.seconds))

    def _take_in(self, signal: Signal | None) -> None:
        match signal:
            case SpeechBegan():
                self._speaking_since = self.elapsed()
                self._quiet_end = self._most
            case SpeechEnded():
                self._speech_ended()
                self._quiet_end = self.elapsed() + self._timeout
            case Key(key) if key in self._finish:
                self.digits = key
            case _:
                pass

    def _speech_ended(self) -> None:
        if self._speaking_since is not None:
            self.spoken_seconds += self.elapsed() - self._speaking_since
            self._speaking_since = None


def record(leg: Leg, verb: Verb, document: Document) -> Script[Document | None]:
    """Execute a Record; None when a silent one falls through to the next verb."""
    leg.answer()
    take = _Take(leg, verb)
    try:
        yield from _taken(leg, verb, take)
    except Steered:
        take.finish()
        _report(leg, verb, document, take)
        raise
    _report(leg, verb, document, take)
    silent = leg.exchange.switches.silent_record if take.is_silent else None
    if silent is SilentRecord.FALLS_THROUGH and not leg.is_over:
        return None
    duration = 0 if silent is SilentRecord.ZERO_DURATION else take.seconds
    fields = {"RecordingSid": take.sid, "RecordingUrl": take.url, "RecordingDuration": str(duration)}
    if take.digits:
        fields["Digits"] = take.digits
    action = target_of(verb, document) or Target(verb.attributes.get("method", "POST"), document.url)
    return (yield from request_action(leg, action, fields))


def _taken(leg: Leg, verb: Verb, take: _Take) -> Script[None]:
    leg.sound(on=True)
    alarms: list[Alarm] = []
    try:
        if verb.is_true("playBeep", default=True):
            yield from leg.pause(leg.play("beep", _BEEP_SECONDS))
        alarms = leg.enter(Moment.RECORDING)
        yield from take.listen()
    except PartyLeft:
        take.digits = "hangup"
    finally:  # somebody may steer the leg elsewhere meanwhile
        for alarm in alarms:
            alarm.call_off()
    leg.sound(on=False)


def _report(leg: Leg, verb: Verb, document: Document, take: _Take) -> None:
    """Keep the recording and have its callbacks sent, if anybody asked for them and they are not lost."""
    recording = Recording(
        take.sid,
        leg.sid,
        take.began_at,
        leg.now(),
        round(take.spoken_seconds),
        is_absent=take.is_silent,
        voice=leg.voice,
    )
    keep(leg.exchange, recording)
    status = "absent" if take.is_silent else "completed"
    target = target_of(verb, document, url="recordingStatusCallback", method="recordingStatusCallbackMethod")
    delay = _CALLBACK_SECONDS.get(leg.exchange.switches.recording_callback)
    wanted = verb.attributes.get("recordingStatusCallbackEvent", "completed").split()
    if target is not None and delay is not None and status in wanted:
        leg.report(target, callback_fields(leg.exchange, recording), after_seconds=delay)
    if verb.is_true("transcribe"):
        _transcribe(leg, target_of(verb, document, url="transcribeCallback", method="transcribeMethod"), recording)


def _transcribe(leg: Leg, target: Target | None, recording: Recording) -> None:
    """Have a transcription made; Twilio cannot read what our key encrypts, nor silence."""
    exchange, fate = leg.exchange, leg.exchange.rest.transcription
    if recording.is_absent or recording.encryption is not None or fate is Transcription.LOST:
        return
    text = exchange.rest.transcription_text if fate is Transcription.COMPLETED else ""
    transcript = Transcript(exchange.sids.new("TR"), recording.sid, leg.now(), fate.value, text)
    exchange.registry.transcripts[transcript.sid] = transcript
    if target is not None:
        leg.report(target, _transcript_fields(leg, transcript), after_seconds=_TRANSCRIPTION_SECONDS)


def _transcript_fields(leg: Leg, transcript: Transcript) -> dict[str, str]:
    url = leg.exchange.account.recording_url(transcript.recording_sid)
    fields = {
        "TranscriptionSid": transcript.sid,
        "TranscriptionStatus": transcript.status,
        "TranscriptionUrl": f"{url}/Transcriptions/{transcript.sid}",
        "RecordingSid": transcript.recording_sid,
        "RecordingUrl": url,
    }
    return leg.envelope(fields | ({"TranscriptionText": transcript.text} if transcript.text else {}))
