"""Telephone numbers as people write them, checked to be dialable from anywhere (E.164)."""

from functools import lru_cache

import phonenumbers

_HOME_REGION = "US"  # only to guess what a number without a country code was meant to be


class NotANumber(ValueError):  # noqa: N818 (what it says)
    """A text that cannot be dialled; the message says how to write it."""


@lru_cache(maxsize=512)
def e164(text: str) -> str:
    """Return the number if it is complete E.164, such as +18162327483. Raises NotANumber with a suggestion.

    "Possible" and not "valid" is asked for: 555-0100 … 555-0199, meant for examples, are valid nowhere.
    """
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        raise NotANumber(_remedy(text)) from None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not phonenumbers.is_possible_number(number):
        raise NotANumber(f'"{text}" is not a possible telephone number: check the count of its digits')
    if written != text:
        raise NotANumber(f'write the number without spaces or signs: "{written}", not "{text}"')
    return str(written)


def _remedy(text: str) -> str:
    try:
        guess = phonenumbers.parse(text, _HOME_REGION)
    except phonenumbers.NumberParseException:
        return f'"{text}" is not a telephone number: write it with + and country code, such as "+18162327483"'
    written = phonenumbers.format_number(guess, phonenumbers.PhoneNumberFormat.E164)
    return f'"{text}" lacks + and country code: write "{written}" if that is the number meant'
