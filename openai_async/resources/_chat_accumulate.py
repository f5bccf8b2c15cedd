"""Chunks of a chat, put together: the answer so far, and what each chunk adds to it. Without I/O.

Servers differ. Choices may be null or come in turn; a call's index may be missing, or the same for
all calls; ids and names may come once or with each piece; a finish reason may be "" until there is
one. What is unknown is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from .._growing import Text
from .._json import is_array, is_object
from .._models import construct, fitted
from .._structured import OutputFormat
from ..errors import ResponseValidationError
from ..types.chat import (
    ChatCompletion,
    ChatCompletionChunk,
    ChoiceDelta,
    ChoiceLogprobs,
    ChunkChoice,
    FunctionCallDelta,
    ToolCallDelta,
)
from ..types.chat_parsed import (
    ChatCompletionStreamEvent,
    ChunkEvent,
    ContentDeltaEvent,
    ContentDoneEvent,
    FunctionToolCallArgumentsDeltaEvent,
    FunctionToolCallArgumentsDoneEvent,
    LogprobsContentDeltaEvent,
    LogprobsContentDoneEvent,
    LogprobsRefusalDeltaEvent,
    LogprobsRefusalDoneEvent,
    ParsedChatCompletion,
    RefusalDeltaEvent,
    RefusalDoneEvent,
)
from ._chat_parsing import Arguments, parse_arguments, parse_completion, unparsed
from ._chat_pieces import Call, Pieces, other_parts, text_of

__all__ = ["Accumulator"]

T = TypeVar("T")

_FIRST = ("id", "created", "model")
_LAST = ("service_tier", "system_fingerprint", "usage", "moderation")


class Accumulator(Generic[T]):
    """Takes the chunks of one answer."""

    def __init__(
        self,
        answer: OutputFormat[T] | None,
        arguments: Arguments,
        partial: Callable[[str], Any] | None,
    ) -> None:
        self._answer = answer
        self._arguments = arguments
        self._partial = partial
        """Reads the content so far, where it is JSON."""
        self._head: dict[str, Any] = {"object": "chat.completion"}
        self._choices: dict[int, Pieces] = {}
        self._events: list[ChatCompletionStreamEvent[T]] = []

    def add(self, chunk: ChatCompletionChunk) -> list[ChatCompletionStreamEvent[T]]:
        """Take the next chunk; what it tells, as events."""
        self._events = [ChunkEvent(chunk, self.snapshot)]
        self._note(chunk)
        choices: Any = chunk.choices
        for position, choice in enumerate(choices if is_array(choices) else ()):
            if isinstance(choice, ChunkChoice):
                self._add(choice, position)
        return self._events

    def finish(self) -> list[ChatCompletionStreamEvent[T]]:
        """The stream is over: what has not been told to be done is done."""
        self._events = []
        for pieces in self._choices.values():
            if not pieces.finish_reason:
                self._done(pieces)
        return self._events

    def snapshot(self) -> ParsedChatCompletion[Any]:
        """The answer so far; nothing in it is parsed."""
        return unparsed(self._completion())

    def completion(self) -> ParsedChatCompletion[T]:
        """The whole answer, parsed. Raises as `parse_completion` does."""
        return parse_completion(self._completion(), self._answer, self._arguments)

    def _completion(self) -> ChatCompletion:
        choices = [pieces.as_json() for _, pieces in sorted(self._choices.items())]
        data = {**self._head, "choices": choices}
        try:
            return ChatCompletion.model_validate(data)
        except ValidationError:  # something is missing, as long as not all has come
            return construct(ChatCompletion, data)

    def _note(self, chunk: ChatCompletionChunk) -> None:
        """Keep what a chunk tells of the whole answer. Some begin with an empty one."""
        for name in _FIRST:
            if not self._head.get(name):
                self._head[name] = getattr(chunk, name)
        for name in _LAST:
            if (value := getattr(chunk, name)) is not None:
                self._head[name] = value
        for name, value in (chunk.model_extra or {}).items():
            if value is not None:
                self._head[name] = value

    def _add(self, choice: ChunkChoice, position: int) -> None:
        number: Any = choice.index
        index = number if isinstance(number, int) else position
        pieces = self._choices.get(index)
        if pieces is None:
            pieces = self._choices[index] = Pieces(index)
        delta: Any = choice.delta
        if isinstance(delta, ChoiceDelta):
            self._add_delta(pieces, delta)
        if choice.logprobs is not None:
            self._add_logprobs(pieces, choice.logprobs)
        if choice.model_extra:
            self._add_beside(pieces, choice.model_extra)
        if choice.finish_reason and not pieces.finish_reason:
            pieces.finish_reason = choice.finish_reason
            self._done(pieces)

    def _add_delta(self, pieces: Pieces, delta: ChoiceDelta) -> None:
        index = pieces.index
        pieces.role = delta.role or pieces.role
        if delta.content is not None:
            self._add_content(pieces, text_of(delta.content))
            if parts := other_parts(delta.content):
                pieces.grow({"content_parts": parts})
        if delta.refusal is not None:
            text = pieces.refusal = pieces.refusal or Text()
            if piece := text_of(delta.refusal):
                end = text.add(piece)
                self._events.append(RefusalDeltaEvent(piece, index, text, end))
        calls: Any = delta.tool_calls
        if is_object(calls):  # one alone, of older versions of TGI
            calls = [fitted(ToolCallDelta, calls)]
        for call in calls if is_array(calls) else ():
            if isinstance(call, ToolCallDelta):
                self._add_call(pieces, call)
        if isinstance(delta.function_call, FunctionCallDelta):
            pieces.function = pieces.function or Call(0)
            pieces.function.add(ToolCallDelta(index=0, function=delta.function_call))
        if delta.model_extra:
            pieces.grow(delta.model_extra)

    def _add_content(self, pieces: Pieces, piece: str) -> None:
        text = pieces.content = pieces.content or Text()
        if piece:
            end = text.add(piece)
            event = ContentDeltaEvent(piece, pieces.index, text, end, self._partial)
            self._events.append(event)

    def _add_beside(self, pieces: Pieces, more: Mapping[str, Any]) -> None:
        """Take what stands beside a delta."""
        told = {key: value for key, value in more.items() if value is not None}
        if is_object(whole := told.pop("message", None)):
            pieces.whole = whole
            if piece := pieces.untold():
                self._add_content(pieces, piece)
        pieces.beside |= told

    def _add_call(self, pieces: Pieces, delta: ToolCallDelta) -> None:
        call, begins = pieces.call_of(delta)
        if begins:
            for earlier in pieces.calls[:-1]:
                # Others may go on yet: what is whole can't.
                if not earlier.done and earlier.is_whole:
                    self._done_call(pieces, earlier)
        piece = call.add(delta)
        if (piece or begins) and not call.custom:
            self._events.append(
                FunctionToolCallArgumentsDeltaEvent(
                    call.name, call.position, piece, pieces.index, call.text, call.text.length
                )
            )

    def _add_logprobs(self, pieces: Pieces, logprobs: Any) -> None:
        if not isinstance(logprobs, ChoiceLogprobs):
            pieces.grow_logprobs(logprobs)
            return
        index = pieces.index
        pieces.grow_logprobs(logprobs.model_extra or {})
        if is_array(logprobs.content):
            held = pieces.content_logprobs = pieces.content_logprobs or []
            held += logprobs.content
            self._events.append(LogprobsContentDeltaEvent(logprobs.content, index, held, len(held)))
        if is_array(logprobs.refusal):
            held = pieces.refusal_logprobs = pieces.refusal_logprobs or []
            held += logprobs.refusal
            self._events.append(LogprobsRefusalDeltaEvent(logprobs.refusal, index, held, len(held)))

    def _done(self, pieces: Pieces) -> None:
        """Tell what a choice has come to."""
        index = pieces.index
        if pieces.content is not None and pieces.content.length:
            content = str(pieces.content)
            self._events.append(ContentDoneEvent(content, self._parsed(content), index))
        if pieces.refusal is not None and pieces.refusal.length:
            self._events.append(RefusalDoneEvent(str(pieces.refusal), index))
        if pieces.content_logprobs:
            self._events.append(LogprobsContentDoneEvent(pieces.content_logprobs, index))
        if pieces.refusal_logprobs:
            self._events.append(LogprobsRefusalDoneEvent(pieces.refusal_logprobs, index))
        for call in pieces.calls:
            if not call.done:
                self._done_call(pieces, call)

    def _done_call(self, pieces: Pieces, call: Call) -> None:
        call.done = True
        if call.custom:
            return
        arguments = str(call.text)
        try:
            value = parse_arguments(arguments, self._arguments.get(call.name))
        except ResponseValidationError:  # told at the end, with the whole answer
            value = None
        self._events.append(
            FunctionToolCallArgumentsDoneEvent(
                call.name, call.position, arguments, value, pieces.index
            )
        )

    def _parsed(self, content: str) -> T | None:
        if self._answer is None:
            return None
        try:
            return self._answer.parse(content)
        except ResponseValidationError:  # told at the end, with the whole answer
            return None
