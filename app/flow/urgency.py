"""How urgent a call becomes: what a client's calls never fall below, and what is never lowered."""

from dataclasses import replace

from app.flow.messages import FactKind
from app.flow.run import Run
from oncall import Priority, Source


def give_priority(run: Run, wanted: Priority, *, because: str, source: Source) -> None:
    """Gives the call a priority, or its client's floor where that is more urgent."""
    client = run.scene.client
    if client is not None and client.priority_floor is not None and client.priority_floor.is_above(wanted):
        wanted = client.priority_floor
        because = f"{because}; calls from {client.title} are never below {wanted}"
    run.position = replace(run.position, priority=wanted)
    run.tell(FactKind.PRIORITY_SET, because=because, source=source, detail={"priority": wanted.value})


def raise_priority(run: Run, to: Priority, *, because: str, source: Source) -> None:
    """Gives the call a priority unless it is that urgent already."""
    if to.is_above(priority_so_far(run)):
        give_priority(run, to, because=because, source=source)


def priority_so_far(run: Run) -> Priority:
    """The priority the call has: until anything decides it, that of its line."""
    return run.position.priority or run.scene.book.line(run.position.line).priority


def most_urgent(one: Priority, other: Priority) -> Priority:
    """The more urgent of two."""
    return one if one.is_above(other) else other
