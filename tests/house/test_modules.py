"""How every module of the product looks, whatever it is about."""

import ast
import re
from pathlib import PurePosixPath

import pytest

from tests.house import tree

LONGEST_FUNCTION = 60
LONGEST_MODULE = 450
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
# In two halves, so that this file does not find itself.
LEFT_FOR_LATER = re.compile("|".join(rf"\b{one}{other}\b" for one, other in (("TO", "DO"), ("FIX", "ME"), ("XX", "X"))))


@pytest.mark.parametrize("name", tree.modules())
def test_a_module_opens_with_a_sentence_about_itself(name: str) -> None:
    sentence = ast.get_docstring(tree.parsed(name))
    assert sentence, f"{name} has no docstring: say what it knows and what it refuses to know"
    assert sentence.partition("\n\n")[0].endswith((".", "?")), (
        f"{name}: its first words are no sentence: {sentence[:60]!r}"
    )


def test_no_module_has_a_name_that_says_nothing() -> None:
    named = [name for name in tree.files() if name.endswith(".py") and PurePosixPath(name).stem in SAYS_NOTHING]
    assert named == []


def test_nothing_is_left_for_later() -> None:
    marks = [
        f"{name}:{number}"
        for name in tree.files()
        if not name.endswith(".lock")
        for number, line in enumerate(tree.text(name).splitlines(), 1)
        if LEFT_FOR_LATER.search(line)
    ]
    assert marks == []


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{name}:{node.lineno} {node.name} has {length} lines"
        for name in tree.modules()
        for node in ast.walk(tree.parsed(name))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert long == []


def test_no_module_keeps_two_secrets() -> None:
    """Blank lines are not counted."""
    lengths = {name: sum(1 for line in tree.text(name).splitlines() if line.strip()) for name in tree.modules()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}
