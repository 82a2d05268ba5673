"""What belongs on every line that is logged while a request is answered: which call it is about, and which webhook."""

from collections.abc import Mapping

from flask import g, has_request_context, request


def about_request() -> Mapping[str, object]:
    """The webhook's rule and the call it names; nothing outside of a request.

    Asked only when a line is written, so that a request that logs nothing pays nothing. The rule, never the path:
    paths hold position tokens.
    """
    if not has_request_context():
        return {}
    told: dict[str, object] = {}
    if request.url_rule is not None:
        told["route"] = request.url_rule.rule
    voice = g.get("voice")
    if voice is not None and voice.call_sid:
        told["call_sid"] = voice.call_sid
    return told
