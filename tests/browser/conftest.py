"""What tests in a browser can ask for. All of them are slow: `make check` needs no browser."""

from pathlib import Path

import pytest

from tests.browser.world import chromium, watched, world

__all__ = ["chromium", "watched", "world"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)
