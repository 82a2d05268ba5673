"""Carries a call's position in a URL as one short signed token, so that no server needs to remember it."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from itsdangerous import BadSignature, Signer

from app.flow.messages import Position
from oncall import Priority

_compact = json.JSONEncoder(separators=(",", ":")).encode
# The last fields may be missing: calls that run when a new release starts carry tokens of the one before.
_ABSENT: list[Any] = [0, "", 0, 0]


class _Signer(Signer):
    """Has one secret, and derives its key once."""

    _derived: bytes | None = None

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        if self._derived is None:
            self._derived = super().derive_key(secret_key)
        return self._derived


class PositionTokens:
    """Writes and reads position tokens under one secret."""

    def __init__(self, secret_key: str) -> None:
        self._signer = _Signer(secret_key, salt="call-position", key_derivation="hmac", digest_method=hashlib.sha256)

    def write(self, position: Position) -> str:
        """The token of a position: letters, digits, `-`, `_` and `.` only."""
        fields = [
            position.line,
            position.flow,
            position.node,
            position.turn,
            position.revision,
            position.started_at,
            position.entered_at - position.started_at,
            position.rung,
            position.tries,
            position.priority,
            position.language,
            position.lap,
            position.call_sid,
            position.held_at,
            position.passed_over,
        ]
        packed = urlsafe_b64encode(_compact(fields).encode()).rstrip(b"=")
        return self._signer.sign(packed).decode()

    def hold_name(self, call_sid: str, turn: int) -> str:
        """The name of the queue in which one caller waits, alone: nobody can guess it, and it says nothing."""
        return "hold-" + self._signer.get_signature(f"{call_sid}:{turn}".encode()).decode()[:24]

    def read(self, token: str) -> Position | None:
        """The position a token carries, or None when it was not written by us."""
        try:
            packed = self._signer.unsign(token.encode("utf-8", "replace"))
            fields = json.loads(urlsafe_b64decode(packed + b"=" * (-len(packed) % 4)))
            line, flow, node, turn, revision, started_at, entered_after, rung, tries, priority, language, *more = fields
            lap, call_sid, held_at, passed_over = more + _ABSENT[len(more) :]
        except (BadSignature, TypeError, ValueError):
            return None
        return Position(
            line=line,
            flow=flow,
            node=node,
            turn=turn,
            revision=revision,
            started_at=started_at,
            entered_at=started_at + entered_after,
            rung=rung,
            tries=tries,
            priority=None if priority is None else Priority(priority),
            language=language,
            lap=lap,
            call_sid=call_sid,
            held_at=held_at,
            passed_over=passed_over,
        )
