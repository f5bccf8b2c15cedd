"""What `parse` and `stream` of responses give: answers with their values, and events with more."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    PrivateAttr,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    computed_field,
    model_serializer,
)

from .._growing import Text, TextSoFar, so_far
from .._models import Model
from .._request import without
from .._unions import OpenUnion
from ._response_events import (
    Response,
    ResponseCompletedEvent,
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseFunctionCallArgumentsDoneEvent,
    ResponsePlainEvent,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
)
from ._response_items import (
    ResponseCommonItem,
    ResponseCustomToolCall,
    ResponseCustomToolCallOutputItem,
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseOutputText,
)

__all__ = [
    "ParsedArgumentsDeltaEvent", "ParsedArgumentsDoneEvent", "ParsedCompletedEvent", "ParsedResponse",
    "ParsedResponseFunctionToolCall", "ParsedResponseOutputItem", "ParsedResponseOutputMessage",
    "ParsedResponseOutputText", "ParsedResponseStreamEvent", "ParsedTextDeltaEvent",
    "ParsedTextDoneEvent",
]  # fmt: skip

T = TypeVar("T")


class ParsedResponseOutputText(ResponseOutputText, Generic[T]):
    parsed: T | None = None

    @model_serializer(mode="wrap")
    def _as_the_api_has_it(
        self, handler: SerializerFunctionWrapHandler, info: SerializationInfo
    ) -> Any:
        return without(handler(self), "parsed", info)


class ParsedResponseOutputMessage(ResponseOutputMessage, Generic[T]):
    """A message, parsed. Back in `input`, it is sent as it came."""

    content: list[  # type: ignore[assignment]
        Annotated[ParsedResponseOutputText[T] | ResponseOutputRefusal, OpenUnion()]
    ]


class ParsedResponseFunctionToolCall(ResponseFunctionToolCall):
    parsed_arguments: Any = None
    """An instance of the model that the tool was made of, else the JSON, if it is any."""

    @model_serializer(mode="wrap")
    def _as_the_api_has_it(
        self, handler: SerializerFunctionWrapHandler, info: SerializationInfo
    ) -> Any:
        return without(handler(self), "parsed_arguments", info)


ParsedResponseOutputItem = (
    ParsedResponseOutputMessage[T] | ParsedResponseFunctionToolCall | ResponseCustomToolCall
    | ResponseCustomToolCallOutputItem | ResponseCommonItem
)  # fmt: skip


class ParsedResponse(Response, Generic[T]):
    """An answer, parsed."""

    output: list[  # type: ignore[assignment]
        Annotated[
            ParsedResponseOutputMessage[T]
            | ParsedResponseFunctionToolCall
            | ResponseCustomToolCall
            | ResponseCustomToolCallOutputItem
            | ResponseCommonItem,
            OpenUnion(),
        ]
    ]

    @property
    def output_parsed(self) -> T | None:
        """The first value in the answer; None where the model refused, or called a tool."""
        for item in self.output:
            if isinstance(item, ParsedResponseOutputMessage):
                for part in item.content:
                    if isinstance(part, ParsedResponseOutputText) and part.parsed is not None:
                        return part.parsed
        return None


# Events


class _WithSnapshot(Model):
    """A delta that knows what it adds to, without a copy of it for each."""

    _so_far: TextSoFar = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:  # noqa: ARG002
        """Of one that was dumped, and is read again."""
        self._so_far = so_far(str((self.__pydantic_extra__ or {}).pop("snapshot", "")))

    @computed_field  # type: ignore[prop-decorator]
    @property
    def snapshot(self) -> str:
        """The whole text so far, or the whole JSON."""
        return str(self._so_far)


S = TypeVar("S", bound=_WithSnapshot)


def with_snapshot(event: S, text: Text) -> S:
    """A delta that has been added to a text."""
    object.__setattr__(event, "__pydantic_private__", {"_so_far": TextSoFar(text)})
    return event


class ParsedTextDeltaEvent(_WithSnapshot, ResponseTextDeltaEvent):
    """A piece of an answer's text."""


class ParsedTextDoneEvent(ResponseTextDoneEvent, Generic[T]):
    parsed: T | None = None


class ParsedArgumentsDeltaEvent(_WithSnapshot, ResponseFunctionCallArgumentsDeltaEvent):
    """A piece of what a function is called with."""


class ParsedArgumentsDoneEvent(ResponseFunctionCallArgumentsDoneEvent):
    parsed_arguments: Any = None
    """An instance of the model that the tool was made of, else the JSON, if it is any."""


class ParsedCompletedEvent(ResponseCompletedEvent, Generic[T]):
    response: ParsedResponse[T]  # pyright: ignore[reportIncompatibleVariableOverride]


ParsedResponseStreamEvent = (
    ParsedTextDeltaEvent | ParsedTextDoneEvent[T] | ParsedArgumentsDeltaEvent
    | ParsedArgumentsDoneEvent | ParsedCompletedEvent[T] | ResponsePlainEvent
)  # fmt: skip
