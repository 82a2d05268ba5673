"""The first webhook of a call, answered in front of the web framework: it is what comes in floods when something fails.

Everything that is not plainly such a webhook, and everything that fails, goes on to the framework's own door, which
knows what to do about it and logs it.
"""

from collections.abc import Iterable
from io import BytesIO
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from app import clock
from app.calls import Calls
from app.services import Services
from app.telephony.inbound import VoiceRequest, form_fields, voice_request
from app.web.errors import unless_it_raises
from app.web.metrics import count
from app.web.webhooks import FORM

PATH = "/voice/incoming"
LARGEST_BODY = 65_536
HEADERS = ("Content-Type", "text/xml; charset=utf-8")


class FirstRing:
    """WSGI middleware over the whole application; it checks Twilio's signature as the framework's own door does."""

    def __init__(self, services: Services, application: WSGIApplication) -> None:
        self._services = services
        self._application = application
        self._answer = unless_it_raises(Calls(services).incoming)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began_at = clock.monotonic()
        request = self._first_ring(environ)
        document = None if request is None else self._answer(request)
        if document is None:
            return self._application(environ, start_response)
        body = document.encode()
        start_response("200 OK", [HEADERS, ("Content-Length", str(len(body)))])
        count(PATH, 200, clock.monotonic() - began_at)
        return [body]

    def _first_ring(self, environ: WSGIEnvironment) -> VoiceRequest | None:
        """The request, when it is such a webhook and signed; its body can still be read by who comes after."""
        if environ.get("RAW_URI") != PATH or environ["REQUEST_METHOD"] != "POST":
            return None
        kind, length = environ.get("CONTENT_TYPE", ""), environ.get("CONTENT_LENGTH", "")
        if kind.partition(";")[0].strip().lower() != FORM or not length.isdigit() or int(length) > LARGEST_BODY:
            return None
        raw = environ["wsgi.input"].read(int(length))
        environ["wsgi.input"] = BytesIO(raw)
        try:
            fields = form_fields(raw)
        except ValueError:
            return None
        given = environ.get("HTTP_X_TWILIO_SIGNATURE", "")
        signed = self._services.signatures.accepts(target=PATH, parameters=fields, body=None, given=given)
        return voice_request(fields) if signed else None
