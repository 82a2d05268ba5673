"""Every class of fault: a configuration with it, and word for word everything that is said about it.

`bad/<name>/` holds the files that replace those of `good/`; `bad/<name>.txt` is the whole list of problems.
With GOLDEN=write in the environment the lists are written anew; read the difference before keeping it.
"""

import os
from pathlib import Path

import pytest

from app.config.folder import Files, read_folder
from tests.app.config.configurations import BAD, good_files
from tests.app.config.configurations import found as problems_of

CASES = sorted(path.name for path in BAD.iterdir() if path.is_dir())


def told(case: str) -> str:
    replaced = read_folder(BAD / case)
    files = Files({**good_files(), **replaced.contents}, replaced.problems)
    return "".join(f"{problem}\n" for problem in problems_of(files))


@pytest.mark.parametrize("case", CASES)
def test_a_bad_file_is_told_with_place_and_remedy(case: str) -> None:
    expected = Path(f"{BAD / case}.txt")
    if os.environ.get("GOLDEN") == "write":
        expected.write_text(told(case), encoding="utf-8")
    assert told(case) == expected.read_text(encoding="utf-8")
    assert told(case), "a case in which nothing is wrong tests nothing"


def test_every_list_has_its_case() -> None:
    assert sorted(path.stem for path in BAD.glob("*.txt")) == CASES


def test_the_good_configuration_has_nothing_to_be_told() -> None:
    assert problems_of(Files(good_files())) == ()
