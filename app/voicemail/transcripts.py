"""Where a written form of a message comes from, if from anywhere. Keeps nothing."""

from dataclasses import dataclass
from typing import Protocol

from app.settings import Settings

COMPLETED, FAILED = "completed", "failed"
FINISHED = frozenset({COMPLETED, FAILED})


@dataclass(frozen=True, slots=True)
class Transcript:
    """What came of writing a message down: completed with its text, or failed with none."""

    status: str
    text: str = ""

    def __repr__(self) -> str:
        return f"Transcript({self.status})"


class Transcriber(Protocol):
    """A way to have messages written down."""

    @property
    def by_provider(self) -> bool:
        """Whether the provider is to be asked for it while it records."""
        ...

    def of_callback(self, status: str, text: str) -> Transcript | None:
        """What the provider reports; None when we did not ask for it, or it is not finished."""
        ...


class NoTranscriber:
    """Messages are not written down, and nobody's word for them is taken."""

    by_provider = False

    def of_callback(self, status: str, text: str) -> Transcript | None:  # noqa: ARG002 - the interface's
        """See Transcriber."""
        return None


class ProviderTranscriber:
    """Twilio writes English messages of 2 to 120 seconds down, after minutes, and sends the text."""

    by_provider = True

    def of_callback(self, status: str, text: str) -> Transcript | None:
        """See Transcriber."""
        if status == COMPLETED and text.strip():
            return Transcript(COMPLETED, text)
        return Transcript(FAILED) if status in FINISHED else None


def transcriber(settings: Settings) -> Transcriber:
    """The one that VOICEMAIL_TRANSCRIPTION names."""
    return ProviderTranscriber() if settings.voicemail_transcription == "twilio" else NoTranscriber()
