"""One difference between two configurations, and all of them in order. It compares nothing itself."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import Protocol, TypeVar

from app.written import Dates
from oncall import Source


class Section(StrEnum):
    """What a difference is about; the value is its heading. In the order in which people should read them."""

    ON_CALL = "Who is on call"
    GAPS = "Gaps"
    BURDENS = "Nights, weekends and holidays"
    STAFF = "People and groups"
    POLICIES = "Escalation policies"
    HOURS = "Business hours and holidays"
    LINES = "Lines"
    CLIENTS = "Clients and blocked numbers"
    FLOWS = "Flows"
    PROMPTS = "Prompts"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference in one sentence, the rule behind it, where it was written, and its parts for programs.

    `source` is a place in the new configuration, or in the old one for what is gone.
    """

    section: Section
    text: str
    source: Source | None = None
    because: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Window:
    """The period in which duty is compared, between two UTC instants."""

    starts_at: datetime
    ends_at: datetime

    def dates(self, zone: tzinfo) -> Dates:
        """Return how to write instants in a zone; the year in which the period begins is taken for granted."""
        return Dates(zone, self.first_on(zone).year)

    def first_on(self, zone: tzinfo) -> date:
        """Return the local date on which the period begins."""
        return self.starts_at.astimezone(zone).date()

    def last_on(self, zone: tzinfo) -> date:
        """Return the local date on which the period ends."""
        return self.ends_at.astimezone(zone).date()


@dataclass(frozen=True, slots=True)
class Difference:
    """All differences between two configurations, by section and in a stable order within it."""

    window: Window
    changes: tuple[Change, ...]

    def sections(self) -> Iterator[tuple[Section, tuple[Change, ...]]]:
        """Yield each section in which something differs."""
        for section in Section:
            found = tuple(change for change in self.changes if change.section is section)
            if found:
                yield section, found


class Written(Protocol):
    """Something a human wrote, at a place that is known."""

    @property
    def source(self) -> Source: ...


WrittenT = TypeVar("WrittenT", bound=Written)


def compared(
    old: Mapping[str, WrittenT],
    new: Mapping[str, WrittenT],
    *,
    section: Section,
    kind: str,
    differ: Callable[[WrittenT, WrittenT], Iterable[str]],
    about: Callable[[WrittenT], str] = lambda _thing: "",
) -> Iterator[Change]:
    """Yield what is new, what is gone, and every difference `differ` tells of what is in both.

    New and changed things come in the order of the new configuration, then those gone. `about` describes a new one.
    """
    for name in (*new, *(name for name in old if name not in new)):
        was, now = old.get(name), new.get(name)
        detail = {"kind": kind, "name": name}
        subject = f"{kind} {name}"
        if was is None and now is not None:
            yield Change(section, f"{subject} is new{about(now)}", now.source, detail=detail)
        elif now is None and was is not None:
            yield Change(section, f"{subject} is gone", was.source, detail=detail)
        elif was is not None and now is not None:
            for text in differ(was, now):
                yield Change(section, f"{subject}: {text}", now.source, detail=detail)


def turned(words: str, before: object, after: object) -> Iterator[str]:
    """Yield "words after instead of before" when the two differ; an absent one is simply not named."""
    if before == after:
        return
    if after in _ABSENT:
        yield f"no longer {words} {before}"
    elif before in _ABSENT:
        yield f"now {words} {after}"
    else:
        yield f"now {words} {after} instead of {before}"


_ABSENT = (None, "")
