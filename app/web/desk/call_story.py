"""What happened on a call, in order, with the words that were spoken where the configuration of then is at hand."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from app.cdr.records import TimelineEntry
from app.flow.book import DEFAULT_LANGUAGE, FlowBook
from app.flow.messages import FactKind

_SAID = re.compile(r"prompt ([\w-]+)(?:, in (\w+))?")
_WITH_PROMPT = {FactKind.MENU_OFFERED, FactKind.RECORDING_STARTED}


@dataclass(frozen=True, slots=True)
class Moment:
    """An entry of the timeline; the prompt that was spoken there, and its words as configured then, if known."""

    entry: TimelineEntry
    prompt: str | None = None
    words: str | None = None


def story(timeline: Iterable[TimelineEntry], book: FlowBook | None) -> tuple[Moment, ...]:
    """The timeline with its prompts. `book` is that of the call's revision; None: it is not kept any more."""
    found, language = [], DEFAULT_LANGUAGE
    for entry in timeline:
        if entry.fact == FactKind.LANGUAGE_CHOSEN:
            language = str(entry.detail.get("language", language))
        name, spoken_in = _prompt(entry, language)
        prompt = book.prompt(name, spoken_in) if book and name else None
        found.append(Moment(entry, name, prompt.text if prompt else None))
    return tuple(found)


def _prompt(entry: TimelineEntry, language: str) -> tuple[str | None, str]:
    if entry.fact in _WITH_PROMPT:
        name = entry.detail.get("prompt")
        return (name if isinstance(name, str) else None), language
    said = _SAID.fullmatch(entry.because) if entry.fact == FactKind.PROMPT_SAID else None
    return (said[1], said[2] or language) if said else (None, language)
