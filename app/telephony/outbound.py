"""Asks Twilio: rings, texts, recordings, the list of calls, the wiring of numbers.

Knows Twilio's fields and codes; refuses to know why anything is asked, and when to ask again. Twilio's library is
loaded at the first request, for it takes a tenth of a second.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from wsgiref.types import WSGIApplication

from app.settings import Settings, is_loopback
from app.telephony.provider import WIRING, ProviderError, RemoteCall, RemoteNumber, RemoteTranscript, Telephony

if TYPE_CHECKING:
    from app.telephony.rest import Connection

__all__ = ["WIRING", "ProviderError", "RemoteCall", "RemoteNumber", "Telephony", "TwilioTelephony"]

LEG_EVENTS: Final = ("initiated", "ringing", "answered", "completed")
# https://www.twilio.com/docs/api/errors/21220: the call is not in progress, so it cannot be changed.
CALL_IS_OVER: Final = 21220
# Calls and texts are listed newest first; what was just asked for is among the first between its parties.
_LOOK_BACK: Final = 20
_PAGE: Final = 1000
TIMEOUT_SECONDS: Final = (3.0, 8.0)


class TwilioTelephony:
    """Twilio's REST API, as Telephony promises. One per process, used by all threads; made without reaching out.

    `application` stands in for the network: a WSGI application in this process that answers as Twilio does. Raises
    ValueError when the address to be used instead of Twilio's is neither https nor on this machine. `timeouts` are
    seconds to be connected, for each address of a name, and for each word of the answer.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        application: WSGIApplication | None = None,
        timeouts: tuple[float, float] = TIMEOUT_SECONDS,
    ) -> None:
        base = settings.twilio_api_base_url
        if base is not None and not (base.startswith("https://") or is_loopback(base)):
            raise ValueError("TWILIO_API_BASE_URL must begin with https:// or be on this machine: it sees the secrets")
        self._settings = settings
        self._application = application
        self._timeouts = timeouts
        self._lock = Lock()
        self._connection: Connection | None = None

    def ring(
        self, *, to: str, from_: str, url: str, status_callback: str | None = None, timeout_seconds: int = 60
    ) -> str:
        told = {"status_callback": status_callback, "status_callback_event": LEG_EVENTS} if status_callback else {}
        with self._asked() as twilio:
            return str(twilio.calls.create(to=to, from_=from_, url=url, timeout=timeout_seconds, **told).sid)

    def rung(self, *, to: str, from_: str, since: datetime) -> tuple[str, ...]:
        # By creation, because a call that still waits for its turn to be placed has not started.
        with self._asked() as twilio:
            listed = twilio.calls.list(to=to, from_=from_, limit=_LOOK_BACK)
        return tuple(call.sid for call in listed if call.direction == "outbound-api" and _is_newer(call, since))

    def end_call(self, sid: str) -> None:
        self._change_call(sid, status="completed")

    def stop_ringing(self, sid: str) -> None:
        # Twilio does this to calls that are queued or ring, and to no other.
        self._change_call(sid, status="canceled")

    def redirect(self, sid: str, url: str) -> bool:
        return self._change_call(sid, url=url, method="POST")

    def text(self, *, to: str, from_: str, body: str, status_callback: str | None = None) -> str:
        told = {"status_callback": status_callback} if status_callback else {}
        with self._asked() as twilio:
            return str(twilio.messages.create(to=to, from_=from_, body=body, **told).sid)

    def texted(self, *, to: str, from_: str, body: str, since: datetime) -> tuple[str, ...]:
        with self._asked() as twilio:
            listed = twilio.messages.list(to=to, from_=from_, limit=_LOOK_BACK)
        # The texts of a trial account begin with words of Twilio's own.
        return tuple(text.sid for text in listed if (text.body or "").endswith(body) and _is_newer(text, since))

    def recording(self, sid: str) -> bytes:
        with self._asked() as twilio:
            return twilio.recording(sid)

    def delete_recording(self, sid: str) -> None:
        with self._asked() as twilio:
            twilio.delete_recording(sid)

    def transcripts(self, recording_sid: str) -> tuple[RemoteTranscript, ...]:
        with self._asked() as twilio:
            # By account, for a recording that is deleted has no list of its own any more.
            listed = twilio.transcriptions.stream(page_size=_PAGE)
            return tuple(_transcript_of(each) for each in listed if each.recording_sid == recording_sid)

    def delete_transcript(self, sid: str) -> None:
        with self._asked() as twilio:
            twilio.delete_transcript(sid)

    def calls_since(self, instant: datetime) -> Iterator[RemoteCall]:
        # Twilio's library writes down the hours and minutes it is given and calls them UTC.
        after = instant.astimezone(UTC)
        with self._asked() as twilio:
            yield from map(_call_of, twilio.calls.stream(start_time_after=after, page_size=_PAGE))

    def numbers(self) -> tuple[RemoteNumber, ...]:
        with self._asked() as twilio:
            return tuple(map(_number_of, twilio.numbers.stream(page_size=_PAGE)))

    def wire_number(self, sid: str, **changes: str) -> RemoteNumber:
        if unknown := changes.keys() - WIRING:
            raise TypeError(f"a number has no {', '.join(sorted(unknown))} to change")
        with self._asked() as twilio:
            return _number_of(twilio.numbers(sid).update(**changes))

    def _change_call(self, sid: str, **changes: str) -> bool:
        """Whether the call was there to be changed."""
        try:
            with self._asked() as twilio:
                twilio.calls(sid).update(**changes)
        except ProviderError as fault:
            if fault.code == CALL_IS_OVER:
                return False
            raise
        return True

    @contextmanager
    def _asked(self) -> Iterator["Connection"]:
        """The connection to ask on; an answer that cannot be understood leaves as ProviderError."""
        connection = self._connected()
        try:
            yield connection
        except connection.UNREADABLE as fault:
            raise ProviderError(
                "Twilio's answer cannot be understood", permanent=False, unknown_outcome=True
            ) from fault

    def _connected(self) -> "Connection":
        if self._settings.simulated and self._settings.twilio_api_base_url is None:
            raise ProviderError("no Twilio account is set: nobody can be rung or texted", permanent=True)
        with self._lock:
            if self._connection is None:
                from app.telephony.rest import Connection  # noqa: PLC0415 - slow, and only needed here

                self._connection = Connection(self._settings, timeouts=self._timeouts, application=self._application)
            return self._connection


def _is_newer(listed: Any, since: datetime) -> bool:  # noqa: ANN401 - the library has no type hints
    return listed.date_created is not None and bool(listed.date_created >= since)


def _call_of(call: Any) -> RemoteCall:  # noqa: ANN401 - likewise
    return RemoteCall(
        sid=call.sid,
        parent_sid=call.parent_call_sid,
        caller=call._from or "",  # noqa: SLF001 - the library's documented name
        dialled=call.to or "",
        status=call.status or "",
        direction=call.direction or "",
        created_at=call.date_created,
        started_at=call.start_time,
        ended_at=call.end_time,
        seconds=None if call.duration is None else int(call.duration),
    )


def _transcript_of(transcript: Any) -> RemoteTranscript:  # noqa: ANN401 - likewise
    return RemoteTranscript(
        sid=transcript.sid, status=transcript.status or "", text=transcript.transcription_text or ""
    )


def _number_of(number: Any) -> RemoteNumber:  # noqa: ANN401 - likewise
    wiring = {name: getattr(number, name) or "" for name in WIRING}
    return RemoteNumber(sid=number.sid, number=number.phone_number, **wiring)
