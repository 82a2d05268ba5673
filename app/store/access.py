"""How the parts of the store are lent the database: to ask a question, or to make one change."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from app.store.prepared import Session

Answer = TypeVar("Answer")


class Reader(Protocol):
    """Asks the database a question, on a connection that is had only for as long."""

    def __call__(self, question: Callable[[Connection], Answer], /) -> Answer: ...


class Writer(Protocol):
    """Runs one change in a transaction of its own."""

    def __call__(self, change: Callable[[Session], Answer], /) -> Answer: ...
