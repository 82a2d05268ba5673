"""What the service is compared to: a bare view, and the honest minimum of a durable program.

The floor answers a constant document without reading the body. The durable path parses the form, checks the signature
and renders with Twilio's library, and commits one row to SQLite (WAL, synchronous=FULL) behind a lock.
"""

import sqlite3
import threading

from flask import Flask, Response, abort, request

DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?><Response><Gather action="/voice/keys" numDigits="1" timeout="5">'
    '<Say language="en-US">Thank you for calling. For an emergency press 1.</Say></Gather>'
    '<Redirect method="POST">/voice/silence</Redirect></Response>'
)


def make_floor() -> Flask:
    """A bare view."""
    app = Flask(__name__)

    @app.post("/voice/incoming")
    def incoming() -> Response:
        return Response(DOCUMENT, mimetype="text/xml")

    return app


def make_durable(path: str, base_url: str, token: str) -> Flask:
    """Form, signature, one committed row, document."""
    # Not at the top: the bare floor must not carry what it does not use.
    from twilio.request_validator import RequestValidator  # noqa: PLC0415
    from twilio.twiml.voice_response import Gather, VoiceResponse  # noqa: PLC0415

    app = Flask(__name__)
    validator = RequestValidator(token)
    lock = threading.Lock()
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS calls (sid TEXT PRIMARY KEY, caller TEXT, dialled TEXT)")

    @app.post("/voice/incoming")
    def incoming() -> Response:
        if not validator.validate(base_url + request.path, request.form, request.headers.get("X-Twilio-Signature", "")):
            abort(403)
        row = (request.form["CallSid"], request.form["From"], request.form["To"])
        with lock:
            connection.execute("INSERT INTO calls VALUES (?, ?, ?)", row)
        response = VoiceResponse()
        gather = Gather(action="/voice/keys", num_digits=1, timeout=5)
        gather.say("Thank you for calling. For an emergency press 1.", language="en-US")
        response.append(gather)
        response.redirect("/voice/silence", method="POST")
        return Response(str(response), mimetype="text/xml")

    return app
