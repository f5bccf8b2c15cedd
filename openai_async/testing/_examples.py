"""The training files of fine-tuning jobs: what is in them, and what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

from ._graders import text_of
from ._jobs import Example, read_examples
from ._params import Json, is_list
from ._state import StoredFile

Read = Callable[[Json], Example]


def read_training(
    stored: StoredFile, method: str, *, chat: bool, least: int = 1
) -> tuple[list[Example], str | None]:
    """The examples of a file in the form that a method wants, and what is wrong with it.

    `chat` is whether the model chats; the others learn from prompts and completions. `least` is how
    many there have to be.
    """
    examples, problem = _read_chats(stored, method) if chat else read_examples(stored)
    if problem is None and len(examples) < least:
        problem = f"it has {len(examples)} example(s), but must have at least {least}"
    return examples, problem


def _read_chats(stored: StoredFile, method: str) -> tuple[list[Example], str | None]:
    read: Read = {"dpo": _preference, "reinforcement": _question}.get(method, _conversation)
    examples: list[Example] = []
    for number, line in enumerate(stored.lines(), 1):
        if not line.strip():
            continue
        try:
            record: Any = json.loads(line)
            examples.append(read(cast(Json, record) if isinstance(record, dict) else {}))
        except _UnfitError as error:
            return examples, f"line {number}: {error}"
        except (ValueError, RecursionError):
            return examples, f"line {number} is not JSON"
    return examples, None


class _UnfitError(ValueError):
    """A line that is no example."""


def _messages(record: Any, name: str) -> list[Json]:
    """The messages in a field; at least one."""
    found: Any = cast(Json, record).get(name) if isinstance(record, dict) else None
    if not is_list(found) or not found:
        raise _UnfitError(f"it has no {name!r}")
    for message in found:
        if not isinstance(message, dict) or not isinstance(cast(Json, message).get("role"), str):
            raise _UnfitError(f"a message in {name!r} has no role")
    return cast("list[Json]", found)


def _said(messages: list[Json]) -> str:
    return "\n".join(text_of(message.get("content")) for message in messages)


def _conversation(record: Json) -> Example:
    """For `supervised`: it ends in an assistant's answer."""
    messages = _messages(record, "messages")
    if messages[-1]["role"] != "assistant":
        raise _UnfitError("the last message must be the assistant's")
    return Example(_said(messages[:-1]), text_of(messages[-1].get("content")))


def _preference(record: Json) -> Example:
    """For `dpo`: what was asked, and a better and a worse answer."""
    asked = _messages(record.get("input"), "messages")
    better = _messages(record, "preferred_output")
    _messages(record, "non_preferred_output")
    return Example(_said(asked), _said(better))


def _question(record: Json) -> Example:
    """For `reinforcement`: it ends in a question; a grader has to know what a good answer is."""
    messages = _messages(record, "messages")
    if messages[-1]["role"] not in ("user", "developer"):
        raise _UnfitError("the last message must be the user's")
    return Example(_said(messages), "")
