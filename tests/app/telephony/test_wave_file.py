"""The length of a WAV file, and everything that is none."""

import io
import struct
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telephony.wave_file import NotAWave, seconds_of


def made(seconds: float, *, rate: int = 8000, width: int = 2) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(b"\1" * round(seconds * rate) * width)
    return buffer.getvalue()


@pytest.mark.parametrize(("seconds", "rate", "width"), [(3, 8000, 2), (0.5, 8000, 1), (2, 16000, 2)])
def test_the_length_is_that_of_the_sound(seconds: float, rate: int, width: int) -> None:
    assert seconds_of(made(seconds, rate=rate, width=width)) == pytest.approx(seconds)


@pytest.mark.parametrize("promised", [0, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_length_that_was_not_known_when_it_was_written_is_that_of_the_file(promised: int) -> None:
    whole = made(2)
    at = whole.index(b"data") + 4
    assert seconds_of(whole[:at] + struct.pack("<I", promised) + whole[at + 4 :]) == pytest.approx(2)


def test_chunks_nobody_needs_are_passed_over() -> None:
    whole = made(1)
    assert seconds_of(whole[:12] + b"LIST" + struct.pack("<I", 3) + b"abc\0" + whole[12:]) == pytest.approx(1)


@given(st.integers(0, len(made(0.1)) - 1))
def test_a_file_that_is_cut_short_is_noticed(length: int) -> None:
    with pytest.raises(NotAWave):
        seconds_of(made(0.1)[:length])


@given(st.binary(max_size=200))
def test_anything_else_is_no_wave(junk: bytes) -> None:
    with pytest.raises(NotAWave):
        seconds_of(junk)
    with pytest.raises(NotAWave):
        seconds_of(b"RIFF\0\0\0\0WAVE" + junk.replace(b"data", b""))
