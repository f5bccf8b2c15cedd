"""Edits: https://platform.openai.com/docs/api-reference/edits"""

from __future__ import annotations

from typing import Literal

from typing_extensions import Required

from .._models import Model
from .._request import RequestOptions
from .chat import CompletionUsage
from .completions import CompletionLogprobs

__all__ = ["Edit", "EditChoice", "EditCreateParams"]


class EditCreateParams(RequestOptions, total=False):
    model: Required[str]
    """The model's id, such as `text-davinci-edit-001`."""
    instruction: Required[str]
    """What is to be done to the text."""
    input: str | None
    """The text. Default: an empty one."""
    n: int | None
    """How many versions, from 1 to 20. Default: 1."""
    temperature: float | None
    """From 0 (the most likely token) to 2 (the most surprising). Default: 1."""
    top_p: float | None
    """From 0 to 1: only the most likely tokens that make up this much probability. Default: 1."""


class EditChoice(Model):
    """One version of the text."""

    index: int
    text: str
    finish_reason: Literal["stop", "length"] | str | None = None
    """Why it ended."""
    logprobs: CompletionLogprobs | None = None


class Edit(Model):
    """A text, changed as it was asked for."""

    object: str
    """Always `edit`."""
    created: int
    """Seconds since the epoch."""
    choices: list[EditChoice]
    usage: CompletionUsage | None = None
