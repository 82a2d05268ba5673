"""A database that goes away in the middle, or that our own code breaks over."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final, TypeVar

from sqlalchemy import Connection

from app.store import Store, StoreUnavailable, TurnTransaction
from app.store.prepared import Session
from tests.desk import Desk

Answer = TypeVar("Answer")
# More questions than anything here asks.
FAR: Final = 200


class LeavingStore(Store):
    """A store that is asked so many times, and raises a fault after that."""

    asked = 0
    answers: int | None = None
    fault: Exception = StoreUnavailable("cannot connect")

    def leaves_after(self, answers: int, fault: Exception | None = None) -> None:
        """From now on; counted from here."""
        self.asked, self.answers = 0, answers
        self.fault = fault or StoreUnavailable("cannot connect")

    def is_back(self) -> None:
        """It answers again."""
        self.answers = None

    @contextmanager
    def turn(self) -> Iterator[TurnTransaction]:
        self._ask()
        with super().turn() as transaction:
            yield transaction

    def _read(self, question: Callable[[Connection], Answer]) -> Answer:
        self._ask()
        return super()._read(question)

    def _write(self, change: Callable[[Session], Answer]) -> Answer:
        self._ask()
        return super()._write(change)

    def _ask(self) -> None:
        self.asked += 1
        if self.answers is not None and self.asked > self.answers:
            raise self.fault


def leaving(desk: Desk) -> LeavingStore:
    """Gives the desk such a store over its own database."""
    desk.services.store.close()
    store = LeavingStore.open(desk.services.settings.database_url)
    desk.services = replace(desk.services, store=store)
    return store
