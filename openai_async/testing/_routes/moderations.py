"""`/moderations`: a score for each category, from the words of a text, or of an image's prompt."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from .._errors import bad_request
from .._http import Answer, Endpoint, Exchange, as_json
from .._params import Either, Json, Many, Spec, Table, Text, one_of, optional, required
from .._png import read_png

SPEC: Spec = {
    "input": required(Either((Text(), Many(Either((Text(), Table())), 1)))),
    "model": optional(Text(), default="omni-moderation-latest"),
}

_PART = Table({"type": required(one_of("text", "image_url"))})
_TEXT = Table({"text": required(Text())})
_IMAGE = Table({"image_url": required(Table({"url": required(Text(1))}))})

CLASSIC = ("hate", "hate/threatening", "self-harm", "sexual", "sexual/minors", "violence",
           "violence/graphic")  # fmt: skip
MODERN = (*CLASSIC, "harassment", "harassment/threatening", "illicit", "illicit/violent",
          "self-harm/instructions", "self-harm/intent")  # fmt: skip

_VISIBLE = frozenset(("self-harm", "self-harm/intent", "self-harm/instructions", "sexual",
                      "violence", "violence/graphic"))  # fmt: skip
"""The categories that images are judged by."""

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


def is_harmful(text: str) -> bool:
    """Whether a text is flagged."""
    return any(value >= _THRESHOLD for value in score(text).values())


async def create(exchange: Exchange) -> Answer:
    """Classify one or several texts, or one input of texts and images."""
    model = exchange.state.model(exchange.params["model"]).require("moderation", "v1/moderations")
    given: Any = exchange.params["input"]
    categories = CLASSIC if model.id.startswith("text-moderation") else MODERN
    texts = [given] if isinstance(given, str) else given
    if all(isinstance(text, str) for text in texts):
        results = [_result(text, "", categories, ["text"]) for text in texts]
    else:
        if categories is CLASSIC:
            message = f"Invalid type for 'input': {model.id} takes strings only."
            raise bad_request(message, "input", "invalid_type")
        results = [_result_of_parts(exchange, texts)]
    return as_json({"id": "modr-" + exchange.state.new_id(), "model": model.id, "results": results})


def _result_of_parts(exchange: Exchange, parts: list[Any]) -> Json:
    """What is to be said of an input that is made of parts."""
    said: list[str] = []
    seen: list[str] = []
    for number, given in enumerate(parts):
        name = f"input[{number}]"
        part = _PART.check(name, given)
        if part["type"] == "text":
            said.append(_TEXT.check(name, part)["text"])
        else:
            url: str = _IMAGE.check(name, part)["image_url"]["url"]
            seen.append(_what_is_seen(exchange, url, f"{name}.image_url"))
    kinds = [kind for kind, found in (("text", said), ("image", seen)) if found]
    return _result(" ".join(said), " ".join(seen), MODERN, kinds)


def _what_is_seen(exchange: Exchange, url: str, name: str) -> str:
    """What was asked for when this server painted a picture; of other pictures nothing is known."""
    header, _, encoded = url.partition(",")
    if not header.startswith("data:"):
        if not url.startswith(("http://", "https://")):
            raise bad_request("Invalid image URL.", name, "invalid_value")
        stored = exchange.state.images.get(url.rpartition("/")[2].removesuffix(".png"))
        return "" if stored is None else stored.prompt
    try:
        data = base64.b64decode(encoded, validate=True)
    except ValueError:
        message = "Invalid base64 in a data URL."
        raise bad_request(message, name, "invalid_base64") from None
    try:
        return read_png(data).description or ""
    except ValueError:
        return ""


def _result(text: str, seen: str, categories: tuple[str, ...], kinds: list[str]) -> Json:
    """Of each category the worst of what is read and what is seen; not all are looked for in images."""
    read, looked = score(text), score(seen)
    applied = {
        category: [kind for kind in kinds if kind == "text" or category in _VISIBLE]
        for category in categories
    }
    scores = {
        category: max(
            [0.0, *((read if kind == "text" else looked)[category] for kind in applied[category])]
        )
        for category in categories
    }
    flags = {category: scores[category] >= _THRESHOLD for category in categories}
    return {
        "flagged": any(flags.values()),
        "categories": flags,
        "category_scores": scores,
        "category_applied_input_types": applied,
    }


ENDPOINTS = (Endpoint("POST", "/moderations", create, SPEC, "json"),)
