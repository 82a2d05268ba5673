"""Encrypts what callers leave with us, for keeping at rest: AES-256-GCM under a ring of keys.

Knows keys and sealed bytes; refuses to know where they are kept and what they hold.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
# What a sealed blob begins with: these letters and a version, the id of its key, the nonce.
_MAGIC = b"IVRV\x01"
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HEADER_BYTES = len(_MAGIC) + _KEY_ID_BYTES + _NONCE_BYTES


class VaultError(Exception):
    """Something sealed cannot be opened. The text is one sentence and holds nothing of what was sealed."""


class Content(StrEnum):
    """What kind of thing is sealed, so that one cannot be passed off as the other."""

    AUDIO = "audio"
    TRANSCRIPT = "transcript"
    SECOND_FACTOR = "second_factor"
    SEARCH = "search"
    NOTE = "note"
    VIEW = "view"


@dataclass(frozen=True, slots=True)
class Label:
    """What a blob belongs to. It is opened only under the label it was sealed with."""

    recording_sid: str
    call_sid: str
    content: Content


class Vault:
    """Seals with the first of `keys`, opens with any of them. Each key is 32 random bytes.

    Raises:
        ValueError: there is no key, or one is not 32 bytes long.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("there is no key to encrypt with")
        if any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"a key has {KEY_BYTES} bytes")
        self._keys = tuple((_id_of(key), AESGCM(key)) for key in keys)

    def __repr__(self) -> str:
        return f"Vault({len(self._keys)} keys)"

    def seal(self, plain: bytes, label: Label) -> bytes:
        """`plain` encrypted under the newest key, bound to `label`."""
        key_id, cipher = self._keys[0]
        # 96 random bits: a key would have to seal four thousand million messages before one came twice.
        nonce = os.urandom(_NONCE_BYTES)
        header = _MAGIC + key_id + nonce
        return header + cipher.encrypt(nonce, plain, _associated(header, label))

    def open(self, sealed: bytes, label: Label) -> bytes:
        """What was sealed.

        Raises:
            VaultError: no key of ours opens it, it was changed, or it belongs to something else.
        """
        header, body = _parted(sealed)
        key_id, nonce = header[len(_MAGIC) : -_NONCE_BYTES], header[-_NONCE_BYTES:]
        ciphers = [cipher for known, cipher in self._keys if known == key_id]
        if not ciphers:
            raise VaultError(f"It was sealed with key {key_id.hex()}, which is not among DATA_KEYS.")
        for cipher in ciphers:
            try:
                return cipher.decrypt(nonce, body, _associated(header, label))
            except InvalidTag:
                continue
        raise VaultError("It was changed after it was sealed, or it belongs to something else.")

    def needs_rotation(self, sealed: bytes) -> bool:
        """Whether it is sealed with another key than the newest. Raises VaultError when it is no sealed blob."""
        return key_id(sealed) != self.newest_key_id

    def rotate(self, sealed: bytes, label: Label) -> bytes:
        """The same content under the newest key; given back as it is when it is sealed with that. Raises VaultError."""
        return self.seal(self.open(sealed, label), label) if self.needs_rotation(sealed) else sealed

    @property
    def newest_key_id(self) -> str:
        """The id of the key that everything is sealed with now; by it a database finds what is not."""
        return self._keys[0][0].hex()


def key_id(sealed: bytes) -> str:
    """The id of the key that sealed it: eight hexadecimal digits. Raises VaultError when it is no sealed blob."""
    header, _ = _parted(sealed)
    return header[len(_MAGIC) : -_NONCE_BYTES].hex()


def plain_bytes(sealed_bytes: int) -> int:
    """How many bytes were sealed into a blob of so many."""
    return max(sealed_bytes - _HEADER_BYTES - _TAG_BYTES, 0)


def _id_of(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:_KEY_ID_BYTES]


def _parted(sealed: bytes) -> tuple[bytes, bytes]:
    if len(sealed) < _HEADER_BYTES + _TAG_BYTES or not sealed.startswith(_MAGIC):
        raise VaultError("It is not something this service has sealed.")
    return sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES:]


def _associated(header: bytes, label: Label) -> bytes:
    # JSON, so that no two labels read the same once they are put together.
    return header + json.dumps([label.recording_sid, label.call_sid, label.content]).encode()
