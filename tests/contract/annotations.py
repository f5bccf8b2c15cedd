"""Python annotations as shapes."""

from __future__ import annotations

import ast
import collections.abc
import contextlib
import functools
import importlib
import inspect
import os
import sys
import types
from collections.abc import Mapping
from enum import Enum
from types import SimpleNamespace
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel
from typing_extensions import (
    NotRequired,
    ReadOnly,
    Required,
    get_type_hints,
    is_typeddict,
)

from openai_async import Page
from openai_async._models import build, options_of
from openai_async._multipart import FileInput
from openai_async._unions import OpenUnion

from .shapes import Kind, Member, Shape, union

ARRAYS = (list, tuple, set, frozenset, collections.abc.Sequence, collections.abc.Iterable)
MAPS = (dict, collections.abc.Mapping)
SCALARS: Mapping[Any, str] = {
    None: "null",
    types.NoneType: "null",
    str: "text",
    int: "integer",
    float: "number",
    bool: "boolean",
    bytes: "binary",
    Any: "anything",
    object: "anything",
}


def evaluate(annotation: Any, module: str) -> Any:
    """An annotation as it was meant in a module, where it may be a text or have texts in it.

    One by one: another of the same class or function may be beyond us.
    """
    only = SimpleNamespace(__annotations__={"it": annotation})
    known = {**names_of(module), "os": os}  # which FileInput speaks of
    return get_type_hints(only, known, include_extras=True)["it"]


@functools.cache
def names_of(module: str) -> Mapping[str, Any]:
    """What a module knows, with what it imports for type checkers alone."""
    names = dict(vars(sys.modules[module]))
    for node in ast.parse(inspect.getsource(sys.modules[module])).body:
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            for statement in node.body:
                if isinstance(statement, ast.ImportFrom):
                    with contextlib.suppress(ImportError):  # of an extra that isn't there
                        names |= _imported(statement, names["__package__"])
    return names


def _imported(statement: ast.ImportFrom, package: str) -> dict[str, Any]:
    source = "." * statement.level + (statement.module or "")
    found = importlib.import_module(source, package)
    return {alias.asname or alias.name: getattr(found, alias.name) for alias in statement.names}


FILE = frozenset(map(str, options_of(evaluate(FileInput, __name__))))


def shape_of(annotation: Any) -> Shape:
    """What an annotation allows."""
    options = _options(annotation)
    names = {str(option) for option, _ in options}
    if names >= FILE:
        others = [_one(option, tag) for option, tag in options if str(option) not in FILE]
        return union([Shape(binary=True), *others])
    return union(_one(option, tag) for option, tag in options)


def _options(annotation: Any, tag: str | None = None) -> list[tuple[Any, str | None]]:
    """The members of a union, each with the tag of the open union that it is in."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *marks = get_args(annotation)
        tags = [mark.tag for mark in marks if isinstance(mark, OpenUnion)]
        return _options(inner, tags[0] if tags else tag)
    if origin in (Required, NotRequired, ReadOnly):
        return _options(get_args(annotation)[0], tag)
    if origin is Union or origin is types.UnionType:
        return [option for member in get_args(annotation) for option in _options(member, tag)]
    if hasattr(annotation, "__value__"):  # type X = ...
        return _options(annotation.__value__, tag)
    return [(annotation, tag)]


def _one(option: Any, tag: str | None) -> Shape:
    """The shape of what is no union."""
    with contextlib.suppress(TypeError):
        if option in SCALARS:
            return Shape(**{SCALARS[option]: True})
    origin, args = get_origin(option) or option, get_args(option)
    if origin is Literal:
        return Shape(words=dict.fromkeys(args))
    if isinstance(option, TypeVar):
        return Shape(anything=True)
    if is_typeddict(origin):
        return Shape(kinds=[_typed_dict(option)])
    if isinstance(origin, type):
        return _of_class(option, origin, args, tag)
    raise TypeError(f"don't know what {option!r} is")


def _of_class(option: Any, origin: type, args: tuple[Any, ...], tag: str | None) -> Shape:
    if issubclass(origin, BaseModel):
        return Shape(kinds=[model(option)], tag=tag)
    if issubclass(origin, Enum):
        return Shape(words={member.value: None for member in origin})
    if origin in MAPS:
        value = args[1] if args else Any
        return Shape(maps=[lambda: shape_of(value)])
    if origin in ARRAYS:
        item = args[0] if args else Any
        return Shape(arrays=[lambda: shape_of(item)])
    return Shape(binary=True)  # one of the things that a file may be


@functools.cache
def _typed_dict(kind: Any) -> Kind:
    return Kind(kind.__name__, kind, lambda: taken_by(kind))


@functools.cache
def taken_by(kind: Any) -> Mapping[str, Member]:
    """The keys of a TypedDict."""
    hints = {
        name: evaluate(said, getattr(said, "__forward_module__", None) or kind.__module__)
        for name, said in kind.__annotations__.items()
    }
    # Where annotations are strings, it takes no notice of the Required[] in them.
    presumed: frozenset[str] = kind.__required_keys__
    return {
        name: Member(
            functools.partial(shape_of, hint),
            required=get_origin(hint) is Required
            or (name in presumed and get_origin(hint) is not NotRequired),
        )
        for name, hint in hints.items()
    }


@functools.cache
def model(kind: type[BaseModel]) -> Kind:
    """A model of answers."""

    def members() -> Mapping[str, Member]:
        build(kind)
        return {
            field.alias or name: Member(
                functools.partial(shape_of, field.rebuild_annotation()),
                required=field.is_required(),
            )
            for name, field in kind.model_fields.items()
        }

    name = kind.__name__.partition("[")[0]
    return Kind(name, kind, members, model=True, partial=issubclass(kind, Page))
