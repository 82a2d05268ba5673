"""No phone number is left in what is written down, wherever it stands; whatever is none stays as it is."""

import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.masking import masked, masked_text

NUMBER = re.compile(r"\d{3}\D{0,3}\d{4}")
WRITTEN = [
    "+18165550117",
    "18165550117",
    "8165550117",
    "816-555-0117",
    "816.555.0117",
    "816 555 0117",
    "+1 816 555 0117",
    "(816)555-0117",
    "(816) 555-0117",
    "555-0117",
    "tel:+18165550117",
    "From=+18165550117&To=x",
    "'+18165550117'",
    "<Number>+18165550117</Number>",
    "+18165550117, +18165550118",
    "+4930123456",
]


def digits(text: str) -> str:
    """The digits of a text, without those that stand for other characters in an address."""
    return re.sub(r"\D", "", re.sub(r"%(?:25)?[0-9A-Fa-f]{2}", "", text))


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("escaped", [str, quote, quote_plus, lambda text: quote(quote(text)), str.lower])
def test_a_number_is_masked_however_it_is_written(written: str, escaped: type[str]) -> None:
    text = masked_text(f"before {escaped(written)} after")
    assert digits(written)[-7:] not in digits(text), text
    assert digits(written)[:10] not in digits(text), text
    assert "•" in text
    assert text.startswith("before ")
    assert text.endswith(" after")


def test_the_last_two_digits_stay_to_tell_one_from_another() -> None:
    assert masked_text("rang +18165550117") == "rang •••••••••17"
    assert masked_text("/sms?From=%2B18165550117&To=x") == "/sms?From=%2B•••••••••17&To=x"


@pytest.mark.parametrize(
    "plain",
    [
        "",
        "no digits",
        "ticket 1042",
        "port 8000",
        "turn 12 of 20",
        "in 30 seconds",
        "2026-12-01T16:00:00.123456Z",
        "since 2026-12-01 16:00:00.123456+00:00",
        "order recording:RE12345678901234567890123456789012",
        "CA12345678901234567890123456789012",
        "schedules/on_call.yaml:31",
        "queue_joined",
    ],
)
def test_what_is_no_number_stays_as_it_is(plain: str) -> None:
    assert masked_text(plain) == plain
    assert masked(plain) == plain


def test_numbers_are_found_within_everything_that_holds_something() -> None:
    told = masked(
        {
            "numbers": ["+18165550117", ("816-555-0118", {"to": "%2B18165550119"})],
            "+18165550120": None,
            "body": b"To=%2B18165550121",
            "fault": ValueError("cannot dial +18165550122"),
            "some": frozenset({"+18165550123"}),
        }
    )
    assert told == {
        "numbers": ["•••••••••17", ["••••••••18", {"to": "%2B•••••••••19"}]],
        "•••••••••20": None,
        "body": "To=%2B•••••••••21",
        "fault": "cannot dial •••••••••22",
        "some": ["•••••••••23"],
    }


def test_what_holds_itself_comes_to_an_end() -> None:
    endless: list[object] = ["+18165550117"]
    endless.append(endless)
    assert not NUMBER.search(str(masked(endless)))


@pytest.mark.parametrize("plain", [7, 2.5, True, None, datetime(2026, 11, 28, tzinfo=UTC)])
def test_other_values_stay_what_they_are(plain: object) -> None:
    assert masked(plain) is plain
    assert masked(Path("a/b")) == "a/b"


@given(st.text(max_size=30), st.integers(0, 99), st.text(max_size=30))
def test_no_number_of_ours_gets_through_whatever_stands_around_it(before: str, last: int, after: str) -> None:
    number = f"+181655501{last:02}"
    for text in (f"{before} {number} {after}", urlencode({"a": before, "b": number, "c": after})):
        assert f"81655501{last:02}" not in masked_text(text)
