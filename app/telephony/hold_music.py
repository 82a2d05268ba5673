"""Music for callers on hold: a few soft chords, computed here so that it belongs to nobody else."""

import math
from array import array
from functools import cache
from io import BytesIO
from wave import open as open_wave

RATE = 8000  # samples a second: a telephone carries no more
LOUDEST = 7000
CHORD_SECONDS = 2.5
CHORDS = ((262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294))


@cache
def hold_music() -> bytes:
    """Ten seconds of music as a WAV file, 8 kHz mono."""
    samples = array("h")
    for chord in CHORDS:
        samples.extend(_chord(chord))
    file = BytesIO()
    with open_wave(file, "wb") as wave:
        wave.setnchannels(1)
        wave.setsampwidth(2)
        wave.setframerate(RATE)
        wave.writeframes(samples.tobytes())
    return file.getvalue()


def _chord(tones: tuple[int, ...]) -> "array[int]":
    length = int(CHORD_SECONDS * RATE)
    samples = array("h")
    for place in range(length):
        # A slow swell and decay, so that one chord flows into the next without a click.
        envelope = math.sin(math.pi * place / length)
        tone = sum(math.sin(2 * math.pi * frequency * place / RATE) for frequency in tones) / len(tones)
        samples.append(int(LOUDEST * envelope * tone))
    return samples
