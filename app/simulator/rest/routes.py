"""Which REST request goes to which handler, and the fields it may have. A table and its lookup."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.simulator.rest import calls, fields, messages, numbers, queues, recordings
from app.simulator.rest.desk import Handler
from app.simulator.rest.fields import Fields


@dataclass(frozen=True, slots=True)
class Route:
    """One kind of request: its handler takes what the parentheses of the pattern match."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    allowed: Fields


def _route(method: str, path: str, handler: Handler, allowed: Fields = fields.NONE) -> Route:
    for name, pattern in _PLACES.items():
        path = path.replace(f"<{name}>", pattern)
    return Route(method, re.compile(path), handler, allowed)


_PLACES = {
    "CA": "(CA[0-9a-f]{32})",
    "SM": "([SM]M[0-9a-f]{32})",
    "RE": "(RE[0-9a-f]{32})",
    "TR": "(TR[0-9a-f]{32})",
    "QU": "(QU[0-9a-f]{32})",
    "PN": "(PN[0-9a-f]{32})",
    "ext": r"(\.wav|\.mp3)?",
    "who": "(CA[0-9a-f]{32}|Front)",
    "json": r"\.json",
}

# Patterns begin behind /2010-04-01/Accounts/AC…
ROUTES = (
    _route("GET", "<json>", numbers.account),
    _route("POST", "/Calls<json>", calls.create, fields.CREATE_CALL),
    _route("GET", "/Calls<json>", calls.listed, fields.LIST_CALLS),
    _route("GET", "/Calls/<CA><json>", calls.fetch),
    _route("POST", "/Calls/<CA><json>", calls.update, fields.UPDATE_CALL),
    _route("GET", "/Calls/<CA>/Recordings<json>", recordings.listed, fields.LIST_RECORDINGS),
    _route("POST", "/Messages<json>", messages.create, fields.CREATE_MESSAGE),
    _route("GET", "/Messages<json>", messages.listed, fields.LIST_MESSAGES),
    _route("GET", "/Messages/<SM><json>", messages.fetch),
    _route("POST", "/Messages/<SM><json>", messages.update, fields.UPDATE_MESSAGE),
    _route("DELETE", "/Messages/<SM><json>", messages.delete),
    _route("GET", "/Recordings<json>", recordings.listed, fields.LIST_RECORDINGS),
    _route("GET", "/Recordings/<RE><json>", recordings.fetch, fields.FETCH_RECORDING),
    _route("DELETE", "/Recordings/<RE><json>", recordings.delete),
    _route("GET", "/Recordings/<RE><ext>", recordings.media, fields.FETCH_MEDIA),
    _route("GET", "/Recordings/<RE>/Transcriptions<json>", recordings.transcriptions, fields.PAGE_ONLY),
    _route("GET", "/Transcriptions<json>", recordings.transcriptions, fields.PAGE_ONLY),
    _route("GET", "/Transcriptions/<TR><json>", recordings.transcription),
    _route("DELETE", "/Transcriptions/<TR><json>", recordings.delete_transcription),
    _route("GET", "/Queues<json>", queues.listed, fields.PAGE_ONLY),
    _route("POST", "/Queues<json>", queues.create, fields.UPDATE_QUEUE),
    _route("GET", "/Queues/<QU><json>", queues.fetch),
    _route("POST", "/Queues/<QU><json>", queues.update, fields.UPDATE_QUEUE),
    _route("DELETE", "/Queues/<QU><json>", queues.delete),
    _route("GET", "/Queues/<QU>/Members<json>", queues.members, fields.PAGE_ONLY),
    _route("GET", "/Queues/<QU>/Members/<who><json>", queues.member),
    _route("POST", "/Queues/<QU>/Members/<who><json>", queues.dequeue, fields.UPDATE_MEMBER),
    _route("GET", "/IncomingPhoneNumbers<json>", numbers.listed, fields.LIST_NUMBERS),
    _route("GET", "/IncomingPhoneNumbers/<PN><json>", numbers.fetch),
    _route("POST", "/IncomingPhoneNumbers/<PN><json>", numbers.update, fields.UPDATE_NUMBER),
)


def find(method: str, path: str) -> Iterator[tuple[Route, tuple[str, ...]]]:
    """The route for a path within the account, with what it names; nothing when there is none."""
    for route in ROUTES:
        match = route.pattern.fullmatch(path)
        if match is not None and route.method == method:
            yield route, match.groups()
            return
