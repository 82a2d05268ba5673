"""Carries requests to a WSGI application in this process, where there is no network to carry them."""

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from types import TracebackType
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode, urlsplit
from wsgiref.types import WSGIApplication, WSGIEnvironment
from wsgiref.util import setup_testing_defaults

import requests
from requests.adapters import BaseAdapter


@dataclass(frozen=True, slots=True)
class _Plain:
    """What a request says, without all that a session makes ready for a network."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


_Request = requests.PreparedRequest | _Plain


class InProcess(BaseAdapter):
    """Answers what a requests session sends by asking the application. Its faults become those of a network."""

    def __init__(self, application: WSGIApplication) -> None:
        super().__init__()
        self._application = application

    def send(self, request: requests.PreparedRequest, *_others: object, **_more: object) -> requests.Response:
        """One request and its whole answer."""
        return self._answered(request)

    def ask(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None,
        data: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None,
        login: tuple[str, str] | None,
    ) -> requests.Response:
        """The same without a session, which takes twice as long for it as the answer does. Raises as a session does."""
        sent = {**(headers or {}), **({} if login is None else {"Authorization": _basic(*login)})}
        if query := _encoded(params):
            url = f"{url}{'&' if '?' in url else '?'}{query}"
        return self._answered(_Plain(method.upper(), url, sent, _encoded(data).encode()))

    def _answered(self, request: _Request) -> requests.Response:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str,
            headers: list[tuple[str, str]],
            _exc_info: tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None = None,
        ) -> Callable[[bytes], object]:
            started.append((status, headers))
            return written.append

        written: list[bytes] = []
        try:
            chunks: Iterable[bytes] = self._application(_environment(request), start_response)
            written.extend(chunks)
        except TimeoutError as fault:
            raise requests.ReadTimeout from fault
        except ConnectionError as fault:
            raise requests.ConnectionError(fault) from fault
        return _response(request, *started[-1], b"".join(written))

    def close(self) -> None:
        """There is nothing to close."""


@lru_cache(maxsize=8)
def _basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def _encoded(fields: Mapping[str, Any] | None) -> str:
    """Fields as a form: a list is a field that comes several times, None none at all."""
    listed = ((name, value if isinstance(value, list | tuple) else (value,)) for name, value in (fields or {}).items())
    return urlencode([(name, each) for name, values in listed for each in values if each is not None])


def _environment(request: _Request) -> WSGIEnvironment:
    parts, body = urlsplit(request.url or ""), request.body
    content = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b""
    environment: WSGIEnvironment = {
        "REQUEST_METHOD": request.method or "GET",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "CONTENT_LENGTH": str(len(content)),
        "HTTP_HOST": parts.netloc,
        "wsgi.input": BytesIO(content),
        "wsgi.url_scheme": parts.scheme,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environment[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = str(value)
    setup_testing_defaults(environment)
    return environment


def _response(request: _Request, status: str, headers: list[tuple[str, str]], body: bytes) -> requests.Response:
    response: Any = requests.Response()
    response.status_code = int(status[:3])
    response.headers.update(headers)
    response.url, response.encoding = request.url, "utf-8"
    response.raw = BytesIO(body)
    response._content = body  # noqa: SLF001 (requests offers no other way to hand over a body)
    response._content_consumed = True  # noqa: SLF001
    return response  # type: ignore[no-any-return]
