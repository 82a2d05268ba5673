"""Offers the REST API over HTTP to a service in another process. Knows no resource."""

import threading
from collections.abc import Iterable
from socketserver import ThreadingMixIn
from types import TracebackType
from typing import Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_POLL_SECONDS = 0.05


class _Threading(ThreadingMixIn, WSGIServer):
    """One thread a request, so that one that is slow keeps nobody waiting."""

    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
        del format, args


def _breaking(application: WSGIApplication) -> WSGIApplication:
    """The same application; what it raises breaks the connection without a reply."""

    def guarded(environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return application(environment, start_response)
        except OSError as fault:
            raise ConnectionResetError from fault  # the one kind that wsgiref does not turn into a page

    return guarded


class RestServer:
    """A server at `base_url` from now until `close`."""

    def __init__(self, application: WSGIApplication, *, host: str, port: int) -> None:
        self._server = make_server(host, port, _breaking(application), server_class=_Threading, handler_class=_Quiet)
        self.base_url = f"http://{host}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and wait until it has stopped."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()
