"""Responses, parsed: the texts of an answer as values, and what functions are called with."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar, cast

from pydantic import TypeAdapter
from pydantic_core import from_json

from .._models import fitted, recast
from .._structured import (
    OutputFormat,
    argument_formats,
    flat_tool,
    is_output_type,
    json_text,
    output_format,
)
from ..errors import (
    ContentFilterFinishReasonError,
    LengthFinishReasonError,
    ResponseValidationError,
)
from ..types._response_events import Response
from ..types._response_items import (
    ResponseCustomToolCall,
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
)
from ..types._response_parsed import (
    ParsedResponse,
    ParsedResponseFunctionToolCall,
    ParsedResponseOutputMessage,
    ParsedResponseOutputText,
)

__all__ = ["ResponseParser"]

T = TypeVar("T")
V = TypeVar("V")

CALLS = (ResponseFunctionToolCall, ResponseCustomToolCall)


class ResponseParser(Generic[T]):
    """Knows what the texts of an answer stand for, and the arguments of the tools."""

    def __init__(
        self, text_format: type[T] | TypeAdapter[T] | None, tools: Iterable[Any] | None = None
    ) -> None:
        kind: Any = text_format
        self._format: OutputFormat[T] | None = output_format(kind) if is_output_type(kind) else None
        self._arguments = argument_formats(tools)

    def asked(self, params: dict[str, Any]) -> dict[str, Any]:
        """The parameters of `create` that ask for the format."""
        if self._format is None:
            return params
        text: dict[str, Any] = params.get("text") or {}
        if "format" in text:
            raise TypeError("text_format and text['format'] say the same: pass one of them")
        return {**params, "text": {**text, "format": self._format.for_responses()}}

    def text(self, text: str, phase: str | None = None) -> T | None:
        """What a text stands for; None where nothing was asked for, or for a remark on the way.

        Raises `ResponseValidationError` where it stands for nothing.
        """
        if self._format is None or phase not in (None, "final_answer"):
            return None
        return self._format.parse(text or "")  # some servers send null

    def arguments(self, name: str, arguments: str) -> Any:
        """What a function is called with: an instance of its model, else the JSON, if it is any."""
        known = self._arguments.get(name)
        text = json_text(arguments)
        if known is not None:
            return known.parse(text)
        try:
            return from_json(text)
        except ValueError:
            return None

    def response(self, response: Response) -> ParsedResponse[T]:
        """A response with its values.

        Raises `ResponseValidationError` for a text that doesn't fit, unless it stands beside a call,
        and `LengthFinishReasonError` or `ContentFilterFinishReasonError` for an answer that was cut
        where something in it was to be parsed.
        """
        calls = [item for item in response.output if isinstance(item, CALLS)]
        typed = self._format is not None or any(call.name in self._arguments for call in calls)
        if typed and response.status == "incomplete":
            details = response.incomplete_details
            if details is not None and details.reason == "content_filter":
                raise ContentFilterFinishReasonError(completion=response)
            raise LengthFinishReasonError(completion=response)
        whole = response.status in (None, "completed")
        output = [self._item(item, bool(calls)) if whole else item for item in response.output]
        return cast("ParsedResponse[T]", recast(response, ParsedResponse, output=output))

    def _item(self, item: Any, beside_calls: bool) -> Any:
        if isinstance(item, ResponseOutputMessage):
            read: Callable[..., T | None] = self.text
            if beside_calls:  # what doesn't fit is a remark
                read = functools.partial(if_it_fits, self.text)
            given: Any = item.content
            if isinstance(given, str):
                given = [fitted(ResponseOutputText, {"type": "output_text", "text": given})]
            content: list[Any] = [
                recast(part, ParsedResponseOutputText, parsed=read(part.text, item.phase))
                if isinstance(part, ResponseOutputText)
                else part
                for part in given
            ]
            kind: Any = ParsedResponseOutputMessage
            return recast(item, kind, content=content)
        if isinstance(item, ResponseFunctionToolCall):
            parsed = self.arguments(item.name, item.arguments)
            return recast(item, ParsedResponseFunctionToolCall, parsed_arguments=parsed)
        return item


def if_it_fits(parse: Callable[..., V], *args: Any) -> V | None:
    """A parsed value, or None where it does not fit."""
    try:
        return parse(*args)
    except ResponseValidationError:
        return None


def flat(params: dict[str, Any]) -> dict[str, Any]:
    """Parameters with the functions that are written as chat has them as responses have them."""
    tools = params.get("tools")
    if not tools:
        return params
    return {**params, "tools": [flat_tool(tool) for tool in tools]}
