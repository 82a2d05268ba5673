"""Signatures equal Twilio's published vectors and its own library."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from app.simulator.signing import signature, signed_url
from tests.app.simulator.desk import TOKEN

CALL = "CA00000000000000000000000000000001"
ACCOUNT = "AC00000000000000000000000000000001"
IVR = "https://desk.example.org/voice/ivr?tenant=7&step=menu"
FORM = {
    "CallSid": CALL,
    "AccountSid": ACCOUNT,
    "From": "+15550100001",
    "To": "+15550100002",
    "CallStatus": "in-progress",
    "Direction": "inbound",
    "Digits": "2",
    "ApiVersion": "2010-04-01",
}
CLASSIC = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675310",
    "Digits": "1234",
    "From": "+14158675310",
    "To": "+18005551212",
}
MINIMAL = {
    "AccountSid": ACCOUNT,
    "ApiVersion": "2010-04-01",
    "CallSid": CALL,
    "CallStatus": "ringing",
    "Called": "+18165550142",
    "Caller": "+18165550117",
    "CallerName": "",
    "Direction": "inbound",
    "From": "+18165550117",
    "FromCity": "SAINT JOSEPH",
    "To": "+18165550142",
}


@pytest.mark.parametrize(
    ("token", "url", "form", "expected"),
    [
        (TOKEN, IVR, FORM, "64mDq7H8nhs3zgM1Uf/ECJYaFMs="),
        (TOKEN, f"{IVR}&Digits=2&CallSid={CALL}", {}, "awo5hpWTYPyKS2bsagAXvq3KLVM="),
        ("12345", "https://example.com/myapp.php?foo=1&bar=2", CLASSIC, "L/OH5YylLD5NRKLltdqwSvS0BnU="),
        (TOKEN, "https://desk.example.org/voice/incoming", MINIMAL, "Wx5zdVBEttstuAD+L9S+6JTiEwE="),
    ],
    ids=["form", "get", "classic", "minimal"],
)
def test_the_published_vectors(token: str, url: str, form: dict[str, str], expected: str) -> None:
    assert signature(auth_token=token, url=url, form=form) == expected


@given(form=st.dictionaries(st.text(min_size=1), st.text()))
def test_any_form_is_signed_as_twilios_library_signs_it(form: dict[str, str]) -> None:
    oracle = RequestValidator(TOKEN).compute_signature(IVR, form)
    assert signature(auth_token=TOKEN, url=IVR, form=form) == oracle


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://desk.example.org/a?b=%7Cc&d", "https://desk.example.org/a?b=%7Cc&d"),
        ("https://user:word@desk.example.org:443/a#rc=2", "https://desk.example.org/a"),
        ("http://127.0.0.1:8000/a", "http://127.0.0.1:8000/a"),
    ],
)
def test_fragment_user_and_https_port_are_not_signed(url: str, expected: str) -> None:
    assert signed_url(url) == expected
