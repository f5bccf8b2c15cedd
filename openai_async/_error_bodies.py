"""What the body of an error says: servers differ widely. Without I/O."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from ._json import is_array, is_object

__all__ = ["NOTHING", "SNIPPET", "describe", "describe_json", "snippet"]

NOTHING = "the answer has no body, or none to read"
SNIPPET = 300
"""Characters of an unreadable body that an error's text quotes."""
MESSAGE_KEYS = (
    *("message", "msg", "detail", "error", "title"),
    *("Message", "error_description", "error_message", "faultstring", "reason"),
)
EVENT = re.compile(rb"(?m)^data:[ ]?(\{.*\})\r?$")
"""An event in a body that should be a document: for who asked for a stream."""
DEEPEST = 10
"""How far down an error body is searched for its message."""


def describe(content: bytes) -> tuple[str, Any]:
    """What an error body says, as (message, error object or text); servers differ widely.

    Read are `{"error": {...}}`, `{"error": "text"}`, `{"detail": ...}` (FastAPI), `{"message": ...}`,
    any of them as the one item of a list (Google) or as an event, plain text and HTML pages.
    """
    if not content.strip():
        return NOTHING, None
    try:
        return describe_json(json.loads(content))
    except (ValueError, RecursionError):  # no JSON, or nested without end
        if event := EVENT.search(content):
            return describe(event[1])
        text = content.decode("utf-8", "replace")
        return snippet(text) or NOTHING, text


def describe_json(body: Any) -> tuple[str, Any]:
    """As `describe`, for a body that has been read as JSON."""
    if is_array(body) and len(body) == 1 and is_object(body[0]):
        return describe_json(body[0])
    error: Any = body
    if is_object(body):
        told = (body.get(key) for key in ("error", "detail", "errors", "fault"))
        error = next(filter(None, told), body)
    if is_array(error) and len(error) == 1 and is_object(error[0]) and "message" in error[0]:
        error = error[0]
    message = _message_in(error) or _message_in(body) or snippet(json.dumps(body))
    if more := _more_than(message, error, body):
        message = f"{message}: {more}"
    # The error object itself, with its code and type, where there is one; else all that came.
    return message, error if is_object(error) else body


def _more_than(message: str, error: Any, body: Any) -> str | None:
    """What tells more: the message beside an error that is only a label (`{"error": "Bad Request",
    "message": ...}`), or what OpenRouter quotes of the provider whose error it passes on."""
    more: Any = None
    if isinstance(error, str) and is_object(body):
        more = _message_in({key: body[key] for key in body if key != "error"})
    elif is_object(error) and is_object(told := error.get("metadata")):
        raw = told.get("raw")
        more = describe(raw.encode("utf-8", "replace"))[0] if raw and isinstance(raw, str) else None
    return None if not more or more in message or message in more else more


def _message_in(error: Any, depth: int = 0) -> str | None:
    if isinstance(error, str):
        return error
    if depth == DEEPEST:
        return None
    if is_object(error):
        said = (_message_in(error.get(key), depth + 1) for key in MESSAGE_KEYS)
        message = next(filter(None, said), None)
        place = error.get("loc")  # FastAPI's: which part of the request it is about
        return f"{'.'.join(map(str, place))}: {message}" if is_array(place) and message else message
    if is_array(error):
        return "; ".join(filter(None, (_message_in(item, depth + 1) for item in error))) or None
    return None


def snippet(text: str) -> str:
    """The beginning of a text, on one line; of an HTML page, what a person would see."""
    if re.match(r"\s*<(!doctype|html|head|body)", text, re.IGNORECASE):
        # Nothing here goes over the same text twice, whatever the page.
        text = re.sub(r"(?is)<(script|style)\b.*?(</\1\s*>|$)|<[^<>]*>", " ", text)
        text = html.unescape(text)
    line = " ".join(text.split())
    return line if len(line) <= SNIPPET else line[: SNIPPET - 1] + "…"
