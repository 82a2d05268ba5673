"""The log: one event a line, in the format asked for, and no phone number whatever puts one there.

How numbers are found is test_masking's.
"""

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from app.logs import mask_numbers

NUMBER = re.compile(r"\d{3}[-. ]?\d{4}")


def test_every_text_of_an_event_is_masked_and_its_call_and_time_stay() -> None:
    event: dict[str, Any] = {
        "event": "rang +18165550117",
        "reason": "no answer from 816-555-0118",
        "exception": "Traceback …\nValueError: +18165550119",
        "call_sid": "CA12345678901234567890123456789012",
        "timestamp": "2026-12-01T16:00:00.123456Z",
        "turn": 12,
        "problems": ["staff.yaml:14:3: 816-555-0117 is wrong", {"to": "+18165550118"}],
    }
    told = mask_numbers(None, "info", dict(event))
    assert not NUMBER.search(" ".join(str(told[name]) for name in ("event", "reason", "exception", "problems")))
    assert (told["call_sid"], told["timestamp"], told["turn"]) == (event["call_sid"], event["timestamp"], 12)


PROGRAM = """
import logging
import structlog
from app.logs import configure_logs
heard = []
configure_logs({form!r}, about=lambda: {{"route": "/voice/status", "turn": 7}}, told=lambda *told: heard.append(told))
log = structlog.get_logger("test")
log.debug("not_told")
log.info("rang", number="+18165550117", turn=3)
try:
    raise ValueError("cannot dial +18165550118")
except ValueError:
    log.exception("failed")
with structlog.contextvars.bound_contextvars(ticket=1042):
    log.warning("order_again")
logging.getLogger("a.library").warning("cannot reach %s", "+18165550119")
logging.getLogger("a.library").info("not told either")
log.info("heard", of=heard)
"""


def written_by_a_process(form: str) -> str:
    """What a process logs on its error stream; its own process, because logging is set up once for all."""
    done = subprocess.run(  # noqa: S603 (our own interpreter and text)
        [sys.executable, "-c", PROGRAM.format(form=form)], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return done.stderr


def test_json_is_one_object_a_line_with_a_level_and_an_instant_in_utc() -> None:
    first, second, *_ = map(json.loads, written_by_a_process("json").splitlines())
    assert (first["event"], first["level"], first["turn"]) == ("rang", "info", 3)
    assert first["timestamp"].endswith("Z")
    assert second["level"] == "error"
    assert "ValueError" in second["exception"]


def test_a_line_has_what_is_known_of_its_circumstances_unless_it_says_so_itself() -> None:
    first, second, third, *_ = map(json.loads, written_by_a_process("json").splitlines())
    assert [line["route"] for line in (first, second, third)] == ["/voice/status"] * 3
    assert (first["turn"], second["turn"]) == (3, 7)
    assert third["ticket"] == 1042


def test_what_libraries_warn_of_comes_out_as_our_own_lines_do() -> None:
    *_, library, _heard = map(json.loads, written_by_a_process("json").splitlines())
    assert (library["event"], library["level"]) == ("cannot reach •••••••••19", "warning")
    assert library["timestamp"].endswith("Z")


def test_whoever_counts_lines_hears_of_each_and_of_no_sentence() -> None:
    *_, heard = map(json.loads, written_by_a_process("json").splitlines())
    told = [
        ["rang", "info"],
        ["failed", "error"],
        ["order_again", "warning"],
        ["library", "warning"],
        ["heard", "info"],
    ]
    assert heard["of"] == told


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_format_shows_a_number_not_even_in_a_traceback(form: str) -> None:
    text = written_by_a_process(form)
    assert "rang" in text
    assert "cannot dial" in text
    assert "cannot reach" in text
    assert not re.search(r"816\D?555", text)
    assert "not_told" not in text
    assert "not told either" not in text


def test_a_disk_that_takes_no_more_lines_costs_lines_and_nothing_else() -> None:
    code = "import structlog, app.logs; app.logs.configure_logs('json'); structlog.get_logger().info('x'); print('on')"
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device, which is always full
        done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=full, text=True, check=False)  # noqa: S603 (our own code)
    assert done.stdout == "on\n"
