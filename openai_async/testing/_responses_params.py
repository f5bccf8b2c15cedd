"""What `/responses` and `/conversations` take: items of every kind, tools, and the parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ._errors import bad_request
from ._filters import Filter
from ._metadata import Metadata
from ._params import (
    Anything,
    Either,
    Flag,
    Integer,
    Json,
    Many,
    Number,
    Rule,
    Spec,
    Table,
    Text,
    one_of,
    optional,
    required,
)
from ._tools import FUNCTION

_LONGEST_TEXT = 10_485_760
_SIZE = re.compile(r"(\d{1,4})x(\d{1,4})", re.ASCII)
_NAME = re.compile(r"[a-zA-Z0-9_-]+")

INCLUDABLE = (
    "file_search_call.results", "web_search_call.results", "web_search_call.action.sources",
    "message.input_image.image_url", "computer_call_output.output.image_url",
    "code_interpreter_call.outputs", "reasoning.encrypted_content", "message.output_text.logprobs",
)  # fmt: skip
INCLUDE = Many(one_of(*INCLUDABLE))


class Tagged(Rule):
    """An object whose `type` says which fields it has."""

    kind = "an object"

    def __init__(self, kinds: Mapping[str, Spec]) -> None:
        self._kinds = {kind: Table(spec) for kind, spec in kinds.items()}
        self._known = one_of(*kinds)

    def check(self, name: str, value: Any) -> Json:
        table = Table({"type": required(Text())}).check(name, value)
        kind = self._known.check(f"{name}.type", table["type"])
        return self._kinds[kind].check(name, table)


class Name(Rule):
    """The name of a function or a tool: letters, digits, `_` and `-`."""

    kind = "a string"

    def check(self, name: str, value: Any) -> str:
        text = Text(1, 128).check(name, value)
        if not _NAME.fullmatch(text):
            raise bad_request(
                f"Invalid '{name}': string does not match pattern. Expected a string that matches "
                "the pattern '^[a-zA-Z0-9_-]+$'.",
                name,
                "invalid_value",
            )
        return text


class Size(Rule):
    """The size of a picture, `auto` or its width and height up to 2048 pixels."""

    kind = "a string"

    def check(self, name: str, value: Any) -> str:
        text = Text().check(name, value)
        sides = _SIZE.fullmatch(text)
        if text != "auto" and not (
            sides and all(1 <= int(side) <= 2048 for side in sides.groups())
        ):
            raise bad_request(f"Invalid value: '{text}'.", name, "invalid_value")
        return text


# Items

_TEXT = required(Text(longest=_LONGEST_TEXT))
_DETAIL = optional(one_of("low", "high", "auto", "original"))
_GIVEN: Mapping[str, Spec] = {
    "input_text": {"text": _TEXT},
    "input_image": {
        "image_url": optional(Text()),
        "file_id": optional(Text()),
        "detail": _DETAIL,
    },
    "input_file": {
        "file_id": optional(Text()),
        "file_data": optional(Text()),
        "file_url": optional(Text()),
        "filename": optional(Text()),
    },
}
_SAID: Mapping[str, Spec] = {"output_text": {"text": _TEXT}, "refusal": {"refusal": _TEXT}}
_CONTENT = Either((Text(longest=_LONGEST_TEXT), Many(Tagged(_GIVEN))))
_OWN_CONTENT = Either((Text(longest=_LONGEST_TEXT), Many(Tagged(_SAID))))
_CALL_ID = required(Text(1, 64))
_OUTPUT: Spec = {"call_id": _CALL_ID, "output": required(_CONTENT)}

_MCP_CALL: Spec = {
    "server_label": required(Text(1)),
    "name": required(Text(1)),
    "arguments": required(Text()),
}

ITEMS: Mapping[str, Spec] = {
    "message": {"role": required(one_of("user", "assistant", "system", "developer"))},
    "item_reference": {"id": required(Text(1))},
    "function_call": {"call_id": _CALL_ID, "name": required(Name()), "arguments": _TEXT},
    "function_call_output": _OUTPUT,
    "custom_tool_call": {"call_id": _CALL_ID, "name": required(Name()), "input": _TEXT},
    "custom_tool_call_output": _OUTPUT,
    "reasoning": {"summary": required(Many(Tagged({"summary_text": {"text": _TEXT}})))},
    "compaction": {"encrypted_content": _TEXT},
    "compaction_trigger": {},
    "mcp_approval_response": {
        "approval_request_id": required(Text(1)),
        "approve": required(Flag()),
        "reason": optional(Text()),
    },
    "computer_call_output": {"call_id": _CALL_ID, "output": required(Table())},
    "shell_call_output": {"call_id": _CALL_ID, "output": required(Many(Table()))},
    "local_shell_call_output": {"output": required(Text())},
    "apply_patch_call_output": {
        "call_id": _CALL_ID,
        "status": required(one_of("completed", "failed")),
    },
    # What the server itself has said before: taken back as it was.
    "file_search_call": {"queries": required(Many(Text())), "results": optional(Many(Table()))},
    "web_search_call": {"action": required(Table())},
    "code_interpreter_call": {"code": optional(Text())},
    "image_generation_call": {"result": optional(Text())},
    "computer_call": {"call_id": _CALL_ID, "action": optional(Table())},
    "local_shell_call": {"call_id": _CALL_ID, "action": required(Table())},
    "shell_call": {"call_id": _CALL_ID, "action": required(Table())},
    "apply_patch_call": {"call_id": _CALL_ID, "operation": required(Table())},
    "mcp_call": {**_MCP_CALL, "output": optional(Text())},
    "mcp_list_tools": {"server_label": required(Text(1)), "tools": required(Many(Table()))},
    "mcp_approval_request": _MCP_CALL,
    **{
        kind: {}
        for kind in (
            "tool_search_call", "tool_search_output", "additional_tools", "program",
            "program_output",
        )
    },
}  # fmt: skip
_ANY_ITEM: Spec = {
    "id": optional(Text()),
    "status": optional(one_of("in_progress", "completed", "incomplete", "failed", "searching",
                              "interpreting", "generating", "calling")),
}  # fmt: skip


class Item(Rule):
    """An item of a conversation; a message may leave out its `type`, and a reference too."""

    kind = "an object"
    _tagged = Tagged({kind: {**_ANY_ITEM, **spec} for kind, spec in ITEMS.items()})

    def check(self, name: str, value: Any) -> Json:
        table = Table().check(name, value)
        if table.get("type") is None:
            guess = "message" if "role" in table or set(table) != {"id"} else "item_reference"
            table = {**table, "type": guess}
        item = self._tagged.check(name, table)
        if item["type"] == "message":
            content = _OWN_CONTENT if item["role"] == "assistant" else _CONTENT
            Table({"content": required(content)}).check(name, item)
        return item


INPUT = Either((Text(longest=_LONGEST_TEXT), Many(Item())))

# Tools

_MCP: Spec = {
    "server_label": required(Text(1)),
    "server_url": optional(Text()),
    "connector_id": optional(Text()),
    "allowed_tools": optional(Either((Many(Text()), Table()))),
    "require_approval": optional(Either((one_of("always", "never"), Table()))),
}
_CALLABLE: Mapping[str, Spec] = {
    "function": {**FUNCTION, "name": required(Name())},
    "custom": {"name": required(Name()), "description": optional(Text()),
               "format": optional(Tagged({"text": {}, "grammar": {
                   "syntax": required(one_of("lark", "regex")), "definition": required(Text())}}))},
}  # fmt: skip
_RANKING = Table({"score_threshold": optional(Number(0, 1))})
_TOOL = Tagged(
    {
        **_CALLABLE,
        "namespace": {"name": required(Text(1)), "description": required(Text()),
                      "tools": required(Many(Tagged(_CALLABLE), 1))},
        "file_search": {"vector_store_ids": required(Many(Text(1), 1)),
                        "max_num_results": optional(Integer(1, 50)), "filters": optional(Filter()),
                        "ranking_options": optional(_RANKING)},
        "web_search": {},
        "web_search_2025_08_26": {},
        "web_search_preview": {},
        "web_search_preview_2025_03_11": {},
        "mcp": _MCP,
        "code_interpreter": {"container": required(Either((Text(1), Table())))},
        "image_generation": {"size": optional(Size()), "partial_images": optional(Integer(0, 3)),
                             "output_compression": optional(Integer(0, 100))},
        "local_shell": {},
        "shell": {"environment": optional(Table({"type": required(Text())}))},
        "apply_patch": {},
        "computer": {},
        "computer_use_preview": {"environment": required(Text()), "display_width": required(Integer()),
                                 "display_height": required(Integer())},
        "tool_search": {},
        "programmatic_tool_calling": {},
    }
)  # fmt: skip


class ToolChoice(Rule):
    """`none`, `auto`, `required`, or an object that names a tool or a set of them."""

    kind = "a string or an object"
    _words = one_of("none", "auto", "required")
    _object = Tagged(
        {
            "function": {"name": required(Text(1))},
            "custom": {"name": required(Text(1))},
            "mcp": {"server_label": required(Text(1)), "name": optional(Text())},
            "allowed_tools": {"mode": required(one_of("auto", "required")),
                              "tools": required(Many(Table(), 1))},
            **{kind: {} for kind in (
                "file_search", "web_search_preview", "web_search_preview_2025_03_11", "web_search",
                "computer", "computer_use_preview", "computer_use", "image_generation",
                "code_interpreter", "apply_patch", "shell", "programmatic_tool_calling")},
        }
    )  # fmt: skip

    def check(self, name: str, value: Any) -> Any:
        return (self._words if isinstance(value, str) else self._object).check(name, value)


# Parameters

_TIERS = one_of("auto", "default", "flex", "scale", "priority", "fast", "ultrafast")
_RETENTION = one_of("in_memory", "in-memory", "24h")
_CACHE = Table({"ttl": optional(one_of("30m")), "mode": optional(one_of("implicit", "explicit"))})
_SUMMARY = optional(one_of("auto", "concise", "detailed"))
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

_FORMAT = Tagged(
    {
        "text": {},
        "json_object": {},
        "json_schema": {
            "name": required(Name()),
            "schema": required(Table()),
            "description": optional(Text()),
            "strict": optional(Flag()),
        },
    }
)

ASKED: Spec = {
    "input": optional(INPUT),
    "instructions": optional(Text()),
    "previous_response_id": optional(Text(1)),
    "conversation": optional(Either((Text(1), Table({"id": required(Text(1))})))),
    "tools": optional(Many(_TOOL, longest=128)),
    "tool_choice": optional(ToolChoice()),
    "parallel_tool_calls": optional(Flag(), default=True),
    "text": optional(
        Table({"format": optional(_FORMAT), "verbosity": optional(one_of("low", "medium", "high"))})
    ),
    "reasoning": optional(
        Table(
            {
                "effort": optional(one_of(*_EFFORTS)),
                "summary": _SUMMARY,
                "generate_summary": _SUMMARY,
                "mode": optional(Text()),
                "context": optional(one_of("auto", "current_turn", "all_turns")),
            }
        )
    ),
    "truncation": optional(one_of("auto", "disabled"), default="disabled"),
}
"""What a response and the counting of its tokens both take."""

CREATE: Spec = {
    **ASKED,
    "model": optional(Text(1)),
    "include": optional(INCLUDE),
    "background": optional(Flag(), default=False),
    "store": optional(Flag(), default=True),
    "stream": optional(Flag(), default=False),
    "stream_options": optional(Table({"include_obfuscation": optional(Flag())})),
    "max_output_tokens": optional(Integer(16)),
    "max_tool_calls": optional(Integer(1)),
    "metadata": optional(Metadata()),
    "temperature": optional(Number(0, 2)),
    "top_p": optional(Number(0, 1)),
    "top_logprobs": optional(Integer(0, 20)),
    "user": optional(Text()),
    "safety_identifier": optional(Text(longest=64)),
    "service_tier": optional(_TIERS, default="auto"),
    "prompt": optional(
        Table(
            {
                "id": required(Text(1)),
                "version": optional(Text()),
                "variables": optional(Table()),
            }
        )
    ),
    "prompt_cache_key": optional(Text(longest=64)),
    "prompt_cache_retention": optional(_RETENTION),
    "prompt_cache_options": optional(_CACHE),
    "moderation": optional(Table({"model": required(Text(1)), "policy": optional(Table())})),
    "context_management": optional(
        Many(
            Table(
                {
                    "type": required(one_of("compaction")),
                    "compact_threshold": optional(Integer(1000)),
                }
            ),
            shortest=1,
        )
    ),
    # What the newest official client takes besides; nothing is made of it.
    **{name: optional(Anything()) for name in ("access_programs", "background_options", "image")},
}

COUNT: Spec = {
    **ASKED,
    "model": optional(Text(1)),
    "personality": optional(Text()),
}

COMPACT: Spec = {
    "model": required(Text(1)),
    "input": optional(INPUT),
    "instructions": optional(Text()),
    "previous_response_id": optional(Text(1)),
    "prompt_cache_key": optional(Text(longest=64)),
    "prompt_cache_retention": optional(_RETENTION),
    "prompt_cache_options": optional(_CACHE),
    "service_tier": optional(_TIERS),
    "image": optional(Anything()),
}

RETRIEVE: Spec = {
    "stream": optional(Flag(), default=False),
    "starting_after": optional(Integer(0)),
    "include_obfuscation": optional(Flag(), default=True),
}
