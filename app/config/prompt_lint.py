"""Looks at prompts as a caller hears them: how long until there is a choice, which keys are said, what sounds wrong.

Nearly all of it is advice. Only asking for patient information is refused.
"""

from collections.abc import Iterator, Mapping

from app.config.booking import Pages, flow_name
from app.config.paths import Map, Stop
from app.config.problems import Problem, Severity
from app.config.prompt_speech import Key, asks_about_patients, badly_read, offered_keys, sentence_begins
from app.config.source import Document
from app.config.syntax import Place
from app.flow.nodes import (
    CallbackNode,
    CollectNode,
    EscalateNode,
    HangupNode,
    MenuNode,
    Node,
    PartyNode,
    QueueNode,
    RingAssigneeNode,
    RingNode,
    VoicemailNode,
)
from app.flow.spoken import SECONDS_A_CHARACTER

MOST_OPTIONS = 5
MOST_SECONDS = 20
# About as long as what is filled in.
_FILLED_IN = {"{opens_at}": 25, "{holiday}": 20, "{ticket}": 7, "{line}": 10, "{callback_number}": 19, "{estimate}": 10}
# At these the caller does something or waits for somebody; through all others a call goes in one breath.
_RINGING = (RingNode, EscalateNode, RingAssigneeNode, QueueNode, PartyNode)
_STOPS = (MenuNode, CollectNode, CallbackNode, *_RINGING, VoicemailNode, HangupNode)
# The fields of the others that name a prompt.
_SPOKEN = ("prompt", "greeting")


def lint(pages: Pages, contents: Mapping[str, bytes]) -> Iterator[Problem]:
    """Yield what callers would find hard to follow. `contents` are the bytes of the files, for exact places."""
    texts = [_Language(name, document, contents) for name, document in pages.prompt_documents().items()]
    for language in texts:
        if language.name in pages.prompts:
            for name in pages.prompts[language.name]:
                yield from _text_problems(language, name)
    yield from _too_many_options(pages)
    whole = Map(pages.flows)
    menus = {stop: node for stop in whole.stops() if isinstance(node := whole.node(stop), MenuNode)}
    for language in texts:
        if language.name in pages.prompts:
            for stop, menu in menus.items():
                yield from _key_problems(language, stop, menu)
            yield from _late_options(language, whole, menus)


class _Language:
    """The prompts of one language: their words, and the place in the file of each word."""

    def __init__(self, name: str, document: Document, contents: Mapping[str, bytes]) -> None:
        self.name = name
        self._document = document
        self._lines = contents.get(document.file, b"").decode("utf-8-sig", "replace").splitlines()
        prompts = document.tree.get("prompts")
        self._texts = {
            key: " ".join(text.split())
            for key, text in (prompts if isinstance(prompts, dict) else {}).items()
            if isinstance(text, str)
        }

    def text(self, prompt: str) -> str | None:
        """Return the words of a prompt as one line; None when this language has none."""
        return self._texts.get(prompt)

    def problem(self, prompt: str, message: str, *, at: str = "", severity: Severity = Severity.WARNING) -> Problem:
        """Make a problem at a word of a prompt, or at the prompt when the word is spread over lines."""
        place = self._place(prompt, at)
        return Problem(self._document.file, place.line, place.column, f"prompts.{prompt}: {message}", severity)

    def _place(self, prompt: str, word: str) -> Place:
        begins = self._document.place(("prompts", prompt))
        others = (self._document.place(("prompts", name), key=True).line for name in self._texts)
        last = min((line for line in others if line > begins.line), default=len(self._lines) + 1)
        for number in range(begins.line, last) if word else ():
            column = self._lines[number - 1].find(word, begins.column - 1 if number == begins.line else 0)
            if column >= 0:
                return Place(number, column + 1)
        return begins


# The words.


def _text_problems(language: _Language, prompt: str) -> Iterator[Problem]:
    text = language.text(prompt) or ""
    for each in badly_read(text, language.name):
        yield language.problem(prompt, f'"{each.found}" is read out badly: {each.remedy}', at=each.found)
    asked = asks_about_patients(text, language.name)
    if asked is not None:
        message = f'asks for patient information ("{asked.found}"): take it out, or {asked.remedy}'
        yield language.problem(prompt, message, at=asked.found, severity=Severity.ERROR)


# The keys.


def _too_many_options(pages: Pages) -> Iterator[Problem]:
    for document in pages.flow_documents():
        flow = pages.flows.get(flow_name(document))
        for name, node in flow.nodes.items() if flow else ():
            if isinstance(node, MenuNode) and len(node.options) > MOST_OPTIONS:
                message = (
                    f"nodes.{name}.options: offers {len(node.options)} keys, and callers keep no more than"
                    f" {MOST_OPTIONS} in mind: move some to a menu behind this one"
                )
                path = ("nodes", name, "options")
                yield document.problem(path, message, key=True, severity=Severity.WARNING)


def _key_problems(language: _Language, stop: Stop, menu: MenuNode) -> Iterator[Problem]:
    text = language.text(menu.prompt)
    said = None if text is None else offered_keys(text, language.name)
    if text is None or said is None:
        return
    # A key that only chooses a language is offered in that language, before the menu.
    wanted = [key for key, option in menu.options.items() if option.language is None]
    heard = list(dict.fromkeys(key.key for key in said))
    for key in wanted:
        if key not in heard:
            message = f"menu {stop[1]} takes key {key}, and this prompt does not say so: tell callers what it does"
            yield language.problem(menu.prompt, message)
    for each in said:
        if each.key not in menu.options:
            message = f"tells callers to press {each.key}, which menu {stop[1]} does not take: take it out of the text"
            yield language.problem(menu.prompt, message, at=_near(text, each))
    in_both = [key for key in heard if key in wanted]
    configured = [key for key in wanted if key in heard]
    if in_both != configured:
        message = (
            f"says the keys in the order {', '.join(in_both)}, and menu {stop[1]} has them in the order"
            f" {', '.join(configured)}: use one order, the most urgent first"
        )
        yield language.problem(menu.prompt, message, at=_near(text, said[0]))


def _near(text: str, key: Key) -> str:
    """Return the key with the word before it, to be looked for in the file."""
    begins = text.rfind(" ", 0, max(0, key.begins - 1)) + 1
    return text[begins : key.begins + 1]


# How long it takes.


def _late_options(language: _Language, whole: Map, menus: Mapping[Stop, MenuNode]) -> Iterator[Problem]:
    longest = _heard_before(language, whole)
    for stop, menu in menus.items():
        text = language.text(menu.prompt)
        if text is None:
            continue
        keys = offered_keys(text, language.name)
        until = sentence_begins(text, keys[0].begins) if keys else len(text)
        seconds = round((longest.get(stop, 0) + _spoken_length(text[:until])) * SECONDS_A_CHARACTER)
        if seconds > MOST_SECONDS:
            message = (
                f"at menu {stop[1]}, callers listen for about {seconds} seconds before the first option:"
                f" shorten what comes before it to {MOST_SECONDS} seconds, greeting included"
            )
            yield language.problem(menu.prompt, message)


def _heard_before(language: _Language, whole: Map) -> dict[Stop, int]:
    """Return the most characters that can be spoken, without the caller doing anything, before each stop is reached.

    Counted from the beginning of the call, or from the last key, ring or message.
    """
    heard: dict[Stop, int] = {}
    waiting = [stop for stop in whole.stops() if not isinstance(whole.node(stop), _STOPS)]
    # A longest way has no more steps than there are stops; more would be a circle, which is told elsewhere.
    for _ in range(len(waiting)):
        moved = False
        for stop in waiting:
            after = heard.get(stop, 0) + _said(language, whole.node(stop))
            for each in whole.after(stop):
                if after > heard.get(each, 0):
                    heard[each], moved = after, True
        if not moved:
            break
    return heard


def _said(language: _Language, node: Node) -> int:
    names = (getattr(node, field, None) for field in _SPOKEN)
    return sum(_spoken_length(language.text(name) or "") for name in names if name)


def _spoken_length(text: str) -> int:
    return len(text) + sum(text.count(name) * (length - len(name)) for name, length in _FILLED_IN.items())
