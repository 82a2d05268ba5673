"""Retries, time limits and redirects follow the connection overrides and nothing else."""

from collections.abc import Mapping
from urllib.parse import parse_qs

import pytest

from app.simulator import Reply, SignatureFault, Switches, WireDown
from app.simulator.courier import Courier, Delivered, Undelivered, overrides_of
from app.simulator.sids import Sids
from app.simulator.wire import Breakdown
from tests.app.simulator.desk import BASE, TOKEN

FINE = Reply(200, {"content-type": "text/xml"}, b"<Response/>")
REFUSED = WireDown(Breakdown.CONNECT, "refused")
NO_ROUTE = WireDown(Breakdown.CONNECT, "no answer to SYN", took_seconds=None)
HANGS = WireDown(Breakdown.READ, "hangs", took_seconds=None)
BROKEN = Reply(500, {}, b"oops")
MISSING = Reply(404, {}, b"")


class Lines:
    """A wire that gives prepared answers and keeps what was sent."""

    def __init__(self, *answers: Reply | WireDown) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, str, Mapping[str, str], bytes]] = []

    def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        self.sent.append((method, url, headers, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, WireDown):
            raise answer
        return answer


def deliver(lines: Lines, url: str, *, method: str = "POST", switches: Switches | None = None) -> Delivered:
    courier = Courier(lines, auth_token=TOKEN, switches=switches or Switches(), sids=Sids(1))
    outgoing = courier.outgoing(method, url, {"Digits": "1", "From": "+18165550117"})
    return courier.deliver(outgoing, lambda *_: None)


@pytest.mark.parametrize(
    ("fragment", "answers", "attempts", "code", "took"),
    [
        ("", [FINE], 1, None, 0.0),
        ("", [REFUSED, FINE], 2, None, 0.0),
        ("", [REFUSED], 2, "11205", 0.0),
        ("", [NO_ROUTE], 2, "11205", 10.0),
        ("", [HANGS], 1, "11205", 15.0),
        ("", [BROKEN, FINE], 1, "11200", 0.0),
        ("", [MISSING, FINE], 1, "11200", 0.0),
        ("", [WireDown(Breakdown.TLS, "expired")], 2, "11220", 0.0),
        ("", [WireDown(Breakdown.PROTOCOL, "nonsense")], 1, "11206", 0.0),
        ("#rc=0", [REFUSED, FINE], 1, "11205", 0.0),
        ("#rc=3", [REFUSED, REFUSED, REFUSED, FINE], 4, None, 0.0),
        ("#rc=2&rp=5xx", [BROKEN, BROKEN, FINE], 3, None, 0.0),
        ("#rc=2&rp=5xx", [REFUSED, FINE], 1, "11205", 0.0),
        ("#rp=4xx", [MISSING, FINE], 2, None, 0.0),
        ("#rp=all", [BROKEN, FINE], 2, None, 0.0),
        ("#rc=5&rp=rt&rt=4000", [HANGS], 4, "11205", 15.0),
        ("#rc=2&rp=rt&rt=3000&tt=5000", [HANGS], 2, "11205", 5.0),
        ("#rt=2000", [Reply(200, {}, b"", took_seconds=2.5)], 1, "11205", 2.0),
        ("#rc=9", [REFUSED], 2, "11205", 0.0),
    ],
)
def test_attempts(fragment: str, answers: list[Reply | WireDown], attempts: int, code: str | None, took: float) -> None:
    lines = Lines(*answers)
    if code is None:
        assert deliver(lines, f"{BASE}/voice{fragment}").took_seconds == took
    else:
        with pytest.raises(Undelivered) as lost:
            deliver(lines, f"{BASE}/voice{fragment}")
        assert (lost.value.code, lost.value.took_seconds) == (code, took)
    assert len(lines.sent) == attempts
    assert {url for _, url, _, _ in lines.sent} == {f"{BASE}/voice"}
    assert len({headers["I-Twilio-Idempotency-Token"] for _, _, headers, _ in lines.sent}) == 1


def test_the_error_code_of_a_500_is_a_switch() -> None:
    with pytest.raises(Undelivered) as lost:
        deliver(Lines(BROKEN), BASE, switches=Switches(server_error_code="11217"))
    assert lost.value.code == "11217"


def test_two_requests_have_two_tokens() -> None:
    courier = Courier(Lines(FINE), auth_token=TOKEN, switches=Switches(), sids=Sids(1))
    assert courier.outgoing("POST", BASE, {}).token != courier.outgoing("POST", BASE, {}).token


def test_a_get_carries_its_parameters_in_the_query() -> None:
    lines = Lines(FINE)
    delivered = deliver(lines, f"{BASE}/voice?a=%7Cb", method="GET")
    method, url, headers, body = lines.sent[0]
    assert (method, url, body) == ("GET", f"{BASE}/voice?a=%7Cb&Digits=1&From=%2B18165550117", b"")
    assert "Content-Type" not in headers
    assert delivered.url == f"{BASE}/voice?a=%7Cb"


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [
        (302, "GET", {}),
        (301, "GET", {}),
        (307, "POST", {"Digits": ["1"], "From": ["+18165550117"]}),
        (308, "POST", {"Digits": ["1"], "From": ["+18165550117"]}),
    ],
)
def test_redirects_are_followed_and_signed_anew(status: int, method: str, body: dict[str, list[str]]) -> None:
    lines = Lines(Reply(status, {"location": "../other"}, b""), FINE)
    deliver(lines, f"{BASE}/voice/in")
    again = lines.sent[1]
    assert again[0] == method
    assert again[1].startswith(f"{BASE}/other")
    assert parse_qs(again[3].decode()) == body
    assert again[2]["X-Twilio-Signature"] != lines.sent[0][2]["X-Twilio-Signature"]


def test_eleven_redirects_are_too_many() -> None:
    with pytest.raises(Undelivered) as lost:
        deliver(Lines(Reply(302, {"location": "/again"}, b"")), BASE)
    assert lost.value.code == "11215"


@pytest.mark.parametrize("fault", SignatureFault)
def test_signatures_can_be_wrong_or_missing(fault: SignatureFault) -> None:
    right, lines = Lines(FINE), Lines(FINE)
    deliver(right, BASE)
    deliver(lines, BASE, switches=Switches(signature=fault))
    given = lines.sent[0][2].get("X-Twilio-Signature")
    assert (given is None) == (fault is SignatureFault.MISSING)
    assert (given == right.sent[0][2]["X-Twilio-Signature"]) == (fault is SignatureFault.NONE)


def test_overrides_are_read_from_the_fragment() -> None:
    overrides = overrides_of("https://x.example/voice#rc=2&rp=5xx,ct,rt&ct=1500&rt=3000&tt=14000&e=dublin")
    assert (overrides.retries, overrides.connect_seconds, overrides.read_seconds) == (2, 1.5, 3.0)
    assert overrides.total_seconds == 14.0
    assert overrides.retry_on == {"5xx", "ct", "rt"}
