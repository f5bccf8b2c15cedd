"""Our side: every method of every namespace, and what its signature takes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any, get_args, get_origin

from typing_extensions import Unpack, get_overloads

from openai_async import AsyncClient, Page, RequestOptions
from openai_async._client import NAMESPACES
from openai_async._models import build, options_of
from openai_async._resource import Resource

from .annotations import evaluate, shape_of, taken_by
from .shapes import Member, merged

OPTIONS = RequestOptions.__annotations__.keys()


@dataclass(frozen=True)
class Method:
    """A method, and what its signature says."""

    name: str
    """Such as `audio.transcriptions.create`."""
    function: Callable[..., Any]
    positional: Mapping[str, Member]
    """Mostly the ids that go into the path."""
    forms: Sequence[Mapping[str, Member]]
    """The keywords, without the options that every call takes; several where there are overloads of
    different parameters."""

    @property
    def keywords(self) -> Mapping[str, Member]:
        """Of all forms; required is what all of them require."""
        return merged(self.forms)

    @property
    def namespace(self) -> str:
        return self.name.partition(".")[0]

    @property
    def parameters(self) -> Mapping[str, Member]:
        return {**self.positional, **self.keywords}

    async def call(self, client: AsyncClient, given: Mapping[str, Any]) -> Any:
        """Call it by name, whatever is positional."""
        positional = [given[name] for name in self.positional if name in given]
        keywords = {name: value for name, value in given.items() if name not in self.positional}
        target: Any = client
        for step in self.name.split("."):
            target = getattr(target, step)
        found = target(*positional, **keywords)
        return await found if inspect.isawaitable(found) else found


@functools.cache
def methods() -> Mapping[str, Method]:
    """By name: all that is public in the namespaces, found by looking at their classes."""
    client = AsyncClient(api_key="k")
    found: dict[str, Method] = {}
    seen: dict[type, str] = {}
    # `beta` comes last, because most of it is another name for what is elsewhere.
    for name in sorted(NAMESPACES, key=lambda name: (name == "beta", name)):
        try:
            resource: Resource = getattr(client, name)
        except Exception as error:
            broken[name] = repr(error)
            continue
        for method in methods_of(name, resource, seen):
            found[method.name] = method
    return found


aliases: dict[str, str] = {}
"""Namespaces that are another one under another name."""
broken: dict[str, str] = {}
"""Namespaces that can't be imported, and why."""


def methods_of(
    prefix: str, resource: Resource, seen: dict[type, str] | None = None
) -> Iterator[Method]:
    """The methods of a namespace, and of those within."""
    seen = {} if seen is None else seen
    kind = type(resource)
    if kind in seen:
        aliases[prefix] = seen[kind]
        return
    seen[kind] = prefix
    for name, member in _members(kind).items():
        if isinstance(member, FunctionType):
            yield _method(f"{prefix}.{name}", member)
        elif isinstance(member, (functools.cached_property, property)):
            inner = getattr(resource, name)
            if isinstance(inner, Resource):
                yield from methods_of(f"{prefix}.{name}", inner, seen)


def _members(kind: type) -> Mapping[str, Any]:
    """What a class and its bases define in public, up to `Resource`."""
    own = [base for base in reversed(kind.__mro__) if issubclass(base, Resource)]
    return {
        name: member
        for base in own
        if base is not Resource
        for name, member in vars(base).items()
        if not name.startswith("_")
    }


def _method(name: str, function: FunctionType) -> Method:
    function = inspect.unwrap(function)
    positional: dict[str, Member] = {}
    keywords: dict[str, Member] = {}
    forms: list[Mapping[str, Member]] = []
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        if parameter.kind is parameter.VAR_KEYWORD:
            forms = list(_unpacked(function, parameter.name))
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            mine = keywords if parameter.kind is parameter.KEYWORD_ONLY else positional
            required = parameter.default is parameter.empty
            make = functools.partial(_shape_of_parameter, function, parameter.name)
            mine[parameter.name] = Member(make, required=required)
    return Method(name, function, positional, [{**keywords, **form} for form in forms or [{}]])


def _shape_of_parameter(function: FunctionType, name: str) -> Any:
    return shape_of(_hint(function, name))


def _unpacked(function: FunctionType, name: str) -> Iterator[Mapping[str, Member]]:
    """The keys of the `Unpack[TypedDict]` of a function, or of each of its overloads."""
    hints = [_hint(one, name) for one in [*_overloads(function), function]]
    for hint in dict.fromkeys(hints):
        if get_origin(hint) is Unpack:
            [kind] = get_args(hint)
            yield {key: said for key, said in taken_by(kind).items() if key not in OPTIONS}


def _overloads(function: FunctionType) -> list[FunctionType]:
    found: Any = get_overloads(function)
    return [one for one in found if any(p.kind is p.VAR_KEYWORD for p in _parameters(one))]


def _parameters(function: FunctionType) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


def _hint(function: FunctionType, name: str) -> Any:
    """The annotation of one parameter: others may name what is imported for type checkers alone."""
    annotation = function.__annotations__.get(name)
    if annotation is None:
        return Any
    return evaluate(annotation, function.__module__)


def given_by(function: Any) -> list[Any]:
    """The types that a function says it gives: of the items, for a list or stream."""
    found: list[Any] = []
    waiting = [evaluate(function.__annotations__["return"], function.__module__)]
    while waiting:
        for option in options_of(waiting.pop()):
            found.append(option)
            if isinstance(option, type) and issubclass(option, Page):
                waiting.append(item_of(option))
            elif any(hasattr(get_origin(option), name) for name in ("__await__", "__anext__")):
                waiting += get_args(option)
    return found


def item_of(page: type[Page[Any]]) -> Any:
    """What is in the list of a page."""
    build(page)
    [item] = get_args(page.model_fields["data"].rebuild_annotation())
    return item
