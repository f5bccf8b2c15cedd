"""The base of every response model, and how an answer that departs from its shape is read.

An answer is validated once, from bytes. Only where that fails is it taken apart field by field:
each field that fits is validated, each that doesn't is kept as it came, and nothing is dropped.
"""

from __future__ import annotations

import functools
import logging
import types
from collections.abc import Callable, Mapping
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ._json import is_array, is_object

__all__ = ["Model", "become", "closest", "construct", "fitted", "options_of", "recast"]

logger = logging.getLogger("openai_async")

M = TypeVar("M", bound=BaseModel)


class Model(BaseModel):
    """A response object. Fields that we don't know yet are kept, as attributes and in dumps."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="allow",
        defer_build=True,
        protected_namespaces=(),
        populate_by_name=True,
        ser_json_inf_nan="constants",
    )

    if not TYPE_CHECKING:  # which would take any name for one that is there

        def __getattr__(self, name: str) -> Any:
            if name == "_request_id":  # where the official client keeps it
                told = (
                    "an answer is data alone; its request id: (await raw(method)(...)).request_id"
                )
                raise AttributeError(told)
            return super().__getattr__(name)

    # What came is what is dumped, also where it departs from the shape: that was told when it came,
    # so a dump is no occasion to warn of it.

    def model_dump(
        self, *, warnings: bool | Literal["none", "warn", "error"] = False, **options: Any
    ) -> dict[str, Any]:
        """As pydantic's; `warnings` are off unless asked for."""
        return super().model_dump(warnings=warnings, **options)

    def model_dump_json(
        self, *, warnings: bool | Literal["none", "warn", "error"] = False, **options: Any
    ) -> str:
        """As pydantic's; `warnings` are off unless asked for."""
        return super().model_dump_json(warnings=warnings, **options)

    def to_dict(
        self,
        *,
        mode: Literal["json", "python"] = "json",
        use_api_names: bool = True,
        exclude_unset: bool = True,
        **options: Any,
    ) -> dict[str, Any]:
        """The object as the server sent it: wire names, and only what came. `options` are those of
        `model_dump`."""
        return self.model_dump(
            mode=mode, by_alias=use_api_names, exclude_unset=exclude_unset, **options
        )

    def to_json(
        self,
        *,
        indent: int | None = 2,
        use_api_names: bool = True,
        exclude_unset: bool = True,
        **options: Any,
    ) -> str:
        """`to_dict` as JSON text. `options` are those of `model_dump_json`."""
        return self.model_dump_json(
            indent=indent, by_alias=use_api_names, exclude_unset=exclude_unset, **options
        )


def build(model: type[BaseModel]) -> bool:
    """Build what a model is validated and written by, which else waits until it is needed; whether
    there was something to be built.

    Before pydantic 2.14, a model that is part of another can't be written by itself until then.
    """
    if model.__pydantic_complete__:
        return False
    model.model_rebuild()
    return True


def construct(model: type[M], data: Mapping[str, Any]) -> M:
    """Build a model from data that it does not accept, as well as it can be done.

    Each field that fits is validated; a nested model is built by the same rule; all else is kept
    as it came. A required field that is missing is None, and a list or a model that is missing or
    came as null is an empty one, so that loops over it and looks into it hold.
    """
    values: dict[str, Any] = {}
    known: set[str] = set()
    fields_set: set[str] = set()
    for name, info in model.model_fields.items():
        wire = info.alias or name
        known.add(wire)
        if wire in data:
            fields_set.add(name)
            values[name] = fitted(info.rebuild_annotation(), data[wire])
        elif info.is_required():
            values[name] = _empty(info.annotation)
        else:
            values[name] = info.get_default(call_default_factory=True)
    build(model)
    extra = {key: value for key, value in data.items() if key not in known}
    built = _instance(model, values, fields_set | extra.keys(), extra)
    if model.__pydantic_post_init__:
        built.model_post_init(None)
    return built


def recast(model: BaseModel, kind: type[M], **more: Any) -> M:
    """The same as another model, one derived from its own, with more fields; nothing is validated."""
    fields_set = model.__pydantic_fields_set__ | more.keys()
    return _instance(kind, {**model.__dict__, **more}, fields_set, model.__pydantic_extra__)


def become(kind: Any, model: BaseModel, **changes: Any) -> Any:
    """The same object as a class that extends its own; nothing is looked at twice."""
    build(kind)
    missing = {
        name: info.get_default()
        for name, info in kind.model_fields.items()
        if name not in model.__dict__
    }
    values = {**model.__dict__, **missing, **changes}
    fields_set = model.__pydantic_fields_set__ | changes.keys()
    return _instance(kind, values, fields_set, model.__pydantic_extra__)


def _instance(
    kind: type[M], values: dict[str, Any], fields_set: set[str], extra: dict[str, Any] | None
) -> M:
    """A model of these fields, of which none is validated."""
    made = kind.__new__(kind)
    object.__setattr__(made, "__dict__", values)
    object.__setattr__(made, "__pydantic_fields_set__", fields_set)
    object.__setattr__(made, "__pydantic_extra__", extra)
    object.__setattr__(made, "__pydantic_private__", None)
    return made


def fitted(annotation: Any, value: Any) -> Any:
    """`value` as `annotation`, where it fits; else the nearest thing that loses nothing."""
    try:
        return _adapter(annotation).validate_python(value)
    except ValidationError:
        return _salvage(annotation, value)


def _salvage(annotation: Any, value: Any) -> Any:
    if value is None:
        return _empty(annotation)
    if is_object(value):
        model = closest(annotation, value)
        if model is not None:
            return construct(model, value)
        for option in options_of(annotation):
            if get_origin(option) is dict:
                inner = get_args(option)[1]
                return {key: fitted(inner, item) for key, item in value.items()}
    if is_array(value):
        for option in options_of(annotation):
            if get_origin(option) is list:
                inner = get_args(option)[0]
                return [fitted(inner, item) for item in value]
    return value


def closest(annotation: Any, data: Mapping[str, Any]) -> type[BaseModel] | None:
    """Of the models in a type, the one that says it is meant, by a field that has to have a certain
    value, and whose fields cover most of what came."""
    models, marked = _models_in(annotation)
    hits = [
        model
        for name, by_value in marked.items()
        if isinstance(data.get(name), (str, int, bool))
        for model in by_value.get(data[name], ())
    ]

    def likeness(model: type[BaseModel]) -> tuple[int, int]:
        return hits.count(model), len(model.model_fields.keys() & data.keys())

    return max(hits or models, key=likeness, default=None)


@functools.cache
def _models_in(
    annotation: Any,
) -> tuple[list[type[BaseModel]], dict[str, dict[Any, list[type[BaseModel]]]]]:
    """The models in a type, and by fields that have to have certain values, and by these, those that
    have them: found once, since a server that departs does so each time."""
    models = [option for option in options_of(annotation) if _is_model(option)]
    marked: dict[str, dict[Any, list[type[BaseModel]]]] = {}
    for model in models:
        for name, info in model.model_fields.items():
            of = info.rebuild_annotation()
            for value in get_args(of) if get_origin(of) is Literal else ():
                marked.setdefault(name, {}).setdefault(value, []).append(model)
    return models, marked


@functools.cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


def options_of(annotation: Any) -> list[Any]:
    """The members of a union, however nested in unions and `Annotated`; else the type itself."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return options_of(get_args(annotation)[0])
    if origin is Union or origin is types.UnionType:
        return [option for member in get_args(annotation) for option in options_of(member)]
    return [annotation]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _empty(annotation: Any) -> Any:
    """What stands for a value that ought to be there and is not: a list or model without content."""
    options = options_of(annotation)
    if len(options) != 1:  # an optional one may be None
        return None
    if get_origin(options[0]) is list:
        return []
    empty: Any = construct(options[0], {}) if _is_model(options[0]) else None
    return empty


_told: set[tuple[str, str]] = set()


def warn_once(model: str, server: str, what: Callable[[], str]) -> None:
    """Log a departure from the documented shape: once per model and server, not once per answer."""
    if (model, server) in _told:
        return
    _told.add((model, server))
    logger.warning(
        "%s: an answer of %s departs from its documented shape: %s", model, server, what()
    )
