"""Reads how long a WAV file is from its header, so that a download can be checked. Knows nothing of sound."""

import struct

_RIFF_HEADER, _CHUNK_HEADER, _FORMAT_BYTES = 12, 8, 16
_BYTE_RATE_AT = 8
# Written by programs that do not know the length yet: the sound goes on to the end of the file.
_UNKNOWN_LENGTHS = frozenset({0, 0x7FFFFFFF, 0xFFFFFFFF})


class NotAWave(ValueError):  # noqa: N818 - names what was offered
    """These bytes are no whole WAV file. The text is one sentence and holds nothing of the file."""


def seconds_of(audio: bytes) -> float:
    """How long the sound is.

    Raises:
        NotAWave: no RIFF/WAVE header, no format, no sound, or less of it than the header promises.
    """
    if len(audio) < _RIFF_HEADER or audio[:4] != b"RIFF" or audio[8:12] != b"WAVE":
        raise NotAWave("The recording does not begin like a WAV file.")
    byte_rate, at = 0, _RIFF_HEADER
    while at + _CHUNK_HEADER <= len(audio):
        name, promised = struct.unpack_from("<4sI", audio, at)
        at += _CHUNK_HEADER
        if name == b"fmt " and at + _FORMAT_BYTES <= len(audio):
            (byte_rate,) = struct.unpack_from("<I", audio, at + _BYTE_RATE_AT)
        elif name == b"data":
            return _whole(promised, there=len(audio) - at) / _positive(byte_rate)
        at += promised + promised % 2
    raise NotAWave("The recording has no sound in it.")


def _whole(promised: int, *, there: int) -> int:
    if promised in _UNKNOWN_LENGTHS:
        return there
    if there < promised:
        raise NotAWave(f"The recording is cut short: {there} of {promised} bytes of sound came.")
    return promised


def _positive(byte_rate: int) -> int:
    if not byte_rate:
        raise NotAWave("The recording does not say how its sound is written.")
    return byte_rate
