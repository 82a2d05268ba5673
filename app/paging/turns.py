"""The number under which facts of pages are kept: they belong to no turn of any flow, and no flow reaches it."""

from typing import Final

PAGE_TURN: Final = 5_000_000
