"""`make bench`: measures the service beside its floor in one run and prints ratios, never absolute promises."""

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.bench import imports, outbox
from tests.bench.webhook import Measured, measure
from tests.databases import migrate, start_postgresql


def main() -> None:
    """Runs every benchmark."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ivr-bench-")))
        _webhooks(folder, stack)
        print()
        imports.print_figures(imports.measure(folder))


def _webhooks(folder: Path, stack: ExitStack) -> None:
    sqlite_url = f"sqlite:///{folder / 'ivr.db'}"
    migrate(sqlite_url)
    # Not below the bench's own folder: the server's system user must be able to enter it.
    data = Path(tempfile.mkdtemp(prefix="ivr-bench-pg-"))
    stack.callback(shutil.rmtree, data, ignore_errors=True)
    server = start_postgresql(data / "data", durable=True)
    stack.callback(server.handle.cleanup)
    server.run("CREATE DATABASE bench")
    postgresql_url = server.url("bench")
    migrate(postgresql_url)
    urls = {"sqlite": sqlite_url, "postgresql": postgresql_url}
    _print(measure(folder, urls))
    print()
    outbox.print_figures(outbox.measure(folder, urls))


def _print(figures: dict[str, Measured]) -> None:
    floor, durable = figures["floor"], figures["durable"]
    print("Incoming webhook, whole path; medians of rounds, targets loaded in turn.\n")
    print(f"{'':12}{'req/s':>9}{'CPU ms':>9}{'p50 ms':>9}{'p99 ms':>9}{'p50 one':>9}{'MiB':>8}")
    for name, each in figures.items():
        print(
            f"{name:12}{each.per_second:9.0f}{each.cpu * 1e3:9.2f}{each.p50 * 1e3:9.2f}{each.p99 * 1e3:9.2f}"
            f"{each.single_p50 * 1e3:9.2f}{each.memory / 2**20:8.1f}"
        )
    print()
    for name in figures.keys() - {"floor", "durable"}:
        each = figures[name]
        _ratio(f"{name} / floor", each, floor)
        _ratio(f"{name} / durable", each, durable)


def _ratio(title: str, one: Measured, other: Measured) -> None:
    print(
        f"{title:20} req/s {one.per_second / other.per_second:5.2f}   CPU {one.cpu / other.cpu:5.2f}"
        f"   p99 {one.p99 / other.p99:5.2f}   p50, one connection {one.single_p50 / other.single_p50:5.2f}"
        f"   memory {one.memory / other.memory:5.2f}"
    )


if __name__ == "__main__":
    main()
