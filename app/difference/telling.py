"""Tells a difference as lines to read: section by section, with the reason and the place of each change."""

from collections.abc import Iterator
from datetime import tzinfo

from app.difference.changes import Change, Difference
from app.written import NO_YEAR, Dates, with_place


def told(difference: Difference, *, zone: tzinfo) -> Iterator[str]:
    """Yield the lines of a difference, its instants in `zone`."""
    dates, window = Dates(zone, NO_YEAR), difference.window
    yield f"Duty is compared from {dates.moment(window.starts_at)} to {dates.moment(window.ends_at)}."
    for section, changes in difference.sections():
        yield f"\n{section}"
        for change in changes:
            yield from _told(change)


def _told(change: Change) -> Iterator[str]:
    if change.because is None:
        yield f"  {change.text}" + (f"  [{change.source}]" if change.source else "")
        return
    yield f"  {change.text}"
    yield f"      {with_place(change.because, change.source)}"
