"""Fetches people's own calendars from the addresses in the configuration and keeps the last good copy of each.

Routing reads the copies and never waits for an address: what cannot be fetched or read changes nothing.
"""

import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import ip_address
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import SplitResult, urljoin, urlsplit

import structlog

from app.config.calendar_reading import NotACalendar, read_calendar, reduced
from app.config.duty_time_off import CalendarAddress, calendar_addresses
from app.config.folder import MAX_CALENDAR_BYTES
from app.settings import is_loopback

TIMEOUT_SECONDS = 10.0
MAX_REDIRECTS = 5
_PORTS = {"https": 443, "http": 80}
_REDIRECTS = {301, 302, 303, 307, 308}
_log = structlog.get_logger(__name__)

Fetch = Callable[[str], bytes]
Resolve = Callable[[str, int], Sequence[str]]


class CannotFetch(Exception):  # noqa: N818 (reads as what it says)
    """A calendar that could not be had, and why. The address is not told: it is a secret of its owner."""


def pull_calendars(folder: Path, *, at: datetime, fetch: Fetch | None = None) -> int:
    """Fetch every calendar the configuration in `folder` has an address for; return how many copies changed.

    A copy is replaced as a whole, and only by a calendar that could be read. Never raises for one of them.
    """
    found = calendar_addresses(folder)
    return sum(_pull(folder, each, at=at, fetch=fetch or fetched) for each in found)


def _pull(folder: Path, address: CalendarAddress, *, at: datetime, fetch: Fetch) -> bool:
    path = folder / address.file
    try:
        data = fetch(address.url)
        left_out = len(read_calendar(data, zone=address.zone).left_out)
        changed = _keep(path, reduced(data), at=at)
    except (CannotFetch, NotACalendar, OSError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        _log.warning("time_off_not_fetched", calendar=address.file, reason=reason, copy=_age(path, at))
        return False
    if left_out:
        _log.warning("time_off_events_left_out", calendar=address.file, events=left_out)
    _log.info("time_off_fetched", calendar=address.file, changed=changed)
    return changed


def _keep(path: Path, data: bytes, *, at: datetime) -> bool:
    """Write the copy if it differs; its time of change tells when it was last fetched."""
    changed = not path.exists() or path.read_bytes() != data
    if changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A hidden name until it is whole: the configuration leaves such files aside.
        with NamedTemporaryFile(dir=path.parent, prefix=".fetched-", delete=False) as fresh:
            fresh.write(data)
            fresh.flush()
            os.fsync(fresh.fileno())
        Path(fresh.name).replace(path)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return changed


def _age(path: Path, at: datetime) -> str:
    try:
        seconds = max(0, int(at.timestamp() - path.stat().st_mtime))
    except OSError:
        return "none: nothing of it counts yet"
    return f"kept, fetched {seconds // 3600} hours {seconds % 3600 // 60} minutes ago"


# Fetching.


def resolved(host: str, port: int) -> Sequence[str]:
    """Return the IP addresses of a host. Raises CannotFetch."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as fault:
        raise CannotFetch("its host has no address") from fault
    return [str(each[4][0]) for each in found]


def fetched(url: str, *, resolve: Resolve = resolved, timeout_seconds: float = TIMEOUT_SECONDS) -> bytes:
    """Return what stands at an https address (http on this machine only). Raises CannotFetch.

    At most 1 MiB, within the time limit for each address. It may redirect within its own host, and elsewhere only to
    https addresses of the public internet: nobody else's calendar may point us at machines of this network.
    """
    first = target = _target(url)
    for _ in range(MAX_REDIRECTS + 1):
        addresses = _addresses(target, resolve, is_public=_origin(target) != _origin(first))
        with _answer(target, addresses, timeout_seconds) as answer:
            if answer.status not in _REDIRECTS:
                return _body(answer)
            target = _target(urljoin(target.geturl(), answer.getheader("Location", "")))
    raise CannotFetch("it redirects too often")


def _target(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))):
        raise CannotFetch("it leads to an address that is not https")
    return parts


def _origin(target: SplitResult) -> tuple[str, str | None, int]:
    return target.scheme, target.hostname, target.port or _PORTS[target.scheme]


def _addresses(target: SplitResult, resolve: Resolve, *, is_public: bool) -> Sequence[str]:
    """Return the IP addresses to connect to: asked for once, so that they cannot be others when it counts."""
    _, host, port = _origin(target)
    addresses = resolve(host or "", port)
    if not addresses:
        raise CannotFetch("its host has no address")
    if is_public and not (target.scheme == "https" and all(map(_is_public, addresses))):
        raise CannotFetch("it redirects to an address that is not public")
    return addresses


def _is_public(address: str) -> bool:
    ip = ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return ip.is_global and not ip.is_multicast


class _Connection(HTTPConnection):
    """A connection to the first of some IP addresses that answers, in the name of a host and with its certificate."""

    def __init__(self, target: SplitResult, addresses: Sequence[str], timeout_seconds: float) -> None:
        scheme, host, port = _origin(target)
        super().__init__(host or "", port, timeout=timeout_seconds)
        self.default_port = _PORTS[scheme]
        self._addresses, self._scheme = addresses, scheme
        self._live: socket.socket | None = None
        self.was_cut = False

    def connect(self) -> None:
        self.sock = self._live = self._connected()
        if self._scheme == "https":
            context = ssl.create_default_context()
            tls = context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock = self._live = tls
            tls.do_handshake()

    def _connected(self) -> socket.socket:
        for address in self._addresses[:-1]:
            with suppress(OSError):
                return socket.create_connection((address, self.port), self.timeout)
        return socket.create_connection((self._addresses[-1], self.port), self.timeout)

    def cut(self) -> None:
        """End it now, whatever is being waited for."""
        self.was_cut = True
        if self._live is not None:
            with suppress(OSError):
                self._live.shutdown(socket.SHUT_RDWR)


@contextmanager
def _answer(target: SplitResult, addresses: Sequence[str], timeout_seconds: float) -> Iterator[HTTPResponse]:
    connection = _Connection(target, addresses, timeout_seconds)
    # The socket's own limit begins anew with every byte, and a slow sender could keep us for hours.
    end = threading.Timer(timeout_seconds, connection.cut)
    end.daemon = True
    end.start()
    try:
        path = target._replace(scheme="", netloc="", fragment="").geturl() or "/"
        connection.request("GET", path, headers={"Accept": "text/calendar", "User-Agent": "offsite-ivr"})
        with connection.getresponse() as answer:
            yield answer
        if connection.was_cut:  # to the reader, that is an end like any other
            raise TimeoutError
    except (OSError, HTTPException, ValueError) as fault:
        raise CannotFetch(f"it does not answer as it should ({type(fault).__name__})") from fault
    finally:
        end.cancel()
        connection.close()


def _body(answer: HTTPResponse) -> bytes:
    if answer.status != HTTPStatus.OK:
        raise CannotFetch(f"it answers with status {answer.status}")
    data = answer.read(MAX_CALENDAR_BYTES + 1)
    if len(data) > MAX_CALENDAR_BYTES:
        raise CannotFetch("it is larger than 1 MiB")
    length = answer.getheader("Content-Length")
    if length is not None and length.isdigit() and int(length) != len(data):
        raise CannotFetch("it broke off in the middle")
    return data
