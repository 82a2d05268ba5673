"""gunicorn as we run it: few threads a worker, because more make the slowest answers slower."""

import gc
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from tempfile import mkdtemp

from flask import Flask
from gunicorn.app.base import BaseApplication

THREADS = 4


@dataclass(frozen=True, slots=True)
class Program:
    """What is served, and what each worker starts for itself."""

    application: Flask
    begin: Callable[[], None]


class _Server(BaseApplication):  # type: ignore[misc] # gunicorn has no type hints
    def __init__(self, options: dict[str, object], make: Callable[[], Program]) -> None:
        self._options, self._make = options, make
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> object:
        program = self._make()

        def begin(_server: object, _worker: object) -> None:
            program.begin()

        self.cfg.set("post_fork", begin)
        # What is there now stays: looking through it for garbage would only give each worker a copy of its own.
        gc.collect()
        gc.freeze()
        return program.application


def serve_web(*, host: str, port: int, workers: int, make: Callable[[], Program]) -> None:
    """Serves until stopped. The application is made once, before the workers fork, so that they share its memory."""
    options: dict[str, object] = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "threads": THREADS,
        "preload_app": True,
        "worker_class": "gthread",
        "keepalive": 30,
        "timeout": 30,
        "graceful_timeout": 15,
        "proc_name": "ivr-web",
        "control_socket_disable": True,
        "child_exit": _forget_worker,
    }
    # The workers' figures meet in a folder that is new at each start. Only the master removes it: a worker that
    # ends leaves the others' figures alone.
    folder = _figures_folder()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    options["on_exit"] = lambda _server: shutil.rmtree(folder, ignore_errors=True)
    _Server(options, make).run()


def _figures_folder() -> str:
    # Figures are written through memory maps: on a full disk whoever first touches a new page of one is killed for it.
    memory = "/dev/shm"  # noqa: S108 - the folder that is made there has a name nobody can guess, and is ours alone
    return mkdtemp(prefix="ivr-metrics-", dir=memory if os.access(memory, os.W_OK) else None)


def _forget_worker(_server: object, worker: object) -> None:
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 (reads the folder when imported)

    mark_process_dead(getattr(worker, "pid", 0))  # type: ignore[no-untyped-call] # the library has no hint here
