"""Whatever somebody types, the answer is a configuration or a list of problems, never a crash."""

from hypothesis import given, settings
from hypothesis import strategies as st

from app.config.folder import Files
from app.config.problems import ConfigError, Problem
from app.config.source import parse
from tests.app.config.configurations import found, good_files

YAML_SIGNS = st.sampled_from(
    [
        *"{}[]:,-#&*!|>'\"%@`?~<\t\n \\01",
        ": ",
        "- ",
        "\n  ",
        "\n    ",
        "---\n",
        "...\n",
        "<<: ",
        "a",
        "é",
        "\ufeff",
        "\x00",
    ]
)
TYPED = st.lists(YAML_SIGNS, max_size=40).map("".join)
GOOD = good_files()
NAMELESS = Problem("", 0, 0, "")


def faults(data: bytes) -> tuple[Problem, ...]:
    """What is wrong with a text; nothing when it can be read."""
    try:
        parse(data, "a.yaml")
    except ConfigError as error:
        return error.problems or (NAMELESS,)
    return ()


@given(text=TYPED)
def test_any_text_is_read_or_refused(text: str) -> None:
    for problem in faults(text.encode()):
        assert problem.message
        assert problem.line >= 1
        assert problem.column >= 1


@given(data=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert NAMELESS not in faults(data)


@settings(deadline=None)
@given(
    name=st.sampled_from([name for name in GOOD if name.startswith("ivr_flows/")]),
    start=st.integers(0, 600),
    length=st.integers(0, 40),
    typed=TYPED,
)
def test_any_edit_of_a_good_configuration_is_good_or_told(name: str, start: int, length: int, typed: str) -> None:
    text = GOOD[name].decode()
    edited = text[:start] + typed + text[start + length :]
    for problem in found(Files({**GOOD, name: edited.encode()})):
        lines = edited.count("\n") + 2
        assert problem.file != name or 1 <= problem.line <= lines
