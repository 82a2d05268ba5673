"""Recordings that Twilio encrypted with our public key, decrypted with the private one.

For each recording Twilio makes a key, encrypts the file with it (AES-256-GCM, the tag behind the ciphertext) and
wraps that key with our RSA key (OAEP, SHA-256); see Twilio's "Voice recording encryption".
"""

import binascii
import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key

# The callback and the REST interface spell these differently.
_KEY_SPELLINGS = ("encrypted_cek", "encryption_cek")
_IV_SPELLINGS = ("iv", "encryption_iv")
_SID_SPELLINGS = ("public_key_sid", "encryption_public_key_sid")
_CEK_BYTES = 32
_LONGEST_IV = 64


class UnreadableRecording(Exception):  # noqa: N818 - a state of the recording
    """The recording cannot be decrypted. The text is one sentence and holds nothing of the recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionDetails:
    """What is needed, besides our private key, to decrypt one recording; both values are base64."""

    encrypted_key: str
    iv: str
    public_key_sid: str | None = None


def encryption_details(text: str) -> EncryptionDetails | None:
    """Reads the field EncryptionDetails of a callback, in any of its spellings; None when it says nothing usable."""
    try:
        fields = json.loads(text)
    except ValueError:
        return None
    if not isinstance(fields, dict):
        return None
    lowered = {str(name).lower(): value for name, value in fields.items()}
    key, iv = _first(lowered, _KEY_SPELLINGS), _first(lowered, _IV_SPELLINGS)
    if key is None or iv is None:
        return None
    return EncryptionDetails(encrypted_key=key, iv=iv, public_key_sid=_first(lowered, _SID_SPELLINGS))


def decrypted(blob: bytes, details: EncryptionDetails, private_key_pem: bytes) -> bytes:
    """The recording as it was before Twilio encrypted it.

    Raises:
        UnreadableRecording: the private key is unusable or not the one it was encrypted for, or it was changed.
    """
    iv = _unpacked(details.iv)
    if not 0 < len(iv) <= _LONGEST_IV:
        raise UnreadableRecording("The recording's encryption details are damaged.")
    key = _unwrapped(_unpacked(details.encrypted_key), _private_key(private_key_pem))
    try:
        return AESGCM(key).decrypt(iv, blob, None)
    except (InvalidTag, ValueError):
        raise UnreadableRecording("The recording was changed or cut short on its way.") from None


def _private_key(pem: bytes) -> rsa.RSAPrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnicodeError):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise UnreadableRecording("RECORDING_PRIVATE_KEY is not the PEM of an RSA private key without a passphrase.")
    return key


def _unwrapped(wrapped: bytes, private_key: rsa.RSAPrivateKey) -> bytes:
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
    try:
        key = private_key.decrypt(wrapped, oaep)
    except ValueError:
        key = b""
    if len(key) != _CEK_BYTES:
        raise UnreadableRecording("The recording was encrypted for another key than RECORDING_PRIVATE_KEY.")
    return key


def _unpacked(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableRecording("The recording's encryption details are damaged.") from None


def _first(fields: Mapping[str, object], spellings: tuple[str, ...]) -> str | None:
    found = (fields.get(spelling) for spelling in spellings)
    return next((value for value in found if isinstance(value, str) and value), None)
