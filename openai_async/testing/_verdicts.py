"""What chat and responses think of a text beforehand: whether it is refused, how long they think."""

from __future__ import annotations

from collections.abc import Mapping

from ._params import Json
from ._routes.moderations import MODERN, score

_FLAGGED = 0.5
_REFUSED = 0.9

REFUSAL = "I'm sorry, but I can't help with that."

THOUGHT: Mapping[str, int] = {
    "none": 0,
    "minimal": 4,
    "low": 12,
    "medium": 24,
    "high": 48,
    "xhigh": 72,
    "max": 96,
}
"""Tokens of thought, by effort."""


def is_refused(text: str) -> bool:
    """Whether a text asks for what no model helps with."""
    scores = score(text)
    return max(scores[category] for category in MODERN) >= _REFUSED


def verdict(text: str, model: str) -> Json:
    """The API's `moderation_result`, as answers carry it that are moderated themselves."""
    found = score(text)
    scores = {category: found[category] for category in MODERN}
    flags = {category: value >= _FLAGGED for category, value in scores.items()}
    return {
        "type": "moderation_result",
        "model": model,
        "flagged": any(flags.values()),
        "categories": flags,
        "category_scores": scores,
        "category_applied_input_types": {category: ["text"] for category in scores},
    }
