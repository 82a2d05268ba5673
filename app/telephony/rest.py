"""The connection to Twilio's REST API: bounded in time, repeated only where nothing was sent, silent about parameters.

Loads Twilio's library and requests, and so is itself loaded only when something is asked.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Final
from wsgiref.types import WSGIApplication

import requests
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError
from urllib3.util import Retry

from app import clock
from app.settings import Settings
from app.telephony.in_process import InProcess
from app.telephony.provider import ProviderError

TWILIO: Final = "https://api.twilio.com"
Timeouts = tuple[float, float]
"""Seconds to be connected, for each address of a name; and for each word of the answer."""

_LONGEST_DOWNLOAD_SECONDS: Final = 60.0
_CHUNK: Final = 65_536
_REFUSED: Final = 400
_BROKEN: Final = 500
# Refused for now: nothing was done, and it may be asked again. The long ones are Twilio's
# (https://www.twilio.com/docs/api/errors): too many calls at once, too many requests.
_LATER: Final = frozenset({408, 425, 429, 10004, 20429})
_GONE: Final = frozenset({404, 20404})


class Connection:
    """Twilio's library for one account; and recordings, whose sound the library cannot fetch."""

    # What the library raises at an answer it cannot read. Refusals have become ProviderError before that.
    UNREADABLE: ClassVar[tuple[type[Exception], ...]] = (TwilioException, ValueError, KeyError)

    def __init__(self, settings: Settings, *, timeouts: Timeouts, application: WSGIApplication | None = None) -> None:
        login = settings.api_key or (settings.account_sid, settings.auth_tokens[0])
        self._login = login
        account = f"{TWILIO}/2010-04-01/Accounts/{settings.account_sid}"
        self._recordings, self._transcripts = f"{account}/Recordings", f"{account}/Transcriptions"
        self._http = _Http(settings.twilio_api_base_url or TWILIO, application, timeouts)
        # Given nothing, the library would look for a region in the environment behind our back.
        environment = {"": ""}
        client = Client(*login, settings.account_sid, http_client=self._http, environment=environment)
        self.calls: Any = client.calls
        self.messages: Any = client.messages
        self.numbers: Any = client.incoming_phone_numbers
        self.transcriptions: Any = client.transcriptions

    def recording(self, sid: str) -> bytes:
        """The sound of a recording, as WAV. It is a while until it is there."""
        try:
            return self._http.download(f"{self._recordings}/{sid}", self._login)
        except ProviderError as fault:
            if fault.code in _GONE:
                raise ProviderError("the recording is not there yet", permanent=False, code=fault.code) from fault
            raise

    def delete_recording(self, sid: str) -> None:
        """Delete a recording, if it is there."""
        self._delete(f"{self._recordings}/{sid}.json")

    def delete_transcript(self, sid: str) -> None:
        """Delete what was written down of a recording, if it is there."""
        self._delete(f"{self._transcripts}/{sid}.json")

    def _delete(self, address: str) -> None:
        try:
            self._http.request("DELETE", address, auth=self._login)
        except ProviderError as fault:
            if fault.code not in _GONE:
                raise


class _Http(HttpClient):  # type: ignore[misc] # the library has no type hints
    """What Twilio's library sends its requests through.

    Its own client logs parameters, keeps the last answer where another thread may take it for its own, and repeats
    nothing over plain HTTP.
    """

    def __init__(self, base: str, application: WSGIApplication | None, timeouts: Timeouts) -> None:
        self._base = base
        self._timeouts = timeouts
        self._session = requests.Session()
        # An attempt to connect may be repeated; whatever was sent may have been heard.
        retry = Retry(
            connect=2,
            read=False,
            status=0,
            other=0,
            backoff_factor=0.2,
            allowed_methods=None,
            respect_retry_after_header=False,  # it would wait in here, and hide the answer from us
        )
        adapter = HTTPAdapter(max_retries=retry, pool_maxsize=16)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._here = None if application is None else InProcess(application)
        if self._here is not None:
            self._session.mount(base, self._here)
            self._session.trust_env = False  # no proxy leads there, and looking for one takes as long as the request

    def request(  # noqa: PLR0917 - the library's signature
        self,
        method: str,
        uri: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One request, by the library's names. Raises ProviderError for any refusal."""
        address = self._address(uri)
        with _translated():
            if self._here is not None:
                answer = self._here.ask(method, address, params=params, data=data, headers=headers, login=auth)
            else:
                answer = self._session.request(
                    method,
                    address,
                    params=params,
                    data=data,
                    headers=headers,
                    auth=auth,
                    timeout=timeout or self._timeouts,
                    allow_redirects=allow_redirects,
                )
        _refuse(answer)
        return Response(answer.status_code, answer.text, answer.headers)

    def download(self, uri: str, auth: tuple[str, str]) -> bytes:
        """A whole body, within a minute. It may come from elsewhere: the login is not sent along to there."""
        give_up_at = clock.monotonic() + _LONGEST_DOWNLOAD_SECONDS
        parts = []
        with (
            _translated(),
            self._session.get(self._address(uri), auth=auth, timeout=self._timeouts, stream=True) as answer,
        ):
            _refuse(answer)
            for part in answer.iter_content(_CHUNK):
                parts.append(part)
                if clock.monotonic() > give_up_at:
                    raise ProviderError("the recording comes too slowly", permanent=False)
        return b"".join(parts)

    def _address(self, uri: str) -> str:
        return self._base + uri.removeprefix(TWILIO)


def _refuse(answer: requests.Response) -> None:
    """Raise ProviderError unless the request was carried out. The reason Twilio gives is left out: it holds numbers."""
    status = answer.status_code
    if status < _REFUSED:
        return
    code = _code_of(answer) or status
    later = status in _LATER or code in _LATER
    raise ProviderError(
        f"Twilio answers {status}" + (f", code {code}" if code != status else ""),
        permanent=status < _BROKEN and not later,
        code=code,
        retry_after=_seconds(answer.headers.get("Retry-After", "")),
        unknown_outcome=status >= _BROKEN and not later,
    )


def _code_of(answer: requests.Response) -> int | None:
    try:
        body = answer.json()
    except (ValueError, requests.RequestException):
        return None
    code = body.get("code") if isinstance(body, dict) else None
    return code if isinstance(code, int) else None


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() else None


@contextmanager
def _translated() -> Iterator[None]:
    """Faults of the network leave as ProviderError, without the address and what was sent to it."""
    try:
        yield
    except requests.RequestException as fault:
        sent = not _never_sent(fault)
        what = "no answer from Twilio" if sent else "Twilio cannot be reached"
        # `from None`: the fault's own text holds the address, and with it numbers.
        raise ProviderError(f"{what} ({type(fault).__name__})", permanent=False, unknown_outcome=sent) from None


def _never_sent(fault: requests.RequestException) -> bool:
    if isinstance(fault, requests.ConnectTimeout):
        return True
    cause = fault.args[0] if fault.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, ConnectTimeoutError)
