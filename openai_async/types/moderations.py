"""Moderations: https://platform.openai.com/docs/api-reference/moderations"""

from __future__ import annotations

from collections.abc import ItemsView, KeysView, Sequence
from typing import Generic, Literal, TypeVar

from pydantic import Field
from typing_extensions import Required, TypedDict

from .._models import Model
from .._request import RequestOptions

__all__ = [
    "Moderation", "ModerationAppliedInputTypes", "ModerationByCategory", "ModerationCategories",
    "ModerationCategoryScores", "ModerationCreateParams", "ModerationCreateResponse",
    "ModerationImageParam", "ModerationImageURLParam", "ModerationModel", "ModerationPartParam",
    "ModerationResult", "ModerationTextParam",
]  # fmt: skip

T = TypeVar("T")

ModerationModel = (
    Literal[
        "omni-moderation-latest",
        "omni-moderation-2024-09-26",
        "text-moderation-latest",
        "text-moderation-stable",
    ]
    | str
)
"""Only `omni-moderation` looks at images."""


class ModerationTextParam(TypedDict, total=False):
    type: Required[Literal["text"]]
    text: Required[str]


class ModerationImageURLParam(TypedDict, total=False):
    url: Required[str]
    """Where it is, or a data URL with the image in it."""


class ModerationImageParam(TypedDict, total=False):
    type: Required[Literal["image_url"]]
    image_url: Required[ModerationImageURLParam]


ModerationPartParam = ModerationTextParam | ModerationImageParam


class ModerationCreateParams(RequestOptions, total=False):
    input: Required[str | Sequence[str | ModerationPartParam]]
    """A text; texts alone, with a result for each; or the parts, texts and images, of one input."""
    model: ModerationModel
    """Default: `omni-moderation-latest`."""


class ModerationByCategory(Model, Generic[T]):
    """A value for each category, as an attribute and by its wire name: `x["hate/threatening"]`.

    Categories that the server's model doesn't judge are None as attributes and no keys. Those that
    we don't know yet are keys all the same.
    """

    hate: T | None = None
    """Against a group, for what it is."""
    hate_threatening: T | None = Field(default=None, alias="hate/threatening")
    """Such hate with violence in it."""
    harassment: T | None = None
    """Against anybody; newer models."""
    harassment_threatening: T | None = Field(default=None, alias="harassment/threatening")
    """Harassment with violence in it; newer models."""
    illicit: T | None = None
    """Advice on how to break the law; newer models."""
    illicit_violent: T | None = Field(default=None, alias="illicit/violent")
    """Such advice with violence or weapons in it; newer models."""
    self_harm: T | None = Field(default=None, alias="self-harm")
    """Harm to oneself: promoted, encouraged or shown."""
    self_harm_intent: T | None = Field(default=None, alias="self-harm/intent")
    """The speaker's intent to do so; newer models."""
    self_harm_instructions: T | None = Field(default=None, alias="self-harm/instructions")
    """Advice on how to do so; newer models."""
    sexual: T | None = None
    """Meant to arouse, or for sexual services."""
    sexual_minors: T | None = Field(default=None, alias="sexual/minors")
    """Sexual, with somebody under 18."""
    violence: T | None = None
    """Violence promoted, or shown."""
    violence_graphic: T | None = Field(default=None, alias="violence/graphic")
    """Violence in graphic detail."""

    def _by_wire_name(self) -> dict[str, T]:
        fields = type(self).model_fields
        named = {field.alias or name: getattr(self, name) for name, field in fields.items()}
        return {
            name: value
            for name, value in {**named, **(self.model_extra or {})}.items()
            if value is not None
        }

    def __getitem__(self, category: str) -> T:
        """The value of a category by its wire name. Raises `KeyError` for one that did not come."""
        return self._by_wire_name()[category]

    def __contains__(self, category: object) -> bool:
        return category in self._by_wire_name()

    # With keys() and [...], dict(x) and {**x} give a dictionary by wire name.

    def keys(self) -> KeysView[str]:
        """The wire names of the categories that came."""
        return self._by_wire_name().keys()

    def items(self) -> ItemsView[str, T]:
        """Wire names and values: `max(scores.items(), key=lambda item: item[1])`."""
        return self._by_wire_name().items()


class ModerationCategories(ModerationByCategory[bool]):
    """Whether the input is of each category."""


class ModerationCategoryScores(ModerationByCategory[float]):
    """How sure the model is of each category, from 0 to 1; no probabilities."""


class ModerationAppliedInputTypes(ModerationByCategory[list[Literal["text", "image"] | str]]):
    """What of the input each category was judged by."""


class ModerationResult(Model):
    """What is to be said of one input."""

    flagged: bool
    """Whether it is of any category."""
    categories: ModerationCategories
    category_scores: ModerationCategoryScores
    category_applied_input_types: ModerationAppliedInputTypes | None = None
    """None from models that read only."""


class Moderation(Model):
    """A result for each input, in their order."""

    id: str
    model: str
    results: list[ModerationResult]


ModerationCreateResponse = Moderation
"""The official client's name."""
