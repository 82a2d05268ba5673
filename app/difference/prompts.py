"""What callers hear: prompts with other words, new ones, those gone, and other voices."""

from collections.abc import Iterator, Mapping

from app.difference.changes import Change, Section, turned
from app.flow.book import FlowBook, Prompt


def prompt_changes(old: FlowBook, new: FlowBook) -> Iterator[Change]:
    """Yield what changes about prompts, language by language; a voice that changes everywhere is told once."""
    for language in sorted(old.prompts.keys() | new.prompts.keys()):
        was, now = old.prompts.get(language, {}), new.prompts.get(language, {})
        if not was or not now:
            yield _language(language, was, now)
            continue
        yield from _voices(language, was, now)
        yield from _words(language, was, now)


def _language(language: str, was: Mapping[str, Prompt], now: Mapping[str, Prompt]) -> Change:
    number, source = len(was or now), next(iter((now or was).values())).source
    text = f"language {language} is {'new' if now else 'gone'}, with {number} prompts"
    return Change(Section.PROMPTS, text, source, detail={"kind": "language", "language": language})


def _voices(language: str, was: Mapping[str, Prompt], now: Mapping[str, Prompt]) -> Iterator[Change]:
    before, after = next(iter(was.values())), next(iter(now.values()))
    detail = {"kind": "voice", "language": language}
    for words, old, new in (
        ("spoken as", before.language_tag, after.language_tag),
        ("spoken by", before.voice, after.voice),
    ):
        for text in turned(words, old, new):
            yield Change(Section.PROMPTS, f"language {language}: {text}", after.source, detail=detail)


def _words(language: str, was: Mapping[str, Prompt], now: Mapping[str, Prompt]) -> Iterator[Change]:
    for name in (*now, *(name for name in was if name not in now)):
        before, after = was.get(name), now.get(name)
        old, new = (each.text if each else None for each in (before, after))
        if old == new:
            continue
        source = after.source if after else before.source if before else None
        detail = {"kind": "prompt", "language": language, "name": name, "before": old, "after": new}
        yield Change(Section.PROMPTS, f"prompt {name} ({language}){_told(old, new)}", source, detail=detail)


def _told(old: str | None, new: str | None) -> str:
    if old is None:
        return f' is new: "{new}"'
    return f' is gone: "{old}"' if new is None else f': "{old}" → "{new}"'
