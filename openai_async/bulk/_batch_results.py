"""What a line of a batch's files says: a value or a typed error."""

from __future__ import annotations

import importlib
import json
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
    # Other servers leave the version out.
    known = endpoint if endpoint.startswith("/v1/") else f"/v1/{endpoint.removeprefix('/')}"
    if known not in ANSWERS:
        return Any
    module, name = ANSWERS[known]
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
    error = (row or {}).get("error")  # where vLLM says what went wrong, beside a status
    headers = {"content-type": "application/json"}
    if isinstance(told.get("request_id"), str):
        headers["x-request-id"] = told["request_id"].encode("ascii", "replace").decode()
    return httpx.Response(
        _status(told.get("status_code")),
        headers=headers,
        content=_content(told["body"] if told.get("body") is not None else error),
        request=httpx.Request("POST", url),
    )


def _content(body: object) -> bytes:
    try:
        return to_json(body)
    except ValueError:  # half a character, which JSON can say in ASCII
        return json.dumps(body).encode()


def _status(told: object) -> int:
    """A status, as a number or in digits; where none is told, there is an answer: it succeeded."""
    try:
        return int(told)  # type: ignore[call-overload,no-any-return]
    except (TypeError, ValueError):
        return 200


def _unanswered(line: Line, status: str) -> BatchLineError:
    """Why there is no answer."""
    told = (line.row or {}).get("error")
    if isinstance(told, str) and told:
        return BatchLineError(told, None)
    if is_object(told):
        code = told.get("code")
        message = str(told.get("message") or code or "the server doesn't say why")
        return BatchLineError(message, code if isinstance(code, str) else None)
    if status in ("expired", "cancelled"):
        return BatchLineError(f"not answered before the batch was {status}", f"batch_{status}")
    return BatchLineError("neither the output file nor the error file has this line", "missing")
