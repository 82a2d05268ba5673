"""A running process takes every edit live by itself, whenever it comes."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

from app.config.in_force import ConfigStore
from app.config.watch import watch
from tests.app.config.configurations import NOON, good_files, write

PROMPTS = "ivr_flows/prompts/en.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, good_files())
    return tmp_path


@pytest.fixture
def store(folder: Path) -> ConfigStore:
    return ConfigStore(folder, clock=lambda: NOON)


def reword(folder: Path, text: str) -> None:
    path = folder / PROMPTS
    path.write_text(path.read_text().replace("Welcome.", text))


class Watched:
    """A store that is watched until the block ends; `changes` are counted."""

    def __init__(self, store: ConfigStore) -> None:
        self.changes = threading.Semaphore(0)
        self._store = store

    def __enter__(self) -> Self:
        self._stop = watch(self._store, every_seconds=0.01, changed=self.changes.release)
        assert self.changes.acquire(timeout=30), "it tells how things are at the start"
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def hears(self) -> bool:
        return self.changes.acquire(timeout=30)


def test_an_edit_between_the_start_and_the_first_look_is_taken(store: ConfigStore, folder: Path) -> None:
    before = store.current().revision
    reword(folder, "Hello.")
    with Watched(store) as watched:
        assert watched.hears()
    assert store.current().revision != before


def test_a_bad_edit_between_the_start_and_the_first_look_is_told(store: ConfigStore, folder: Path) -> None:
    (folder / PROMPTS).write_bytes(b"wrong: 1\n")
    with Watched(store) as watched:
        assert watched.hears()
    assert store.fault is not None


def test_what_was_looked_at_is_looked_at_once(store: ConfigStore, folder: Path) -> None:
    assert not store.look()
    (folder / PROMPTS).touch()
    assert not store.look(), "contents count, and not the time of a change"
    (folder / PROMPTS).write_bytes(b"wrong: 1\n")
    assert [store.look(), store.look()] == [True, False]
    assert store.look(again=True)


def test_the_watch_outlives_a_fault_of_ours(folder: Path) -> None:
    class Stumbling(ConfigStore):
        stumbles = 3

        def look(self, *, again: bool = False) -> bool:
            if self.stumbles:
                self.stumbles -= 1
                raise RuntimeError("a mistake")
            return super().look(again=again)

    store = Stumbling(folder, clock=lambda: NOON)
    reword(folder, "Hello.")
    with Watched(store) as watched:
        assert watched.hears()


def test_the_watch_outlives_a_fault_of_whoever_is_told(store: ConfigStore, folder: Path) -> None:
    told = threading.Semaphore(0)

    def stumbles() -> None:
        told.release()
        raise OSError(28, "no space")

    stop = watch(store, every_seconds=0.01, changed=stumbles)
    assert told.acquire(timeout=30)
    reword(folder, "Hello.")
    assert told.acquire(timeout=30), "it looks on after what it told of failed"
    stop.set()


def test_readers_never_wait_for_a_look(store: ConfigStore) -> None:
    """A look that takes long holds up nobody who asks what is in force."""
    with store._lock:
        assert ask(store.current) is not None


def ask(question: Callable[[], object]) -> object:
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(question()))
    thread.start()
    thread.join(5)
    return answers[0]
