"""What is drawn is in proportion, stays within its frame, and says nothing where there is nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.desk.charts import HEIGHT, HOTTEST, columns, line, parts, percent_ticks, warmth

NUMBERS = st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 9999)), min_size=1, max_size=100)


@given(NUMBERS)
def test_columns_stand_on_the_ground_one_upon_the_other_and_none_is_cut_off(stacks: list[tuple[int, int]]) -> None:
    drawn = columns({"low": [a for a, _ in stacks], "high": [b for _, b in stacks]}, [], [""] * len(stacks))
    top = float(drawn.ticks[-1].words.replace(",", ""))
    for column, (low, high) in zip(drawn.columns, stacks, strict=True):
        assert column.x >= 0
        assert column.x + column.width <= 100.01
        assert [each.kind for each in column.segments] == [kind for kind, n in (("low", low), ("high", high)) if n]
        tall = sum(each.height for each in column.segments)
        assert tall == pytest.approx((low + high) / top * HEIGHT, abs=0.05)
        ground = float(HEIGHT)
        for each in column.segments:
            assert each.y + each.height == pytest.approx(ground, abs=0.05)
            ground = each.y
        assert ground >= -0.01


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (0, ["0", "1"]),
        (1, ["0", "1"]),
        (3, ["0", "1", "2", "3"]),
        (7, ["0", "2", "4", "6", "8"]),
        (60, ["0", "20", "40", "60"]),
        (1300, ["0", "500", "1,000", "1,500"]),
    ],
)
def test_scales_have_few_round_numbers(most: int, ticks: list[str]) -> None:
    drawn = columns({"calls": [most]}, ["1 Nov"], [""])
    assert [tick.words for tick in drawn.ticks] == ticks
    assert drawn.ticks[0].y == HEIGHT
    assert drawn.ticks[-1].y == 0


def test_labels_are_few_and_never_leave_the_frame() -> None:
    drawn = columns({"calls": [1] * 90}, [str(day) for day in range(90)], [""] * 90)
    assert [label.words for label in drawn.labels] == ["0", "15", "30", "45", "60", "75"]
    assert (drawn.labels[0].anchor, drawn.labels[1].anchor) == ("start", "middle")
    assert columns({"calls": [1]}, ["only"], [""]).labels[0].anchor == "middle"
    assert columns({}, [], []).columns == ()


def test_a_line_is_broken_where_a_value_is_missing() -> None:
    drawn = line([0.0, 1.0, None, 0.5, None, 0.25, 0.25], ["a", "b", "", "c", "", "d", "e"])
    assert [point.words for point in drawn.points] == ["a", "b", "c", "d", "e"]
    assert [(stroke.y1, stroke.y2) for stroke in drawn.strokes] == [(HEIGHT, 0), (120, 120)]
    assert [tick.words for tick in percent_ticks()] == ["0%", "25%", "50%", "75%", "100%"]
    assert line([], []).points == ()


def test_parts_fill_the_whole_and_nothing_has_none() -> None:
    drawn = parts({"taken": 3, "declined": 0, "silent": 1})
    assert [(part.kind, part.start, part.width) for part in drawn] == [("taken", 0, 75), ("silent", 75, 25)]
    assert parts({"taken": 0}) == ()
    assert parts({}) == ()


@given(st.lists(st.lists(st.integers(0, 500), min_size=2, max_size=2), min_size=1, max_size=5))
def test_more_is_never_colder(rows: list[list[int]]) -> None:
    cells = sorted(
        (number, warm)
        for row, warms in zip(rows, warmth(rows), strict=True)
        for number, warm in zip(row, warms, strict=True)
    )
    assert [warm for _, warm in cells] == sorted(warm for _, warm in cells)
    most, hottest = cells[-1]
    assert hottest == (HOTTEST if most else 0)
    assert all((number == 0) == (warm == 0) for number, warm in cells)
