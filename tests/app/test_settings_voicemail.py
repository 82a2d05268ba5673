"""The settings of voicemail: what is read, what is left out, and what stops the start."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.settings import SettingsError, read_settings


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_unset_means_ninety_days_no_transcripts_and_no_private_key(tmp_path: Path) -> None:
    settings = read_settings({}, instance_dir=tmp_path)
    assert (settings.voicemail_retention_days, settings.voicemail_transcription) == (90, "none")
    assert settings.recording_private_key is None


def test_a_private_key_may_be_written_on_one_line(tmp_path: Path) -> None:
    text = pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    for written in (text, text.replace("\n", "\\n")):
        settings = read_settings({"RECORDING_PRIVATE_KEY": written}, instance_dir=tmp_path)
        assert (
            settings.recording_private_key == text.strip().encode() or settings.recording_private_key == text.encode()
        )
        assert "PRIVATE" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("VOICEMAIL_RETENTION_DAYS", "0", "must be a whole number from 1 to 3650"),
        ("VOICEMAIL_RETENTION_DAYS", "-1", "must be a whole number from 1 to 3650"),
        ("VOICEMAIL_RETENTION_DAYS", "99999", "must be a whole number from 1 to 3650"),
        ("VOICEMAIL_RETENTION_DAYS", "ninety", "must be a whole number from 1 to 3650"),
        ("VOICEMAIL_TRANSCRIPTION", "google", "must be one of none, twilio"),
        ("RECORDING_PRIVATE_KEY", "a secret", "must be the PEM of an RSA private key without a passphrase"),
        ("RECORDING_PRIVATE_KEY", pem(ec.generate_private_key(ec.SECP256R1())), "must be the PEM of an RSA"),
        ("DATA_KEYS", ",", "holds no key"),
    ],
)
def test_a_bad_value_is_named_and_not_repeated(tmp_path: Path, name: str, value: str, words: str) -> None:
    with pytest.raises(SettingsError) as told:
        read_settings({name: value}, instance_dir=tmp_path)
    (fault,) = told.value.faults
    assert fault.startswith(f"{name} {words}")
    assert name != "RECORDING_PRIVATE_KEY" or value not in fault
