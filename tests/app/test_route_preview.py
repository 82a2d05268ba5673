"""A call that is only thought through does what the same call does when it is played."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.config.snapshot import Snapshot, load
from app.flow.book import FlowBook
from app.flow.nodes import Collected, CollectNode, Flow, GoNode, HangupNode, Line, MenuNode, Node, Option, PlayNode
from app.route_preview import STEP_LIMIT, Step, key_entries, line_called, preview
from app.simulator.handsets import ignore
from oncall import Priority, Source
from tests.desk import ALTERNATE, CONFIG, MAIN, SATURDAY_NIGHT, THANKSGIVING, TUESDAY_MORNING, Desk

HERE = Source("ivr_flows/test.yaml", 3)
SHIPPED = load(CONFIG)


def steps(keys: str, *, at: str = TUESDAY_MORNING, snapshot: Snapshot = SHIPPED) -> list[Step]:
    line = next(iter(snapshot.book.lines.values()))
    return preview(snapshot, line=line, at=datetime.fromisoformat(at), keys=key_entries(keys))


def with_flow(nodes: Mapping[str, Node], *, start: str = "first", on_error: str = "bye") -> Snapshot:
    """The shipped roster with one flow made of these nodes."""
    bye = HangupNode(source=HERE)
    flow = Flow(name="test", start=start, on_error=on_error, nodes={"bye": bye, **nodes}, source=HERE)
    line = Line(name="main", title="main line", number=MAIN, flow="test", priority=Priority.HIGH, source=HERE)
    book = FlowBook(revision="r", lines={"main": line}, flows={"test": flow}, prompts=SHIPPED.book.prompts)
    return Snapshot(revision="r", roster=SHIPPED.roster, book=book, loaded_from="test")


def does(found: Sequence[Step]) -> list[str]:
    return [step.does for step in found]


def rung(found: Sequence[Step]) -> list[str]:
    """Whose phones ring, in order, outside parties by their title."""
    rings = [each.removeprefix("rings ").rpartition(" for ")[0] for each in does(found) if each.startswith("rings ")]
    return rings + [each.removeprefix("connects ") for each in does(found) if each.startswith("connects ")]


@pytest.mark.parametrize("at", [TUESDAY_MORNING, SATURDAY_NIGHT, THANKSGIVING])
@pytest.mark.parametrize("keys", ["", "1", "2", "0", "9,1", "-,-", "3,123#"])
@pytest.mark.parametrize("number", [MAIN, ALTERNATE])
def test_it_rings_whom_the_played_call_rings(desk: Desk, number: str, at: str, keys: str) -> None:
    desk.everybody(ignore())
    played = desk.dials(number, at=at, keys=keys)
    line = SHIPPED.book.line_for(number)
    found = preview(SHIPPED, line=line, at=datetime.fromisoformat(at), keys=key_entries(keys))
    titles = {party.name: party.title for party in SHIPPED.roster.outside_parties.values()}
    assert rung(found) == [titles.get(name, name) for name in played.rang()]
    told = [entry.because for entry in played.timeline if entry.fact in {"hours_checked", "keys_pressed"}]
    because = [step.because for step in found]
    assert [each for each in because if each in told] == told


def test_the_whole_ladder_shows_and_then_the_answering_service_and_the_message() -> None:
    found = does(steps("1", at=SATURDAY_NIGHT))
    assert found[0] == "a call arrives"
    assert "looks at business hours desk: closed" in found
    assert "asks for a key (1, 0, 8)" in found
    assert "key 1 pressed" in found
    assert "becomes priority emergency" in found
    assert "rings Jamison White for 25 seconds" in found
    assert "Jamison White does not take it" in found
    ending = [each for each in found[found.index("connects After-hours answering service") :] if "says" not in each]
    assert ending == [
        "connects After-hours answering service",
        "ends there",
        "After-hours answering service is busy",
        "takes a message",
        "a message of 20 seconds is left",
        "hangs up",
    ]


def test_a_holiday_is_named() -> None:
    assert "looks at business hours desk: closed, Thanksgiving Day" in does(steps("", at=THANKSGIVING))


def test_each_step_says_why_and_where_that_is_written() -> None:
    for step in steps("1", at=SATURDAY_NIGHT):
        assert step.because
        assert step.source is not None
        file, _, line = step.source.rpartition(":")
        assert (CONFIG / file).is_file()
        assert int(line) > 0


def test_who_is_left_out_is_told_with_the_reason() -> None:
    [chosen] = [step for step in steps("2") if step.does.startswith("will ring")]
    assert "left out: " in chosen.because


def test_time_passes_with_speech_ringing_and_silence() -> None:
    found = steps("", at=SATURDAY_NIGHT)
    greeting = next(step for step in found if step.does.startswith("says"))
    after = found[found.index(greeting) + 1]
    assert after.at - greeting.at == timedelta(seconds=round((len(greeting.does) - len('says ""')) * 0.07))
    asked = next(step for step in found if step.does.startswith("asks for a key"))
    assert found[found.index(asked) + 1].at - asked.at == timedelta(seconds=5)
    rings = [step for step in steps("1", at=SATURDAY_NIGHT) if step.does == "rings Jamison White for 25 seconds"]
    assert rings[1].at - rings[0].at >= timedelta(seconds=25)


def test_an_instant_of_another_zone_is_told_in_utc() -> None:
    assert steps("", at="2026-11-28T03:00:00.750000-06:00")[0].at.isoformat() == "2026-11-28T09:00:00+00:00"


def test_digits_are_asked_for_and_keyed() -> None:
    snapshot = with_flow(
        {
            "first": CollectNode(
                prompt="accept",
                into=Collected.CALLBACK_NUMBER,
                next="bye",
                otherwise="bye",
                min_digits=10,
                max_digits=11,
                source=HERE,
            )
        }
    )
    assert does(steps("8165550117#,1", snapshot=snapshot))[2:4] == ["asks for 10 to 11 digits", "+18165550117 keyed"]
    assert does(steps("12345#,", snapshot=snapshot))[3] == "key 12345 pressed, which is not asked for"
    assert does(steps("#,#", snapshot=snapshot))[3] == "no key pressed"


def test_the_hash_key_is_a_key_of_a_menu() -> None:
    menu = MenuNode(prompt="accept", options={"#": Option(go="bye", source=HERE)}, otherwise="first", source=HERE)
    assert "key # pressed" in does(steps("#", snapshot=with_flow({"first": menu})))


def test_a_call_that_goes_round_for_ever_is_cut_off() -> None:
    menu = MenuNode(prompt="accept", options={}, otherwise="first", source=HERE)
    found = steps("", snapshot=with_flow({"first": menu}))
    assert len(found) == STEP_LIMIT
    assert found[-1].does == "goes on and on"


def test_faults_lead_where_they_lead_a_caller() -> None:
    nodes: dict[str, Node] = {"first": PlayNode(audio="https://desk.example.org/a.mp3", next="lost", source=HERE)}
    found = does(steps("", snapshot=with_flow(nodes, on_error="nowhere")))
    assert found[1:3] == ["plays https://desk.example.org/a.mp3", "meets a fault"]
    assert found[-1] == "hangs up"
    looped: dict[str, Node] = {"first": GoNode(flow="test", node="first", source=HERE)}
    assert does(steps("", snapshot=with_flow(looped)))[-1] == "hangs up"


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("", ()),
        ("12", ("1", "2")),
        ("-1", ("-", "1")),
        ("1,2", ("1", "2")),
        ("8165550117#,1", ("8165550117#", "1")),
        ("1,", ("1", "-")),
    ],
)
def test_keys_are_read_one_entry_a_prompt(text: str, entries: tuple[str, ...]) -> None:
    assert key_entries(text) == entries


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("main", "main"),
        (MAIN, "main"),
        ("816-232-7483", "main"),
        (" 18166760434", "alternate"),
        ("(816) 676.0434", "alternate"),
        ("676-0434", None),
        ("+18165550100", None),
        ("Main", None),
        ("", None),
        ("main 816-232-7483", None),
    ],
)
def test_a_line_is_known_by_name_or_number(text: str, name: str | None) -> None:
    line = line_called(SHIPPED.book, text)
    assert (None if line is None else line.name) == name


@settings(max_examples=60, deadline=None)
@given(
    at=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1)),  # noqa: DTZ001 (made aware below)
    keys=st.text(alphabet="0123456789*#-,", max_size=12),
)
def test_whatever_is_pressed_whenever_it_comes_to_an_end(at: datetime, keys: str) -> None:
    found = steps(keys, at=f"{at.isoformat()}+00:00")
    assert found[-1].does == "hangs up"
    assert all(before.at <= after.at for before, after in pairwise(found))
