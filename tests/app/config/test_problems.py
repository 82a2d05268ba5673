"""How problems are shown, ordered and guessed at."""

import pytest

from app.config.problems import ConfigError, Problem, Severity, did_you_mean


def test_a_problem_can_be_clicked_on_in_an_editor() -> None:
    assert str(Problem("ivr_flows/main.yaml", 14, 9, "what is wrong")) == "ivr_flows/main.yaml:14:9: what is wrong"


def test_a_warning_says_that_it_is_one() -> None:
    assert str(Problem("a.yaml", 1, 2, "odd", Severity.WARNING)) == "a.yaml:1:2: warning: odd"


def test_an_error_tells_its_problems_in_reading_order_and_each_once() -> None:
    later, earlier = Problem("a.yaml", 10, 1, "later"), Problem("a.yaml", 9, 30, "earlier")
    other_file = Problem("b.yaml", 1, 1, "other file")
    error = ConfigError([other_file, later, earlier, later])
    assert error.problems == (earlier, later, other_file)
    assert str(error).splitlines()[0] == "a.yaml:9:30: earlier"


@pytest.mark.parametrize(
    ("name", "candidates", "ending"),
    [
        ("billling", ["billing", "desk"], '; did you mean "billing"?'),
        ("Jamison Whit", ["Jamison White", "Lasha Dalakishvili"], '; did you mean "Jamison White"?'),
        ("DESK", ["desk"], '; did you mean "desk"?'),
        ("xyz", ["billing", "desk"], "; there are: billing, desk"),
        ("xyz", ["desk"], "; there is: desk"),
        ("xyz", [], ""),
        ("xyz", [f"name-{number}" for number in range(40)], ""),
    ],
)
def test_an_unknown_name_is_guessed_at_or_the_few_known_ones_are_listed(
    name: str, candidates: list[str], ending: str
) -> None:
    assert did_you_mean(name, candidates) == ending
