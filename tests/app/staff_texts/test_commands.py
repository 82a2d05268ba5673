"""Which texts without a command are taken for the update that somebody was asked for."""

import pytest

from app.staff_texts.commands import COMMANDS, Unclear, is_news_of, read


@pytest.mark.parametrize(
    "body",
    [
        "Vendor is on site",
        "the disk was replaced, we copy until 17:00",
        "1042: archive reads again",
        "still waiting for the vendor, 3 of 12 sites are up",
        "  Images load again.\nWatching it.  ",
    ],
)
def test_words_about_the_ticket_are_news(body: str) -> None:
    assert is_news_of(1042, body)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "ok",
        "on it",
        "is this the scanner?",
        "1043 archive reads again",
        "same as 1041 I think",
        "updte 1042 archive reads again",
        "Updated 1042 archive reads",
        "AKC 1042 please now",
        "awya until 17:00 today",
        "call me at 8165550101 please",
    ],
)
def test_what_may_mean_something_else_is_not(body: str) -> None:
    assert not is_news_of(1042, body)


@pytest.mark.parametrize("word", COMMANDS)
def test_a_command_is_never_news(word: str) -> None:
    assert not is_news_of(1042, f"{word} and so on")
    assert read("nothing of the kind") == Unclear()
