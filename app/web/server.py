"""gunicorn as we run it: few threads a worker, because more make the slowest answers slower."""

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
    }
    _Server(options).run()
