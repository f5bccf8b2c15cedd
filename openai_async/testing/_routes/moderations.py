"""`/moderations`: a score for each category, from the words of a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._errors import bad_request
from .._http import Answer, Endpoint, Exchange, as_json
from .._params import Either, Json, Many, Spec, Table, Text, optional, required

SPEC: Spec = {
    "input": required(Either((Text(), Many(Either((Text(), Table())), 1)))),
    "model": optional(Text(), default="text-moderation-latest"),
}

CLASSIC = ("hate", "hate/threatening", "self-harm", "sexual", "sexual/minors", "violence",
           "violence/graphic")  # fmt: skip
MODERN = (*CLASSIC, "harassment", "harassment/threatening", "illicit", "illicit/violent",
          "self-harm/instructions", "self-harm/intent")  # fmt: skip

_THRESHOLD = 0.5

# Beginnings of words, and how much each of them says (0 to 1). A category that is the meeting of
# two others is their product instead: see _MEETINGS.
_WORDS: Mapping[str, Mapping[str, float]] = {
    "hate": {"hate": 0.35, "despise": 0.3, "inferior": 0.4, "vermin": 0.7, "subhuman": 0.8},
    "self-harm": {"suicid": 0.8, "self-harm": 0.9, "cut myself": 0.9, "kill myself": 0.95,
                  "hurt myself": 0.85, "end my life": 0.95},
    "sexual": {"sex": 0.6, "nude": 0.6, "naked": 0.4, "erotic": 0.7, "porn": 0.8},
    "violence": {"kill": 0.85, "murder": 0.8, "stab": 0.75, "shoot": 0.6, "bomb": 0.6, "attack": 0.4,
                 "beat": 0.2, "destroy": 0.2, "fight": 0.15, "weapon": 0.3, "gun": 0.3},
    "violence/graphic": {"blood": 0.35, "gore": 0.7, "guts": 0.4, "behead": 0.8, "mutilat": 0.8,
                         "corpse": 0.4},
    "harassment": {"idiot": 0.6, "stupid": 0.45, "loser": 0.55, "moron": 0.6, "hate you": 0.7},
    "illicit": {"steal": 0.5, "counterfeit": 0.6, "launder": 0.6, "smuggl": 0.6, "hack": 0.3},
    "self-harm/intent": {"kill myself": 0.95, "end my life": 0.95, "hurt myself": 0.8},
    "self-harm/instructions": {"how to hurt myself": 0.9, "ways to die": 0.9},
    "minors": {"child": 0.8, "minor": 0.6, "teen": 0.5, "underage": 0.9, "kid": 0.6},
    "people": {"them": 0.4, "they": 0.3, "people": 0.4, "you": 0.3, "him": 0.2, "her": 0.2},
}  # fmt: skip

_MEETINGS: Mapping[str, tuple[str, str]] = {
    "hate/threatening": ("hate", "violence"),
    "sexual/minors": ("sexual", "minors"),
    "harassment/threatening": ("people", "violence"),
    "illicit/violent": ("illicit", "violence"),
}


def score(text: str) -> dict[str, float]:
    """A score for every category, 0 to 1: words that point the same way add up, never beyond 1."""
    said = text.lower()
    scores: dict[str, float] = {}
    for category, words in _WORDS.items():
        doubt = 1.0
        for word, weight in words.items():
            doubt *= (1 - weight) ** len(re.findall(rf"\b{re.escape(word)}", said))
        scores[category] = max(1 - doubt, 1e-6)
    # "I hate you" points at somebody; "I hate mondays" does not.
    scores["hate"] *= 0.3 + 0.7 * scores["people"]
    for category, (one, other) in _MEETINGS.items():
        scores[category] = scores[one] * scores[other]
    return scores


async def create(exchange: Exchange) -> Answer:
    """Classify one or several texts."""
    model = exchange.state.model(exchange.params["model"]).require("moderation", "v1/moderations")
    given: Any = exchange.params["input"]
    modern = not model.id.startswith("text-moderation")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(given, str) and any(not isinstance(text, str) for text in given):
        if not modern:
            message = f"Invalid type for 'input': {model.id} takes strings only."
            raise bad_request(message, "input", "invalid_type")
        # Parts of one input; of an image nothing is known but that it is there.
        parts: list[Json] = [part for part in given if not isinstance(part, str)]
        texts = [" ".join(str(part.get("text", "")) for part in parts)]
    return as_json(
        {
            "id": "modr-" + exchange.state.new_id(),
            "model": model.id,
            "results": [_result(text, MODERN if modern else CLASSIC) for text in texts],
        }
    )


def _result(text: str, categories: tuple[str, ...]) -> Json:
    scores = score(text)
    flags = {category: scores[category] >= _THRESHOLD for category in categories}
    return {
        "flagged": any(flags.values()),
        "categories": flags,
        "category_scores": {category: scores[category] for category in categories},
    }


ENDPOINTS = (Endpoint("POST", "/moderations", create, SPEC, "json"),)
