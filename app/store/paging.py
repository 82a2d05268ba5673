"""A page of a long list and the mark that says where it ended. Knows nothing of what is listed."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

Item = TypeVar("Item")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadCursor(ValueError):  # noqa: N818 - names what was offered
    """The mark was not made by us, or is of another list."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some of a list, and the mark to go on from; `next` is None at the end."""

    items: tuple[Item, ...]
    next: str | None


def packed(at: datetime, name: str) -> str:
    """The mark of an entry that is listed by instant and name."""
    microseconds = (at - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(json.dumps([microseconds, name]).encode()).decode().rstrip("=")


def unpacked(cursor: str) -> tuple[datetime, str]:
    """What `packed` was given. Raises BadCursor."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        microseconds, name = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        at = _EPOCH + timedelta(microseconds=microseconds)
    except (ValueError, TypeError, OverflowError, binascii.Error) as fault:
        raise BadCursor("not a cursor of this list") from fault
    if not isinstance(name, str) or "\0" in name:
        raise BadCursor("not a cursor of this list")
    return at, name
