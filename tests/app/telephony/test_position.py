"""Position tokens: what is written is read again, what was touched is not believed, and nothing personal is inside."""

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.flow.messages import Position
from app.telephony.position import PositionTokens
from oncall import Priority

TOKENS = PositionTokens("a secret for tests only")
NAMES = st.text(min_size=1, max_size=24)
EPOCH = st.integers(0, 4_102_444_800)
POSITIONS = st.builds(
    Position,
    line=NAMES,
    flow=NAMES,
    node=NAMES,
    turn=st.integers(0, 4_000_000),
    revision=st.text("0123456789abcdef", min_size=1, max_size=12),
    started_at=EPOCH,
    entered_at=EPOCH,
    rung=st.integers(0, 99),
    tries=st.integers(0, 9),
    priority=st.sampled_from([None, *Priority]),
    language=st.sampled_from(["en", "es"]),
)
HERE = Position(
    line="alternate",
    flow="main",
    node="emergency-after-hours",
    turn=4,
    revision="4be1c0ffee",
    started_at=1_796_140_800,
    entered_at=1_796_140_826,
    rung=2,
    priority=Priority.EMERGENCY,
)


@given(position=POSITIONS)
def test_a_position_comes_back_as_it_was_written(position: Position) -> None:
    assert TOKENS.read(TOKENS.write(position)) == position


@given(position=POSITIONS)
def test_a_token_stands_in_an_address_as_it_is(position: Position) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]+", TOKENS.write(position))


def test_a_token_is_short() -> None:
    assert len(TOKENS.write(HERE)) < 250


@pytest.mark.parametrize("at", range(len(TOKENS.write(HERE))))
def test_a_token_with_any_one_letter_changed_leads_nowhere_else(at: int) -> None:
    """Base64 can write one signature in a few ways; all of them are still the signature of the same position."""
    token = TOKENS.write(HERE)
    in_signature = at > token.rindex(".")
    for letter in "AZaz09-_.~/\0é ":
        touched = token[:at] + letter + token[at + 1 :]
        assert TOKENS.read(touched) in ({None, HERE} if in_signature or touched == token else {None}), touched


@pytest.mark.parametrize("length", range(0, len(TOKENS.write(HERE)), 3))
def test_a_token_cut_short_is_not_read(length: int) -> None:
    assert TOKENS.read(TOKENS.write(HERE)[:length]) is None


@given(text=st.one_of(st.text(max_size=80), st.binary(max_size=80).map(lambda raw: raw.decode("latin-1"))))
def test_no_other_text_is_a_position(text: str) -> None:
    assert TOKENS.read(text) is None


def test_the_parts_of_two_tokens_do_not_make_a_third() -> None:
    one, other = TOKENS.write(HERE), TOKENS.write(replace(HERE, node="goodbye"))
    assert TOKENS.read(one.rpartition(".")[0] + "." + other.rpartition(".")[2]) is None


def test_a_token_of_another_secret_is_not_read() -> None:
    assert PositionTokens("another secret").read(TOKENS.write(HERE)) is None


def test_a_signed_text_of_another_shape_is_not_read() -> None:
    """As from another release of the service: better the first node again than a guess."""
    for content in (b"[]", b"{}", b"null", b"[1,2,3]", b"not json", b"\xff", b'["a","b"]'):
        packed = base64.urlsafe_b64encode(content).rstrip(b"=")
        assert TOKENS.read(TOKENS._signer.sign(packed).decode()) is None


def test_nothing_in_a_token_is_a_number_or_a_name() -> None:
    token = TOKENS.write(HERE)
    content = base64.urlsafe_b64decode(token.partition(".")[0] + "==").decode()
    assert not re.search(r"\+\d|816\D?\d{3}", content)
    assert "White" not in content
    known = {*map(str, (HERE.line, HERE.flow, HERE.node, HERE.revision, HERE.priority, HERE.language))}
    assert set(re.findall(r'"([^"]*)"', content)) - {""} <= known


def test_the_instants_in_a_token_are_whole_seconds_of_utc() -> None:
    read = TOKENS.read(TOKENS.write(HERE))
    assert read is not None
    assert datetime.fromtimestamp(read.entered_at, tz=UTC).isoformat() == "2026-12-01T16:00:26+00:00"
