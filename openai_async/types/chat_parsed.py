"""What `parse` and `stream` of chat give: answers with their parsed values, and typed events.

Events are cheap: what takes work to make (a snapshot, partial JSON) is made when it is looked at.
"""

# pyright: reportIncompatibleVariableOverride=false
# What is parsed stands where the plain thing stands: nobody puts a plain one in its place.

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import SerializationInfo, SerializerFunctionWrapHandler, model_serializer

from .._growing import Text
from .._request import without
from .._structured import partial_json
from .._unions import OpenUnion
from .chat import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessage,
    Choice,
    CustomToolCall,
    FunctionCall,
    FunctionToolCall,
    TokenLogprob,
)

__all__ = [
    "ChatCompletionStreamEvent", "ChunkEvent", "ContentDeltaEvent", "ContentDoneEvent",
    "FunctionToolCallArgumentsDeltaEvent", "FunctionToolCallArgumentsDoneEvent",
    "LogprobsContentDeltaEvent", "LogprobsContentDoneEvent", "LogprobsRefusalDeltaEvent",
    "LogprobsRefusalDoneEvent", "ParsedChatCompletion", "ParsedChatCompletionMessage", "ParsedChoice",
    "ParsedFunctionCall", "ParsedFunctionToolCall", "ParsedToolCall", "RefusalDeltaEvent",
    "RefusalDoneEvent",
]  # fmt: skip

T = TypeVar("T")


# Answers


class ParsedFunctionCall(FunctionCall):
    parsed_arguments: Any = None
    """An instance of the model that the tool was made of, else the JSON, if it is any."""

    @model_serializer(mode="wrap")
    def _as_the_api_has_it(
        self, handler: SerializerFunctionWrapHandler, info: SerializationInfo
    ) -> Any:
        return without(handler(self), "parsed_arguments", info)


class ParsedFunctionToolCall(FunctionToolCall):
    function: ParsedFunctionCall


ParsedToolCall = Annotated[ParsedFunctionToolCall | CustomToolCall, OpenUnion()]


class ParsedChatCompletionMessage(ChatCompletionMessage, Generic[T]):
    """An answer, parsed. Back in `messages`, it is sent as it came."""

    parsed: T | None = None
    """None where the model refused, or called a tool."""
    tool_calls: list[ParsedToolCall] | None = None  # type: ignore[assignment]

    @model_serializer(mode="wrap")
    def _as_the_api_has_it(
        self, handler: SerializerFunctionWrapHandler, info: SerializationInfo
    ) -> Any:
        return without(handler(self), "parsed", info)


class ParsedChoice(Choice, Generic[T]):
    message: ParsedChatCompletionMessage[T]


class ParsedChatCompletion(ChatCompletion, Generic[T]):
    """Answers to a conversation, parsed."""

    choices: list[ParsedChoice[T]]  # type: ignore[assignment]


# Events


@dataclass(slots=True)
class ChunkEvent:
    """A chunk as it came; the events after it tell what is in it."""

    chunk: ChatCompletionChunk
    _answer: Callable[[], ParsedChatCompletion[Any]] = field(repr=False, compare=False)
    type: Literal["chunk"] = "chunk"

    @property
    def snapshot(self) -> ParsedChatCompletion[Any]:
        """The answer, as far as it has come when this is looked at; nothing in it is parsed yet."""
        return self._answer()


@dataclass(slots=True)
class ContentDeltaEvent:
    delta: str
    choice: int
    """The index of the choice that it is of; so in all events."""
    _text: Text = field(repr=False, compare=False)
    _end: int = field(repr=False, compare=False)
    _partial: Callable[[str], Any] | None = field(repr=False, compare=False)
    type: Literal["content.delta"] = "content.delta"

    @property
    def snapshot(self) -> str:
        """The content up to here."""
        return self._text.until(self._end)

    @property
    def parsed(self) -> Any:
        """The JSON up to here, where the format is JSON: what is cut is left out, or ends there."""
        return None if self._partial is None else self._partial(self.snapshot)


@dataclass(slots=True)
class ContentDoneEvent(Generic[T]):
    content: str
    parsed: T | None
    """None also where the content can't be parsed, of which the stream's end will tell."""
    choice: int
    type: Literal["content.done"] = "content.done"


@dataclass(slots=True)
class RefusalDeltaEvent:
    delta: str
    choice: int
    _text: Text = field(repr=False, compare=False)
    _end: int = field(repr=False, compare=False)
    type: Literal["refusal.delta"] = "refusal.delta"

    @property
    def snapshot(self) -> str:
        """The refusal up to here."""
        return self._text.until(self._end)


@dataclass(slots=True)
class RefusalDoneEvent:
    refusal: str
    choice: int
    type: Literal["refusal.done"] = "refusal.done"


@dataclass(slots=True)
class FunctionToolCallArgumentsDeltaEvent:
    name: str
    index: int
    """Which of the message's calls."""
    arguments_delta: str
    choice: int
    _text: Text = field(repr=False, compare=False)
    _end: int = field(repr=False, compare=False)
    type: Literal["tool_calls.function.arguments.delta"] = "tool_calls.function.arguments.delta"

    @property
    def arguments(self) -> str:
        """The arguments up to here."""
        return self._text.until(self._end)

    @property
    def parsed_arguments(self) -> Any:
        """The JSON up to here."""
        return partial_json(self.arguments)


@dataclass(slots=True)
class FunctionToolCallArgumentsDoneEvent:
    name: str
    index: int
    """Which of the message's calls."""
    arguments: str
    parsed_arguments: Any
    """An instance of the model that the tool was made of, else the JSON, if it is any."""
    choice: int
    type: Literal["tool_calls.function.arguments.done"] = "tool_calls.function.arguments.done"


@dataclass(slots=True)
class LogprobsContentDeltaEvent:
    content: list[TokenLogprob]
    choice: int
    _all: list[TokenLogprob] = field(repr=False, compare=False)
    _end: int = field(repr=False, compare=False)
    type: Literal["logprobs.content.delta"] = "logprobs.content.delta"

    @property
    def snapshot(self) -> list[TokenLogprob]:
        """All up to here."""
        return self._all[: self._end]


@dataclass(slots=True)
class LogprobsContentDoneEvent:
    content: list[TokenLogprob]
    choice: int
    type: Literal["logprobs.content.done"] = "logprobs.content.done"


@dataclass(slots=True)
class LogprobsRefusalDeltaEvent:
    refusal: list[TokenLogprob]
    choice: int
    _all: list[TokenLogprob] = field(repr=False, compare=False)
    _end: int = field(repr=False, compare=False)
    type: Literal["logprobs.refusal.delta"] = "logprobs.refusal.delta"

    @property
    def snapshot(self) -> list[TokenLogprob]:
        """All up to here."""
        return self._all[: self._end]


@dataclass(slots=True)
class LogprobsRefusalDoneEvent:
    refusal: list[TokenLogprob]
    choice: int
    type: Literal["logprobs.refusal.done"] = "logprobs.refusal.done"


ChatCompletionStreamEvent = (
    ChunkEvent
    | ContentDeltaEvent
    | ContentDoneEvent[T]
    | RefusalDeltaEvent
    | RefusalDoneEvent
    | FunctionToolCallArgumentsDeltaEvent
    | FunctionToolCallArgumentsDoneEvent
    | LogprobsContentDeltaEvent
    | LogprobsContentDoneEvent
    | LogprobsRefusalDeltaEvent
    | LogprobsRefusalDoneEvent
)
