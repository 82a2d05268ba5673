"""Sends prepared requests over keep-alive connections and times each answer. One thread, so that it costs little."""

import hmac
import selectors
import socket
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

TOKEN = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Load:
    """What a run of requests took. Latencies are in seconds, in the order of the answers."""

    seconds: float
    latencies: tuple[float, ...]
    failures: int

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def incoming(host: str, port: int, number: int, *, run: str) -> bytes:
    """A first webhook as Twilio sends it: 28 fields, signed, with a CallSid of its own."""
    fields = {
        "AccountSid": "AC" + "0" * 31 + "1",
        "ApiVersion": "2010-04-01",
        "CallSid": f"CA{run:>8.8}{number:024d}".replace(" ", "0"),
        "CallStatus": "ringing",
        "CallToken": "%7B%22parentCallInfoToken%22%3A%22eyJhbGciOiJFUzI1NiJ9%22%7D",
        "Direction": "inbound",
        "From": f"+1816555{100 + number % 100:04d}",
        "To": "+18162327483",
        "StirVerstat": "TN-Validation-Passed-A",
        "ForwardedFrom": "",
    }
    for party, city in (("From", "SAINT JOSEPH"), ("To", "SAINT JOSEPH"), ("Caller", "KANSAS CITY"), ("Called", "")):
        fields |= {f"{party}City": city, f"{party}State": "MO", f"{party}Zip": "64501", f"{party}Country": "US"}
    fields |= {"Caller": fields["From"], "Called": fields["To"]}
    return signed_post(host, port, "/voice/incoming", fields)


def signed_post(host: str, port: int, path: str, fields: dict[str, str]) -> bytes:
    """The bytes of a signed form POST."""
    text = f"http://{host}:{port}{path}" + "".join(name + fields[name] for name in sorted(fields))
    signature = b64encode(hmac.digest(TOKEN.encode(), text.encode(), "sha1")).decode()
    body = urlencode(fields).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nX-Twilio-Signature: {signature}\r\nUser-Agent: TwilioProxy/1.1\r\n\r\n"
    )
    return head.encode() + body


def send_all(host: str, port: int, requests: Iterator[bytes], *, connections: int) -> Load:
    """Keeps so many connections busy until the requests are used up."""
    selector = selectors.DefaultSelector()
    latencies: list[float] = []
    failures = 0
    started = time.perf_counter()
    for _ in range(connections):
        request = next(requests, None)
        if request is not None:
            _Connection(selector, host, port).send(request)
    while selector.get_map():
        for key, _ in selector.select():
            connection: _Connection = key.data
            answer = connection.receive()
            if answer is None:
                continue
            latencies.append(time.perf_counter() - connection.sent_at)
            failures += not answer.startswith(b"HTTP/1.1 200")
            request = next(requests, None)
            if request is None:
                connection.close()
            else:
                connection.send(request)
    return Load(time.perf_counter() - started, tuple(latencies), failures)


class _Connection:
    def __init__(self, selector: selectors.BaseSelector, host: str, port: int) -> None:
        self._selector = selector
        self._socket = socket.create_connection((host, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self.sent_at = 0.0
        selector.register(self._socket, selectors.EVENT_READ, self)

    def send(self, request: bytes) -> None:
        self._received = b""
        self.sent_at = time.perf_counter()
        self._socket.sendall(request)

    def receive(self) -> bytes | None:
        """The whole answer, once it is here."""
        piece = self._socket.recv(65536)
        if not piece:
            raise ConnectionError("the server closed a connection")
        self._received += piece
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return None
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return self._received if len(body) >= length else None

    def close(self) -> None:
        self._selector.unregister(self._socket)
        self._socket.close()
