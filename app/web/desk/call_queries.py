"""Which calls somebody wants to see, read from the address of a page and written into one.

A phone number that somebody searches for is sealed in the address: addresses are kept in too many places.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from app.cdr.records import Disposition
from app.flow.callers import KnownCallers, Range
from app.store import CallerNumbers, CallFilters, Span
from app.vault import Content, Label, Vault, VaultError
from app.web.desk.given_dates import given_date
from app.web.desk.look import address_with
from oncall import Priority, day_starts_at, local_date

HERE: Final = "/desk/calls"
RANGES: Final = (
    ("today", "Today"),
    ("yesterday", "Yesterday"),
    ("7d", "Last 7 days"),
    ("30d", "Last 30 days"),
    ("90d", "Last 90 days"),
    ("all", "All time"),
    ("dates", "Between dates"),
)
USUAL: Final = "7d"
_DAYS: Final = {"today": 1, "7d": 7, "30d": 30, "90d": 90}
_FEWEST_DIGITS: Final = 7
_LONGEST: Final = 120
_LABEL: Final = Label("search", "calls and tickets", Content.SEARCH)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQuery:
    """What the reader chose; empty texts and None do not limit. Dates are the desk's, both included."""

    span: str = USUAL
    first: date | None = None
    last: date | None = None
    line: str = ""
    disposition: Disposition | None = None
    person: str = ""
    client: str = ""
    priority: Priority | None = None
    q: str = ""

    @property
    def is_usual(self) -> bool:
        """Whether nothing was chosen."""
        return self == CallQuery()

    def filters(self, *, at: datetime, zone: ZoneInfo, callers: KnownCallers) -> CallFilters:
        """The same as the store takes it. The calls of a client are those with the numbers it has now."""
        since, until = self._bounds(local_date(at, zone=zone), zone)
        return CallFilters(
            since=since,
            until=until,
            line=self.line or None,
            disposition=self.disposition,
            answered_by=self.person or None,
            priority=self.priority,
            numbers=numbers_of(self.client, callers) if self.client else None,
            q=self.q or None,
        )

    def _bounds(self, today: date, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        if self.span == "dates":
            first = day_starts_at(self.first, zone=zone) if self.first else None
            return first, day_starts_at(self.last + timedelta(days=1), zone=zone) if self.last else None
        if self.span == "yesterday":
            return day_starts_at(today - timedelta(days=1), zone=zone), day_starts_at(today, zone=zone)
        days = _DAYS.get(self.span)
        return (None if days is None else day_starts_at(today - timedelta(days=days - 1), zone=zone)), None

    def parameters(self, vault: Vault) -> dict[str, str | None]:
        """The same as parameters of an address."""
        return {**self._chosen(), "q": as_written(self.q, vault)}

    def kept(self) -> str:
        """The same as text to be sealed as a whole."""
        return address_with("", {**self._chosen(), "q": self.q or None}).removeprefix("?")

    def _chosen(self) -> dict[str, str | None]:
        return {
            "span": self.span if self.span != USUAL else None,
            "first": self.first.isoformat() if self.first and self.span == "dates" else None,
            "last": self.last.isoformat() if self.last and self.span == "dates" else None,
            "line": self.line or None,
            "outcome": self.disposition,
            "person": self.person or None,
            "client": self.client or None,
            "priority": self.priority,
        }

    def address(self, vault: Vault, *, path: str = HERE, **more: str | None) -> str:
        """The address of the page that shows these calls."""
        return address_with(path, {**self.parameters(vault), **more})


def call_query(given: Mapping[str, str], vault: Vault) -> CallQuery:
    """What parameters of an address or fields of a form say; what cannot be read does not limit."""
    span, outcome, priority = (given.get(name, "") for name in ("span", "outcome", "priority"))
    query = CallQuery(
        span=span if span in dict(RANGES) else USUAL,
        first=given_date(given.get("first", "")),
        last=given_date(given.get("last", "")),
        line=given.get("line", "")[:_LONGEST],
        disposition=Disposition(outcome) if outcome in set(Disposition) else None,
        person=given.get("person", "")[:_LONGEST],
        client=given.get("client", "")[:_LONGEST],
        priority=Priority(priority) if priority in set(Priority) else None,
        q=as_meant(given.get("q", ""), vault),
    )
    return query if query.span == "dates" else replace(query, first=None, last=None)


def kept_query(text: str, vault: Vault) -> CallQuery:
    """What `CallQuery.kept` wrote."""
    return call_query(dict(parse_qsl(text)), vault)


def numbers_of(client: str, callers: KnownCallers) -> CallerNumbers:
    """The numbers a client calls with. A number alone is its owner's also within the range of another."""
    spans = [*((Span(number, number), of) for number, of in callers.numbers.items())]
    spans += [(_span(each), of) for each, of in callers.ranges.items()]
    own = tuple(span for span, of in spans if of.name == client)
    but = tuple(
        span for span, of in spans if of.name != client and any(each != span and _holds(each, span) for each in own)
    )
    return CallerNumbers(spans=own, but=but)


def _span(numbers: Range) -> Span:
    open_ = numbers.length - len(numbers.prefix)
    return Span(numbers.prefix + "0" * open_, numbers.prefix + "9" * open_)


def _holds(outer: Span, inner: Span) -> bool:
    return len(outer.first) == len(inner.first) and outer.first <= inner.first and inner.last <= outer.last


def as_written(words: str, vault: Vault) -> str | None:
    """What somebody searches for, fit for an address: sealed when it may be a phone number."""
    if sum(map(str.isdigit, words)) < _FEWEST_DIGITS or words.startswith("CA"):
        return words or None
    sealed = vault.seal(words.encode("utf-8", "replace"), _LABEL)
    return "~" + base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def as_meant(text: str, vault: Vault) -> str:
    """What somebody searches for, from an address or a form."""
    if not text.startswith("~"):
        return " ".join(text.split())[:_LONGEST]
    try:
        sealed = base64.urlsafe_b64decode(text[1:].encode("ascii") + b"===")
        return vault.open(sealed, _LABEL).decode()
    except (ValueError, binascii.Error, VaultError):
        return ""
