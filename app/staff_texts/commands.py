"""What a text means: one of our commands, a word the telephone company keeps for itself, or neither. Pure."""

import re
from dataclasses import dataclass
from difflib import get_close_matches

# Twilio answers these itself when they are the whole message, in any letter case: "Twilio support for opt-out
# keywords (SMS STOP filtering)". They still reach us, and a second answer would be one too many.
KEPT_WORDS = frozenset(
    "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT START YES UNSTOP HELP INFO".split()  # noqa: SIM905 - as listed
)


@dataclass(frozen=True, slots=True)
class Who:
    """Who is on call now, and who is next?"""


@dataclass(frozen=True, slots=True)
class Mine:
    """Which tickets have I in hand?"""


@dataclass(frozen=True, slots=True)
class Ack:
    """I accept this ticket."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Take:
    """I accept this ticket, also out of somebody else's hands."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Update:
    """News of this ticket."""

    ticket: int
    text: str


@dataclass(frozen=True, slots=True)
class Away:
    """I am not to be rung as the one on call, until the time that is meant by these words."""

    until: str


@dataclass(frozen=True, slots=True)
class Back:
    """I am here again."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """It may be meant for us, but it says nothing we know."""


COMMANDS = ("WHO", "LIST", "BACK", "AWAY", "ACK", "TAKE", "UPDATE")
Command = Who | Mine | Ack | Take | Update | Away | Back | Unclear

_WORD = re.compile(r"\s*([a-z]+)[\s:.,#-]*(.*?)\s*", re.IGNORECASE | re.DOTALL)
_TICKET = re.compile(r"#?([0-9]{1,9})[\s.!]*")
_LONG_NUMBER = re.compile(r"[0-9]{4,}")
_FEWEST_WORDS = 3
_ALIKE = 0.6
_NEWS = re.compile(r"#?([0-9]{1,9})[\s:,.-]+(\S.*)", re.DOTALL)


def is_kept(body: str) -> bool:
    """Whether the whole text is a word that Twilio answers itself."""
    return body.strip().upper() in KEPT_WORDS


def read(body: str) -> Command:
    """The command a text gives; letter case, blanks and a # before a number do not matter."""
    found = _WORD.fullmatch(body)
    word, rest = (found[1].upper(), found[2]) if found else ("", "")
    match word:
        case "WHO":
            return Who()
        case "LIST":
            return Mine()
        case "BACK":
            return Back()
        case "AWAY":
            return Away(" ".join(rest.split()))
        case "ACK" | "TAKE":
            return _about_ticket(word, rest)
        case "UPDATE":
            news = _NEWS.fullmatch(rest)
            return Update(int(news[1]), news[2]) if news else Unclear()
        case _:
            return Unclear()


def is_news_of(ticket: int, body: str) -> bool:
    """Whether a text without a command may be taken for the news of a ticket that its sender was asked for.

    Not what may be a command misspelt, a question, a word or two, or about another number.
    """
    words = body.split()
    if len(words) < _FEWEST_WORDS or body.rstrip().endswith("?"):
        return False
    if get_close_matches(words[0].strip(":.,#-").upper(), COMMANDS, n=1, cutoff=_ALIKE):
        return False
    return all(int(number) == ticket for number in _LONG_NUMBER.findall(body))


def _about_ticket(word: str, rest: str) -> Ack | Take | Unclear:
    ticket = _TICKET.fullmatch(rest)
    if ticket is None:
        return Unclear()
    return Ack(int(ticket[1])) if word == "ACK" else Take(int(ticket[1]))
