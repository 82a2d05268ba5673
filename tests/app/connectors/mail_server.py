"""A mail server for tests: real SMTP on a real socket, which can be told what to answer and when to break off."""

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DROP = "drop"


@dataclass
class Received:
    """A mail the server took."""

    sender: str
    recipient: str
    content: bytes
    encrypted: bool

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=SMTP)


@dataclass
class MailServerDouble:
    """What the server does: `answers` by the word it reacts to; `greeting` comes before, `content` ends a mail.

    DROP breaks the connection off instead, for `content` after it has taken the mail.
    """

    port: int = 0
    answers: dict[str, list[str]] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    offers: tuple[str, ...] = ("8BITMIME",)
    certificate: ssl.SSLContext | None = None

    def answer(self, word: str, usual: str) -> str:
        """What it says now: what it was told to, once each, and then what servers say."""
        told = self.answers.get(word)
        return told.pop(0) if told else usual


class _Dropped(Exception):  # noqa: N818 - an order, not a fault
    pass


class _Handler(socketserver.StreamRequestHandler):
    timeout = 5
    double: MailServerDouble

    def handle(self) -> None:
        self.sender = self.recipient = ""
        self.encrypted = False
        try:
            self.say("greeting", "220 mail.example.org ready")
            while line := self.rfile.readline():
                words = line.decode().strip()
                self.double.heard.append(words.partition(" ")[0].upper())
                if not self.react(words):
                    return
        except (_Dropped, OSError):
            return

    def finish(self) -> None:
        with suppress(OSError, ValueError):
            super().finish()
        self.connection.close()

    def say(self, word: str, usual: str) -> str:
        answer = self.double.answer(word, usual)
        if answer == DROP:
            raise _Dropped
        self.wfile.write(answer.replace("\n", "\r\n").encode() + b"\r\n")
        return answer

    def react(self, words: str) -> bool:
        """Whether the conversation goes on."""
        verb, _, rest = words.partition(" ")
        match verb.upper():
            case "EHLO":
                lines = ["mail.example.org", *self.double.offers]
                self.say("EHLO", "\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"]))
            case "STARTTLS":
                if self.say("STARTTLS", "220 go ahead").startswith("220") and self.double.certificate is not None:
                    self.encrypt(self.double.certificate)
            case "AUTH":
                if self.say("AUTH", "235 welcome").startswith("235"):
                    self.double.logins.append(rest)
            case "MAIL":
                self.sender = rest.partition("<")[2].partition(">")[0]
                self.say("MAIL", "250 fine")
            case "RCPT":
                self.recipient = rest.partition("<")[2].partition(">")[0]
                self.say("RCPT", "250 fine")
            case "DATA":
                if self.say("DATA", "354 go on").startswith("354"):
                    self.take()
            case "QUIT":
                self.say("QUIT", "221 good-bye")
                return False
            case _:
                self.say(verb.upper(), "250 fine")
        return True

    def take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line[1:] if line.startswith(b".") else line)
        answer = self.double.answer("content", "250 queued")
        if answer.startswith("250") or answer == DROP:
            self.double.received.append(Received(self.sender, self.recipient, b"".join(lines), self.encrypted))
        if answer == DROP:
            raise _Dropped
        self.wfile.write(answer.encode() + b"\r\n")

    def encrypt(self, certificate: ssl.SSLContext) -> None:
        self.connection = certificate.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = socketserver._SocketWriter(self.connection)  # type: ignore[attr-defined]
        self.encrypted = True


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    tls: ssl.SSLContext | None = None

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = self.socket.accept()
        return (connection if self.tls is None else self.tls.wrap_socket(connection, server_side=True)), address

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that does not like the certificate goes away."""


@contextmanager
def mail_server(
    *, offers: tuple[str, ...] = (), certificate: ssl.SSLContext | None = None, tls: bool = False
) -> Iterator[MailServerDouble]:
    """A server on this machine until the block ends; `tls` from the first word on."""
    double = MailServerDouble(offers=("8BITMIME", *offers), certificate=certificate)
    handler = type("_ThisHandler", (_Handler,), {"double": double})
    with _Server(("127.0.0.1", 0), handler) as server:
        server.tls = certificate if tls else None
        double.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield double
        server.shutdown()
        thread.join()


def certificates(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A certificate for this machine, as its server uses it, and as a client that trusts it does."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    begins = datetime(2020, 1, 1, tzinfo=UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=36500))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "certificate.pem"
    path.write_bytes(private + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cadata=pem.decode())
