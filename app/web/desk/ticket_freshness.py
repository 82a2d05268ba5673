"""Lists of tickets that stand open ask again whether there is something newer, and get nothing while there is not.

No answer waits for news: each is short, and the browser asks again. It tells by a mark what it has.
"""

import hashlib
from http import HTTPStatus
from typing import Final

from flask import request
from flask.typing import ResponseReturnValue

from app.web.desk.ticket_queries import BOARD, HERE

LIST_NOW: Final = f"{HERE}/now"
BOARD_NOW: Final = f"{BOARD}/now"


def mark_of(*seen: object) -> str:
    """What is seen of a list, as a short word: another one whenever anything of it is another."""
    return hashlib.blake2s(repr(seen).encode(), digest_size=6).hexdigest()


def nothing_newer(mark: str) -> ResponseReturnValue | None:
    """The answer to a browser that asks again and has just this; None where it is to get the page."""
    return ("", HTTPStatus.NO_CONTENT) if request.args.get("seen") == mark else None
