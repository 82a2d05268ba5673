"""Who is calling, by number: the clients the desk knows, and the numbers it does not talk to.

It knows numbers and what was decided about them, never what a caller has done before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from oncall import Priority, Source

LONGEST_EXTENSION = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A department or site of a client, and how its calls are treated; None and "" leave a call as it is.

    `shared`: many people call with its number, so that two calls need not be from the same one.
    """

    name: str
    title: str
    site: str
    priority_floor: Priority | None = None
    language: str = ""
    greeting: str | None = None
    shared: bool = False
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedNumber:
    """A number that is answered with a few words and not put through, and why."""

    reason: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """All numbers that begin so and have this many characters: the extensions of one switchboard."""

    prefix: str
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCallers:
    """Every number the desk knows. A number alone wins over a range, a small range over a large one."""

    numbers: Mapping[str, Client] = field(default_factory=dict)
    ranges: Mapping[Range, Client] = field(default_factory=dict)
    blocked: Mapping[str, BlockedNumber] = field(default_factory=dict)

    def client(self, caller: str) -> Client | None:
        """Return whose number (E.164) this is; a withheld number, which is empty, is nobody's."""
        if not caller:
            return None
        return self.numbers.get(caller) or next(filter(None, map(self.ranges.get, _ranges(caller))), None)


def _ranges(caller: str) -> list[Range]:
    """The ranges a number may lie in, smallest first."""
    return [Range(prefix=caller[:-open_], length=len(caller)) for open_ in range(1, LONGEST_EXTENSION + 1)]
