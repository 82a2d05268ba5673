"""Every line, flow and prompt of one revision, by name, and the callers known: what a call walks through.

It knows nothing of files or YAML, and fills no placeholders.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.flow.callers import KnownCallers
from app.flow.nodes import Flow, Line
from oncall import Source

DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Words to speak, with placeholders still in them. `voice` is the provider's name for one, or its default."""

    text: str
    language_tag: str
    voice: str | None = None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowBook:
    """The lines, flows and prompts (by language, then name) of one revision. There is at least one line."""

    revision: str
    lines: Mapping[str, Line]
    flows: Mapping[str, Flow]
    prompts: Mapping[str, Mapping[str, Prompt]]
    callers: KnownCallers = field(default_factory=KnownCallers)

    def line_for(self, dialled: str) -> Line:
        """Return the line of a dialled number (E.164); the first line stands in for a number nobody listed."""
        for line in self.lines.values():
            if line.number == dialled:
                return line
        return self._first_line

    def line(self, name: str) -> Line:
        """Return the line of that name; the first line stands in for one that is no longer listed."""
        return self.lines.get(name, self._first_line)

    def flow(self, name: str) -> Flow | None:
        """Return the flow of that name, or None when this revision has none."""
        return self.flows.get(name)

    def prompt(self, name: str, language: str) -> Prompt | None:
        """Return a prompt in a language such as "es", else in the default one, else None."""
        for each in (language, DEFAULT_LANGUAGE):
            found = self.prompts.get(each, {}).get(name)
            if found is not None:
                return found
        return None

    @property
    def _first_line(self) -> Line:
        return next(iter(self.lines.values()))
