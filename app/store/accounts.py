"""Accounts, their one-time links and sessions, and tries to sign in, as rows. Knows no rule about any of them.

Everything secret comes in hashed or sealed. What is asked for often is one statement.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, bindparam, delete, func, insert, literal_column, select, update

from app.store.access import Reader, Writer
from app.store.account_tables import account_links, account_sessions, accounts, sign_in_attempts
from app.store.audit import AuditRows
from app.store.elsewhere import ElsewhereRows
from app.store.prepared import Session
from app.store.rows import name_key, storable

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may sign in. `second_factor` is sealed; `password_hash` is None before one was chosen.

    `issuer` and `subject` say where else they sign in, and what they are called there; both are None for others.
    """

    id: int
    name: str
    role: str
    password_hash: str | None
    second_factor: bytes | None
    created_at: datetime
    disabled_at: datetime | None
    issuer: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSession:
    """Somebody signed in on a device."""

    id: int
    account: int
    created_at: datetime
    seen_at: datetime
    ended_at: datetime | None
    address: str
    device: str


_ACCOUNT: Final = tuple(Account.__slots__)
_SESSION: Final = tuple(AccountSession.__slots__)
_ACCOUNTS = select(*(accounts.c[name] for name in _ACCOUNT))
_BY_ID = _ACCOUNTS.where(accounts.c.id == bindparam("which"))
_BY_NAME = _ACCOUNTS.where(accounts.c.name_key == bindparam("key"))
_BY_IDENTITY = _ACCOUNTS.where(accounts.c.issuer == bindparam("issuer"), accounts.c.subject == bindparam("subject"))
_ALL = _ACCOUNTS.order_by(accounts.c.name_key)
_ANY = select(accounts.c.id)
_NEW = ("name", "name_key", "role", "created_at")
_ADD = (
    insert(accounts)
    .values({name: bindparam(name) for name in _NEW})
    .returning(*(accounts.c[name] for name in _ACCOUNT))
)
# One statement a field, so that two who change different fields at once do not undo each other.
_SET = {
    name: update(accounts).where(accounts.c.id == bindparam("which")).values({name: bindparam("value")})
    for name in ("role", "password_hash", "second_factor", "disabled_at", "issuer", "subject")
}
_STEP = (
    update(accounts)
    .where(
        accounts.c.id == bindparam("which"),
        accounts.c.second_factor_step.is_(None) | (accounts.c.second_factor_step < bindparam("limit")),
    )
    .values(second_factor_step=bindparam("step"))
    .returning(accounts.c.id)
)
_LINK = ("secret_sha256", "account", "kind", "created_at", "expires_at")
_ADD_LINK = insert(account_links).values({name: bindparam(name) for name in _LINK})
_GOOD_LINK = (
    account_links.c.secret_sha256 == bindparam("hash"),
    account_links.c.used_at.is_(None),
    account_links.c.expires_at > bindparam("at"),
)
_FIND_LINK = (
    select(*(accounts.c[name] for name in _ACCOUNT), account_links.c.kind)
    .join(account_links, account_links.c.account == accounts.c.id)
    .where(*_GOOD_LINK, accounts.c.disabled_at.is_(None))
)
_USE_LINK = (
    update(account_links)
    .where(*_GOOD_LINK, account_links.c.kind == bindparam("kind_wanted"))
    .values(used_at=bindparam("used_at"))
    .returning(account_links.c.account)
)
_VOID_LINKS = (
    update(account_links)
    .where(account_links.c.account == bindparam("which"), account_links.c.used_at.is_(None))
    .values(used_at=bindparam("at"))
)
_NEW_SESSION = ("secret_sha256", "account", "created_at", "seen_at", "address", "device")
_ADD_SESSION = insert(account_sessions).values({name: bindparam(name) for name in _NEW_SESSION})
_FIND_SESSION = (
    select(*(account_sessions.c[name] for name in _SESSION), *(accounts.c[name] for name in _ACCOUNT))
    .join(accounts, account_sessions.c.account == accounts.c.id)
    .where(
        account_sessions.c.secret_sha256 == bindparam("hash"),
        account_sessions.c.ended_at.is_(None),
        accounts.c.disabled_at.is_(None),
    )
)
_SEEN = update(account_sessions).where(account_sessions.c.id == bindparam("which")).values(seen_at=bindparam("at"))
_OPEN_SESSIONS = (
    select(*(account_sessions.c[name] for name in _SESSION))
    .where(
        account_sessions.c.account == bindparam("which"),
        account_sessions.c.ended_at.is_(None),
        account_sessions.c.seen_at > bindparam("since"),
    )
    .order_by(account_sessions.c.seen_at.desc())
)
_OPEN_OF_ALL = (
    select(*(account_sessions.c[name] for name in _SESSION), *(accounts.c[name] for name in _ACCOUNT))
    .join(accounts, account_sessions.c.account == accounts.c.id)
    .where(
        account_sessions.c.ended_at.is_(None),
        account_sessions.c.seen_at > bindparam("since"),
        accounts.c.disabled_at.is_(None),
    )
    .order_by(account_sessions.c.seen_at.desc())
)
_END = (
    update(account_sessions)
    .where(
        account_sessions.c.id == bindparam("which"),
        account_sessions.c.account == bindparam("owner"),
        account_sessions.c.ended_at.is_(None),
    )
    .values(ended_at=bindparam("at"))
    .returning(account_sessions.c.id)
)
_END_ALL = (
    update(account_sessions)
    .where(
        account_sessions.c.account == bindparam("owner"),
        account_sessions.c.ended_at.is_(None),
        account_sessions.c.id != bindparam("but"),
    )
    .values(ended_at=bindparam("at"))
)
_TRIED = tuple(
    select(func.count()).where(column == bindparam("value"), sign_in_attempts.c.at > bindparam("since"))
    for column in (sign_in_attempts.c.name_sha256, sign_in_attempts.c.address)
)
_TRIED_NAMES = (
    select(sign_in_attempts.c.name_sha256, func.count())
    .where(sign_in_attempts.c.at > bindparam("since"))
    .group_by(sign_in_attempts.c.name_sha256)
)
_TRY = insert(sign_in_attempts).values({name: bindparam(name) for name in ("name_sha256", "address", "at")})
_FORGIVE = delete(sign_in_attempts).where(sign_in_attempts.c.name_sha256 == bindparam("name"))
_FORGET = delete(sign_in_attempts).where(sign_in_attempts.c.at <= bindparam("since"))
# The two-number form, which the locks of calls leave free. Held to the end of the transaction.
_ALONE = select(func.pg_advisory_xact_lock(literal_column("1"), literal_column("2")))


class AccountRows:
    """Accounts and what belongs to them within one transaction, with the audit log beside them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.audit = AuditRows(session)
        self.elsewhere = ElsewhereRows(session)

    def alone(self) -> None:
        """Let nobody else change accounts until the transaction ends."""
        # SQLite has one writer at a time as it is.
        if self._session.database == "postgresql":
            self._session.one(_ALONE, {})

    def any(self) -> bool:
        """Whether there is any account."""
        return self._session.one(_ANY, {}) is not None

    def all(self) -> tuple[Account, ...]:
        """All accounts, by name."""
        return tuple(map(_account_of, self._session.all(_ALL, {})))

    def get(self, account_id: int) -> Account | None:
        """One account."""
        return _account_or_none(self._session.one(_BY_ID, {"which": account_id}))

    def named(self, name: str) -> Account | None:
        """One account by its name, however that is capitalised."""
        return _account_or_none(self._session.one(_BY_NAME, {"key": name_key(name)}))

    def identified(self, issuer: str, subject: str) -> Account | None:
        """The account of somebody who signs in elsewhere."""
        return _account_or_none(self._session.one(_BY_IDENTITY, {"issuer": issuer, "subject": storable(subject)}))

    def identify(self, account_id: int, issuer: str | None, subject: str | None) -> None:
        """Say where else an account is signed in to, or that it is nowhere else."""
        self.put(account_id, "issuer", issuer)
        self.put(account_id, "subject", None if subject is None else storable(subject))

    def add(self, name: str, role: str, *, at: datetime) -> Account:
        """A new account, whose name must be free."""
        row = {"name": storable(name), "name_key": name_key(name), "role": role, "created_at": at}
        made = self._session.one(_ADD, row)
        assert made is not None  # noqa: S101 - INSERT … RETURNING gives the row, or raises
        return _account_of(made)

    def put(self, account_id: int, field: str, value: object) -> None:
        """Change one field."""
        self._session.run(_SET[field], {"which": account_id, "value": value})

    def take_step(self, account_id: int, step: int) -> bool:
        """Note the time step of a code that was shown; False when that step, or a later one, was taken before."""
        return self._session.one(_STEP, {"which": account_id, "limit": step, "step": step}) is not None

    def add_link(self, secret_sha256: str, account_id: int, kind: str, *, at: datetime, expires_at: datetime) -> None:
        """A link for an account. Those it had before are good no longer."""
        self.void_links(account_id, at=at)
        values = (secret_sha256, account_id, kind, at, expires_at)
        self._session.run(_ADD_LINK, dict(zip(_LINK, values, strict=True)))

    def void_links(self, account_id: int, *, at: datetime) -> None:
        """The links of an account are good no longer."""
        self._session.run(_VOID_LINKS, {"which": account_id, "at": at})

    def use_link(self, secret_sha256: str, kind: str, *, at: datetime) -> int | None:
        """Use a link of a kind up; gives the account, or None when it was not good."""
        found = self._session.one(_USE_LINK, {"hash": secret_sha256, "kind_wanted": kind, "at": at, "used_at": at})
        return None if found is None else int(found[0])

    def add_session(self, secret_sha256: str, account_id: int, *, at: datetime, address: str, device: str) -> None:
        """Somebody has signed in."""
        values = (secret_sha256, account_id, at, at, storable(address), storable(device))
        self._session.run(_ADD_SESSION, dict(zip(_NEW_SESSION, values, strict=True)))

    def end_session(self, session_id: int, account_id: int, *, at: datetime) -> bool:
        """End a session of an account; False when there was none to end."""
        return self._session.one(_END, {"which": session_id, "owner": account_id, "at": at}) is not None

    def end_sessions(self, account_id: int, *, at: datetime, but: int = 0) -> None:
        """End all sessions of an account, one excepted."""
        self._session.run(_END_ALL, {"owner": account_id, "at": at, "but": but})

    def tries(self, name_sha256: str, address: str, *, since: datetime) -> tuple[int, int]:
        """How often somebody tried to sign in under this name, and from this address."""
        counts = (
            self._session.one(statement, {"value": value, "since": since})
            for statement, value in zip(_TRIED, (name_sha256, storable(address)), strict=True)
        )
        of_name, of_address = (0 if found is None else int(found[0]) for found in counts)
        return of_name, of_address

    def tried(self, *, since: datetime) -> dict[str, int]:
        """How often somebody tried to sign in, by the hash of the name."""
        return {row[0]: int(row[1]) for row in self._session.all(_TRIED_NAMES, {"since": since})}

    def add_try(self, name_sha256: str, address: str, *, at: datetime, forget_before: datetime) -> None:
        """Somebody tries to sign in."""
        self._session.run(_FORGET, {"since": forget_before})
        self._session.run(_TRY, {"name_sha256": name_sha256, "address": storable(address), "at": at})

    def forgive(self, name_sha256: str) -> None:
        """Forget the tries under this name."""
        self._session.run(_FORGIVE, {"name": name_sha256})


class Accounts:
    """Accounts and what belongs to them. Raises StoreUnavailable."""

    def __init__(self, read: Reader, write: Writer) -> None:
        self._read = read
        self._write = write

    def change(self, deed: Callable[[AccountRows], Answer]) -> Answer:
        """Run one change in a transaction of its own."""
        return self._write(lambda session: deed(AccountRows(session)))

    def look(self, question: Callable[[AccountRows], Answer]) -> Answer:
        """Ask a question that changes nothing."""
        return self._read(lambda connection: question(AccountRows(Session.of(connection))))

    def by_link(self, secret_sha256: str, *, at: datetime) -> tuple[Account, str] | None:
        """Whose a link is that is still good, and its kind."""
        row = self._one(_FIND_LINK, {"hash": secret_sha256, "at": at})
        return None if row is None else (_account_of(row[:-1]), row[-1])

    def by_session(self, secret_sha256: str) -> tuple[AccountSession, Account] | None:
        """A session that was not ended, and whose it is."""
        row = self._one(_FIND_SESSION, {"hash": secret_sha256})
        return None if row is None else (_session_of(row[: len(_SESSION)]), _account_of(row[len(_SESSION) :]))

    def seen(self, session_id: int, *, at: datetime) -> None:
        """Note that a session was used."""
        self._write(lambda session: session.run(_SEEN, {"which": session_id, "at": at}))

    def sessions(self, account_id: int, *, since: datetime) -> tuple[AccountSession, ...]:
        """The sessions of an account that were used since and not ended, the last one used first."""

        def question(connection: Connection) -> tuple[AccountSession, ...]:
            rows = Session.of(connection).all(_OPEN_SESSIONS, {"which": account_id, "since": since})
            return tuple(map(_session_of, rows))

        return self._read(question)

    def all_sessions(self, *, since: datetime) -> tuple[tuple[AccountSession, Account], ...]:
        """The sessions of all accounts that were used since and not ended, the last one used first."""

        def question(connection: Connection) -> list[Sequence[Any]]:
            return Session.of(connection).all(_OPEN_OF_ALL, {"since": since})

        width = len(_SESSION)
        return tuple((_session_of(row[:width]), _account_of(row[width:])) for row in self._read(question))

    def _one(self, statement: Any, values: dict[str, Any]) -> Sequence[Any] | None:  # noqa: ANN401 - Select of columns
        return self._read(lambda connection: Session.of(connection).one(statement, values))


def _account_or_none(row: Sequence[Any] | None) -> Account | None:
    return None if row is None else _account_of(row)


def _account_of(row: Sequence[Any]) -> Account:
    return Account(**dict(zip(_ACCOUNT, row, strict=True)))


def _session_of(row: Sequence[Any]) -> AccountSession:
    return AccountSession(**dict(zip(_SESSION, row, strict=True)))
