"""Answers as types: the schema that goes to the server, and the text that comes back, parsed.

    weather = output_format(Weather)
    weather.for_chat()                  # for `response_format` of chat
    weather.for_responses()             # for `text.format` of responses
    weather.parse(text)                 # a Weather, or ResponseValidationError

Anything that pydantic knows will do: models, dataclasses, TypedDicts, unions, lists, `TypeAdapter`s.
What is no object is sent as the one property of an object, since the API wants an object, and comes
out of it again.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError
from pydantic_core import from_json, to_json

from ._config import NOT_GIVEN
from ._json import is_object
from ._response import problems
from ._strict_schema import strict_schema
from .errors import ConfigurationError, ResponseValidationError

if TYPE_CHECKING:
    from .types.chat import FunctionToolParam

__all__ = [
    "FunctionTool",
    "OutputFormat",
    "argument_formats",
    "flat_tool",
    "is_output_type",
    "json_text",
    "output_format",
    "partial_json",
    "pydantic_function_tool",
]

T = TypeVar("T")

WRAPPED = "value"
"""The property that holds what is no object."""


class OutputFormat(Generic[T]):
    """A type as a format of answers. `output_format` makes one, once for each type."""

    name: str
    """What the server is told that it is called."""
    schema: dict[str, Any]
    """The strict JSON schema."""

    def __init__(self, of: type[T] | TypeAdapter[T]) -> None:
        try:
            self._adapter: TypeAdapter[T] = of if isinstance(of, TypeAdapter) else TypeAdapter(of)
            made = _json_schema(self._adapter)
        except PydanticUserError as error:
            reason = error.message.partition(". ")[0]  # what comes behind is for authors of types
            raise ConfigurationError(f"{of!r} has no JSON schema: {reason}") from error
        strict = strict_schema(made)
        self.name = _name(strict.get("title") or "answer")
        self._wrapped = strict.get("type") != "object"
        self.schema = _wrap(strict) if self._wrapped else strict

    def for_chat(self) -> dict[str, Any]:
        """As `response_format` of a chat."""
        named = {"name": self.name, "schema": self.schema, "strict": True}
        return {"type": "json_schema", "json_schema": named}

    def for_responses(self) -> dict[str, Any]:
        """As `text.format` of a response."""
        return {"type": "json_schema", "name": self.name, "schema": self.schema, "strict": True}

    def parse(self, text: str) -> T:
        """The value that a text stands for. Raises `ResponseValidationError`, with the text as its
        `body`, where it stands for none."""
        try:
            return self._adapter.validate_json(self._bare(text))
        except ValidationError as error:
            raise ResponseValidationError(
                f"the model's text does not fit {self.name}: {problems(error)}", body=text
            ) from error

    def partial(self, text: str) -> Any:
        """The JSON in the beginning of a text: what `parse` would look at, as far as it has come."""
        value = partial_json(text)
        return value.get(WRAPPED) if self._wrapped and is_object(value) else value

    def _bare(self, text: str) -> str | bytes:
        if not self._wrapped:
            return text
        try:
            value = from_json(text)
        except ValueError:
            return text  # which says what is wrong with it
        # A server that takes no schema may leave the object out.
        bare: Any = value[WRAPPED] if is_object(value) and value.keys() == {WRAPPED} else value
        return to_json(bare)


def output_format(of: type[T] | TypeAdapter[T]) -> OutputFormat[T]:
    """The format for a type. Raises `ConfigurationError` for one that strict schemas can't express."""
    kind: Any = of
    try:
        return cast("OutputFormat[T]", _cached(kind))
    except TypeError:  # a type that can't be hashed
        return OutputFormat(of)


@functools.lru_cache(maxsize=256)
def _cached(of: Any) -> OutputFormat[Any]:
    return OutputFormat(of)


def is_output_type(value: object) -> bool:
    """Whether a format was given as a type, and not as the object that the API takes, or not at all."""
    return value is not None and value is not NOT_GIVEN and not isinstance(value, Mapping)


def json_text(arguments: Any) -> str:
    """The JSON that a function is called with; some servers give the value itself, or null."""
    if isinstance(arguments, str):
        return arguments
    return "" if arguments is None else to_json(arguments).decode()


def partial_json(text: str) -> Any:
    """The value that a beginning of JSON stands for; None as long as there is none."""
    try:
        return from_json(text, allow_partial="trailing-strings")
    except ValueError:
        return None


class FunctionTool(dict[str, Any]):
    """A function as `tools` of chat take it, which knows the type of its arguments."""

    def __init__(self, name: str, description: str | None, arguments: OutputFormat[Any]) -> None:
        self.arguments = arguments
        function: dict[str, Any] = {"name": name}
        if description:
            function["description"] = description
        function |= {"parameters": arguments.schema, "strict": True}
        super().__init__(type="function", function=function)


def pydantic_function_tool(
    model: type[BaseModel], *, name: str | None = None, description: str | None = None
) -> FunctionToolParam:
    """A function whose arguments are a pydantic model, for `tools`.

    In `parse` and `stream`, the arguments of its calls come as instances of the model. `name` is the
    model's unless given, `description` its docstring.
    """
    told = description or (model.__doc__ or "").strip()
    tool: Any = FunctionTool(name or _name(model.__name__), told, output_format(model))
    return cast("FunctionToolParam", tool)


def argument_formats(tools: Iterable[Any] | None) -> dict[str, OutputFormat[Any]]:
    """The formats of the arguments of those functions that know them, by the functions' names."""
    known = [tool for tool in tools or () if isinstance(tool, FunctionTool)]
    return {tool["function"]["name"]: tool.arguments for tool in known}


def flat_tool(tool: Any) -> Any:
    """A tool as `tools` of responses take it: without the inner object that chat has."""
    if isinstance(tool, FunctionTool):
        return {"type": "function", **tool["function"]}
    return tool


def _json_schema(adapter: TypeAdapter[Any]) -> dict[str, Any]:
    from pydantic.json_schema import GenerateJsonSchema  # noqa: PLC0415  # it takes its time

    class Untitled(GenerateJsonSchema):
        """Without a title for each field, which only repeats its name."""

        def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
            return False

    return adapter.json_schema(schema_generator=Untitled)


def _wrap(schema: dict[str, Any]) -> dict[str, Any]:
    inner = {key: value for key, value in schema.items() if key != "$defs"}
    outer: dict[str, Any] = {
        "type": "object",
        "properties": {WRAPPED: inner},
        "required": [WRAPPED],
        "additionalProperties": False,
    }
    return {**outer, "$defs": schema["$defs"]} if "$defs" in schema else outer


def _name(title: str) -> str:
    """A title in the letters that names may have, at most 64."""
    return re.sub(r"[^a-zA-Z0-9_-]+", "_", title).strip("_")[:64] or "answer"
