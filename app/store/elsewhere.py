"""Those who were sent to sign in elsewhere and are not back yet, as rows. Knows only hashes of what they carry."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, insert

from app.store.account_tables import sign_ins_elsewhere
from app.store.prepared import Session
from app.store.rows import storable

_NEW: Final = ("state_sha256", "browser_sha256", "back", "account", "expires_at")
_ADD = insert(sign_ins_elsewhere).values({name: bindparam(name) for name in _NEW})
_TAKE = (
    delete(sign_ins_elsewhere)
    .where(
        sign_ins_elsewhere.c.state_sha256 == bindparam("state"),
        sign_ins_elsewhere.c.browser_sha256 == bindparam("browser"),
        sign_ins_elsewhere.c.expires_at > bindparam("at", type_=sign_ins_elsewhere.c.expires_at.type),
    )
    .returning(sign_ins_elsewhere.c.back, sign_ins_elsewhere.c.account)
)
_FORGET = delete(sign_ins_elsewhere).where(
    sign_ins_elsewhere.c.expires_at <= bindparam("at", type_=sign_ins_elsewhere.c.expires_at.type)
)


class ElsewhereRows:
    """Ways out that were begun, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin(
        self, state_sha256: str, browser_sha256: str, *, back: str, account: int | None, at: datetime, until: datetime
    ) -> None:
        """Somebody is sent away, to be back before `until`. What was begun too long ago is forgotten."""
        self._session.run(_FORGET, {"at": at})
        values = (state_sha256, browser_sha256, storable(back), account, until)
        self._session.run(_ADD, dict(zip(_NEW, values, strict=True)))

    def take(self, state_sha256: str, browser_sha256: str, *, at: datetime) -> tuple[str, int | None] | None:
        """Somebody is back in the browser they left with: where they wanted to go, and the account it was begun for.

        None when it is not so, too late, or the second time.
        """
        found = self._session.one(_TAKE, {"state": state_sha256, "browser": browser_sha256, "at": at})
        return None if found is None else (str(found[0]), found[1])
