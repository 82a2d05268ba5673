"""The words people wrote about tickets, and the tickets found by them: newest first, and never by reading them all.

Only what people wrote: a ticket nobody has touched is found by its number, its caller and how its call ended. The words
are kept by a sweep, not where calls come in, so that a new one is found within a minute.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, bindparam, delete, exists, func, insert, literal_column, select, union_all
from sqlalchemy import text as sql

from app.store.access import Reader, Writer
from app.store.daily_figures import mark_of, marked
from app.store.daily_tables import ticket_words
from app.store.models import ticket_updates, tickets
from app.store.prepared import Session

MOST_TICKETS: Final = 500
"""So many tickets are found by words at most, the newest."""
# How far back a word is followed when other words have to be there, too: what keeps common words quick.
_WALK: Final = 5_000
_COMPLETIONS: Final = 8
_SHORTEST_BEGINNING: Final = 3
_LONGEST_WORD: Final = 40
_MOST_WORDS: Final = 500
_MOST_TERMS: Final = 6
_AT_ONCE: Final = 500
# A change is committed within this time; until then one with a lower number may still come.
_SETTLED: Final = timedelta(seconds=5)
_MARK: Final = "words"
_WORD: Final = re.compile(r"[^\W_]+")

_FROM_THE_FIRST: Any = literal_column("0")
_ENTRIES = (
    select(ticket_updates.c.id, ticket_updates.c.ticket, ticket_updates.c.at)
    .where(ticket_updates.c.id > bindparam("reached", type_=ticket_updates.c.id.type))
    .order_by(ticket_updates.c.id)
    .limit(bindparam("most"))
    .offset(_FROM_THE_FIRST)
)
_NUMBER = bindparam("which", type_=ticket_words.c.ticket.type)
_TICKET = select(tickets.c.subject, tickets.c.requester).where(tickets.c.number == _NUMBER)
_TEXTS = select(ticket_updates.c.text).where(
    ticket_updates.c.ticket == _NUMBER, sql("kind IN ('update', 'note', 'requester_reply')")
)
_FORGET = delete(ticket_words).where(ticket_words.c.ticket == _NUMBER)
_KEEP = insert(ticket_words).values(word=bindparam("word"), ticket=bindparam("which"))
_NEXT_WORD = select(func.min(ticket_words.c.word)).where(
    ticket_words.c.word > bindparam("after", type_=ticket_words.c.word.type)
)
_FIRST_WORD = select(func.min(ticket_words.c.word)).where(
    ticket_words.c.word >= bindparam("after", type_=ticket_words.c.word.type)
)


def words_in(texts: Iterable[str]) -> tuple[str, ...]:
    """The words of texts, each once, in lower case; what is digits alone is no word."""
    found: dict[str, None] = {}
    for text in texts:
        for word in _WORD.findall(text.casefold()):
            if 1 < len(word) <= _LONGEST_WORD and not word.isdigit():
                found[word] = None
    return tuple(found)[:_MOST_WORDS]


class TicketWords:
    """What is written of tickets, by its words. Raises StoreUnavailable."""

    def __init__(self, read: Reader, write: Writer) -> None:
        self._read = read
        self._write = write

    def keep(self, *, at: datetime) -> int:
        """Take up the next changes of tickets; how many there were. Fewer than asked for at once: there are no more."""
        reached, entries = self._read(lambda connection: _unread(Session.of(connection)))
        settled = []
        for number, ticket, told_at in entries:
            if told_at > at - _SETTLED:
                break
            settled.append((number, ticket))
        if not settled:
            return 0

        def change(session: Session) -> None:
            if mark_of(session, _MARK) != reached:
                return  # somebody else took them up meanwhile
            for ticket in sorted({ticket for _, ticket in settled}):
                _take_up(session, ticket)
            session.run(marked(session.database), {"name": _MARK, "reached": settled[-1][0]})

        self._write(change)
        return len(settled)


def _unread(session: Session) -> tuple[int | None, list[Sequence[Any]]]:
    reached = mark_of(session, _MARK)
    return reached, session.all(_ENTRIES, {"reached": reached or 0, "most": _AT_ONCE})


def _take_up(session: Session, number: int) -> None:
    ticket = session.one(_TICKET, {"which": number})
    if ticket is None:
        return
    told = [row[0] for row in session.all(_TEXTS, {"which": number})]
    session.run(_FORGET, {"which": number})
    found = [{"word": word, "which": number} for word in words_in([*ticket, *told])]
    if found:
        session.run_each(_KEEP, found)


def tickets_with(session: Session, text: str) -> Select[Any] | None:
    """The question for the newest tickets with all words of a text; None when there cannot be any.

    The last word may be the beginning of one.
    """
    terms: list[list[str]] = []
    words = words_in([text])[:_MOST_TERMS]
    for place, word in enumerate(words):
        first = session.one(_FIRST_WORD, {"after": word})
        if first is not None and first[0] == word:
            terms.append([word])
        elif place == len(words) - 1 and len(word) >= _SHORTEST_BEGINNING:
            terms.append(_completions(session, word))
        else:
            terms.append([])
    if not terms or not all(terms):
        return None
    # Long words are rare ones, as a rule.
    first, *others = sorted(terms, key=lambda each: (len(each) > 1, -len(each[0])))
    return _newest(first, others)


def _completions(session: Session, beginning: str) -> list[str]:
    found: list[str] = []
    after = beginning
    while len(found) < _COMPLETIONS:
        row = session.one(_NEXT_WORD, {"after": after})
        if row is None or row[0] is None or not row[0].startswith(beginning):
            break
        after = row[0]
        found.append(after)
    return found


def _newest(first: Sequence[str], others: Sequence[Sequence[str]]) -> Select[Any]:
    walk = _WALK if others else MOST_TICKETS
    each = [_of_word(word, walk) for word in first]
    walked = (union_all(*each) if len(each) > 1 else each[0]).subquery("walked")
    query = select(walked.c.ticket).distinct()
    for place, words in enumerate(others):
        other = ticket_words.alias(f"other_{place}")
        query = query.where(exists().where(other.c.word.in_(words), other.c.ticket == walked.c.ticket))
    return query.order_by(walked.c.ticket.desc()).limit(MOST_TICKETS)


def _of_word(word: str, walk: int) -> Select[Any]:
    own = select(ticket_words.c.ticket).where(ticket_words.c.word == word)
    inner = own.order_by(ticket_words.c.ticket.desc()).limit(walk).subquery()
    return select(inner.c.ticket)
