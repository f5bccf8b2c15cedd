"""What goes over the wire: the same bytes for every peer."""

from __future__ import annotations

import array
import base64
import json
import random
from typing import Any

__all__ = [
    "CHAT",
    "CHAT_ANSWER",
    "DIMENSIONS",
    "EMBEDDINGS",
    "TEXTS",
    "VECTORS",
    "chunk",
    "embeddings",
    "streamed",
]

MODEL = "gpt-4o-mini"
VECTORS = 100
DIMENSIONS = 1536

MESSAGES = [
    {"role": "system", "content": "You are a helpful assistant who answers in a few words."},
    {"role": "user", "content": "Which city is the capital of the country north of Spain?"},
]
CHAT: dict[str, Any] = {"model": MODEL, "messages": MESSAGES, "temperature": 0.2, "max_tokens": 64}
"""The parameters of a chat call."""

TEXTS = [f"text number {number}, about as long as a short line" for number in range(VECTORS)]
EMBEDDINGS: dict[str, Any] = {"model": "text-embedding-3-small", "input": TEXTS}
"""The parameters of an embeddings call."""

CHAT_ANSWER = json.dumps(
    {
        "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
        "object": "chat.completion",
        "created": 1741570283,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "The country north of Spain is France, and its capital is Paris.",
                    "refusal": None,
                    "annotations": [],
                },
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 36,
            "completion_tokens": 15,
            "total_tokens": 51,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": "fp_06737a9306",
    }
).encode()


def streamed(chunks: int, every_ms: int = 0) -> dict[str, Any]:
    """The parameters of a streamed chat call that is answered with so many chunks, so fast."""
    return CHAT | {"user": f"chunks={chunks};every={every_ms}"}


def chunk(text: str | None) -> bytes:
    """One event of a streamed answer; None for the last of them."""
    delta = {} if text is None else {"content": text}
    body = {
        "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
        "object": "chat.completion.chunk",
        "created": 1741570283,
        "model": "gpt-4o-mini-2024-07-18",
        "service_tier": "default",
        "system_fingerprint": "fp_06737a9306",
        "choices": [
            {
                "index": 0,
                "delta": delta,
                "logprobs": None,
                "finish_reason": "stop" if text is None else None,
            }
        ],
        "usage": None,
    }
    return b"data: " + json.dumps(body, separators=(",", ":")).encode() + b"\n\n"


def embeddings(*, encoded: bool) -> bytes:
    """The answer with 100 vectors of 1,536 floats, as base64 or as lists."""
    rng = random.Random(7)
    data = [
        {"object": "embedding", "index": index, "embedding": _vector(rng, encoded=encoded)}
        for index in range(VECTORS)
    ]
    usage = {"prompt_tokens": 1000, "total_tokens": 1000}
    answer = {"object": "list", "data": data, "model": "text-embedding-3-small", "usage": usage}
    return json.dumps(answer).encode()


def _vector(rng: random.Random, *, encoded: bool) -> str | list[float]:
    floats = array.array("f", [rng.uniform(-0.1, 0.1) for _ in range(DIMENSIONS)])
    if encoded:
        return base64.b64encode(floats.tobytes()).decode()
    return [round(value, 9) for value in floats]
