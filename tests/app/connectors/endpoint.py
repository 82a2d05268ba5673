"""An endpoint for tests: a real HTTP server that remembers what it is sent, and answers as it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DROP = 0


@dataclass(frozen=True)
class Delivery:
    """What came in one request; header names in small letters."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class EndpointDouble:
    """`answers` are statuses and headers for the next requests, 204 after them; DROP breaks off without an answer."""

    port: int = 0
    received: list[Delivery] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/tickets?from=desk"


class _Handler(BaseHTTPRequestHandler):
    double: EndpointDouble

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.double.received.append(Delivery(self.path, headers, body))
        status, more = self.double.answers.pop(0) if self.double.answers else (204, {})
        if status == DROP:
            return
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Tests are silent."""


@contextmanager
def endpoint() -> Iterator[EndpointDouble]:
    """A server on this machine until the block ends."""
    double = EndpointDouble()
    handler = type("_ThisHandler", (_Handler,), {"double": double})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        double.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield double
        server.shutdown()
        thread.join()
