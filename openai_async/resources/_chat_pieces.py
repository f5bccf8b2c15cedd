"""One choice of a streamed answer, put together from its pieces. Without I/O, without events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

from .._growing import Text, grow, whole
from .._json import is_array, is_object
from .._structured import json_text
from ..types.chat import ChoiceLogprobs, TokenLogprob, ToolCallDelta

__all__ = ["Call", "Pieces", "other_parts", "text_of"]


class Call:
    """A call of a tool."""

    def __init__(self, position: int) -> None:
        self.position = position
        """Which of the message's calls it is."""
        self.id: str | None = None
        self.name = ""
        self.custom = False
        """Whether what it is given is any text, and not JSON."""
        self.text = Text()
        """The arguments."""
        self.more: dict[str, Any] = {}
        self.done = False
        """Whether it has been told that nothing more comes."""

    def add(self, delta: ToolCallDelta) -> str:
        """Take a piece; what it adds to the arguments."""
        more = dict(delta.model_extra or {})
        custom: Any = more.pop("custom", None)
        self.custom = self.custom or delta.type == "custom" or is_object(custom)
        grow(self.more, more)
        self.id = self.id or delta.id or None
        name, piece = _called(delta)
        if name != self.name and not self.text.length:  # some repeat it, some give it in pieces
            self.name += name
        if piece:
            self.text.add(piece)
        return piece

    @property
    def is_whole(self) -> bool:
        """Whether the arguments are JSON to which nothing can be added."""
        if not self.text.last.rstrip().endswith("}"):
            return False
        try:
            from_json(str(self.text))
        except ValueError:
            return False
        return True

    def as_json(self) -> dict[str, Any]:
        text = str(self.text)
        if self.custom:
            called = {"type": "custom", "custom": {"name": self.name, "input": text}}
        else:
            called = {"type": "function", "function": {"name": self.name, "arguments": text}}
        return {"id": self.id or "", **called, **whole(self.more)}


class Pieces:
    """All that has come of one choice."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.role = "assistant"
        self.content: Text | None = None
        """None until there is any, be it empty."""
        self.refusal: Text | None = None
        self.calls: list[Call] = []
        self.function: Call | None = None
        """In the form of 2023."""
        self.content_logprobs: list[TokenLogprob] | None = None
        self.refusal_logprobs: list[TokenLogprob] | None = None
        self.finish_reason: str | None = None
        self.more: dict[str, Any] = {}
        """What else the message holds."""
        self.beside: dict[str, Any] = {}
        """What else the choice holds."""
        self.logprobs: dict[str, Any] = {}
        """What else its log probabilities hold."""
        self.whole: Mapping[str, Any] = {}
        """The message as it stands, which some servers send beside its pieces, or in their place."""
        self._places: dict[int, Call] = {}

    def call_of(self, delta: ToolCallDelta) -> tuple[Call, bool]:
        """The call that a piece belongs to, and whether it begins there.

        An index tells, where there is one, else the id, else it is the last one; but one index may
        stand for several calls, if what comes can't be the same one's.
        """
        index: Any = delta.index
        if isinstance(index, int):
            call = self._places.get(index)
        else:
            index = None
            named = [call for call in self.calls if delta.id and call.id == delta.id]
            call = next(iter(named[-1:] or self.calls[-1:]), None)
        if call is not None and not _begins_another(call, delta):
            return call, False
        call = Call(len(self.calls))
        self.calls.append(call)
        if index is not None:
            self._places[index] = call
        return call, True

    def grow(self, more: Mapping[str, Any]) -> None:
        """Take what else came in a message's piece."""
        grow(self.more, more)

    def grow_logprobs(self, more: Any) -> None:
        """Take log probabilities of another form: lists by what they hold, or one of one token."""
        grow(self.logprobs, more if is_object(more) else {"token_logprobs": [more]})

    def untold(self) -> str:
        """What the whole message says behind the pieces of its content that have come."""
        text = text_of(self.whole.get("content"))
        known = "" if self.content is None else str(self.content)
        return text[len(known) :] if text.startswith(known) else ""

    def as_json(self) -> dict[str, Any]:
        """The choice as a whole answer has it."""
        message: dict[str, Any] = {
            "role": self.role,
            "content": None if self.content is None else str(self.content),
            "refusal": None if self.refusal is None else str(self.refusal),
        }
        if self.calls:
            message["tool_calls"] = [call.as_json() for call in self.calls]
        if self.function is not None:
            message["function_call"] = self.function.as_json()["function"]
        message |= whole(self.more)
        message |= {key: told for key, told in self.whole.items() if told and not message.get(key)}
        choice = {"index": self.index, "message": message, **self.beside}
        if self.finish_reason:
            choice["finish_reason"] = self.finish_reason
        content, refusal, more = self.content_logprobs, self.refusal_logprobs, whole(self.logprobs)
        if more or content is not None or refusal is not None:
            choice["logprobs"] = ChoiceLogprobs(content=content, refusal=refusal, **more)
        return choice


def _called(delta: ToolCallDelta) -> tuple[str, str]:
    """The name in a piece of a call, and the piece of its arguments."""
    custom: Any = (delta.model_extra or {}).get("custom")
    if is_object(custom):
        return str(custom.get("name") or ""), text_of(custom.get("input"))
    function: Any = delta.function
    arguments: Any = getattr(function, "arguments", None)
    return str(getattr(function, "name", None) or ""), json_text(arguments)


def _begins_another(call: Call, delta: ToolCallDelta) -> bool:
    """Whether a piece in a call's place is the beginning of another call."""
    name, piece = _called(delta)
    if not name:
        return False  # also where each piece has an id of its own
    index: Any = delta.index
    if call.id and delta.id is None and isinstance(index, int) and not call.text.length:
        return False  # a name in pieces, or once more
    named = bool(delta.id and call.id)
    if named and delta.id != call.id:
        return True
    if name != call.name and not named:
        return True
    return bool(piece.strip()) and call.is_whole


def text_of(content: Any) -> str:
    """The text in what ought to be one: parts of a content are put together."""
    if is_array(content):
        texts = [part.get("text") for part in content if is_object(part)]
        return "".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else ""


def other_parts(content: Any) -> list[Any]:
    """The parts of a content that are no text, such as thoughts."""
    parts = content if is_array(content) else []
    return [part for part in parts if not (is_object(part) and isinstance(part.get("text"), str))]
