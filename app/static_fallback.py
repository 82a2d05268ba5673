"""The document that answers when nothing of ours does: whom to dial tonight, written ahead and hosted elsewhere.

It leans on no server, no database and no second document. What it rings, and in which order, is explained in
docs/adr/0011-what-the-static-fallback-rings.md.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from xml.sax.saxutils import escape, quoteattr

from app.config.snapshot import Snapshot
from app.flow.messages import Say
from app.flow.standard import APOLOGY, STANDARD_PROMPTS
from app.telephony import twiml
from oncall import Override

FILE = Path("fallback") / "fallback.xml"
"""Where the clock process keeps the document, within the instance folder."""

# A mobile's voicemail picks up after 25 to 30 seconds, and Twilio rings five seconds longer than it is told.
RING_SECONDS = 15
MOST_PEOPLE = 6
MESSAGE_SECONDS = 180
SILENCE_SECONDS = 10

_LANGUAGE = "en-US"
_STILL_THERE = "If you have spoken with somebody, you can hang up now. If not, please stay on the line."
_MESSAGE = (
    "Nobody can take your call at this moment. After the tone please say what is wrong, and a phone number and an "
    "email address where we reach you. Leave no patient information. Then hang up."
)
_NOT_HEARD = "We have not heard you. Please call again."


def render(snapshot: Snapshot, *, at: datetime, quick: tuple[Override, ...] = ()) -> str:
    """The document for callers from `at` until the rota changes: apology, answering service, on call, message.

    The same rota gives the same text, so that texts can be compared. `quick` are overrides made outside the YAML.
    """
    line = next(iter(snapshot.book.lines.values()))
    # A Dial without an `action` leads to what follows it when it is over, whether or not somebody was spoken with.
    dials = [
        f"{_dial(number, line.number, seconds)}{_say(_STILL_THERE)}"
        for number, seconds in _numbers(snapshot, at, quick)
    ]
    # A message without an `action` leads back to this document when it is over. By GET: plain files answer no POST.
    record = (
        f'<Record method="GET" maxLength="{MESSAGE_SECONDS}" timeout="{SILENCE_SECONDS}" '
        'finishOnKey="" playBeep="true"/>'
    )
    parts = (_say(STANDARD_PROMPTS["en"][APOLOGY]), *dials, _say(_MESSAGE), record, _say(_NOT_HEARD))
    return f"{twiml.HEAD}<Response>{''.join(parts)}</Response>"


def refresh(snapshot: Snapshot, path: Path, *, at: datetime, quick: tuple[Override, ...] = ()) -> bool:
    """Writes the document to `path` when it is not what stands there. Returns whether it was written.

    Readers see the old file or the new one, never half of one. Raises OSError when it cannot be written.
    """
    document = render(snapshot, at=at, quick=quick)
    if _standing(path) == document:
        return False
    write(document, path)
    return True


def write(document: str, path: Path) -> None:
    """Puts the document at `path`, whole or not at all, readable by this user alone: it holds staff numbers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(document)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise


def people_on_call(snapshot: Snapshot, *, at: datetime, quick: tuple[Override, ...] = ()) -> Iterator[str]:
    """Who is on call `at`, schedule by schedule in the order of the YAML, each person once."""
    roster = snapshot.roster
    coverages = (roster.who_is_on(name, at=at, quick=quick) for name in roster.schedules)
    yield from dict.fromkeys(duty.person for coverage in coverages for duty in coverage.people)


def _numbers(snapshot: Snapshot, at: datetime, quick: tuple[Override, ...]) -> Iterator[tuple[str, int]]:
    """The numbers to dial and the seconds each rings. A party first: it is the one that no voicemail stands for."""
    roster = snapshot.roster
    party = next(iter(roster.outside_parties.values()), None)
    if party is not None:
        yield party.number, party.ring_seconds
    people = (roster.people[name] for name in people_on_call(snapshot, at=at, quick=quick))
    numbers = dict.fromkeys(person.phones[0] for person in people if person.phones)
    yield from ((number, RING_SECONDS) for number in islice(numbers, MOST_PEOPLE))


def _dial(number: str, caller_id: str, seconds: int) -> str:
    # The caller's own number may be withheld, and then Twilio refuses to show it.
    return f'<Dial timeout="{seconds}" callerId={quoteattr(caller_id)}>{escape(number)}</Dial>'


def _say(text: str) -> str:
    return twiml.say(Say(text, _LANGUAGE))


def _standing(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
