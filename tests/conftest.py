"""What every test can ask for: databases, and a desk whose phones ring."""

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

# The same examples everywhere, so that a red run can be had again; `--hypothesis-profile=default` draws new ones.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")

pytest_plugins = ["tests.databases", "tests.desk", "tests.pages"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs a PostgreSQL server is slow: `make check` runs the same tests on SQLite."""
    for item in items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        fixtures = set(getattr(item, "fixturenames", ()))
        asks_directly = fixtures & {"postgresql_url", "postgresql_server"}
        if "postgresql" in parameters.values() or asks_directly:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A command under test sets up logging for its process, which here is everybody's."""
    yield
    structlog.reset_defaults()
