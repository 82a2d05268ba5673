"""The catch-alls of the house: spoken for the telephone, a problem document for programs. Nothing else has one.

Each keeps the exception in the log and gives no detail away.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec

import structlog
from flask import Response, g

from app.calls import Calls
from app.telephony import twiml
from app.telephony.inbound import VoiceRequest

P = ParamSpec("P")
OnFault = Callable[[Exception, Mapping[str, Any]], str]
XML = "text/xml"
_log = structlog.get_logger(__name__)


def spoken(document: str) -> Response:
    """A TwiML answer."""
    return Response(document, mimetype=XML)


def answer_rescued(calls: Calls) -> Callable[[Callable[P, str]], Callable[P, Response]]:
    """Answers a caller's webhook; what raises continues in the flow of last resort, and if need be without it."""

    def rescue(fault: Exception, view_args: Mapping[str, Any]) -> str:
        return calls.rescue(view_args.get("token"), g.voice, f"our code raised {type(fault).__name__}")

    def rescue_unstored(fault: Exception, view_args: Mapping[str, Any]) -> str:
        reason = f"our code raised {type(fault).__name__}"
        return calls.rescue_unstored(view_args.get("token"), g.voice, reason)

    def bare(_fault: Exception, _view_args: Mapping[str, Any]) -> str:
        return calls.bare_document(g.voice)

    def rescue_or_bare(fault: Exception, view_args: Mapping[str, Any]) -> str:
        last = _guarded(lambda **_: rescue_unstored(fault, view_args), bare)
        return _guarded(lambda: rescue(fault, view_args), lambda _fault, _view_args: last())()

    def decorate(view: Callable[P, str]) -> Callable[P, Response]:
        return _spoken(_guarded(view, rescue_or_bare))

    return decorate


def answer_staff_phone(view: Callable[P, str]) -> Callable[P, Response]:
    """Answers a staff phone's webhook; what raises hangs that phone up, so that the next one rings."""
    return _spoken(_guarded(view, lambda _fault, _view_args: twiml.HANGUP))


def answer_text(view: Callable[P, str]) -> Callable[P, Response]:
    """Answers a text; what raises is logged, and nothing is texted back."""
    return _spoken(_guarded(view, lambda _fault, _view_args: twiml.EMPTY))


def report_only(view: Callable[P, None]) -> Callable[P, Response]:
    """Answers a report: nothing is said. What raises is logged; the fact reported waits in the spool by then."""

    @wraps(view)
    def told(*args: P.args, **kwargs: P.kwargs) -> str:
        view(*args, **kwargs)
        return twiml.EMPTY

    return _spoken(_guarded(told, lambda _fault, _view_args: twiml.EMPTY))


def unless_it_raises(answer: Callable[[VoiceRequest], str]) -> Callable[[VoiceRequest], str | None]:
    """The answer, or None when it raises: then whoever asks has another way."""

    def attempt(request: VoiceRequest) -> str | None:
        try:
            return answer(request)
        except Exception:  # noqa: BLE001 (a caller never hears an error page)
            _log.exception("webhook_failed", call_sid=request.call_sid)
            return None

    return attempt


def _guarded(view: Callable[P, str], on_fault: OnFault) -> Callable[P, str]:
    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> str:
        try:
            return view(*args, **kwargs)
        except Exception as fault:  # noqa: BLE001 (a caller never hears an error page)
            _log.exception("webhook_failed", call_sid=g.voice.call_sid)
            return on_fault(fault, kwargs)

    return answer


def _spoken(view: Callable[P, str]) -> Callable[P, Response]:
    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
        return spoken(view(*args, **kwargs))

    return answer
