"""Completions: https://platform.openai.com/docs/api-reference/completions"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from typing_extensions import Required

from .._models import Model
from .._request import RequestOptions
from .chat import CompletionUsage, StopParam, StreamOptionsParam

__all__ = [
    "Completion", "CompletionChoice", "CompletionCreateParams", "CompletionLogprobs", "Prompt",
]  # fmt: skip

Prompt = str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]]
"""A text, texts, one text's tokens, or several texts' tokens."""


class CompletionCreateParams(RequestOptions, total=False):
    model: Required[str]
    """The model's id, such as `text-davinci-003`."""
    prompt: Required[Prompt | None]
    """What to complete. None stands for the beginning of a new document."""
    suffix: str | None
    """The text that comes behind the completion. Default: none."""
    max_tokens: int | None
    """How many tokens to generate at the most; with the prompt's they must fit the model's context.
    Default: 16."""
    temperature: float | None
    """From 0 (the most likely token) to 2 (the most surprising). Default: 1."""
    top_p: float | None
    """From 0 to 1: only the most likely tokens that make up this much probability. Default: 1."""
    n: int | None
    """How many completions for each prompt, from 1 to 128. Default: 1."""
    stream_options: StreamOptionsParam | None
    """What a stream tells beside the text."""
    logprobs: int | None
    """From 0 to 5: how many of the likeliest tokens to tell for each place. Default: none."""
    echo: bool | None
    """Whether to give the prompt back in front of the completion. Default: false."""
    stop: StopParam | None
    """Up to 4 texts in front of which to stop. Default: none."""
    presence_penalty: float | None
    """From -2 to 2: above 0, against tokens that have come at all. Default: 0."""
    frequency_penalty: float | None
    """From -2 to 2: above 0, against tokens the more, the more often they have come. Default: 0."""
    best_of: int | None
    """How many completions to make on the server, of which the `n` best are given, from 1 to 20.
    Not with streams. Default: 1."""
    logit_bias: Mapping[str, int] | None
    """Token id to what is added to its logit, from -100 to 100. Default: none."""
    seed: int | None
    """The same seed and parameters give the same text, as far as the server can."""
    user: str
    """An id of your end user, by which abuse can be traced."""


class CompletionLogprobs(Model):
    """Log probabilities; the lists run in parallel, an entry for each token."""

    tokens: list[str] | None = None
    token_logprobs: list[float | None] | None = None
    """None for the first token of an echoed prompt."""
    top_logprobs: list[dict[str, float] | None] | None = None
    text_offset: list[int] | None = None
    """Where each token begins, in characters."""


class CompletionChoice(Model):
    index: int
    text: str
    finish_reason: Literal["stop", "length", "content_filter"] | str | None = None
    """Why it ended; None in a stream until it does."""
    logprobs: CompletionLogprobs | None = None


class Completion(Model):
    """Completions of a prompt; in a stream, a piece of them."""

    id: str
    object: str
    """Always `text_completion`."""
    created: int
    """Seconds since the epoch."""
    model: str
    choices: list[CompletionChoice]
    usage: CompletionUsage | None = None
    """None in a stream, but for its last chunk where `stream_options` ask for it."""
    system_fingerprint: str | None = None
