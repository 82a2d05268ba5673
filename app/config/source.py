"""One YAML file as text only, with the place of every key and value kept beside it.

Every scalar is a string here: it knows no numbers, dates or truths, because YAML guesses those wrongly
(17:30 is 1050 to it, NO is false). It refuses what a reader could not follow: aliases, tags, duplicate keys.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import yaml

from app.config.problems import ConfigError, Problem, Severity
from app.config.syntax import Place, complaint, place_of
from oncall import Source

Tree = str | list["Tree"] | dict[str, "Tree"]
Path = tuple[str | int, ...]

MAX_BYTES = 256 * 1024
MAX_NESTING = 30
MAX_FAULTS = 50  # nobody reads on; with so many of them the file is something else altogether
_KIB = 1024

_FAST: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HASH_KEY = re.compile(r"^ *#\s*:\s")
_TAB = re.compile(r"^ *\t[\t ]*(?=\S)")


@dataclass(frozen=True, slots=True)
class Document:
    """A file that could be read: its tree, and where each key and value of it stands."""

    file: str
    tree: dict[str, Tree]
    keys: Mapping[Path, Place]
    values: Mapping[Path, Place]

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Return where the value at `path` stands (its key, for a mapping or a list, or when asked for).

        A path that is not in the file gives the place of the nearest part that is.
        """
        while path and path not in self.values:
            path, key = path[:-1], True
        written_inline = path in self.keys and (key or not self._is_text(path))
        return self.keys[path] if written_inline else self.values.get(path, Place(1, 1))

    def source(self, path: Path) -> Source:
        """Return file and line of the key at `path`, as decisions cite them."""
        return Source(self.file, self.place(path, key=True).line)

    def problem(self, path: Path, message: str, *, key: bool = False, severity: Severity = Severity.ERROR) -> Problem:
        """Make a problem at the place of `path`; `key` points at the key and not at its value."""
        place = self.place(path, key=key)
        return Problem(self.file, place.line, place.column, message, severity)

    def at(self, path: Path) -> Tree | None:
        """Return what stands at `path`, or None when nothing does."""
        found: Tree | None = self.tree
        for part in path:
            match found, part:
                case dict(), str():
                    found = found.get(part)
                case list(), int() if part < len(found):
                    found = found[part]
                case _:
                    return None
        return found

    def _is_text(self, path: Path) -> bool:
        found = self.at(path)
        return isinstance(found, str) and found != ""


def parse(data: bytes, file: str) -> Document:
    """Read one file's bytes. Raises ConfigError with every fault, each with line, column and remedy."""
    text = _decode(data, file)
    faults = [*_tabs(text, file), *_hash_keys(text, file)]
    if faults:
        raise ConfigError(faults)
    builder = _Builder(file)
    try:
        # Events, not composed nodes: an alias is seen as such and never followed, so that a bomb costs nothing.
        for event in yaml.parse(text, Loader=_FAST):
            builder.take(event)
        return builder.document()
    except _StopReadingError:
        raise ConfigError(builder.problems) from None
    except yaml.YAMLError as error:
        found = complaint(_told_by_the_slow_parser(text) or error, text, inside=builder.inside())
        raise ConfigError([*builder.problems, _problem(file, found.place, found.message)]) from None


def _told_by_the_slow_parser(text: str) -> yaml.YAMLError | None:
    """Return what the parser written in Python complains of: its words tell more, and do not vary by machine."""
    try:
        for _ in yaml.parse(text, Loader=yaml.SafeLoader):
            pass
    except yaml.YAMLError as error:
        return error
    return None


def _decode(data: bytes, file: str) -> str:
    if len(data) > MAX_BYTES:
        size = f"{len(data) // _KIB} KiB"
        message = f"is {size}, more than the {MAX_BYTES // _KIB} KiB a file may have: split it into several"
        raise ConfigError([Problem(file, 1, 1, message)])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line_start = data.rfind(b"\n", 0, error.start) + 1
        column = len(data[line_start : error.start].decode("utf-8", "replace")) + 1
        place = Place(data.count(b"\n", 0, error.start) + 1, column)
        message = "this is not UTF-8 text: save the file with the encoding UTF-8"
        raise ConfigError([_problem(file, place, message)]) from None


def _tabs(text: str, file: str) -> Iterator[Problem]:
    lines = [number for number, line in enumerate(text.split("\n"), 1) if _TAB.match(line)]
    if lines:
        column = text.split("\n")[lines[0] - 1].index("\t") + 1
        more = f" (and {len(lines) - 1} more line{'s'[: len(lines) - 2]})" if len(lines) > 1 else ""
        message = f"this line is indented with a tab{more}: use spaces, two for each level"
        yield Problem(file, lines[0], column, message)


def _hash_keys(text: str, file: str) -> Iterator[Problem]:
    # YAML reads `#: {go: desk}` as a comment, and the option is gone without a word.
    for number, line in enumerate(text.split("\n"), 1):
        if _HASH_KEY.match(line):
            message = 'a line that begins with # is a comment: write "#" in quotes for the hash key'
            yield Problem(file, number, line.index("#") + 1, message)


def _problem(file: str, place: Place, message: str) -> Problem:
    return Problem(file, place.line, place.column, message)


class _StopReadingError(Exception):
    """What follows would make no sense; the problem is already noted."""


@dataclass(slots=True)
class _Open:
    """A mapping or list being filled, and for a mapping the key whose value comes next."""

    path: Path
    into: dict[str, Tree] | list[Tree]
    key: str | None = None
    repeated: bool = False


@dataclass(slots=True)
class _Builder:
    """Grows the tree and its table of places from parser events."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    root: Tree | None = None
    documents: int = 0
    open: list[_Open] = field(default_factory=list)

    def take(self, event: yaml.Event) -> None:
        place = place_of(event.start_mark)
        match event:
            case yaml.DocumentStartEvent():
                self.begin_document(place)
            case yaml.AliasEvent():
                self.fault(place, f"*{event.anchor} repeats something from elsewhere: write it out here")
                self.scalar("", place)
            case yaml.ScalarEvent():
                self.refuse_decoration(event, place)
                self.scalar(event.value, place)
            case yaml.MappingStartEvent():
                self.refuse_decoration(event, place)
                self.begin({}, place)
            case yaml.SequenceStartEvent():
                self.refuse_decoration(event, place)
                self.begin([], place)
            case yaml.CollectionEndEvent():
                self.open.pop()

    def document(self) -> Document:
        """Return the finished document. Raises ConfigError when anything at all was wrong."""
        if self.root in (None, ""):
            self.fault(Place(1, 1), "is empty: write the configuration or delete the file")
        elif not isinstance(self.root, dict):
            self.fault(self.values[()], 'must begin with "key: value" lines, not with a list or a bare text')
        if self.problems or not isinstance(self.root, dict):
            raise ConfigError(self.problems)
        return Document(self.file, self.root, MappingProxyType(self.keys), MappingProxyType(self.values))

    def inside(self) -> Place | None:
        """Return where the mapping or list begins that is being filled."""
        return self.values.get(self.open[-1].path) if self.open else None

    def fault(self, place: Place, message: str) -> None:
        self.problems.append(_problem(self.file, place, message))
        if len(self.problems) >= MAX_FAULTS:
            raise _StopReadingError

    def begin_document(self, place: Place) -> None:
        self.documents += 1
        if self.documents > 1:
            self.fault(place, 'a second document begins here ("---"): keep one document in a file')
            raise _StopReadingError

    def refuse_decoration(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, place: Place) -> None:
        if event.anchor is not None:
            self.fault(place, f"&{event.anchor} names something for reuse: remove it and write things out")
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.fault(place, f"the tag {tag} is not allowed: every value is plain text here")

    def scalar(self, value: str, place: Place) -> None:
        top = self.open[-1] if self.open else None
        if top is not None and isinstance(top.into, dict) and top.key is None:
            self.take_key(top, value, place)
        else:
            self.put(value, place)

    def begin(self, into: dict[str, Tree] | list[Tree], place: Place) -> None:
        if len(self.open) >= MAX_NESTING:
            self.fault(place, f"nested more than {MAX_NESTING} levels deep: this cannot be what was meant")
            raise _StopReadingError
        top = self.open[-1] if self.open else None
        if top is not None and isinstance(top.into, dict) and top.key is None:
            self.fault(place, "a key must be a plain text, not a list or a mapping")
            raise _StopReadingError
        path = self.put(into, place)
        self.open.append(_Open(path, into))

    def take_key(self, top: _Open, key: str, place: Place) -> None:
        top.key = key
        first = self.keys.get((*top.path, key))
        if key == "<<":
            self.fault(place, '"<<" merges something from elsewhere: write the keys out here')
        elif first is not None:
            self.fault(place, f'"{key}" is written twice; the first is at {first}: keep one of them')
            top.repeated = True
        else:
            self.keys[(*top.path, key)] = place

    def put(self, value: Tree, place: Place) -> Path:
        """Store a value where it belongs and return its path; the first of two equal keys is kept."""
        if not self.open:
            self.root = value
            path: Path = ()
        else:
            path = self.put_in(self.open[-1], value)
        self.values.setdefault(path, place)
        return path

    def put_in(self, top: _Open, value: Tree) -> Path:
        if top.repeated:
            # A place of its own, so that what stands under the second key is not compared with the first.
            top.key, top.repeated = None, False
            return (*top.path, f"\0{len(self.values)}")
        if isinstance(top.into, list):
            top.into.append(value)
            return (*top.path, len(top.into) - 1)
        key, top.key = top.key or "", None
        top.into.setdefault(key, value)
        return (*top.path, key)
