"""Completions."""

from __future__ import annotations

from collections.abc import Mapping

_FIRST = "the first token of an echoed prompt has none"

KNOWN: Mapping[str, str] = {
    "completions.create(model): the values * are missing in str": "models come and go",
    "CompletionChoice.finish_reason: must be required": "in a stream it is null until the end",
    "CompletionChoice.logprobs: must be required": "nullable: other servers leave it out",
    "CompletionLogprobs.token_logprobs[]: None is not in the document: *": _FIRST,
    "CompletionLogprobs.top_logprobs[]: None is not in the document: *": _FIRST,
}
