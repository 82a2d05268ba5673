"""A telephone company of plain lists: numbers that can be wired, and calls somebody else has had."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from app.telephony.provider import ProviderError, RemoteCall, RemoteNumber

NOTHING_SET = RemoteNumber(
    sid="",
    number="",
    voice_url="",
    voice_method="POST",
    voice_fallback_url="",
    voice_fallback_method="POST",
    status_callback="",
    status_callback_method="POST",
    sms_url="",
    sms_method="POST",
    sms_fallback_url="",
    sms_fallback_method="POST",
    voice_application_sid="",
    sms_application_sid="",
    trunk_sid="",
)


def number(e164: str, **wiring: Any) -> RemoteNumber:
    return replace(NOTHING_SET, sid=f"PN{e164[1:]:0>32}", number=e164, **wiring)


def remote_call(sid: str, *, at: datetime, seconds: int | None = 0, **changes: Any) -> RemoteCall:
    """A call to the main line that is over; `at` is when it began, `changes` are fields of RemoteCall."""
    call = RemoteCall(
        sid=sid,
        parent_sid=None,
        caller="+18165550191",
        dialled="+18162327483",
        status="completed",
        direction="inbound",
        created_at=at,
        started_at=at,
        ended_at=None if seconds is None else at + timedelta(seconds=seconds),
        seconds=seconds,
    )
    return replace(call, **changes)


@dataclass
class PhoneCompany:
    """Does as it is told, remembers what it was told, and fails from the `broken_after`-th request on."""

    wired: list[RemoteNumber] = field(default_factory=list)
    calls: list[RemoteCall] = field(default_factory=list)
    told: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    deaf_to: frozenset[str] = frozenset()
    broken_after: int | None = None
    asked_since: datetime | None = None
    _requests: int = 0

    def numbers(self) -> tuple[RemoteNumber, ...]:
        self._count()
        return tuple(self.wired)

    def wire_number(self, sid: str, **changes: str) -> RemoteNumber:
        self._count()
        self.told.append((sid, changes))
        heard: dict[str, Any] = {name: value for name, value in changes.items() if name not in self.deaf_to}
        self.wired = [replace(each, **heard) if each.sid == sid else each for each in self.wired]
        return next(each for each in self.wired if each.sid == sid)

    def calls_since(self, instant: datetime) -> Iterator[RemoteCall]:
        self.asked_since = instant
        for call in self.calls:
            self._count()
            yield call

    def _count(self) -> None:
        self._requests += 1
        if self.broken_after is not None and self._requests > self.broken_after:
            raise ProviderError("Twilio does not answer", permanent=False)
