"""A little OpenID Connect provider on a port of this machine, with keys of its own; it can be told to misbehave."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

CLIENT_ID, CLIENT_SECRET = "the-desk", "between the two of us"


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 (werkzeug's name)
        pass


def fresh_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"})


# Made once: it takes a while.
KEY, STRANGERS_KEY = fresh_key(), fresh_key()


@dataclass
class LittleProvider:
    """Lets everybody through as `person`. What else it does is said by its fields."""

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "u-1", "name": "Jamison White", "groups": ["desk"]})
    now: int = 0
    claims: dict[str, Any] = field(default_factory=dict)
    signed_by: RSAKey | None = None
    algorithm: str = "RS256"
    described: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    error: str = ""
    says_iss: str | None = None
    asked: list[str] = field(default_factory=list)
    key: RSAKey = field(default_factory=lambda: KEY)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        self.asked.append(request.path)
        if self.status != 200:
            return Response("no", self.status)(environ, start_response)
        answers = {
            "/.well-known/openid-configuration": self._description,
            "/keys": self._keys,
            "/authorize": self._authorize,
            "/token": self._token,
        }
        return answers[request.path](request)(environ, start_response)

    def _description(self, _request: Request) -> Response:
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **self.described,
        }
        return as_json(found)

    def _keys(self, _request: Request) -> Response:
        return as_json({**KeySet([self.key]).as_dict(private=False)})

    def _authorize(self, request: Request) -> Response:
        asked = request.args
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        code = secrets.token_urlsafe(16)
        self._codes[code] = {name: asked[name] for name in ("redirect_uri", "code_challenge", "nonce")}
        answer = {"error": self.error} if self.error else {"code": code}
        answer |= {"state": asked["state"], **({"iss": self.says_iss} if self.says_iss else {})}
        return Response(status=302, headers={"Location": f"{asked['redirect_uri']}?{urlencode(answer)}"})

    def _token(self, request: Request) -> Response:
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {basic}":
            return as_json({"error": "invalid_client"}, 401)
        form = request.form
        begun = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64url(digest)
        if begun is None or begun["redirect_uri"] != form["redirect_uri"] or begun["code_challenge"] != challenge:
            return as_json({"error": "invalid_grant"}, 400)
        return as_json({"access_token": "a", "token_type": "Bearer", "id_token": self._signed(begun["nonce"])})

    def _signed(self, nonce: str) -> str:
        usual = {"iss": self.issuer, "aud": CLIENT_ID, "iat": self.now, "exp": self.now + 300, "nonce": nonce}
        claims = {name: value for name, value in {**usual, **self.person, **self.claims}.items() if value is not None}
        if self.algorithm == "none":
            return f"{packed({'alg': 'none', 'kid': self.key.kid})}.{packed(claims)}."
        if self.algorithm == "HS256":
            # The oldest trick: their public key taken for a secret.
            text = f"{packed({'alg': 'HS256', 'kid': self.key.kid})}.{packed(claims)}"
            return f"{text}.{base64url(hmac.digest(self.key.as_pem(private=False), text.encode(), 'sha256'))}"
        key = self.signed_by or self.key
        return jwt.encode({"alg": self.algorithm, "kid": self.key.kid}, claims, key)


def as_json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")


def packed(part: dict[str, Any]) -> str:
    return base64url(json.dumps(part).encode())


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@contextmanager
def running() -> Iterator[LittleProvider]:
    """One that runs."""
    provider = LittleProvider()
    server = make_server("127.0.0.1", 0, provider, threaded=True, request_handler=Quiet)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    thread.join()
    server.server_close()


def query(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
