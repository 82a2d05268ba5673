"""Holds a document against a pydantic model and turns every error into a problem at its line and column.

It knows how error locations walk through models and documents; it knows no particular model.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from app.config.problems import ConfigError, Problem, closest, did_you_mean
from app.config.source import Document, Path
from app.config.wording import words

_KEY = "[key]"


def _title(model: type) -> str:
    """Return what editors show for a model: its name as two words at most, without the trade's suffix."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r"(Model|File)$", "", model.__name__))


class Strict(BaseModel):
    """What every model of a file is built on: unknown keys are faults, and what was read never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, model_title_generator=_title)


ModelT = TypeVar("ModelT", bound=BaseModel)


def validate(document: Document, model: type[ModelT]) -> ModelT:
    """Return the document as `model`. Raises ConfigError with every fault, at its place and in plain words."""
    try:
        return model.model_validate(document.tree)
    except ValidationError as error:
        raise ConfigError(problems_of(document, model, error)) from None


def problems_of(document: Document, model: type[BaseModel], error: ValidationError) -> list[Problem]:
    """Return one problem for each error, less those that another one already explains."""
    found = [(_follow(document, model, each["loc"]), each) for each in error.errors(include_url=False)]
    misspelt = set(_misspelt(found))
    return [
        _problem(document, trail, each)
        for trail, each in found
        if not (each["type"] == "missing" and (trail.path, trail.name) in misspelt)
    ]


def dotted(path: Path) -> str:
    """Return a path as people write it: nodes.menu.options.3.go; entries of a list count from 1."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in path)


@dataclass(frozen=True, slots=True)
class _Trail:
    """Where an error's location leads: the part of it that is in the file, and the model in charge there.

    `name` is the last part when it is not in the file: the key that is missing.
    """

    path: Path
    owner: type[BaseModel] | None
    name: str
    at_key: bool


def _misspelt(found: list[tuple[_Trail, ErrorDetails]]) -> Iterator[tuple[Path, str]]:
    """Yield the keys that an unknown key was probably meant to be: telling both would be telling it twice."""
    for trail, each in found:
        if each["type"] == "extra_forbidden" and trail.owner is not None:
            meant = closest(str(trail.path[-1]), _fields(trail.owner))
            if meant is not None:
                yield trail.path[:-1], meant


def _problem(document: Document, trail: _Trail, error: ErrorDetails) -> Problem:
    kind = error["type"]
    if kind == "extra_forbidden":
        key = str(trail.path[-1])
        known = _fields(trail.owner) if trail.owner else ()
        text = f'unknown key "{key}"{did_you_mean(key, known)}'
        return document.problem(trail.path, _about(trail.path[:-1], text), key=True)
    if kind == "missing":
        text = f'"{trail.name}" is missing{_purpose(trail)}'
        return document.problem(trail.path, _about(trail.path, text), key=True)
    if kind == "union_tag_not_found" and isinstance(document.at(trail.path), dict):
        return document.problem(trail.path, _about(trail.path, '"type" is missing'), key=True)
    text = words(kind, error.get("ctx", {}), error["input"], error["msg"])
    path = (*trail.path, "type") if kind == "union_tag_invalid" else trail.path
    return document.problem(path, _about(trail.path, text), key=trail.at_key)


def _about(path: Path, text: str) -> str:
    return f"{dotted(path)}: {text}" if path else text


def _purpose(trail: _Trail) -> str:
    info = trail.owner.model_fields.get(trail.name) if trail.owner else None
    return f": {info.description}" if info and info.description else ""


def _fields(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(info.alias or name for name, info in model.model_fields.items())


def _follow(document: Document, model: type[BaseModel], loc: tuple[int | str, ...]) -> _Trail:
    """Walk an error's location through the model and the document at once.

    The document alone is not enough: pydantic puts the tag of a union into the location, and a node of type
    "hours" also has a key "hours".
    """
    annotation: Any = model
    owner: type[BaseModel] | None = model
    path: Path = ()
    name, at_key = "", False
    for part in loc:
        if part == _KEY:
            at_key = True
            continue
        tagged = _member(annotation, part)
        if tagged is not None:
            annotation = owner = tagged
            continue
        if document.at((*path, part)) is None:
            name = str(part)
            continue
        annotation = _bare(_inner(annotation, part))
        path = (*path, part)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            owner = annotation
    return _Trail(path, owner, name, at_key)


def _bare(annotation: Any) -> Any:  # noqa: ANN401 (a type expression has no type of its own)
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        real = [each for each in get_args(annotation) if each is not NoneType]
        if len(real) == 1:
            return _bare(real[0])
    return annotation


def _member(annotation: Any, tag: int | str) -> type[BaseModel] | None:  # noqa: ANN401 (as above)
    """Return the member of a tagged union that `tag` names, or None when this is no such union."""
    annotation = _bare(annotation)
    if get_origin(annotation) not in (Union, UnionType):
        return None
    for each in map(_bare, get_args(annotation)):
        if isinstance(each, type) and issubclass(each, BaseModel) and tag in _tags(each):
            return each
    return None


def _tags(model: type[BaseModel]) -> tuple[str, ...]:
    kinds = (info.annotation for info in model.model_fields.values())
    return tuple(tag for kind in kinds if get_origin(kind) is Literal for tag in get_args(kind))


def _inner(annotation: Any, part: int | str) -> Any:  # noqa: ANN401 (as above)
    """Return the type expected under a key or index, or None when the model does not say."""
    annotation = _bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, info in annotation.model_fields.items():
            if part in (name, info.alias):
                return info.annotation
        return None
    arguments = get_args(annotation)
    if isinstance(part, str):
        return arguments[1] if get_origin(annotation) is dict else None
    return arguments[0] if arguments else None
