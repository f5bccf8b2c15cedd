"""Tools of the server's own, simulated: searches, code, images, other servers' tools, shells.

Each is a function that writes the items and events of one use. What it returns are the annotations
that the message after it carries; None, where the client has to act before there can be one.
"""

from __future__ import annotations

import ast
import json
import re
from base64 import b64encode
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._painting import paint
from ._params import Json, is_list
from ._responses_writer import Writer
from ._vector_stores import Hit, find_store, search

if TYPE_CHECKING:
    from ._state import State

Told = Generator["Json | float", None, "list[Json] | None"]


@dataclass(frozen=True)
class Use:
    """One use of a tool, in answer to a text."""

    writer: Writer
    tool: Json
    text: str
    found: Sequence[Json] = ()
    """What a search in files has found."""


_FILES = 4
"""Results of a file search that are looked at, where the tool doesn't say."""


def web_search(use: Use) -> Told:
    """A search that finds one page."""
    writer, subject = use.writer, use.text
    page = "https://example.com/" + "-".join(re.findall(r"\w+", subject.lower())[:4])
    item = writer.new_item(
        "web_search_call",
        status="in_progress",
        action={
            "type": "search",
            "query": subject,
            "queries": [subject],
            "sources": [{"type": "url", "url": page}],
        },
    )
    yield from _progress(writer, item, "web_search_call", "in_progress", "searching", "completed")
    return [{"type": "url_citation", "url": page, "title": subject[:60]}]


def file_search(use: Use) -> Told:
    """A search in vector stores; it was done when the call came."""
    writer, found = use.writer, use.found
    item = writer.new_item(
        "file_search_call", status="in_progress", queries=[use.text], results=found
    )
    yield from _progress(writer, item, "file_search_call", "in_progress", "searching", "completed")
    files = {one["file_id"]: one["filename"] for one in found}
    return [
        {"type": "file_citation", "file_id": file_id, "filename": name}
        for file_id, name in files.items()
    ]


def search_stores(state: State, tools: Sequence[Json], query: str) -> list[Json]:
    """What `file_search` finds, best first. It takes a while: call it in a thread."""
    results: list[Json] = []
    for tool in tools:
        if tool["type"] != "file_search":
            continue
        limit: int = tool.get("max_num_results") or _FILES
        ranking: Json = tool.get("ranking_options") or {}
        hits = [
            hit
            for store_id in tool["vector_store_ids"]
            for hit in search(
                find_store(state, store_id),
                query,
                tool.get("filters"),
                limit,
                threshold=ranking.get("score_threshold") or 0.0,
            )
        ]
        results += map(_result, sorted(hits, key=lambda hit: -hit.score)[:limit])
    return results


def _result(hit: Hit) -> Json:
    return {
        "file_id": hit.file_id,
        "filename": hit.filename,
        "score": hit.score,
        "attributes": dict(hit.attributes),
        "text": hit.text,
    }


def code_interpreter(use: Use) -> Told:
    """A line of Python: the sum that the text asks for, worked out."""
    writer, tool, subject = use.writer, use.tool, use.text
    container: str | Json = tool["container"]
    sums = re.findall(r"\d[\d\s.+*/()-]{0,200}\d", subject)
    code = f"print({sums[0].strip() if sums else len(subject)})"
    item = writer.new_item(
        "code_interpreter_call",
        status="in_progress",
        container_id=container if isinstance(container, str) else "cntr_" + writer.state.new_id(32),
        code="",
        outputs=None,
    )
    name = "code_interpreter_call"
    yield writer.open(item)
    where = writer.place(item)
    yield writer.event(f"response.{name}.in_progress", **where)
    yield from writer.deltas(f"{name}_code", where, code, counted=False)
    yield writer.event(f"response.{name}_code.done", **where, code=code)
    yield writer.event(f"response.{name}.interpreting", **where)
    yield writer.state.token_delay
    yield writer.event(f"response.{name}.completed", **where)
    outputs = [{"type": "logs", "logs": f"{_worked_out(code[6:-1])}\n"}]
    yield writer.close({**item, "status": "completed", "code": code, "outputs": outputs})
    return []


def image_generation(use: Use) -> Told:
    """A picture, with as many earlier stages of it as are asked for."""
    writer, tool, subject = use.writer, use.tool, use.text
    asked: str = tool.get("size") or "auto"
    size = "512x512" if asked == "auto" else asked
    width, height = map(int, size.split("x"))
    item = writer.new_item("image_generation_call", status="in_progress", result=None)
    name = "response.image_generation_call"
    yield writer.open(item)
    where = writer.place(item)
    yield writer.event(f"{name}.in_progress", **where)
    yield writer.event(f"{name}.generating", **where)
    picture = b""
    partial: int = tool.get("partial_images") or 0
    for stage in range(partial + 1):
        yield writer.state.token_delay
        shrink = 2 ** (partial - stage)
        picture = paint(subject, item["id"], max(16, width // shrink), max(16, height // shrink))
        if stage < partial:
            yield writer.event(
                f"{name}.partial_image",
                **where,
                partial_image_index=stage,
                partial_image_b64=b64encode(picture).decode(),
                size=size,
                quality=tool.get("quality") or "auto",
                background=tool.get("background") or "opaque",
                output_format="png",
            )
    yield writer.event(f"{name}.completed", **where)
    result = b64encode(picture).decode()
    yield writer.close({**item, "status": "completed", "result": result})
    return []


def mcp(use: Use) -> Told:
    """The tools of another server listed, and the first of them called, or asked leave for."""
    writer, tool, subject = use.writer, use.tool, use.text
    label: str = tool["server_label"]
    names = _allowed(tool)
    if not any(
        item["type"] == "mcp_list_tools" and item["server_label"] == label
        for item in writer.run.before
    ):
        yield from _list_tools(writer, label, names)
    call = {
        "server_label": label,
        "name": names[0],
        "arguments": json.dumps({"query": subject}),
    }
    leave = _leave(writer, label)
    if leave is None and tool.get("require_approval") != "never":
        yield from writer.write(writer.new_item("mcp_approval_request", **call))
        return None
    if leave is False:
        return []
    item = writer.new_item("mcp_call", **call, status="in_progress", output=None, error=None)
    yield writer.open({**item, "arguments": ""})
    where = writer.place(item)
    yield writer.event("response.mcp_call.in_progress", **where)
    said = yield from writer.deltas("mcp_call_arguments", where, call["arguments"], counted=False)
    yield writer.event("response.mcp_call_arguments.done", **where, arguments=said)
    yield writer.event("response.mcp_call.completed", **where)
    yield writer.close({**item, "status": "completed", "output": writer.speaker.phrase()})
    return []


def _list_tools(writer: Writer, label: str, names: Sequence[str]) -> Told:
    schema: Json = {
        "type": "object",
        "properties": {"query": {"type": "string"}},
        "required": ["query"],
    }
    tools = [
        {"name": name, "description": None, "input_schema": schema, "annotations": None}
        for name in names
    ]
    item = writer.new_item("mcp_list_tools", server_label=label, tools=tools, error=None)
    yield writer.open({**item, "tools": []})
    where = writer.place(item)
    yield writer.event("response.mcp_list_tools.in_progress", **where)
    yield writer.event("response.mcp_list_tools.completed", **where)
    yield writer.close(item)
    return []


def _allowed(tool: Json) -> list[str]:
    allowed: list[str] | Json | None = tool.get("allowed_tools")
    names: Any = allowed.get("tool_names") if isinstance(allowed, dict) else allowed
    return names if is_list(names) and names else ["search"]


def _leave(writer: Writer, label: str) -> bool | None:
    """What the client has said to a request of this server's; None if there was none."""
    requests = {
        item["id"]
        for item in writer.run.before
        if item["type"] == "mcp_approval_request" and item["server_label"] == label
    }
    answers: list[bool] = [
        item["approve"]
        for item in writer.run.before
        if item["type"] == "mcp_approval_response" and item["approval_request_id"] in requests
    ]
    return answers[-1] if answers else None


def shell(use: Use) -> Told:
    """A command; where the shell is a container of the server's, its output too."""
    writer, tool, subject = use.writer, use.tool, use.text
    environment: Json = tool.get("environment") or {"type": "local"}
    command = f"echo '{_plain(subject)}'"
    remote = environment["type"] != "local"
    container = environment.get("container_id") or "cntr_" + writer.state.new_id(32)
    item = writer.new_item(
        "shell_call",
        status="in_progress",
        call_id="call_" + writer.state.new_id(),
        action={"commands": [], "timeout_ms": None, "max_output_length": None},
        environment={"type": "container_reference", "container_id": container}
        if remote
        else {"type": "local"},
    )
    yield writer.open(item)
    where = {"output_index": writer.place(item)["output_index"], "command_index": 0}
    name = "response.shell_call_command"
    yield writer.event(f"{name}.added", **where, command="")
    yield from writer.deltas("shell_call_command", where, command, counted=False)
    yield writer.event(f"{name}.done", **where, command=command)
    action = {**item["action"], "commands": [command]}
    yield writer.close({**item, "status": "completed", "action": action})
    if not remote:
        return None
    yield from _shell_output(writer, item["call_id"], _plain(subject) + "\n")
    return []


def _shell_output(writer: Writer, call_id: str, text: str) -> Told:
    output: Json = {"stdout": text, "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}
    item = writer.new_item(
        "shell_call_output",
        status="in_progress",
        call_id=call_id,
        output=[],
        max_output_length=None,
    )
    yield writer.open(item)
    where = {**writer.place(item), "command_index": 0}
    name = "response.shell_call_output_content"
    yield writer.event(f"{name}.delta", **where, delta={"stdout": text})
    yield writer.event(f"{name}.done", **where, output=[output])
    yield writer.close({**item, "status": "completed", "output": [output]})
    return []


def local_shell(use: Use) -> Told:
    """A command that the client is to run."""
    writer, subject = use.writer, use.text
    command = ["echo", _plain(subject)]
    action: Json = {"type": "exec", "command": command, "env": {}}
    call_id = "call_" + writer.state.new_id()
    yield from writer.write(
        writer.new_item("local_shell_call", status="completed", call_id=call_id, action=action)
    )
    return None


def apply_patch(use: Use) -> Told:
    """A file that the client is to write."""
    writer = use.writer
    diff = f"+{writer.speaker.phrase()}\n"
    operation = {"type": "create_file", "path": "notes.txt", "diff": diff}
    call_id = "call_" + writer.state.new_id()
    yield from writer.write(
        writer.new_item(
            "apply_patch_call", status="completed", call_id=call_id, operation=operation
        )
    )
    return None


def computer(use: Use) -> Told:
    """A look at the client's screen."""
    writer = use.writer
    call_id = "call_" + writer.state.new_id()
    yield from writer.write(
        writer.new_item(
            "computer_call",
            status="completed",
            call_id=call_id,
            action={"type": "screenshot"},
            pending_safety_checks=[],
        )
    )
    return None


TOOLS: Mapping[str, tuple[str, Callable[[Use], Told]]] = {
    "web_search": (r"\b(web|internet|news|latest|search)\b", web_search),
    "file_search": (r"\?|\b(files?|documents?|search)\b", file_search),
    "code_interpreter": (r"\b(code|python|calculate|compute)\b", code_interpreter),
    "image_generation": (r"\b(draw|paint|images?|pictures?)\b", image_generation),
    "mcp": (r"\b(mcp|tools?)\b", mcp),
    "shell": (r"\b(shell|commands?)\b", shell),
    "local_shell": (r"\b(shell|commands?)\b", local_shell),
    "apply_patch": (r"\bpatch", apply_patch),
    "computer": (r"\b(computer|screen|click)\b", computer),
}
"""By kind: the words of a text that call for it, and what it does."""


def kind_of(type: str) -> str:
    """The kind that a tool's type, perhaps dated or of an earlier name, is of."""
    for kind in TOOLS:
        if type.startswith(kind):
            return kind
    return type


def wanted(tool: Json, text: str) -> bool:
    """Whether a text calls for a tool of the server's."""
    words, _ = TOOLS[kind_of(tool["type"])]
    label = re.escape(tool.get("server_label") or "")
    return re.search(f"{words}|{label}" if label else words, text, re.IGNORECASE) is not None


def _progress(writer: Writer, item: Json, name: str, *stages: str) -> Told:
    """An item that goes through its stages and has no text."""
    yield writer.open(item)
    for stage in stages:
        yield writer.event(f"response.{name}.{stage}", **writer.place(item))
        yield writer.state.token_delay
    yield writer.close({**item, "status": "completed"})
    return []


def _plain(text: str) -> str:
    """A text without what would need quoting."""
    return re.sub(r"[^\w\s.,-]", "", text)[:80]


def _worked_out(code: str) -> str:
    """The value of a sum, or what Python says of one that has none."""
    try:
        return str(_value(ast.parse(code, mode="eval").body))
    except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError) as error:
        return f"{type(error).__name__}: {error}"


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.Div):
            return left / right
    raise SyntaxError("invalid syntax")
