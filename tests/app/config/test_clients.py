"""schedules/clients.yaml: whose number it is, and what follows from that."""

import pytest

from app.config.snapshot import Snapshot
from oncall import Priority
from tests.app.config.configurations import built, with_changes
from tests.app.config.configurations import found as problems_of

CLIENTS = "schedules/clients.yaml"
ENGLISH = "ivr_flows/prompts/en.yaml"
SPANISH = "ivr_flows/prompts/es.yaml"
TEXT = """
clients:
  clinic:
    title: Clinic
    priority_floor: medium
    language: es
    sites:
      range: {numbers: ["+1816555xxxx"], shared: true}
      corridor: {numbers: ["+1816555017x"], priority_floor: high}
      desk: {numbers: ["+18165550175"], language: en, greeting: hello}
block:
  - {number: "+19135550199", reason: rings every night}
"""
SPANISH_TEXT = "language: es-US\nprompts: {welcome: Hola.}\n"


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    english = with_changes({}).contents[ENGLISH].decode() + "  hello: Hello, clinic.\n"
    return built({CLIENTS: TEXT, SPANISH: SPANISH_TEXT, ENGLISH: english})


@pytest.mark.parametrize(
    ("caller", "site"),
    [
        ("+18165550175", "desk"),
        ("+18165550174", "corridor"),
        ("+18165550160", "range"),
        ("+19135550160", None),
        ("+181655501745", None),
        ("+1816555017", None),
        ("", None),
        ("+1", None),
    ],
)
def test_a_number_alone_wins_over_a_range_and_a_small_range_over_a_large_one(
    snapshot: Snapshot, caller: str, site: str | None
) -> None:
    client = snapshot.book.callers.client(caller)
    assert (client.site if client else None) == site


def test_a_site_differs_from_its_client_only_where_it_says_so(snapshot: Snapshot) -> None:
    found = [snapshot.book.callers.client(caller) for caller in ("+18165550160", "+18165550174", "+18165550175")]
    told = [(each.priority_floor, each.language, each.greeting, each.shared) for each in found if each]
    assert told == [
        (Priority.MEDIUM, "es", None, True),
        (Priority.HIGH, "es", None, False),
        (Priority.MEDIUM, "en", "hello", False),
    ]
    assert [str(each.source) for each in found if each] == [f"{CLIENTS}:{line}" for line in (8, 9, 10)]


def test_only_the_very_number_is_blocked(snapshot: Snapshot) -> None:
    blocked = snapshot.book.callers.blocked
    assert list(blocked) == ["+19135550199"]
    assert blocked["+19135550199"].reason == "rings every night"


def test_the_greeting_of_a_client_is_a_prompt_that_is_used(snapshot: Snapshot) -> None:
    assert [each for each in snapshot.warnings if "hello: no node" in each.message] == []


def test_without_the_file_nobody_is_known() -> None:
    callers = built({}).book.callers
    assert (callers.numbers, callers.ranges, callers.blocked) == ({}, {}, {})


def test_a_file_that_says_nothing_yet_is_good() -> None:
    assert problems_of(with_changes({CLIENTS: "clients: {}\nblock: []\n"})) == ()


def test_a_prompt_file_that_cannot_be_read_makes_no_language_unknown() -> None:
    told = problems_of(with_changes({CLIENTS: TEXT.replace(", greeting: hello", ""), SPANISH: "language: ["}))
    assert {problem.file for problem in told} == {SPANISH}
