"""The models that the server knows, and what each of them is for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ._errors import ApiError

if TYPE_CHECKING:
    from ._language import Memory

OWNER = "openai"

_DATED = re.compile(r"(.+)-\d{4}-\d{2}-\d{2}")

_THINKERS = re.compile(r"o\d|gpt-(?:[5-9]|oss)")


@dataclass(frozen=True)
class Model:
    """A model: which endpoints it serves and how much text it takes."""

    id: str
    kinds: frozenset[str]
    context: int = 4096
    """Tokens that fit, prompt and answer together."""
    dimensions: int = 0
    """Length of its embeddings."""
    created: int = 1_677_610_602
    owned_by: str = OWNER
    memory: Memory | None = None
    """What a fine-tuned model has learned."""

    def describe(self) -> dict[str, Any]:
        """The API's `model` object."""
        return {
            "id": self.id,
            "object": "model",
            "created": self.created,
            "owned_by": self.owned_by,
        }

    @property
    def reasons(self) -> bool:
        """Whether it thinks before it speaks, and can be asked to think more or less."""
        return _THINKERS.match(self.id) is not None

    def require(self, kind: str, endpoint: str) -> Model:
        """This model, if it serves such calls; else the 404 that the API answers."""
        if kind in self.kinds:
            return self
        if kind == "chat" and "completion" in self.kinds:
            message = (
                "This is not a chat model and thus not supported in the v1/chat/completions "
                "endpoint. Did you mean to use v1/completions?"
            )
        elif kind == "completion" and "chat" in self.kinds:
            message = (
                "This is a chat model and not supported in the v1/completions endpoint. "
                "Did you mean to use v1/chat/completions?"
            )
        else:
            message = f"The model `{self.id}` can't be used with the {endpoint} endpoint."
        raise ApiError(404, message, param="model")


# Chat models by the tokens that they take.
_CHAT = {
    400_000: """gpt-5 gpt-5-codex gpt-5-mini gpt-5-nano gpt-5-pro gpt-5.1 gpt-5.1-codex
        gpt-5.1-codex-max gpt-5.1-mini gpt-5.2 gpt-5.2-pro gpt-5.4 gpt-5.4-mini gpt-5.4-nano gpt-5.5
        gpt-5.5-pro gpt-5.6-cyber gpt-5.6-luna gpt-5.6-sol gpt-5.6-terra gpt-daybreak-blue-latest
        gpt-daybreak-red-latest""",
    1_047_576: "gpt-4.1 gpt-4.1-mini gpt-4.1-nano",
    200_000: """codex-mini-latest o1 o1-pro o3 o3-deep-research o3-mini o3-pro o4-mini
        o4-mini-deep-research""",
    128_000: """chatgpt-4o-latest gpt-4-0125-preview gpt-4-1106-preview gpt-4-turbo
        gpt-4-turbo-preview gpt-4-vision-preview gpt-4o gpt-4o-audio-preview gpt-4o-mini
        gpt-4o-mini-audio-preview gpt-4o-mini-search-preview gpt-4o-search-preview gpt-5-chat-latest
        gpt-5.1-chat-latest gpt-5.2-chat-latest gpt-5.3-chat-latest o1-mini o1-preview""",
    32_768: "gpt-4-32k gpt-4-32k-0314 gpt-4-32k-0613",
    16_385: """gpt-3.5-turbo gpt-3.5-turbo-0125 gpt-3.5-turbo-1106 gpt-3.5-turbo-16k
        gpt-3.5-turbo-16k-0613""",
    8_192: "computer-use-preview gpt-4 gpt-4-0314 gpt-4-0613",
    4_096: "gpt-3.5-turbo-0301 gpt-3.5-turbo-0613",
}

# kind: (name, tokens of context)
_CATALOG: dict[str, tuple[tuple[str, int], ...]] = {
    "chat": tuple((name, tokens) for tokens, names in _CHAT.items() for name in names.split()),
    "completion": (
        ("gpt-3.5-turbo-instruct", 4_096),
        ("text-davinci-003", 4_097),
        ("text-davinci-002", 4_097),
        ("text-davinci-001", 2_049),
        ("code-davinci-002", 8_001),
        ("text-curie-001", 2_049),
        ("text-babbage-001", 2_049),
        ("text-ada-001", 2_049),
        ("davinci-002", 16_384),
        ("babbage-002", 16_384),
        ("davinci", 2_049),
        ("curie", 2_049),
        ("babbage", 2_049),
        ("ada", 2_049),
    ),
    "edit": (("text-davinci-edit-001", 4_097), ("code-davinci-edit-001", 4_097)),
    "embedding": (
        ("text-embedding-ada-002", 8_191),
        ("text-embedding-3-small", 8_191),
        ("text-embedding-3-large", 8_191),
    ),
    "audio": (
        ("whisper-1", 448),
        ("gpt-4o-transcribe", 16_000),
        ("gpt-4o-mini-transcribe", 16_000),
        ("gpt-4o-transcribe-diarize", 16_000),
        ("gpt-transcribe", 16_000),
    ),
    "speech": (("tts-1", 4_096), ("tts-1-hd", 4_096), ("gpt-4o-mini-tts", 4_096)),
    "image": (
        ("chatgpt-image-latest", 32_000),
        ("dall-e-2", 1_000),
        ("dall-e-3", 4_000),
        ("gpt-image-1", 32_000),
        ("gpt-image-1-mini", 32_000),
        ("gpt-image-1.5", 32_000),
        ("gpt-image-2", 32_000),
    ),
    "video": (("sora-2", 32_000), ("sora-2-pro", 32_000)),
    "moderation": (
        ("text-moderation-latest", 32_768),
        ("text-moderation-stable", 32_768),
        ("omni-moderation-latest", 32_768),
        ("omni-moderation-2024-09-26", 32_768),
    ),
}

_DIMENSIONS = {
    "text-embedding-ada-002": 1536,
    "text-embedding-3-small": 1536,
    "text-embedding-3-large": 3072,
}

TUNABLE = ("ada", "babbage", "curie", "davinci")
"""The base models of fine-tunes."""


def find(models: Mapping[str, Model], name: str) -> Model | None:
    """A model by its name; one of the catalog also by that of a snapshot: gpt-4o-2024-08-06."""
    dated = _DATED.fullmatch(name)
    base = models.get(dated[1]) if dated and name not in models else None
    if base is None or base.owned_by != OWNER:
        return models.get(name)
    return replace(base, id=name)


def known_models(extra: Iterable[str] = ()) -> Iterator[Model]:
    """The catalog, and `extra` names that serve every endpoint."""
    for kind, rows in _CATALOG.items():
        for name, context in rows:
            yield Model(name, frozenset({kind}), context, _DIMENSIONS.get(name, 0))
    for name in extra:
        yield Model(name, frozenset(_CATALOG), 128_000, 1536, owned_by="system")
