"""The wire between the simulated Twilio and a web service. Carries bytes, reads none."""

import http.client
import ssl
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from io import BytesIO
from types import TracebackType
from typing import Protocol
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit
from wsgiref.types import WSGIApplication, WSGIEnvironment


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. Header names are lower case; `took_seconds` is simulated time, not measured time."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    took_seconds: float = 0.0

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Breakdown(StrEnum):
    """Where an exchange broke."""

    CONNECT = "connect"
    TLS = "tls"
    READ = "read"
    PROTOCOL = "protocol"


class WireDown(Exception):  # noqa: N818 (it states a condition, as does OSError's family)
    """No reply. `took_seconds` is the simulated time lost; None means the whole time-out in force."""

    def __init__(self, breakdown: Breakdown, message: str, *, took_seconds: float | None = 0.0) -> None:
        super().__init__(message)
        self.breakdown = breakdown
        self.took_seconds = took_seconds


class Wire(Protocol):
    """Something that can carry one request."""

    def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        """Carry it and bring the reply, or raise WireDown."""
        ...


class WsgiWire:
    """A WSGI application in this process, reachable under `base_url` and nowhere else.

    The query string reaches the application byte for byte. What the application raises is not caught:
    a server would hide it, a test wants to see it.
    """

    def __init__(self, application: WSGIApplication, base_url: str) -> None:
        self._application = application
        self._base = urlsplit(base_url)

    def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        parts = urlsplit(url)
        if (parts.scheme, parts.netloc) != (self._base.scheme, self._base.netloc):
            raise WireDown(Breakdown.CONNECT, f"nothing listens at {parts.scheme}://{parts.netloc}")
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str,
            response_headers: list[tuple[str, str]],
            _exc_info: tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None = None,
        ) -> Callable[[bytes], object]:
            started.append((status, response_headers))
            return written.append

        written: list[bytes] = []
        chunks = self._application(_environment(method, parts, headers, body), start_response)
        try:
            content = b"".join([*written, *chunks])
        finally:
            _close(chunks)
        status, response_headers = started[-1]
        return Reply(int(status[:3]), {name.lower(): value for name, value in response_headers}, content)


def _environment(method: str, parts: SplitResult, headers: Mapping[str, str], body: bytes) -> WSGIEnvironment:
    secure = parts.scheme == "https"
    environment: WSGIEnvironment = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or (443 if secure else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": parts.netloc,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": _NOWHERE,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        environment[_key(name)] = value
    return environment


@lru_cache(maxsize=256)
def _key(header: str) -> str:
    key = header.upper().replace("-", "_")
    return key if key == "CONTENT_TYPE" else f"HTTP_{key}"


class _Nowhere:
    """The application's error stream: a webhook's log is its own business."""

    def write(self, _text: str) -> int:
        return 0

    def writelines(self, _lines: Iterable[str]) -> None:
        return None

    def flush(self) -> None:
        return None


_NOWHERE = _Nowhere()


def _close(chunks: Iterable[bytes]) -> None:
    close = getattr(chunks, "close", None)
    if close is not None:
        close()


class HttpWire:
    """A real server. `timeout_seconds` bounds connecting and each read, in real time."""

    def __init__(self, timeout_seconds: float = 15.0) -> None:
        self._timeout_seconds = timeout_seconds

    def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        parts = urlsplit(url)
        connection = self._connect(parts)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, body=body if method == "POST" else None, headers=dict(headers))
            response = connection.getresponse()
            received = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, received, response.read())
        except TimeoutError as error:
            raise WireDown(Breakdown.READ, f"{url}: no answer in time", took_seconds=None) from error
        except (http.client.HTTPException, OSError) as error:
            raise WireDown(Breakdown.PROTOCOL, f"{url}: {error!r}") from error
        finally:
            connection.close()

    def _connect(self, parts: SplitResult) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self._timeout_seconds)
        try:
            connection.connect()
        except ssl.SSLError as error:
            raise WireDown(Breakdown.TLS, f"{parts.netloc}: {error}") from error
        except TimeoutError as error:
            raise WireDown(Breakdown.CONNECT, f"{parts.netloc}: time-out", took_seconds=None) from error
        except OSError as error:
            raise WireDown(Breakdown.CONNECT, f"{parts.netloc}: {error}") from error
        return connection


class RoutedWire:
    """Several hosts: the first whose base address begins the URL carries the request."""

    def __init__(self, wires: Mapping[str, Wire]) -> None:
        self._wires = wires

    def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        for base_url, wire in self._wires.items():
            if url.startswith(base_url):
                return wire.request(method, url, headers=headers, body=body)
        raise WireDown(Breakdown.CONNECT, f"nothing listens at {url}")


class UnlockedWire:
    """A wire whose requests are carried while nobody else is kept waiting: `unlocked` is held meanwhile."""

    def __init__(self, wire: Wire, unlocked: Callable[[], AbstractContextManager[None]]) -> None:
        self._wire = wire
        self._unlocked = unlocked

    def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        with self._unlocked():
            return self._wire.request(method, url, headers=headers, body=body)
