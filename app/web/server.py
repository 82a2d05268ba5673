"""gunicorn as we run it: few threads a worker, because more make the slowest answers slower."""

import os
import shutil
from tempfile import mkdtemp

from gunicorn.app.base import BaseApplication

from app import create_app

THREADS = 4


class _Server(BaseApplication):  # type: ignore[misc] # gunicorn has no type hints
    def __init__(self, options: dict[str, object]) -> None:
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> object:
        return create_app()


def serve_web(*, host: str, port: int, workers: int) -> None:
    """Serves until stopped. The application is made in each worker, after the fork."""
    options: dict[str, object] = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "threads": THREADS,
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
    folder = mkdtemp(prefix="ivr-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    options["on_exit"] = lambda _server: shutil.rmtree(folder, ignore_errors=True)
    _Server(options).run()


def _forget_worker(_server: object, worker: object) -> None:
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 (reads the folder when imported)

    mark_process_dead(getattr(worker, "pid", 0))  # type: ignore[no-untyped-call] # the library has no hint here
