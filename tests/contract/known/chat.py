"""Chat."""

from __future__ import annotations

from collections.abc import Mapping

_NULLABLE = "nullable: other servers leave it out, by which they say the same, and cheaply so"

KNOWN: Mapping[str, str] = {
    "chat.completions.create(model): the values * are missing in str": "models come and go",
    "ChatCompletion*Message.content: must be required": _NULLABLE,
    "ChatCompletion*Message.refusal: must be required": _NULLABLE,
    "Choice.logprobs: must be required": _NULLABLE,
    "ChoiceLogprobs.content: must be required": _NULLABLE,
    "ChoiceLogprobs.refusal: must be required": _NULLABLE,
    "TokenLogprob.bytes: must be required": _NULLABLE,
    "TopLogprob.bytes: must be required": _NULLABLE,
    "ChunkChoice.finish_reason: must be required": _NULLABLE,
}
