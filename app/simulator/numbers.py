"""Our numbers and their webhooks, as they are set up at Twilio. Dials nothing."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

from app.simulator.registry import Number
from app.simulator.targets import Target


@dataclass(frozen=True, slots=True)
class NumberSettings:
    """How the numbers are set up at Twilio. Relative URLs belong to the account's base URL."""

    voice_url: str = "/voice/incoming"
    voice_method: str = "POST"
    fallback_url: str | None = None
    fallback_method: str = "POST"
    status_callback: str | None = "/voice/status"
    sms_url: str | None = "/sms/incoming"

    def as_kept(self, base_url: str) -> dict[str, str]:
        """The settings by the names REST gives them, with absolute URLs; what is not set is empty."""

        def absolute(url: str | None) -> str:
            return "" if url is None else urljoin(base_url, url)

        return {
            "voice_url": absolute(self.voice_url),
            "voice_method": self.voice_method,
            "voice_fallback_url": absolute(self.fallback_url),
            "voice_fallback_method": self.fallback_method,
            "status_callback": absolute(self.status_callback),
            "status_callback_method": "POST",
            "sms_url": absolute(self.sms_url),
            "sms_method": "POST",
            "sms_fallback_url": "",
            "sms_fallback_method": "POST",
        }


def number_of(phone_number: str, settings: Mapping[str, str], *, at: datetime) -> Number:
    """The entry of one of our numbers; the same number always has the same SID."""
    digest = hashlib.sha256(phone_number.encode()).hexdigest()
    friendly = {"friendly_name": phone_number}
    return Number(f"PN{digest[:32]}", phone_number, {**friendly, **settings}, at, at)


def target_in(settings: Mapping[str, str], name: str) -> Target | None:
    """Where a setting points ("voice", "voice_fallback", "status_callback"); None when it is empty."""
    url = name if name == "status_callback" else f"{name}_url"
    return Target(settings.get(f"{name}_method") or "POST", settings[url]) if settings.get(url) else None
