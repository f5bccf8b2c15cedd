"""An answer's text and arguments, parsed into the types that the call named. Without I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic_core import from_json

from .._json import is_object
from .._models import become, fitted
from .._structured import OutputFormat, json_text
from ..errors import (
    ContentFilterFinishReasonError,
    LengthFinishReasonError,
    ResponseValidationError,
)
from ..types.chat import ChatCompletion, Choice, FunctionToolCall, ToolCall
from ..types.chat_parsed import (
    ParsedChatCompletion,
    ParsedChatCompletionMessage,
    ParsedChoice,
    ParsedFunctionCall,
    ParsedFunctionToolCall,
)
from ._chat_pieces import text_of

__all__ = ["parse_arguments", "parse_completion", "unparsed"]

T = TypeVar("T")

Arguments = Mapping[str, OutputFormat[Any]]
"""The types of functions' arguments, by the functions' names."""


def parse_completion(
    completion: ChatCompletion, answer: OutputFormat[T] | None, arguments: Arguments
) -> ParsedChatCompletion[T]:
    """An answer with its content and its calls parsed; what has no type stays as it is.

    Raises `LengthFinishReasonError`, `ContentFilterFinishReasonError`, or `ResponseValidationError`
    where something that was to be parsed can't be.
    """
    given = _choices(completion)
    for choice in given:
        _check_finish(choice, completion, answer, arguments)
    choices = [_choice(choice, answer, arguments) for choice in given]
    whole: ParsedChatCompletion[T] = become(ParsedChatCompletion, completion, choices=choices)
    return whole


def unparsed(completion: ChatCompletion) -> ParsedChatCompletion[Any]:
    """The same of an answer that is not whole yet: nothing in it is parsed."""
    choices: list[Any] = []
    for choice in _choices(completion):
        calls = _calls(choice)
        changes = {"tool_calls": [_call(call, None) for call in calls]} if calls else {}
        message = become(ParsedChatCompletionMessage, choice.message, **changes)
        choices.append(become(ParsedChoice, choice, message=message))
    so_far: ParsedChatCompletion[Any] = become(ParsedChatCompletion, completion, choices=choices)
    return so_far


def _choices(completion: ChatCompletion) -> list[Choice]:
    """The choices, without what a server may have put in their place."""
    choices: Any = completion.choices
    return [choice for choice in choices if isinstance(choice, Choice)] if choices else []


def _calls(choice: Choice) -> list[ToolCall]:
    """The calls; one alone came without a list around it."""
    calls: Any = choice.message.tool_calls
    return [fitted(ToolCall, calls)] if is_object(calls) else calls or []


def parse_arguments(text: str, form: OutputFormat[Any] | None) -> Any:
    """A call's arguments: as their type, else as JSON, else None."""
    if form is not None:
        return form.parse(text or "{}")
    try:
        return from_json(text)
    except ValueError:
        return None


def _check_finish(
    choice: Choice, completion: ChatCompletion, answer: object, arguments: Arguments
) -> None:
    """An answer that was cut can't be parsed; where nothing is to be parsed, it tells so itself."""
    if choice.finish_reason not in ("length", "content_filter"):
        return
    calls = _calls(choice)
    typed = any(isinstance(c, FunctionToolCall) and c.function.name in arguments for c in calls)
    if answer is None and not typed:
        return
    if choice.finish_reason == "length":
        raise LengthFinishReasonError(completion=completion)
    raise ContentFilterFinishReasonError(completion=completion)


def _choice(
    choice: Choice, answer: OutputFormat[T] | None, arguments: Arguments
) -> ParsedChoice[T]:
    message = choice.message
    changes: dict[str, Any] = {}
    if calls := _calls(choice):
        changes["tool_calls"] = [_call(call, arguments) for call in calls]
    if answer is not None and (text := text_of(message.content)) and not message.refusal:
        try:
            changes["parsed"] = answer.parse(text)
        except ResponseValidationError:
            if not message.tool_calls:  # beside a call, it is a remark
                raise
    parsed = become(ParsedChatCompletionMessage, message, **changes)
    made: ParsedChoice[T] = become(ParsedChoice, choice, message=parsed)
    return made


def _call(call: ToolCall, arguments: Arguments | None) -> Any:
    """A call; with its arguments parsed, unless their types are None."""
    if not isinstance(call, FunctionToolCall):
        return call
    function = call.function
    changes: dict[str, Any] = {}
    if arguments is not None:
        form = arguments.get(function.name)
        changes["parsed_arguments"] = parse_arguments(json_text(function.arguments), form)
    parsed = become(ParsedFunctionCall, function, **changes)
    return become(ParsedFunctionToolCall, call, function=parsed)
