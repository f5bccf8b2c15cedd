"""Items: what goes into a conversation and comes out, as the API keeps, counts and shows them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from ._errors import ApiError, bad_request
from ._generation import PER_IMAGE, PER_MESSAGE
from ._params import Json, is_list
from ._tokens import tokenizer

if TYPE_CHECKING:
    from ._state import State

PREFIXES = {
    "message": "msg",
    "function_call": "fc",
    "function_call_output": "fco",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
    "reasoning": "rs",
    "compaction": "cmp",
    "file_search_call": "fs",
    "web_search_call": "ws",
    "code_interpreter_call": "ci",
    "image_generation_call": "ig",
    "computer_call": "cu",
    "computer_call_output": "cuo",
    "mcp_call": "mcp",
    "mcp_list_tools": "mcpl",
    "mcp_approval_request": "mcpr",
    "mcp_approval_response": "mcpa",
    "shell_call": "sh",
    "shell_call_output": "sho",
    "local_shell_call": "lsh",
    "local_shell_call_output": "lsho",
    "apply_patch_call": "apc",
    "apply_patch_call_output": "apco",
}
_NO_STATUS = frozenset(
    {"reasoning", "compaction", "mcp_list_tools", "mcp_approval_request", "mcp_approval_response"}
)
ANSWERS = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "shell_call": "shell_call_output",
    "apply_patch_call": "apply_patch_call_output",
    "computer_call": "computer_call_output",
}
"""Calls that the client answers, and the kind of item that it answers with."""


def new_id(state: State, kind: str) -> str:
    """An id for an item, with the prefix of its kind."""
    return f"{PREFIXES.get(kind, 'item')}_{state.new_id(32)}"


def kept(state: State, given: str | Sequence[Json], find: Callable[[str], Json]) -> list[Json]:
    """The input of a call as items with ids; `find` looks up what is only referred to."""
    if isinstance(given, str):
        given = [{"type": "message", "role": "user", "content": given}]
    return [
        find(item["id"]) if item["type"] == "item_reference" else _kept(state, item)
        for item in given
        if item["type"] != "compaction_trigger"
    ]


def _kept(state: State, item: Json) -> Json:
    kind: str = item["type"]
    known = {name: value for name, value in item.items() if value is not None}
    known["id"] = known.get("id") or new_id(state, kind)
    if kind not in _NO_STATUS:
        known.setdefault("status", "completed")
    if kind == "message":
        known["content"] = _parts(item["role"], item["content"])
        for part in known["content"]:
            _check_file(state, part)
    elif kind == "compaction":
        unpack(known["encrypted_content"])
    return known


def _parts(role: str, content: str | list[Json]) -> list[Json]:
    """A message's content, always as parts, and each part with the fields that it always has."""
    kind = "output_text" if role == "assistant" else "input_text"
    if isinstance(content, str):
        content = [{"type": kind, "text": content}]
    always: dict[str, Json] = {
        "output_text": {"annotations": [], "logprobs": []},
        "input_image": {"detail": "auto"},
    }
    return [{**always.get(part["type"], {}), **part} for part in content]


def _check_file(state: State, part: Json) -> None:
    """400 for an image or a file that names nothing, or a file that is not there."""
    if part["type"] not in ("input_image", "input_file"):
        return
    sources = ("image_url", "file_id", "file_data", "file_url")
    if not any(part.get(source) for source in sources):
        raise bad_request(f"'{part['type']}' needs a file or a URL.", "input", "invalid_value")
    file_id: str | None = part.get("file_id")
    if file_id and file_id not in state.files:
        raise bad_request(f"The file {file_id} does not exist.", "input", "file_not_found")


# What they say, and how much that is


def text_of(item: Json) -> str:
    """What an item says to the model."""
    kind: str = item["type"]
    if kind == "compaction":
        return unpack(item["encrypted_content"])
    if kind == "reasoning":
        return ""
    for name in ("content", "output", "arguments", "input", "action", "queries", "code", "result"):
        value: Any = item.get(name)
        if value is not None and name != "result":
            return _said(value)
    return ""


def _said(value: Any) -> str:
    """The text of a content: itself, or that of its parts."""
    if isinstance(value, str):
        return value
    if not is_list(value):
        return json.dumps(value, ensure_ascii=False)
    parts = (cast(Json, part) if isinstance(part, dict) else {"text": part} for part in value)
    return "\n".join(str(part.get("text") or part.get("refusal") or "") for part in parts)


def last_said(items: Sequence[Json]) -> str:
    """What the user has said last."""
    for item in reversed(items):
        if item["type"] == "message" and item["role"] == "user":
            return text_of(item)
    return text_of(items[-1]) if items else ""


def count(items: Iterable[Json]) -> int:
    """Tokens of the items, with what frames them."""
    total = 0
    for item in items:
        total += PER_MESSAGE + 1 + tokenizer().count(text_of(item) + str(item.get("name") or ""))
        if item["type"] == "message":
            images = (part["type"] in ("input_image", "input_file") for part in item["content"])
            total += PER_IMAGE * sum(images)
    return total


def check_answered(items: Sequence[Json]) -> None:
    """400 for a call without its output, and for an output without its call."""
    calls = {item.get("call_id"): item["type"] for item in items if item["type"] in ANSWERS}
    outputs = {item["call_id"] for item in items if item["type"] in ANSWERS.values()}
    for item in items:
        kind, call_id = item["type"], item.get("call_id")
        name = "custom tool call" if kind.startswith("custom") else "function call"
        if kind in ANSWERS.values() and ANSWERS.get(calls.get(call_id, "")) != kind:
            message = f"No tool call found for {name} output with call_id {call_id}."
            raise bad_request(message, "input")
        if kind in ANSWERS and call_id not in outputs:
            raise bad_request(f"No tool output found for {name} {call_id}.", "input")


def since_compaction(items: Sequence[Json]) -> list[Json]:
    """The items that the model sees: nothing before the last compaction."""
    places = [index for index, item in enumerate(items) if item["type"] == "compaction"]
    return list(items[places[-1] :]) if places else list(items)


def pack(items: Iterable[Json]) -> str:
    """A conversation as the `encrypted_content` of a compaction: unreadable to the eye, no more."""
    text = "\n".join(filter(None, map(text_of, items)))
    return base64.urlsafe_b64encode(b"builtin:" + text.encode("utf-8", "replace")).decode()


def unpack(content: str) -> str:
    """What was packed; a 400 for what this server has not made."""
    try:
        data = base64.urlsafe_b64decode(content)
    except (binascii.Error, ValueError):
        data = b""
    if not data.startswith(b"builtin:"):
        raise bad_request(
            "The encrypted content could not be verified.", "input", "invalid_encrypted_content"
        )
    return data.removeprefix(b"builtin:").decode()


# How they are shown


def shown(item: Json, include: Collection[str]) -> Json:
    """An item without what has to be asked for by `include`."""
    kind: str = item["type"]
    if kind == "message":
        return {**item, "content": [_shown_part(part, include) for part in item["content"]]}
    if kind == "reasoning" and "reasoning.encrypted_content" not in include:
        return {name: value for name, value in item.items() if name != "encrypted_content"}
    if kind == "file_search_call" and "file_search_call.results" not in include:
        return {**item, "results": None}
    if kind == "code_interpreter_call" and "code_interpreter_call.outputs" not in include:
        return {**item, "outputs": None}
    if kind == "web_search_call" and "web_search_call.action.sources" not in include:
        action: Json = item.get("action", {})
        rest = {name: value for name, value in action.items() if name != "sources"}
        return {**item, "action": rest}
    return item


def _shown_part(part: Json, include: Collection[str]) -> Json:
    if part.get("logprobs") and "message.output_text.logprobs" not in include:
        return {**part, "logprobs": []}
    if part["type"] == "input_image" and "message.input_image.image_url" not in include:
        return {**part, "image_url": None}
    return part


def as_list(items: Sequence[Json]) -> Json:
    """The API's list object, of all there is."""
    return {
        "object": "list",
        "data": items,
        "first_id": items[0]["id"] if items else None,
        "last_id": items[-1]["id"] if items else None,
        "has_more": False,
    }


def no_such_item(item_id: str) -> ApiError:
    """404 for an item."""
    return ApiError(404, f"Item with id '{item_id}' not found.")
