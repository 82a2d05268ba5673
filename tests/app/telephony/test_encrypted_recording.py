"""Recordings encrypted with our public key, as Twilio does it, in every spelling of what it sends along."""

import json
import os
from base64 import b64encode
from dataclasses import replace
from functools import cache

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.telephony.encrypted_recording import (
    EncryptionDetails,
    UnreadableRecording,
    decrypted,
    encryption_details,
)

AUDIO = b"RIFF....WAVE" + bytes(range(256)) * 40


@cache
def private_key(which: str = "ours") -> rsa.RSAPrivateKey:
    assert which
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def as_twilio_does(audio: bytes = AUDIO) -> tuple[bytes, EncryptionDetails]:
    """What is downloaded, and the details that come with it."""
    key, iv = AESGCM.generate_key(256), os.urandom(12)
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
    wrapped = private_key().public_key().encrypt(key, oaep)
    details = EncryptionDetails(encrypted_key=b64encode(wrapped).decode(), iv=b64encode(iv).decode())
    return AESGCM(key).encrypt(iv, audio, None), details


def test_the_recording_comes_back() -> None:
    blob, details = as_twilio_does()
    assert (len(details.encrypted_key), len(details.iv)) == (344, 16), "the lengths Twilio's own examples have"
    assert decrypted(blob, details, pem(private_key())) == AUDIO


@pytest.mark.parametrize(
    "names",
    [
        ("public_key_sid", "encrypted_cek", "iv"),
        ("encryption_public_key_sid", "encryption_cek", "encryption_iv"),
        ("encryption_public_key_sid", "encrypted_cek", "iv"),
        ("public_key_sid", "encryption_cek", "iv"),
        ("Public_Key_Sid", "Encrypted_CEK", "IV"),
    ],
)
def test_every_spelling_is_understood(names: tuple[str, str, str]) -> None:
    text = json.dumps({"type": "rsa-aes", **dict(zip(names, ("CR1", "a2V5", "aXY="), strict=True))})
    assert encryption_details(text) == EncryptionDetails(encrypted_key="a2V5", iv="aXY=", public_key_sid="CR1")


@pytest.mark.parametrize("text", ["", "null", "[]", "{", "{}", '{"iv": "aXY="}', '{"iv": 1, "encrypted_cek": "a"}'])
def test_what_says_nothing_is_nothing(text: str) -> None:
    assert encryption_details(text) is None


def test_what_cannot_be_decrypted_is_told_in_a_sentence() -> None:
    blob, details = as_twilio_does()
    ours, other = pem(private_key()), pem(private_key("other"))
    cases: list[tuple[bytes, EncryptionDetails, bytes, str]] = [
        (blob, details, other, "another key"),
        (blob[:-1], details, ours, "cut short"),
        (b"", details, ours, "cut short"),
        (blob[:50] + b"\0" + blob[51:], details, ours, "changed"),
        (blob, replace(details, iv=""), ours, "damaged"),
        (blob, replace(details, iv="*"), ours, "damaged"),
        (blob, replace(details, iv="a2V5"), ours, "changed"),
        (blob, replace(details, encrypted_key="a2V5"), ours, "another key"),
        (blob, details, b"", "RECORDING_PRIVATE_KEY"),
        (blob, details, pem(ec.generate_private_key(ec.SECP256R1())), "RECORDING_PRIVATE_KEY"),
    ]
    for sent, with_details, key, words in cases:
        with pytest.raises(UnreadableRecording, match=words) as told:
            decrypted(sent, with_details, key)
        assert str(told.value).count(".") == 1
