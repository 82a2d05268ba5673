"""Which numbers are called back: those of the United States and Canada that cost what a call there costs."""

import phonenumbers

_REGIONS = frozenset({"US", "CA"})
_PREMIUM_AREA, _PREMIUM_EXCHANGE = "900", "976"
_NATIONAL_DIGITS = 10


def is_dialable(number: str) -> bool:
    """Whether a number (E.164, or empty when withheld) may be called back.

    The islands that share country code 1 are refused, and so are the premium area and exchange 900 and 976: a number
    that somebody leaves to be called is a known way to earn by calls.
    """
    if not number.startswith("+1") or not number[1:].isdigit() or len(number) != _NATIONAL_DIGITS + 2:
        return False
    national = number.removeprefix("+1")
    if national.startswith(_PREMIUM_AREA) or national[3:6] == _PREMIUM_EXCHANGE:
        return False
    parsed = phonenumbers.parse(number, None)
    return phonenumbers.is_valid_number(parsed) and phonenumbers.region_code_for_number(parsed) in _REGIONS
