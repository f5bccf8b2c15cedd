"""What completions, chat and edits have in common: parameters, limits, usage, many choices."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ._errors import bad_request
from ._models import Model
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
    is_list,
    optional,
)
from ._sampling import Sampling, Token
from ._tokens import MAX_TOKEN_ID, tokenizer

T = TypeVar("T")

MAX_OUTPUT = 4096
"""Tokens that an answer has at most where the call sets no limit."""

PER_MESSAGE = 3
"""Tokens that frame a message, and again the answer."""

PER_IMAGE = 85
"""Tokens that an image counts as."""


@dataclass(frozen=True)
class Prompt(Rule):
    """A text, texts, tokens, or lists of tokens; checked, it is a list of lists of tokens."""

    most: int = 2048
    kind = "a string or an array"

    def check(self, name: str, value: Any) -> list[list[int]]:
        if isinstance(value, str):
            return [tokenizer().encode(value)]
        if value and _are_tokens(value):
            return [value]
        items = Many(Anything(), 1, self.most).check(name, value)
        if all(isinstance(item, str) for item in items):
            return [tokenizer().encode(item) for item in items]
        if all(item and _are_tokens(item) for item in items):
            return items
        message = f"Invalid '{name}': expected strings, tokens, or lists of tokens, not a mixture."
        raise bad_request(message, name, "invalid_type")


def _are_tokens(value: Any) -> bool:
    return is_list(value) and all(type(item) is int and 0 <= item < MAX_TOKEN_ID for item in value)


class Bias(Rule):
    """`logit_bias`: token ids (as JSON has them, strings) to numbers from -100 to 100."""

    kind = "an object"

    def check(self, name: str, value: Any) -> dict[int, float]:
        table = Table().check(name, value)
        biases: dict[int, float] = {}
        for token, bias in table.items():
            if not token.isascii() or not token.isdigit() or int(token) >= MAX_TOKEN_ID:
                message = f"Invalid key in '{name}': {token}. You should only be submitting tokens."
                raise bad_request(message, name)
            biases[int(token)] = Number(-100, 100).check(f"{name}.{token}", bias)
        return biases


STREAM: Spec = {
    "stream": optional(Flag(), default=False),
    "stream_options": optional(
        Table({"include_usage": optional(Flag()), "include_obfuscation": optional(Flag())})
    ),
}

SAMPLING: Spec = {
    "temperature": optional(Number(0, 2), default=1.0),
    "top_p": optional(Number(0, 1), default=1.0),
    "n": optional(Integer(1, 128), default=1),
    "stop": optional(Either((Text(), Many(Text(), 1, 4)))),
    "presence_penalty": optional(Number(-2, 2), default=0.0),
    "frequency_penalty": optional(Number(-2, 2), default=0.0),
    "logit_bias": optional(Bias()),
    "seed": optional(Integer()),
    "user": optional(Text()),
    **STREAM,
}
"""The parameters that completions and chat share."""


def sampling_of(params: Json, top_logprobs: int = 0) -> Sampling:
    """How the call wants its tokens drawn."""
    return Sampling(
        temperature=params["temperature"],
        top_p=params["top_p"],
        presence_penalty=params.get("presence_penalty", 0.0),
        frequency_penalty=params.get("frequency_penalty", 0.0),
        logit_bias=params.get("logit_bias") or {},
        top_logprobs=top_logprobs,
    )


def stops_of(params: Json) -> list[str]:
    """The stop sequences, as a list."""
    stop: str | list[str] | None = params["stop"]
    return [stop] if isinstance(stop, str) else stop or []


def question(params: Mapping[str, Any]) -> str:
    """What a seeded answer depends on: everything but how it is delivered."""
    delivery = {*STREAM, "user", "n", "best_of", "logprobs", "top_logprobs"}
    return repr(sorted((name, value) for name, value in params.items() if name not in delivery))


def room(model: Model, prompt: int, asked: int | None, param: str) -> int:
    """How many tokens may be generated after a prompt of so many; 400 if they do not fit."""
    left = model.context - prompt
    if left < (asked or 0) or left < 1:
        detail = f" ({prompt} in your prompt; {asked} for the completion)" if asked else ""
        raise bad_request(
            f"This model's maximum context length is {model.context} tokens, however you requested "
            f"{prompt + (asked or 0)} tokens{detail}. Please reduce your prompt; or completion length.",
            param,
            "context_length_exceeded",
        )
    return min(left, MAX_OUTPUT) if asked is None else asked


def usage_of(prompt: int, completion: int) -> Json:
    """The API's `usage`, in tokens."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def wants_usage(params: Json) -> bool:
    """Whether a stream ends in a chunk that has the usage."""
    options: Json = params["stream_options"] or {}
    return bool(options.get("include_usage"))


def check_stream_options(params: Json) -> None:
    """400 for `stream_options` without `stream`."""
    if params["stream_options"] is not None and not params["stream"]:
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise bad_request(message, "stream_options")


def interleave(choices: Sequence[Iterable[T]]) -> Iterator[tuple[int, T]]:
    """Items of several choices in turn, each with the index of its choice."""
    missing: Any = object()
    columns = [zip(itertools.repeat(index), choice) for index, choice in enumerate(choices)]
    for row in itertools.zip_longest(*columns, fillvalue=missing):
        yield from (item for item in row if item is not missing)


def shown(text: bytes) -> str:
    """A token as log probabilities show it: its text, or its bytes if they are no whole character."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in text)


def chat_logprobs(tokens: Sequence[Token]) -> Json:
    """The `logprobs` of a chat choice."""

    def entry(token: int, logprob: float) -> Json:
        text = tokenizer().text(token)
        return {"token": shown(text), "logprob": logprob, "bytes": list(text)}

    content = [
        {
            **entry(token.id, token.logprob),
            "top_logprobs": [entry(*candidate) for candidate in token.top],
        }
        for token in tokens
    ]
    return {"content": content, "refusal": None}
