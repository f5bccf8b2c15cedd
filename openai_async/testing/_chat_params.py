"""What `/chat/completions` takes: messages of every role, tools, formats, and what goes together."""

from __future__ import annotations

from typing import Any

from ._errors import bad_request
from ._generation import SAMPLING
from ._metadata import Metadata
from ._models import Model
from ._params import (
    Either,
    Flag,
    Integer,
    Json,
    Many,
    Rule,
    Spec,
    Table,
    Text,
    is_list,
    one_of,
    optional,
    required,
)
from ._responses_params import Tagged
from ._strict import strict_problem
from ._tools import FUNCTIONS, TOOLS, Choice, ToolChoice

_TEXT_PART: Spec = {"text": required(Text())}
_PARTS = Many(
    Tagged(
        {
            "text": _TEXT_PART,
            "refusal": {"refusal": required(Text())},
            "image_url": {
                "image_url": required(
                    Table(
                        {
                            "url": required(Text(1)),
                            "detail": optional(one_of("auto", "low", "high")),
                        }
                    )
                )
            },
            "input_audio": {
                "input_audio": required(
                    Table({"data": required(Text(1)), "format": required(one_of("wav", "mp3"))})
                )
            },
            "file": {"file": required(Table())},
        }
    ),
    1,
)
_ALLOWED = {
    "user": ("text", "image_url", "input_audio", "file"),
    "assistant": ("text", "refusal"),
}
"""The kinds of parts that a role may have; the others have text only."""

ROLES = ("system", "developer", "user", "assistant", "function", "tool")


class Messages(Rule):
    """The conversation: a list of messages with a role and a content."""

    kind = "an array of objects"
    _each = Many(
        Table(
            {
                "role": required(one_of(*ROLES)),
                "content": optional(Either((Text(), _PARTS))),
                "name": optional(Text()),
                "tool_calls": optional(Many(Table({"id": required(Text())}), 1)),
            }
        ),
        shortest=1,
    )

    def check(self, name: str, value: Any) -> list[Json]:
        if not isinstance(value, list):
            raise self.wrong_type(name, value)
        messages: list[Json] = self._each.check(name, value)
        asked: dict[str, int] = {}  # calls that wait for their result, and where they are
        for index, message in enumerate(messages):
            _check_content(f"{name}[{index}]", message)
            asked = _answered(name, index, message, asked)
        if asked:
            raise _unanswered(name, asked)
        return messages


def _check_content(place: str, message: Json) -> None:
    role = message["role"]
    content: Any = message.get("content")
    calls = message.get("tool_calls") or message.get("function_call")
    if content is None and not calls and role != "assistant":
        raise bad_request(
            f"Invalid value for 'content': expected a string, got null. - '{place}'",
            f"{place}.content",
        )
    for number, part in enumerate(content if is_list(content) else ()):
        if part["type"] not in _ALLOWED.get(role, ("text",)):
            where = f"{place}.content[{number}].type"
            problem = f"Invalid value: '{part['type']}'. It can't be in a message of the {role}."
            raise bad_request(problem, where, "invalid_value")


def _answered(name: str, index: int, message: Json, asked: dict[str, int]) -> dict[str, int]:
    """The calls that still wait for their result behind a message; 400 where the two don't match."""
    if message["role"] == "tool":
        if message.get("tool_call_id") not in asked:
            raise bad_request(
                "Invalid parameter: messages with role 'tool' must be a response to a preceding "
                "message with 'tool_calls'.",
                f"{name}[{index}].role",
            )
        return {call: place for call, place in asked.items() if call != message["tool_call_id"]}
    if asked:
        raise _unanswered(name, asked)
    return {call["id"]: index for call in message.get("tool_calls") or ()}


def _unanswered(name: str, asked: dict[str, int]) -> Exception:
    return bad_request(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to "
        "each 'tool_call_id'. The following tool_call_ids did not have response messages: "
        f"{', '.join(asked)}",
        f"{name}[{next(iter(asked.values()))}].role",
    )


_FORMAT = Tagged(
    {
        "text": {},
        "json_object": {},
        "json_schema": {
            "json_schema": required(
                Table(
                    {
                        "name": required(Text(1, 64)),
                        "description": optional(Text()),
                        "schema": required(Table()),
                        "strict": optional(Flag()),
                    }
                )
            )
        },
    }
)
_VOICE = Either((Text(1), Table({"id": required(Text(1))})))
_AUDIO_FORMATS = ("wav", "aac", "mp3", "flac", "opus", "pcm16")

SPEC: Spec = {
    "model": required(Text()),
    "messages": required(Messages()),
    "functions": optional(FUNCTIONS),
    "function_call": optional(Choice("none", "auto")),
    "tools": optional(TOOLS),
    "tool_choice": optional(ToolChoice()),
    "parallel_tool_calls": optional(Flag(), default=True),
    "response_format": optional(_FORMAT),
    "max_tokens": optional(Integer(1)),
    "max_completion_tokens": optional(Integer(1)),
    "logprobs": optional(Flag(), default=False),
    "top_logprobs": optional(Integer(0, 20)),
    "store": optional(Flag()),
    "metadata": optional(Metadata()),
    "modalities": optional(Many(one_of("text", "audio"), 1)),
    "audio": optional(
        Table({"voice": required(_VOICE), "format": required(one_of(*_AUDIO_FORMATS))})
    ),
    "moderation": optional(Table({"model": required(Text(1)), "policy": optional(Table())})),
    "prediction": optional(
        Table(
            {
                "type": required(one_of("content")),
                "content": required(Either((Text(), Many(Table(_TEXT_PART))))),
            }
        )
    ),
    "prompt_cache_key": optional(Text()),
    "prompt_cache_options": optional(
        Table({"ttl": optional(one_of("30m")), "mode": optional(one_of("implicit", "explicit"))})
    ),
    "prompt_cache_retention": optional(one_of("in_memory", "24h")),
    "reasoning_effort": optional(
        one_of("none", "minimal", "low", "medium", "high", "xhigh", "max")
    ),
    "safety_identifier": optional(Text(0, 64)),
    "service_tier": optional(one_of("auto", "default", "flex", "scale", "priority", "fast")),
    "verbosity": optional(one_of("low", "medium", "high")),
    "web_search_options": optional(
        Table(
            {
                "user_location": optional(Table({"type": required(one_of("approximate"))})),
                "search_context_size": optional(one_of("low", "medium", "high")),
            }
        )
    ),
    **SAMPLING,
}


def check_together(params: Json, model: Model) -> None:
    """400 for what does not go together."""
    if params["top_logprobs"] is not None and not params["logprobs"]:
        message = "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled."
        raise bad_request(message, "top_logprobs")
    if model.reasons and params["max_tokens"] is not None:
        raise bad_request(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
            "'max_completion_tokens' instead.",
            "max_tokens",
            "unsupported_parameter",
        )
    if "audio" in (params["modalities"] or ()):
        _check_audio(params)
    for tool in params["tools"] or ():
        function: Json = tool.get("function") or {}
        problem = strict_problem(function.get("parameters") or {}) if function.get("strict") else ""
        if problem:
            message = f"Invalid schema for function '{function['name']}': {problem}"
            raise bad_request(message, "tools", "invalid_function_parameters")
    form: Json = params["response_format"] or {}
    named: Json = form.get("json_schema") or {}
    if named.get("strict") and (problem := strict_problem(named["schema"])):
        message = f"Invalid schema for response_format '{named['name']}': {problem}"
        raise bad_request(message, "response_format", "invalid_json_schema")


def _check_audio(params: Json) -> None:
    if params["audio"] is None:
        message = "Missing required parameter: 'audio'. It is needed for the modality 'audio'."
        raise bad_request(message, "audio", "missing_required_parameter")
    able = ("pcm16",) if params["stream"] else ("wav", "pcm16")
    if params["audio"]["format"] not in able:
        message = f"Unsupported value: 'audio.format' has to be one of {', '.join(able)} here."
        raise bad_request(message, "audio.format", "unsupported_value")
