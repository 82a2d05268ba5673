"""What a file is read into: text only, with places; and what is refused before anybody looks at its meaning."""

import pytest

from app.config.problems import ConfigError
from app.config.source import MAX_BYTES, MAX_NESTING, Document, parse
from app.config.syntax import Place


def read(text: str) -> Document:
    return parse(text.encode(), "a.yaml")


def faults(data: bytes) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        parse(data, "a.yaml")
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize(
    "text", ["17:30", "08:00", "+18165550100", "NO", "0123", "1e3", "~", "null", "2026-11-26", "true", "0x10", ".5"]
)
def test_every_value_stays_the_text_that_was_written(text: str) -> None:
    assert read(f"key: {text}").tree == {"key": text}


@pytest.mark.parametrize("key", ["1", "on", "no", "null", "2026-11-26", "3.0"])
def test_every_key_stays_the_text_that_was_written(key: str) -> None:
    assert read(f"{key}: x").tree == {key: "x"}


def test_what_is_left_empty_is_an_empty_text() -> None:
    assert read("a:\nb: [x, '']").tree == {"a": "", "b": ["x", ""]}


def test_keys_values_and_list_entries_have_their_places() -> None:
    document = read("first: 1\nouter:\n  inner:\n    - a\n    - {deep: text}\n")
    assert document.place(("first",)) == Place(1, 8)
    assert document.place(("first",), key=True) == Place(1, 1)
    assert document.place(("outer", "inner")) == Place(3, 3), "a mapping or list is found by its key"
    assert document.place(("outer", "inner", 1)) == Place(5, 7)
    assert document.place(("outer", "inner", 1, "deep")) == Place(5, 14)


def test_what_is_not_in_the_file_has_the_place_of_the_nearest_part_that_is() -> None:
    document = read("outer:\n  inner: x\n")
    assert document.place(("outer", "missing", "deeper")) == Place(1, 1)
    assert document.place(()) == Place(1, 1)


def test_an_empty_value_is_found_by_its_key() -> None:
    assert read("a: 1\nb:\n\nc: 2").place(("b",)) == Place(2, 1)


def test_columns_count_characters_and_not_bytes() -> None:
    assert read('"año": x').place(("año",)) == Place(1, 8)


def test_decisions_cite_the_line_of_the_key() -> None:
    assert str(read("a: 1\nb:\n  c: 2").source(("b", "c"))) == "a.yaml:3"


@pytest.mark.parametrize("text", ["\ufeffkey: x", "key: x\r\n", "---\nkey: x\n", "key: x\n...\n", "# note\nkey: x"])
def test_harmless_differences_of_form_are_no_faults(text: str) -> None:
    assert read(text).tree == {"key": "x"}


def test_lines_that_end_as_on_windows_are_counted_once() -> None:
    assert read("a: 1\r\nb: 2\r\nc: 3").place(("c",)) == Place(3, 4)


def test_a_bomb_of_aliases_is_refused_without_being_unfolded() -> None:
    """Written out, this would be nine to the power of nine entries."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    told = faults("\n".join(lines).encode())
    assert told[0] == "a.yaml:1:4: &a names something for reuse: remove it and write things out"
    assert told[2] == "a.yaml:2:8: *a repeats something from elsewhere: write it out here"


def test_nesting_is_bounded() -> None:
    deepest = MAX_NESTING - 1
    assert "a" in read("a: " + "[" * deepest + "]" * deepest).tree
    assert faults(b"a: " + b"[" * 100_000) == [
        f"a.yaml:1:{4 + deepest}: nested more than 30 levels deep: this cannot be what was meant"
    ]


def test_a_file_that_is_too_big_is_refused_unread() -> None:
    assert faults(b"#" * (MAX_BYTES + 1024)) == [
        "a.yaml:1:1: is 257 KiB, more than the 256 KiB a file may have: split it into several"
    ]


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"a: x\nb: caf\xe9\n", "2:7"),
        ("a: é\nb: ".encode() + b"\xff", "2:4"),
        ("a: b".encode("utf-16"), "1:1"),
    ],
)
def test_text_in_another_encoding_is_refused_at_its_first_strange_byte(data: bytes, place: str) -> None:
    assert faults(data) == [f"a.yaml:{place}: this is not UTF-8 text: save the file with the encoding UTF-8"]


def test_what_stands_under_a_key_written_twice_is_not_compared_with_the_first() -> None:
    assert faults(b"a: {x: 1}\na: {x: 2}\na: {x: 3}\n") == [
        'a.yaml:2:1: "a" is written twice; the first is at line 1, column 1: keep one of them',
        'a.yaml:3:1: "a" is written twice; the first is at line 1, column 1: keep one of them',
    ]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# only a note\n", b"---\n"])
def test_an_empty_file_is_a_fault(data: bytes) -> None:
    assert faults(data) == ["a.yaml:1:1: is empty: write the configuration or delete the file"]
