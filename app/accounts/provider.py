"""The conversation with an OpenID Connect provider: where to send people, and who they are when they come back.

Refuses to know accounts. Sources: OpenID Connect Core 1.0 and Discovery 1.0, RFC 7636 (PKCE), RFC 9207 (issuer).
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from app.identity import IdentityProvider, is_issuer

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session
    from joserfc.jwk import KeySet

TIMEOUT_SECONDS: Final = 3.0
# Clocks of servers are seldom further apart.
SKEW: Final = timedelta(seconds=60)
KNOWN_FOR: Final = timedelta(hours=1)
# Nobody waits again for what was away a moment ago.
_AWAY_FOR: Final = timedelta(seconds=5)
_KEYS_NO_SOONER: Final = timedelta(seconds=30)
# Signed with a key of theirs: neither "none", nor a secret that both know.
_SIGNED: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderAway(Exception):  # noqa: N818 (a state of the world rather than an error)
    """The provider does not answer in time, or says what cannot be used; the text says why, without secrets."""


class NotProven(Exception):  # noqa: N818 (what it says)
    """What the provider was asked does not prove who somebody is; the text says why, without secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who somebody is to the provider. `words` are the groups or roles it gives them."""

    subject: str
    name: str
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the provider says of itself, and since when we know."""

    described: Mapping[str, Any]
    keys: "KeySet"
    at: datetime


class Provider:
    """One provider, whose description and keys are kept for an hour. Used by all threads."""

    def __init__(self, way: IdentityProvider, *, redirect: str) -> None:
        self.way = way
        self._redirect = redirect
        self._lock = threading.Lock()
        self._known: _Known | None = None
        self._away_at: datetime | None = None

    def address(self, *, state: str, nonce: str, verifier: str, at: datetime) -> str:
        """Where to send somebody to sign in. Raises ProviderAway."""
        known = self._knowledge(at)
        session = self._session(known.described)
        url = known.described["authorization_endpoint"]
        return str(session.create_authorization_url(url, state=state, nonce=nonce, code_verifier=verifier)[0])

    def who(self, code: str, *, nonce: str, verifier: str, at: datetime) -> Identity:
        """Who came back with this code. Raises ProviderAway, and NotProven."""
        from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415 (only where somebody signs in there)

        known = self._knowledge(at)
        session = self._session(known.described)
        with _spoken():
            try:
                token = session.fetch_token(
                    known.described["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    allow_redirects=False,
                )
            except AuthlibBaseError as fault:
                raise NotProven(f"the code is refused: {fault.error}") from fault
        signed = token.get("id_token")
        if not isinstance(signed, str):
            raise ProviderAway("it gives no ID token")
        claims = self._proven(known, signed, nonce=nonce, access_token=token.get("access_token"), at=at)
        return Identity(subject=claims["sub"], name=_name(claims), words=words_at(claims, self.way.claim))

    def check_issuer(self, said: str | None, *, at: datetime) -> None:
        """Refuses an answer that is another provider's. Raises ProviderAway, and NotProven."""
        if said is not None and said != self.way.issuer:
            raise NotProven("the answer is of another issuer")
        promised = self._knowledge(at).described.get("authorization_response_iss_parameter_supported")
        if said is None and promised is True:
            raise NotProven("the answer does not name its issuer")

    def _proven(
        self, known: _Known, signed: str, *, nonce: str, access_token: object, at: datetime
    ) -> Mapping[str, Any]:
        """What an ID token says, once its signature and all of its conditions have been looked at."""
        from authlib.oidc.core import CodeIDToken  # noqa: PLC0415 (likewise)
        from joserfc import jwt  # noqa: PLC0415 (likewise)
        from joserfc.errors import InvalidKeyIdError, JoseError  # noqa: PLC0415 (likewise)

        way = self.way
        try:
            try:
                token = jwt.decode(signed, known.keys, algorithms=_SIGNED)
            except InvalidKeyIdError:
                # Keys are exchanged now and then.
                token = jwt.decode(signed, self._newer_keys(known, at), algorithms=_SIGNED)
            conditions = {
                "iss": {"essential": True, "value": way.issuer},
                "aud": {"essential": True, "value": way.client_id},
            }
            expected = {"nonce": nonce, "client_id": way.client_id, "access_token": access_token}
            claims = CodeIDToken(token.claims, token.header, conditions, expected)
            claims.validate(now=int(at.timestamp()), leeway=int(SKEW.total_seconds()))
        except (JoseError, ValueError, TypeError) as fault:
            raise NotProven(f"the ID token is refused: {type(fault).__name__}") from fault
        if not claims["sub"]:
            raise NotProven("the ID token names nobody")
        return dict(claims)

    def _newer_keys(self, known: _Known, at: datetime) -> "KeySet":
        if at - known.at < _KEYS_NO_SOONER:
            return known.keys
        return self._knowledge(at, newer_than=known.at).keys

    def _knowledge(self, at: datetime, *, newer_than: datetime | None = None) -> _Known:
        with self._lock:
            known = self._known
            if known is not None and at - known.at < KNOWN_FOR and (newer_than is None or known.at > newer_than):
                return known
            if self._away_at is not None and timedelta() <= at - self._away_at < _AWAY_FOR:
                raise ProviderAway("it was away a moment ago")
            try:
                self._known = self._asked(at)
            except ProviderAway:
                self._away_at = at
                raise
            self._away_at = None
            return self._known

    def _asked(self, at: datetime) -> _Known:
        from joserfc.errors import JoseError  # noqa: PLC0415 (only where somebody signs in there)
        from joserfc.jwk import KeySet  # noqa: PLC0415 (likewise)

        described = self._read(f"{self.way.issuer.rstrip('/')}/.well-known/openid-configuration")
        if described.get("issuer") != self.way.issuer:
            raise ProviderAway("it calls itself otherwise than OIDC_ISSUER does")
        unsafe = [name for name in _ENDPOINTS if not _is_safe(described.get(name))]
        if unsafe:
            raise ProviderAway(f"its {unsafe[0]} is no address that can be used")
        try:
            keys = KeySet.import_key_set(self._read(described["jwks_uri"]))  # type: ignore[arg-type] # checked there
        except (JoseError, ValueError, TypeError, KeyError) as fault:
            raise ProviderAway("its keys cannot be read") from fault
        return _Known(described, keys, at)

    def _read(self, url: str) -> dict[str, Any]:
        with _spoken():
            answer = self._session({}).get(url, withhold_token=True, allow_redirects=False)
            if answer.status_code != 200:  # noqa: PLR2004 (HTTP's own number)
                raise ProviderAway(f"it answers {answer.status_code}")
            found = answer.json()
        if not isinstance(found, dict):
            raise ProviderAway("it does not describe itself")
        return found

    def _session(self, described: Mapping[str, Any]) -> "OAuth2Session":
        from authlib.integrations.requests_client import OAuth2Session  # noqa: PLC0415 (likewise)

        offered = described.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return OAuth2Session(
            self.way.client_id,
            self.way.client_secret,
            scope="openid profile email",
            redirect_uri=self._redirect,
            code_challenge_method="S256",
            token_endpoint_auth_method=next(
                (each for each in ("client_secret_basic", "client_secret_post") if each in offered),
                "client_secret_basic",
            ),
            default_timeout=TIMEOUT_SECONDS,
        )


def words_at(claims: Mapping[str, Any], place: str) -> frozenset[str]:
    """The words that stand at a place of the claims: a list, or one; dots lead inwards where no claim is called so."""
    found: object = claims.get(place)
    if found is None:
        found = claims
        for part in place.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    several = found if isinstance(found, list) else [found]
    return frozenset(each for each in several if isinstance(each, str))


@contextmanager
def _spoken() -> Iterator[None]:
    """Whatever goes wrong on the wire is told as one thing."""
    from requests import RequestException, Timeout  # noqa: PLC0415 (only where somebody signs in there)

    try:
        yield
    except Timeout as fault:
        raise ProviderAway("it does not answer in time") from fault
    except RequestException as fault:
        raise ProviderAway(f"it cannot be asked: {type(fault).__name__}") from fault
    except ValueError as fault:
        raise ProviderAway("what it says cannot be read") from fault


def _is_safe(url: object) -> bool:
    # Endpoints may have a query of their own.
    return isinstance(url, str) and is_issuer(url.partition("?")[0])


def _name(claims: Mapping[str, Any]) -> str:
    """What somebody is called there; their number at least."""
    given = (claims.get(each) for each in ("name", "preferred_username", "email", "sub"))
    return next(each for each in given if isinstance(each, str) and each.strip())
