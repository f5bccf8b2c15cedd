"""What a line of a batch's files says: a value or a typed error."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from pydantic_core import to_json

from .. import errors
from .._json import is_object
from .._response import decode
from ..errors import APIResponseError, BatchLineError
from ._batch_files import Line
from ._results import Result

__all__ = ["BatchResult", "read_result", "type_of"]

T = TypeVar("T")

ANSWERS: Mapping[str, tuple[str, str]] = {
    "/v1/chat/completions": ("chat", "ChatCompletion"),
    "/v1/completions": ("completions", "Completion"),
    "/v1/embeddings": ("embeddings", "EmbeddingList"),
    "/v1/images/edits": ("images", "ImagesResponse"),
    "/v1/images/generations": ("images", "ImagesResponse"),
    "/v1/moderations": ("moderations", "Moderation"),
    "/v1/responses": ("responses", "Response"),
    "/v1/videos": ("videos", "Video"),
}
"""Endpoint to module in `types`, and class in it."""


@dataclass(frozen=True, slots=True)
class BatchResult(Result[dict[str, Any], T]):
    """One request of a batch (its body is `input`), with what came of it."""

    custom_id: str = ""
    request_id: str | None = None
    """The server's id of the call: quote it when you ask for help."""


def type_of(endpoint: str) -> Any:
    """What an endpoint answers with; Any where that isn't known."""
    if endpoint not in ANSWERS:
        return Any
    module, name = ANSWERS[endpoint]
    return getattr(importlib.import_module(f"openai_async.types.{module}"), name)


def read_result(
    index: int, line: Line, into: Any, url: str, status: str, *, strict: bool
) -> BatchResult[Any]:
    """The result of a line, of a batch that ended with a status; `url` is where the call went."""
    value: Any = None
    error: Exception | None = None
    response = _response(line.row, url)
    try:
        if response is None:
            error = _unanswered(line, status)
        elif response.is_success:
            value = decode(response, into, strict=strict)
        else:
            error = errors.from_response(response)
    except APIResponseError as problem:
        error = problem
    request_id = None if response is None else response.headers.get("x-request-id")
    return BatchResult(
        index, line.body, value, error, custom_id=line.custom_id, request_id=request_id
    )


def _response(row: dict[str, Any] | None, url: str) -> httpx.Response | None:
    """A line's answer as it would have come by itself, so that it is read by the same rules."""
    told = (row or {}).get("response")
    if not is_object(told):
        return None
    status = told.get("status_code")
    headers = {"content-type": "application/json"}
    if isinstance(told.get("request_id"), str):
        headers["x-request-id"] = told["request_id"]
    return httpx.Response(
        status if isinstance(status, int) else 200,
        headers=headers,
        content=to_json(told.get("body")),
        request=httpx.Request("POST", url),
    )


def _unanswered(line: Line, status: str) -> BatchLineError:
    """Why there is no answer."""
    told = (line.row or {}).get("error")
    if is_object(told):
        code = told.get("code")
        message = str(told.get("message") or code or "the server doesn't say why")
        return BatchLineError(message, code if isinstance(code, str) else None)
    if status in ("expired", "cancelled"):
        return BatchLineError(f"not answered before the batch was {status}", f"batch_{status}")
    return BatchLineError("neither the output file nor the error file has this line", "missing")
