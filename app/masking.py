"""Hides phone numbers in anything that is about to be written down, however a number is written and wherever it is.

Pure, and made for a log: what cannot hold a number is passed through after one cheap look.
"""

import re
from datetime import date, datetime
from typing import Final

# Fewer digits are no phone number; E.164 allows no more than fifteen.
_FEWEST_DIGITS: Final = 7
_DEEPEST: Final = 5
# Neither a date, nor the seconds of an instant, nor part of an identifier.
_NONE: Final = r"(?!\d{4}-\d\d-\d\d)(?<![T ]\d\d:\d\d:)"
_NUMBER: Final = re.compile(rf"(?<![\w.]){_NONE}\+?\d(?:[\s().+-]{{0,2}}\d){{6,14}}")
# In an address a percent sign and two digits stand for a character, and so they do before a number and within it.
_BEFORE: Final = r"(?:(?<![\w.])|(?<=%[0-9A-Fa-f]{2})|(?<=%252[Bb]))"
_BETWEEN: Final = r"(?:[\s().+-]|%(?:25)?(?:20|28|29|2[BDEbde]))"
_ESCAPED: Final = re.compile(rf"(?=[\d+]){_BEFORE}{_NONE}\+?\d(?:{_BETWEEN}{{0,2}}\d){{6,14}}")
_ESCAPE: Final = re.compile(r"%(?:25)?[0-9A-Fa-f]{2}")
_PLAIN: Final = (int, float, bool, datetime, date, type(None))


def masked(value: object) -> object:
    """The value without phone numbers: all but the last two digits of each are dots.

    Looks into lists, tuples, sets and mappings (their keys too). Whatever else is neither text, a number, an instant
    nor None is told as the text that would be printed of it.
    """
    return _masked(value, 0)


def masked_text(text: str) -> str:
    """The text without phone numbers."""
    # A word of a program has no number in it: one never begins within a word, and words do not begin with a digit.
    if len(text) < _FEWEST_DIGITS or text.isidentifier():
        return text
    return (_ESCAPED if "%" in text else _NUMBER).sub(_dots, text)


def _masked(value: object, depth: int) -> object:
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, _PLAIN):
        return value
    if depth < _DEEPEST:
        if isinstance(value, dict):
            return {_masked(key, depth + 1): _masked(each, depth + 1) for key, each in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [_masked(each, depth + 1) for each in value]
    return masked_text(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))


def _dots(match: re.Match[str]) -> str:
    digits = [each for each in _ESCAPE.sub("", match.group()) if each.isdigit()]
    return "•" * (len(digits) - 2) + "".join(digits[-2:])
