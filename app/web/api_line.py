"""The line of callers, asked for over the API. Numbers are told only to those who may see all calls."""

from dataclasses import dataclass

from pydantic import AwareDatetime

from app.config.snapshot import Snapshot
from app.flow.in_line import Choice
from app.services import Services
from app.store import PlaceKind, TokenIdentity
from app.waiting import Waiting, waiting
from app.web.api_access import Role
from app.web.api_documents import Document
from app.web.api_openapi import Operation
from app.web.api_parameters import Parameters
from oncall import Priority

MAY_SEE_NUMBERS = frozenset({Role.SUPERVISOR, Role.ADMIN})


class InLine(Document):
    """Somebody who waits, on hold or to be called back."""

    call_sid: str
    line: str
    kind: PlaceKind
    """`waiting` on hold, or `callback`: they have hung up and are to be called."""
    priority: Priority
    language: str
    entered_at: AwareDatetime
    """Since when they have been in line."""
    waited_seconds: int
    position: int
    """From 1, among those who wait for the same people."""
    estimate_seconds: int | None
    """How long they are likely to wait from now on; null where that cannot be trusted."""
    offered_to: list[str]
    """The people whose phones ring for them now."""
    choice: Choice | None
    """What they have chosen instead of waiting on."""
    attempts: int
    """How often they were called back."""
    due_at: AwareDatetime | None
    """When they are called back next."""
    owner: str | None
    """Who called them back last."""
    number: str | None
    """Where they are called back, E.164; null for roles that may not see numbers."""


class LineOfCallers(Document):
    """Everybody in line at an instant, in the order in which they are served."""

    at: AwareDatetime
    items: list[InLine]
    next: str | None
    """Always null: the line is told whole."""


def line_operations(services: Services) -> tuple[Operation, ...]:
    """What the API can be asked about the line."""
    return (
        Operation(
            name="line",
            rule="/line",
            summary="Who waits in line, since when, and for whom phones ring",
            parameters=Parameters,
            answers=LineOfCallers,
            ask=_Line(services).show,
            signed=True,
        ),
    )


def line_document(found: tuple[Waiting, ...], *, at: AwareDatetime, with_numbers: bool) -> LineOfCallers:
    """The line as a document."""
    return LineOfCallers(at=at, items=[_in_line(each, with_numbers=with_numbers) for each in found], next=None)


@dataclass(frozen=True, slots=True)
class _Line:
    services: Services

    def show(self, _asked: Parameters, _snapshot: Snapshot, *, asker: TokenIdentity) -> LineOfCallers:
        at = self.services.clock.now()
        return line_document(waiting(self.services, at=at), at=at, with_numbers=asker.role in MAY_SEE_NUMBERS)


def _in_line(each: Waiting, *, with_numbers: bool) -> InLine:
    own = {name: getattr(each, name) for name in InLine.model_fields}
    return InLine(**{**own, "offered_to": list(each.offered_to), "number": each.number if with_numbers else None})
