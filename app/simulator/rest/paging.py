"""Lists in pages, and the filters by date that lists take. Knows no resource."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import dropwhile
from typing import TypeVar
from urllib.parse import urlencode

from app.simulator.rest.asked import Asked, Payload

_PAGE_SIZE = 50
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Listing:
    """How a list is shown: its key in the document, each item's SID, and each item as JSON."""

    key: str
    sid: str
    shown: list[Payload]


def page(asked: Asked, listing: Listing) -> Payload:
    """The page that was asked for. A token names the last item shown, so that new ones move nothing."""
    size = int(asked.text("PageSize", str(_PAGE_SIZE)))
    number = int(asked.text("Page", "0"))
    last = asked.text("PageToken").removeprefix("PA")
    rest = listing.shown
    if last:
        rest = list(dropwhile(lambda item: item[listing.sid] != last, rest))[1:]
    shown = rest[:size]
    following = None
    if len(rest) > size:
        following = _uri(asked, {"Page": str(number + 1), "PageToken": f"PA{shown[-1][listing.sid]}"})
    return {
        listing.key: shown,
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + max(len(shown) - 1, 0),
        "uri": _uri(asked, {}),
        "first_page_uri": _uri(asked, {"Page": "0"}),
        "previous_page_uri": None,
        "next_page_uri": following,
    }


def _uri(asked: Asked, changed: dict[str, str]) -> str:
    kept = {name: values[-1] for name, values in asked.fields.items() if name not in {"Page", "PageToken"}}
    query = urlencode({**kept, **({"PageSize": str(_PAGE_SIZE)} if "PageSize" not in kept else {}), **changed})
    return f"{asked.path}?{query}"


def within(asked: Asked, name: str, at_of: Callable[[Item], datetime | None], items: Sequence[Item]) -> list[Item]:
    """The items whose instant is on the day given, and not after or before what `<` and `>` say."""
    kept = list(items)
    for sign in ("", "<", ">"):
        limit = asked.one(f"{name}{sign}")
        if limit is not None:
            kept = [item for item in kept if (at := at_of(item)) is not None and _fits(at, sign, limit)]
    return kept


def _fits(at: datetime, sign: str, limit: str) -> bool:
    """Comparison by day for a day and by second for an instant; both ends count. No sign means that day."""
    shown = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")[: len(limit)]
    if sign == "<":
        return shown <= limit
    return shown >= limit if sign == ">" else shown[:_DAY] == limit[:_DAY]


_DAY = len("2026-11-28")
