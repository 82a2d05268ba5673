"""What Twilio is asked while a message is recorded."""

import pytest

from app.flow.messages import Record, Turn
from app.telephony.twiml import Links, render


def recorded(*, language: str, transcribed: bool) -> str:
    record = Record(max_seconds=180, silence_seconds=6, language=language)
    links = Links("https://desk.example.org", "token", transcribed)
    return render(Turn(instructions=(record,), position=None, facts=()), links=links, caller_id="")


def test_a_transcript_is_asked_for_where_it_is_wanted() -> None:
    document = recorded(language="en", transcribed=True)
    assert 'transcribe="true" ' in document
    assert 'transcribeCallback="https://desk.example.org/voice/transcription/token#rc=' in document


@pytest.mark.parametrize(("language", "transcribed"), [("en", False), ("es", False), ("es", True)])
def test_none_is_asked_for_otherwise_and_twilio_knows_no_spanish(language: str, transcribed: bool) -> None:
    assert "transcri" not in recorded(language=language, transcribed=transcribed)
