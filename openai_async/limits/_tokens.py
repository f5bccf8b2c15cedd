"""How many tokens a call will use, and how many it has used."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from .._json import is_array, is_object

if TYPE_CHECKING:
    import httpx

__all__ = [
    "Usage",
    "answer_tokens",
    "count_tokens",
    "estimate_tokens",
    "prompt_tokens",
    "usage_in",
    "usage_of",
]

BYTES_PER_TOKEN = 4
"""Of English text; of other languages it may be 2, so that a text may have twice as many."""
MEDIUM = 800
"""Tokens that an image, a sound or a file is taken for: how many it has is not in its bytes."""
MOST = 1e9
"""Tokens: no call has more."""
MEDIA_KEYS = frozenset({"url", "image_url", "data", "file_data", "image", "input_audio"})
PROMPTS = (
    "messages",
    "prompt",
    "input",
    "instructions",
    "instruction",
    "suffix",
    "tools",
    "functions",
)
ANSWERS = ("max_completion_tokens", "max_output_tokens", "max_tokens")


def estimate_tokens(body: Any) -> float:
    """Tokens that a call with this JSON body will be counted for: those of its prompts, and as many
    as the answer may have, where that is said; for each of `n` answers.

    Prompts are counted as `count_tokens` does; token ids count one each, and an image, a sound or a
    file 800. A body that names no model's text, such as an upload's, counts nothing.
    """
    return prompt_tokens(body) + answer_tokens(body)


def prompt_tokens(body: Any) -> float:
    """Those of the prompts in a JSON body."""
    if not is_object(body):
        return 0.0
    model = body.get("model")
    count = functools.partial(count_tokens, model=model if isinstance(model, str) else None)
    try:
        return float(sum(_size(body[name], count) for name in PROMPTS if name in body))
    except RecursionError:  # nested without end: it can't be sent, which is told elsewhere
        return 0.0


def answer_tokens(body: Any) -> float:
    """Those that the answers to a JSON body may have, where it says."""
    if not is_object(body):
        return 0.0
    most = next(filter(None, (_number(body.get(name)) for name in ANSWERS)), 0.0)
    return min(most * (_number(body.get("n")) or 1.0), MOST)


def _number(value: object) -> float:
    """What can be counted with; what can't is the server's to refuse, and must not be held against
    the calls of others."""
    return float(min(value, MOST)) if isinstance(value, (int, float)) and value > 0 else 0.0


def _size(value: Any, count: Callable[[str], int]) -> int:
    if isinstance(value, str):
        return count(value)
    if isinstance(value, (int, float)):
        return 1
    if is_array(value):
        if value and isinstance(value[0], int):
            return len(value)  # token ids
        return sum(_size(item, count) for item in value)
    if is_object(value):
        return sum(
            MEDIUM if key in MEDIA_KEYS else _size(item, count) for key, item in value.items()
        )
    return 0


def count_tokens(text: str, model: str | None = None) -> int:
    """Tokens of a text: as the model's own encoding counts them, with `tiktoken` (extra `tokens`),
    once it has been read; else a token for each 4 bytes of UTF-8, rounded up.

    tiktoken fetches an encoding when it is first needed, and keeps it. That is done in a thread of
    its own, so that the first calls go by the rule; so do those of models that it does not know.
    """
    encode = _encoder(model)
    if encode is None:
        return -(-len(text.encode("utf-8", "surrogatepass")) // BYTES_PER_TOKEN)
    return len(encode(text))


@functools.lru_cache(maxsize=256)
def _loading(model: str) -> dict[str, Callable[[str], list[int]]]:
    """Where a model's encoder will be, if there is one."""
    found: dict[str, Callable[[str], list[int]]] = {}

    def load() -> None:
        # No network, no such model, a broken cache: then there is the rule.
        with contextlib.suppress(Exception):
            tiktoken = importlib.import_module("tiktoken")
            encoding = tiktoken.encoding_for_model(model)
            found["encode"] = functools.partial(encoding.encode, disallowed_special=())

    if _has_tiktoken():
        threading.Thread(target=load, name="openai_async tiktoken", daemon=True).start()
    return found


def _encoder(model: str | None) -> Callable[[str], list[int]] | None:
    return None if model is None else _loading(model).get("encode")


@functools.cache
def _has_tiktoken() -> bool:
    return importlib.util.find_spec("tiktoken") is not None


class Usage(NamedTuple):
    """What a call has used, as its answer tells."""

    total: int
    prompt: int
    answer: int
    cached: int
    """Those of `prompt` that the server had seen before, and may charge less for."""


def usage_of(response: httpx.Response) -> Usage | None:
    """What an answer says that it used; None where its body is not read yet, or says nothing."""
    return usage_in(response.content) if hasattr(response, "_content") else None


def usage_in(content: bytes) -> Usage | None:
    """The same for a body of JSON, or for the end of a stream."""
    end = len(content)
    while (start := content.rfind(b'"usage"', 0, end)) >= 0:  # behind the last one may be a null
        usage = _read({name: int(value) for name, value in _NUMBER.findall(content, start, end)})
        if usage is not None:
            return usage
        end = start
    return None


def _read(numbers: dict[bytes, int]) -> Usage | None:
    prompt = numbers.get(b"prompt_tokens", numbers.get(b"input_tokens"))
    answer = numbers.get(b"completion_tokens", numbers.get(b"output_tokens"))
    total = numbers.get(b"total_tokens")
    if total is None:
        if prompt is None and answer is None:
            return None
        total = (prompt or 0) + (answer or 0)
    prompt = total if prompt is None else prompt
    answer = max(0, total - prompt) if answer is None else answer
    return Usage(total, prompt, answer, min(prompt, numbers.get(b"cached_tokens", 0)))


_NUMBER = re.compile(rb'"(\w+_tokens)"\s*:\s*(\d{1,15})')
