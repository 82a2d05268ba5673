"""The documents of a phone that is rung for a ticket's update and answered by voice. Knows TwiML, and no ticket."""

from typing import Final

from app.flow.messages import Say
from app.telephony.twiml import HEAD, Links, say

LONGEST_SECONDS: Final = 120
SILENCE_SECONDS: Final = 5


def speak(words: Say, *, links: Links, language: str) -> str:
    """Records what is said after these words and a tone, until the pound key, silence, or two minutes."""
    # Twilio transcribes US English only.
    wanted = links.transcribed and language == "en"
    transcript = f'transcribe="true" transcribeCallback="{links.to("update-transcription")}" ' if wanted else ""
    return (
        f'{HEAD}<Response>{say(words)}<Record action="{links.to("update-spoken")}" method="POST" '
        f'maxLength="{LONGEST_SECONDS}" timeout="{SILENCE_SECONDS}" finishOnKey="#" playBeep="true" '
        f'{transcript}recordingStatusCallback="{links.to("update-recording")}" recordingStatusCallbackMethod="POST" '
        f'recordingStatusCallbackEvent="completed absent"/>'
        f'<Redirect method="POST">{links.to("update-spoken")}</Redirect></Response>'
    )
