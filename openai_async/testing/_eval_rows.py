"""The rows that a run of an eval is about, wherever they come from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import anyio.to_thread

from ._errors import bad_request
from ._graders import sample_of, text_of
from ._http import Exchange
from ._inner import call_json
from ._params import Json
from ._state import StoredFile


@dataclass
class Row:
    """A row of the data."""

    number: int
    item: Json
    sample: Json | None = None
    """What a model has answered, where that is known."""


async def rows_of(exchange: Exchange, source: Json) -> tuple[list[Row], Json | None]:
    """The rows of a source, and what is wrong with them."""
    if source["type"] == "file_content":
        content: list[Json] = source["content"]
        return [Row(at, row["item"], row.get("sample")) for at, row in enumerate(content)], None
    if source["type"] == "file_id":
        stored = exchange.state.files.get(source["id"])
        if stored is None:
            raise bad_request(f"No such File object: {source['id']}", "data_source.source.id")
        return await anyio.to_thread.run_sync(_rows_of_file, stored)
    if source["type"] == "stored_completions":
        return await _stored_completions(exchange, source), None
    return list(_stored_responses(exchange, source)), None


def _rows_of_file(stored: StoredFile) -> tuple[list[Row], Json | None]:
    """The rows of a file of JSON Lines, and what is wrong with it."""
    rows: list[Row] = []
    for number, line in enumerate(stored.lines()):
        if not line.strip():
            continue
        try:
            record: Any = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        row = cast(Json, record) if isinstance(record, dict) else {}
        item, sample = row.get("item"), row.get("sample")
        if not isinstance(item, dict) or not isinstance(sample, dict | None):
            message = f"Line {number + 1} of {stored.id} is no object with an 'item'."
            return [], {"code": "invalid_file", "message": message}
        rows.append(Row(len(rows), cast(Json, item), cast("Json | None", sample)))
    return rows, None


def _is_of_its_time(source: Json, created: int) -> bool:
    after, before = source.get("created_after"), source.get("created_before")
    return (after is None or created > after) and (before is None or created < before)


async def _stored_completions(exchange: Exchange, source: Json) -> list[Row]:
    """The completions that were stored: what was asked is `item.input`, the answer the sample."""
    wanted: Json = source.get("metadata") or {}
    query: Json = {f"metadata[{key}]": text for key, text in wanted.items()}
    if source.get("model") is not None:
        query["model"] = source["model"]
    path = "/chat/completions"
    status, listed = await call_json(exchange, "GET", path, limit=100, order="asc", **query)
    stored: list[Json] = listed["data"] if status == 200 else []
    rows: list[Row] = []
    in_time = [one for one in stored if _is_of_its_time(source, one["created"])]
    for one in in_time[: source.get("limit")]:
        asked = f"{path}/{one['id']}/messages"
        _, messages = await call_json(exchange, "GET", asked, limit=100, order="asc")
        item = {"input": [_plain(message) for message in messages["data"]]}
        text: str = one["choices"][0]["message"]["content"] or ""
        rows.append(Row(len(rows), item, {**sample_of(text), "model": one["model"]}))
    return rows


def _plain(message: Json) -> Json:
    return {
        "role": message["role"],
        "content": message.get("content") or message.get("content_parts") or "",
    }


def _stored_responses(exchange: Exchange, source: Json) -> Iterator[Row]:
    """The responses that were stored: what was given is `item.input`, the answer the sample."""
    exchange.state.responses.settle()
    number = 0
    for run in exchange.state.responses.runs.values():
        response = run.response
        if response["status"] != "completed" or not _is_wanted(source, response):
            continue
        given = [_plain(item) for item in run.given if "role" in item]
        text = "".join(
            text_of(item["content"]) for item in response["output"] if item["type"] == "message"
        )
        sample = {**sample_of(text), "model": response["model"]}
        yield Row(number, {"input": given}, sample)
        number += 1


def _is_wanted(source: Json, response: Json) -> bool:
    """Whether a response is one that the source's filters let through."""
    reasoning: Json = response.get("reasoning") or {}
    equal = {
        "model": response["model"],
        "temperature": response.get("temperature"),
        "top_p": response.get("top_p"),
        "reasoning_effort": reasoning.get("effort"),
    }
    wanted: Json = source.get("metadata") or {}
    users: list[Any] | None = source.get("users")
    tools: set[Any] = set(source.get("tools") or ())
    offered: list[Json] = response.get("tools") or []
    return (
        _is_of_its_time(source, response["created_at"])
        and all(source.get(name) in (None, value) for name, value in equal.items())
        and wanted.items() <= (response.get("metadata") or {}).items()
        and (source.get("instructions_search") or "") in str(response.get("instructions") or "")
        and (users is None or response.get("user") in users)
        and tools <= {tool.get("name", tool["type"]) for tool in offered}
    )
