"""The telephone company as the rest of the house sees it: what can be asked of it, and how it may fail.

Knows no Twilio: its library, its addresses and its codes are behind `outbound`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol


class ProviderError(Exception):
    """The telephone company could not be asked, or refused.

    `permanent`: asking again would be refused again. `code`: the provider's own, if it gave one. `retry_after`:
    seconds it asks us to wait. `unknown_outcome`: it may have done it all the same. The text is fit for a log.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        code: int | None = None,
        retry_after: float | None = None,
        unknown_outcome: bool = False,
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.code = code
        self.retry_after = retry_after
        self.unknown_outcome = unknown_outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteCall:
    """A leg as the provider lists it. `direction` is inbound, outbound-api or outbound-dial; `status` its word."""

    sid: str
    parent_sid: str | None
    caller: str
    dialled: str
    status: str
    direction: str
    created_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    seconds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteNumber:
    """A number of ours and what the provider does when it is dialled or texted; empty text where nothing is set."""

    sid: str
    number: str
    voice_url: str
    voice_method: str
    voice_fallback_url: str
    voice_fallback_method: str
    status_callback: str
    status_callback_method: str
    sms_url: str
    sms_method: str
    sms_fallback_url: str
    sms_fallback_method: str
    voice_application_sid: str
    sms_application_sid: str
    trunk_sid: str


# What may be changed of a number, by the names of RemoteNumber.
WIRING: Final = frozenset(RemoteNumber.__slots__) - {"sid", "number"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteTranscript:
    """What the provider has written down of a recording: completed with its text, failed, or not finished."""

    sid: str
    status: str
    text: str = field(repr=False)


class Telephony(Protocol):
    """A telephone company. Numbers are E.164, addresses absolute; every method may raise ProviderError."""

    def ring(
        self, *, to: str, from_: str, url: str, status_callback: str | None = None, timeout_seconds: int = 60
    ) -> str:
        """Ring a phone; when it is answered, the document at `url` is carried out. Returns the call's SID.

        `status_callback` hears of every step of the call. Not safe to repeat after an unknown outcome.
        """
        ...

    def rung(self, *, to: str, from_: str, since: datetime) -> tuple[str, ...]:
        """The SIDs of the calls we asked for between these two since an instant, newest first."""
        ...

    def end_call(self, sid: str) -> None:
        """End a call, ringing or answered. One that is over already is left as it is."""
        ...

    def stop_ringing(self, sid: str) -> None:
        """End a call that nobody has answered. One that was answered goes on, however shortly before."""
        ...

    def redirect(self, sid: str, url: str) -> bool:
        """Break off what a live call is doing and carry out the document at `url`. False: the call is over."""
        ...

    def text(self, *, to: str, from_: str, body: str, status_callback: str | None = None) -> str:
        """Send a text. Returns the message's SID. Not safe to repeat after an unknown outcome."""
        ...

    def texted(self, *, to: str, from_: str, body: str, since: datetime) -> tuple[str, ...]:
        """The SIDs of the texts of these words we sent between these two since an instant, newest first."""
        ...

    def recording(self, sid: str) -> bytes:
        """The sound of a recording as WAV. One that is not ready yet is a temporary fault."""
        ...

    def delete_recording(self, sid: str) -> None:
        """Delete a recording. One that is gone already is left so."""
        ...

    def transcripts(self, recording_sid: str) -> tuple[RemoteTranscript, ...]:
        """What was written down of a recording and is still there."""
        ...

    def delete_transcript(self, sid: str) -> None:
        """Delete what was written down. One that is gone already is left so."""
        ...

    def calls_since(self, instant: datetime) -> Iterator[RemoteCall]:
        """Every leg that started at or after an instant, page by page, newest first."""
        ...

    def numbers(self) -> tuple[RemoteNumber, ...]:
        """All numbers of the account."""
        ...

    def wire_number(self, sid: str, **changes: str) -> RemoteNumber:
        """Change what happens at a number, by the names of RemoteNumber; returns it as it then is."""
        ...
