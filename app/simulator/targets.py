"""Where a request goes: a method and a URL with its connection overrides."""

from dataclasses import dataclass
from urllib.parse import urldefrag


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes."""

    method: str
    url: str

    @property
    def address(self) -> str:
        """The URL without connection overrides."""
        return urldefrag(self.url).url
