"""Twilio's signature: its documented vectors, and agreement with Twilio's own library on anything else."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from urllib.parse import quote_plus, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from app.telephony.inbound import form_fields
from app.telephony.signature import SignatureCheck

TOKEN = "0123456789abcdef0123456789abcdef"
BASE = "https://desk.example.org"
CALL, ACCOUNT = "CA" + "0" * 31 + "1", "AC" + "0" * 31 + "1"
FORM_A = {
    "CallSid": CALL,
    "AccountSid": ACCOUNT,
    "From": "+15550100001",
    "To": "+15550100002",
    "CallStatus": "in-progress",
    "Direction": "inbound",
    "Digits": "2",
    "ApiVersion": "2010-04-01",
}
FORM_E = {
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
JSON_C = b'{"level":"ERROR","code":11200}'
DIGEST_C = "c8db17d2ebb4dfb30d421db36dbab9024aa6318ec8c180535e6a395a83097f10"


def accepts(
    target: str,
    given: str,
    *,
    form: Mapping[str, str] | None = None,
    body: bytes | None = None,
    base: str = BASE,
    tokens: tuple[str, ...] = (TOKEN,),
) -> bool:
    check = SignatureCheck(public_base_url=base, tokens=tokens)
    return check.accepts(target=target, parameters=list((form or {}).items()), body=body, given=given)


# Vectors A to E of the reference, computed with Twilio's library.


def test_vector_a_a_form() -> None:
    target = "/voice/ivr?tenant=7&step=menu"
    assert accepts(target, "64mDq7H8nhs3zgM1Uf/ECJYaFMs=", form=FORM_A)
    assert accepts(target, "jPLi0cHQcXORJnUGhkwgc09nzv0=", form=FORM_A), "signed with the port"
    assert accepts(target, "jPLi0cHQcXORJnUGhkwgc09nzv0=", form=FORM_A, base="https://desk.example.org:443")
    assert accepts(target, "64mDq7H8nhs3zgM1Uf/ECJYaFMs=", form=FORM_A, base="https://desk.example.org:443")
    assert not accepts(target, "64mDq7H8nhs3zgM1Uf/ECJYaFMs=", form=FORM_A, base="http://desk.example.org")


def test_vector_b_a_get() -> None:
    target = "/voice/ivr?tenant=7&step=menu&Digits=2&CallSid=CA00000000000000000000000000000001"
    assert accepts(target, "awo5hpWTYPyKS2bsagAXvq3KLVM=")


def test_vector_c_a_body_that_is_no_form() -> None:
    target = f"/twilio/debugger?bodySHA256={DIGEST_C}"
    assert hashlib.sha256(JSON_C).hexdigest() == DIGEST_C
    assert accepts(target, "Sp9I5NncKemszs5FUeZtT/cKDlo=", body=JSON_C)
    assert not accepts(target, "Sp9I5NncKemszs5FUeZtT/cKDlo=", body=JSON_C + b" ")


def test_vector_d_the_one_of_twilios_documentation() -> None:
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675310",
        "Digits": "1234",
        "From": "+14158675310",
        "To": "+18005551212",
    }
    given_signature = "L/OH5YylLD5NRKLltdqwSvS0BnU="
    target, base = "/myapp.php?foo=1&bar=2", "https://example.com"
    assert accepts(target, given_signature, form=form, base=base, tokens=("12345",))


def test_vector_e_a_first_webhook_with_an_empty_field() -> None:
    assert accepts("/voice/incoming", "Wx5zdVBEttstuAD+L9S+6JTiEwE=", form=FORM_E)
    without = {name: value for name, value in FORM_E.items() if name != "CallerName"}
    assert not accepts("/voice/incoming", "Wx5zdVBEttstuAD+L9S+6JTiEwE=", form=without)


# Whatever Twilio's library makes of a request, we make of it.

NAMES = st.text("abcXYZ01[]._- é€", min_size=1, max_size=8)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=8)
BASES = st.sampled_from(
    [
        "https://desk.example.org",
        "https://desk.example.org:443",
        "https://desk.example.org:8443",
        "http://desk.example.org",
        "http://desk.example.org:80",
        "http://127.0.0.1:8000",
        "https://desk.example.org/prefix",
    ]
)
TARGETS = st.sampled_from(["/voice/incoming", "/voice/x?e=%7Cx%40y", "/v?a=1&a=2", "/v?euro=%E2%82%AC&empty="])


@given(base=BASES, target=TARGETS, pairs=PAIRS, with_port=st.booleans())
def test_what_twilios_library_signs_is_accepted_and_what_it_refuses_is_refused(
    base: str, target: str, pairs: list[tuple[str, str]], with_port: bool
) -> None:
    library = RequestValidator(TOKEN)
    form: MultiDict[str, str] = MultiDict(pairs)
    url = base + target
    parts = urlsplit(base)
    port = f":{443 if parts.scheme == 'https' else 80}" if with_port and parts.port is None else ""
    signed = library.compute_signature(f"{parts.scheme}://{parts.netloc}{port}{parts.path}{target}", form)
    check = SignatureCheck(public_base_url=base, tokens=(TOKEN,))

    assert library.validate(url, form, signed)
    assert check.accepts(target=target, parameters=pairs, body=None, given=signed)
    changed = [*pairs, ("Extra", "1")]
    assert check.accepts(target=target, parameters=changed, body=None, given=signed) == library.validate(
        url, MultiDict(changed), signed
    )


@given(pairs=PAIRS)
def test_the_bytes_of_a_form_give_the_fields_that_were_signed(pairs: list[tuple[str, str]]) -> None:
    body = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs).encode()
    assert form_fields(body) == pairs


@given(raw=st.binary(max_size=60))
def test_bytes_that_are_no_text_are_signed_as_they_came(raw: bytes) -> None:
    """Twilio signs what it sends; nothing may be replaced on the way to the comparison."""
    escaped = "".join(f"%{byte:02X}" for byte in raw)
    fields = form_fields(f"Body={escaped}".encode())
    digest = hmac.digest(TOKEN.encode(), f"{BASE}/voice/incomingBody".encode() + raw, "sha1")
    check = SignatureCheck(public_base_url=BASE, tokens=(TOKEN,))
    given_signature = base64.b64encode(digest).decode()
    assert check.accepts(target="/voice/incoming", parameters=fields, body=None, given=given_signature)


def test_a_name_that_comes_twice_counts_once_for_each_value_it_has() -> None:
    pairs = [("A", "2"), ("A", "1"), ("A", "2"), ("B", "")]
    signed = RequestValidator(TOKEN).compute_signature(f"{BASE}/x", MultiDict(pairs))
    assert SignatureCheck(public_base_url=BASE, tokens=(TOKEN,)).accepts(
        target="/x", parameters=pairs, body=None, given=signed
    )


@given(data=st.dictionaries(st.text(max_size=5), st.text(max_size=5)), changed=st.booleans())
def test_a_json_body_is_judged_as_twilios_library_does(data: dict[str, str], changed: bool) -> None:
    body = json.dumps(data)
    target = f"/x?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    library = RequestValidator(TOKEN)
    signed = library.compute_signature(BASE + target, {})
    sent = body + " " if changed else body
    assert accepts(target, signed, body=sent.encode()) is library.validate(BASE + target, sent, signed)


# Tokens.


def test_the_second_token_is_good_as_well_and_a_third_is_not() -> None:
    second = RequestValidator("second").compute_signature(f"{BASE}/x", FORM_A)
    third = RequestValidator("third").compute_signature(f"{BASE}/x", FORM_A)
    assert accepts("/x", second, form=FORM_A, tokens=(TOKEN, "second"))
    assert not accepts("/x", third, form=FORM_A, tokens=(TOKEN, "second"))
    assert not accepts("/x", second, form=FORM_A)


def test_without_a_token_nothing_is_accepted() -> None:
    assert not accepts("/x", RequestValidator("").compute_signature(f"{BASE}/x", {}), tokens=())


@given(wrong=st.text(max_size=40))
def test_no_other_text_is_a_signature(wrong: str) -> None:
    assert not accepts("/voice/incoming", wrong, form=FORM_E) or wrong == "Wx5zdVBEttstuAD+L9S+6JTiEwE="


@pytest.mark.parametrize("at", range(28))
def test_a_signature_with_any_one_letter_changed_is_refused(at: int) -> None:
    good = "Wx5zdVBEttstuAD+L9S+6JTiEwE="
    assert not accepts("/voice/incoming", good[:at] + "~" + good[at + 1 :], form=FORM_E)
