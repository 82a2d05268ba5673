"""The log: one event a line, in the format asked for, and no phone number whatever puts one there."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from app.logs import mask_numbers

NUMBER = re.compile(r"\d{3}[-. ]?\d{4}")


def masked(text: str) -> str:
    return str(mask_numbers(None, "info", {"event": "x", "text": text})["text"])


@pytest.mark.parametrize(
    "written",
    [
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
    ],
)
def test_a_number_is_masked_however_it_is_written(written: str) -> None:
    assert not NUMBER.search(masked(f"before {written} after")), masked(written)
    assert "•" in masked(written)


def test_the_last_two_digits_stay_to_tell_one_from_another() -> None:
    assert masked("rang +18165550117") == "rang •••••••••17"


@pytest.mark.parametrize("plain", ["", "no digits", "ticket 1042", "port 8000", "turn 12 of 20", "in 30 seconds"])
def test_what_is_no_number_stays_as_it_is(plain: str) -> None:
    assert masked(plain) == plain


def test_every_text_of_an_event_is_masked_and_its_call_and_time_stay() -> None:
    event: dict[str, Any] = {
        "event": "rang +18165550117",
        "reason": "no answer from 816-555-0118",
        "exception": "Traceback …\nValueError: +18165550119",
        "call_sid": "CA12345678901234567890123456789012",
        "timestamp": "2026-12-01T16:00:00.123456Z",
        "turn": 12,
    }
    told = mask_numbers(None, "info", dict(event))
    assert not NUMBER.search(" ".join(str(told[name]) for name in ("event", "reason", "exception")))
    assert (told["call_sid"], told["timestamp"], told["turn"]) == (event["call_sid"], event["timestamp"], 12)


PROGRAM = """
import structlog
from app.logs import configure_logs
configure_logs({form!r})
log = structlog.get_logger("test")
log.debug("not_told")
log.info("rang", number="+18165550117", turn=3)
try:
    raise ValueError("cannot dial +18165550118")
except ValueError:
    log.exception("failed")
"""


def written_by_a_process(form: str) -> str:
    """What a process logs on its error stream; its own process, because logging is set up once for all."""
    done = subprocess.run(  # noqa: S603 (our own interpreter and text)
        [sys.executable, "-c", PROGRAM.format(form=form)], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return done.stderr


def test_json_is_one_object_a_line_with_a_level_and_an_instant_in_utc() -> None:
    first, second = map(json.loads, written_by_a_process("json").splitlines())
    assert (first["event"], first["level"], first["turn"]) == ("rang", "info", 3)
    assert first["timestamp"].endswith("Z")
    assert second["level"] == "error"
    assert "ValueError" in second["exception"]


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_format_shows_a_number_not_even_in_a_traceback(form: str) -> None:
    text = written_by_a_process(form)
    assert "rang" in text
    assert "cannot dial" in text
    assert not re.search(r"816\D?555", text)
    assert "not_told" not in text
