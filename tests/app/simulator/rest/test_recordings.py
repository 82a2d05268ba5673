"""Recordings and transcriptions: fetched when they are ready, deleted, encrypted for whoever holds the key."""

import json
import wave
from base64 import b64decode, b64encode
from collections.abc import Callable
from io import BytesIO
from os import urandom

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from twilio.base.exceptions import TwilioRestException

from app.simulator import CallerScript, MediaReady, Phone, RestSwitches, Sealed, Trace, Transcription
from tests.app.simulator.desk import CALLER, MAIN, Desk, phone_to
from tests.app.simulator.sdk import client_of, media_of

RECORD = (
    '<Record action="/done" recordingStatusCallback="/recording" recordingStatusCallbackEvent="completed absent" '
    'transcribe="true" transcribeCallback="/text"/>'
)
OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


def seal_for(public_pem: bytes) -> Callable[[bytes], Sealed]:
    """What Twilio does with a recording for an account with this public key."""
    key = serialization.load_pem_public_key(public_pem)
    assert isinstance(key, rsa.RSAPublicKey)

    def seal(media: bytes) -> Sealed:
        cek, iv = urandom(32), urandom(12)
        details = {
            "type": "rsa-aes",
            "public_key_sid": "CR" + "0" * 32,
            "encrypted_cek": b64encode(key.encrypt(cek, OAEP)).decode(),
            "iv": b64encode(iv).decode(),
        }
        return Sealed(AESGCM(cek).encrypt(iv, media, None), details)

    return seal


def recorded(rest: RestSwitches | None = None, *, seconds: float = 12) -> tuple[Phone, Trace]:
    phone = phone_to(Desk({"/voice/incoming": RECORD, "/done": "<Hangup/>"}), rest=rest)
    return phone, phone.dial(to=MAIN, from_=CALLER, caller=CallerScript(message_seconds=seconds))


def url_of(trace: Trace) -> str:
    return trace.requests(path="/recording")[0].params["RecordingUrl"]


def test_the_media_are_as_long_as_the_message() -> None:
    phone, trace = recorded()
    reply = media_of(phone, url_of(trace))
    assert (reply.status_code, reply.headers["content-type"]) == (200, "audio/x-wav")
    with wave.open(BytesIO(reply.content)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getnframes() / 8000) == (8000, 1, 12)
    mp3 = media_of(phone, f"{url_of(trace)}.mp3")
    assert (mp3.status_code, mp3.headers["content-type"]) == (200, "audio/mpeg")
    assert phone.rest_warnings == []


def test_what_is_known_of_a_recording() -> None:
    phone, trace = recorded()
    (found,) = client_of(phone).recordings.list(call_sid=trace.call_sid)
    assert (found.status, found.source, found.duration, found.channels) == ("completed", "RecordVerb", "12", 1)
    assert (found.call_sid, found.encryption_details) == (trace.call_sid, None)
    assert found.media_url == url_of(trace)
    assert client_of(phone).recordings(found.sid).fetch().sid == found.sid
    assert client_of(phone).calls(trace.call_sid).recordings.list()[0].sid == found.sid
    assert phone.rest_warnings == []


def test_a_deleted_recording_is_gone() -> None:
    phone, trace = recorded()
    client = client_of(phone)
    (found,) = client.recordings.list()
    assert client.recordings(found.sid).delete()
    assert media_of(phone, url_of(trace)).status_code == 404
    for again in (client.recordings(found.sid).fetch, client.recordings(found.sid).delete):
        with pytest.raises(TwilioRestException) as caught:
            again()
        assert caught.value.status == 404
    assert client.recordings.list() == []
    assert [each.status for each in client.recordings.list(include_soft_deleted=True)] == ["deleted"]


@pytest.mark.parametrize(
    ("choice", "at_once", "later"),
    [(MediaReady.AT_ONCE, 200, 200), (MediaReady.LATE, 404, 200), (MediaReady.NEVER, 404, 404)],
)
def test_when_media_are_ready(choice: MediaReady, at_once: int, later: int) -> None:
    phone = phone_to(Desk({"/voice/incoming": RECORD}), rest=RestSwitches(media=choice))
    trace = phone.begin(to=MAIN, from_=CALLER, caller=CallerScript(message_seconds=12))
    phone.let_pass(20)
    assert media_of(phone, url_of(trace)).status_code == at_once
    phone.let_pass(60)
    assert media_of(phone, url_of(trace)).status_code == later


def test_an_empty_recording_is_absent() -> None:
    phone, trace = recorded(seconds=0)
    assert trace.requests(path="/recording")[0].params["RecordingStatus"] == "absent"
    assert media_of(phone, url_of(trace)).status_code == 404
    assert client_of(phone).transcriptions.list() == []


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (Transcription.COMPLETED, [("completed", "Printer three.")]),
        (Transcription.FAILED, [("failed", None)]),
        (Transcription.LOST, []),
    ],
)
def test_transcriptions(choice: Transcription, told: list[tuple[str, str | None]]) -> None:
    phone, trace = recorded(RestSwitches(transcription=choice, transcription_text="Printer three."))
    asked = [each.params for each in trace.requests(path="/text")]
    assert [(params["TranscriptionStatus"], params.get("TranscriptionText")) for params in asked] == told
    assert len(client_of(phone).transcriptions.list()) == len(told)
    for params in asked:
        assert client_of(phone).transcriptions(params["TranscriptionSid"]).delete()


def test_a_recording_encrypted_for_our_key() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    phone = phone_to(Desk({"/voice/incoming": RECORD}), seal=seal_for(pem))
    trace = phone.dial(to=MAIN, from_=CALLER, caller=CallerScript(message_seconds=12))
    details = json.loads(trace.requests(path="/recording")[0].params["EncryptionDetails"])
    assert (len(details["encrypted_cek"]), len(details["iv"])) == (344, 16)
    cek = private.decrypt(b64decode(details["encrypted_cek"]), OAEP)
    sound = AESGCM(cek).decrypt(b64decode(details["iv"]), media_of(phone, url_of(trace)).content, None)
    assert sound.startswith(b"RIFF")
    (found,) = client_of(phone).recordings.list()
    assert found.encryption_details["encryption_cek"] == details["encrypted_cek"]
    assert trace.requests(path="/text") == []
