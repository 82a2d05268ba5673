"""How people are reminded of progress updates that are due, and who is told when none comes. Knows no ticket."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from oncall.clocks import Priority
from oncall.source import Source

_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Reminders:
    """Whoever has a ticket is texted, then called, so many seconds before its update is due, by its priority.

    A priority that is missing is not reminded of in that way. Seconds are clock seconds for emergencies, and those in
    which the desk is open for all others. When no update came, one step of `policy` (`while_open`: instead while the
    desk is open) is told every `every_seconds`, and after the last one the `supervisor`: a person, or a team with
    everybody in it; `supervisor_mail` is an address that is told by mail. None for both policies: as emergencies are
    paged. `source` is None where nothing was written.
    """

    text_before_seconds: Mapping[Priority, int]
    call_before_seconds: Mapping[Priority, int]
    every_seconds: int
    policy: str | None = None
    while_open: str | None = None
    supervisor: str | None = None
    supervisor_mail: str | None = None
    source: Source | None = None


TEXT_BEFORE_MINUTES: Final = MappingProxyType({Priority.EMERGENCY: 15, Priority.HIGH: 30, Priority.MEDIUM: 60})
CALL_BEFORE_MINUTES: Final = MappingProxyType({Priority.EMERGENCY: 5, Priority.HIGH: 10})
EVERY_MINUTES: Final = 10
DEFAULT_REMINDERS: Final = Reminders(
    text_before_seconds=MappingProxyType({name: minutes * _MINUTE for name, minutes in TEXT_BEFORE_MINUTES.items()}),
    call_before_seconds=MappingProxyType({name: minutes * _MINUTE for name, minutes in CALL_BEFORE_MINUTES.items()}),
    every_seconds=EVERY_MINUTES * _MINUTE,
)
