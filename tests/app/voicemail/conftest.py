"""A desk with a call whose caller leaves a message."""

from pathlib import Path

import pytest

from app.store import Store
from tests.app.voicemail.messages import Answering, answering


@pytest.fixture
def desk_with_call(store: Store, tmp_path: Path) -> Answering:
    """Once on each kind of database."""
    return answering(store, tmp_path)


@pytest.fixture
def small_desk(sqlite_store: Store, tmp_path: Path) -> Answering:
    """On SQLite only, for what does not depend on the database."""
    return answering(sqlite_store, tmp_path)
