"""Reads a reply as TwiML, as strictly as Twilio says it does. Executes nothing.

What Twilio refuses raises TwimlFault with Twilio's code; what it merely complains of (12200) becomes a
warning of the document, and the attribute or verb in question is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

from app.simulator.twiml_rules import EVERYWHERE, RULES, WAITING
from app.simulator.wire import Reply

MAX_BYTES = 65_536
_XML_TYPES = {"text/xml", "application/xml", "text/html"}
_SAY_LIMITS = {"Polly": 3000, "Google": 5000}
_BASIC_SAY_LIMIT = 4096
_MOST_NOUNS = 10


class TwimlFault(Exception):  # noqa: N818 (Twilio's word for it)
    """A document that cannot be retrieved or executed: Twilio's code, and what is wrong."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Verb:
    """One element; only attributes with valid values are kept."""

    name: str
    attributes: Mapping[str, str]
    text: str
    children: tuple["Verb", ...] = ()

    def is_true(self, attribute: str, *, default: bool = False) -> bool:
        return self.attributes.get(attribute, "true" if default else "false") == "true"

    def number(self, attribute: str, default: int) -> int:
        return int(self.attributes.get(attribute, default))


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document, the address its relative URLs are resolved against, and Twilio's complaints."""

    url: str
    verbs: tuple[Verb, ...]
    warnings: tuple[str, ...] = ()
    is_audio: bool = False


def read(reply: Reply, *, url: str) -> Document:
    """Parse a successful reply; raise TwimlFault for what Twilio cannot execute."""
    kind = reply.content_type
    if kind.startswith("audio/"):
        return Document(url, (Verb("Play", {}, url), Verb("Hangup", {}, "")), is_audio=True)
    if kind == "text/plain":
        return _plain(reply, url)
    if kind not in _XML_TYPES:
        raise TwimlFault("12300", f"{url}: Content-Type {kind or 'missing'} is not one of TwiML's")
    return parse(reply.body, url=url)


def _plain(reply: Reply, url: str) -> Document:
    try:
        return parse(reply.body, url=url)
    except TwimlFault:
        return Document(url, (Verb("Say", {}, reply.body.decode(errors="replace")), Verb("Hangup", {}, "")))


def parse(body: bytes, *, url: str) -> Document:
    """Parse TwiML; raise TwimlFault for what Twilio cannot execute."""
    if len(body) > MAX_BYTES:
        raise TwimlFault("11750", f"{url}: {len(body)} bytes of TwiML, {MAX_BYTES} are allowed")
    root = _root(body, url)
    if root.tag != "Response":
        raise TwimlFault("12100", f"{url}: the root is <{root.tag}>, not <Response>")
    warnings: list[str] = []
    verb = _verb(root, warnings)
    return Document(url, verb.children, tuple(warnings))


def _root(body: bytes, url: str) -> ET.Element:
    try:
        body.decode()
        # S314: the document comes from the service under test, and expat resolves no outside entities.
        return ET.fromstring(body)  # noqa: S314
    except (UnicodeDecodeError, ET.ParseError) as error:
        raise TwimlFault("12100", f"{url}: {error}") from error


def _verb(element: ET.Element, warnings: list[str]) -> Verb:
    name = element.tag
    if name == "Say":
        return _say(element, warnings)
    children = []
    for child in element:
        if child.tag not in RULES[name].children:
            warnings.append(f"12200: <{child.tag}> is not allowed in <{name}>")
            continue
        if name == "Gather":
            _check_voice(child)
        children.append(_verb(child, warnings))
    verb = Verb(name, _attributes(element, warnings), (element.text or "").strip(), tuple(children))
    _check_shape(verb)
    return verb


def _check_voice(element: ET.Element) -> None:
    """A voice that does not exist is a mere warning outside a Gather and a failure inside one."""
    voice = element.get("voice")
    if voice is not None and not RULES["Say"].attributes["voice"](voice):
        raise TwimlFault("12200", f"Say in a Gather has no such voice: {voice!r}")


def _say(element: ET.Element, warnings: list[str]) -> Verb:
    allowed = RULES["Say"].children
    warnings.extend(
        f"12200: <{part.tag}> is not allowed in <Say>" for part in element.iter() if part.tag not in {"Say", *allowed}
    )
    text = " ".join("".join(element.itertext()).split())
    verb = Verb("Say", _attributes(element, warnings), text)
    limit = _SAY_LIMITS.get(verb.attributes.get("voice", "").partition(".")[0], _BASIC_SAY_LIMIT)
    if len(text) > limit:
        raise TwimlFault("13521", f"Say has {len(text)} characters, {limit} are allowed")
    return verb


def _attributes(element: ET.Element, warnings: list[str]) -> dict[str, str]:
    checks, kept = RULES[element.tag].attributes, {}
    for name, value in element.attrib.items():
        if name not in checks:
            warnings.append(f"12200: <{element.tag}> has no attribute {name}")
        elif not checks[name](value):
            warnings.append(f"12200: <{element.tag} {name}={value!r}> is not a valid value")
        else:
            kept[name] = value
    return kept


def _check_shape(verb: Verb) -> None:
    if verb.name == "Dial":
        _check_nouns(verb)
    elif verb.name in {"Redirect", "Play"} and len(verb.text.split()) > 1:
        raise TwimlFault("11100", f"<{verb.name}> holds no address: {verb.text!r}")


def _check_nouns(dial: Verb) -> None:
    nouns = {noun.name for noun in dial.children}
    alone = nouns & {"Conference", "Queue"}
    if len(dial.children) > _MOST_NOUNS:
        raise TwimlFault("12200", f"Dial has {len(dial.children)} nouns, {_MOST_NOUNS} are allowed")
    if alone and len(dial.children) > 1:
        raise TwimlFault("12200", "Dial holds a Conference or Queue beside something else")
    if not dial.children and not dial.text:
        raise TwimlFault("12100", "Dial dials nobody")


def only(document: Document, legal: frozenset[str] | None) -> Document:
    """What is left of a document where only some verbs may stand; None is a call's main document.

    A recording that is played to somebody in a queue is the whole document: it does not end the call.
    """
    if legal is None:
        legal = EVERYWHERE
    verbs = document.verbs
    if legal is WAITING and document.is_audio:
        verbs = verbs[:1]
    kept = tuple(verb for verb in verbs if verb.name in legal)
    if len(kept) == len(document.verbs):
        return document
    dropped = tuple(f"12200: <{verb.name}> may not stand here" for verb in verbs if verb.name not in legal)
    return replace(document, verbs=kept, warnings=document.warnings + dropped)
