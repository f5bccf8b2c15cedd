"""Bundles of instructions and files for models: https://platform.openai.com/docs/api-reference/skills"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from typing_extensions import NotRequired, Required, TypedDict

from .._models import Model
from .._multipart import FileInput
from .._request import RequestOptions

__all__ = [
    "DeletedSkill", "DeletedSkillVersion", "InlineSkillParam", "InlineSkillSourceParam", "Skill",
    "SkillCreateParams", "SkillListParams", "SkillReferenceParam", "SkillUpdateParams", "SkillVersion",
    "SkillVersionCreateParams",
]  # fmt: skip


class SkillReferenceParam(TypedDict):
    """A skill that the server keeps."""

    type: Literal["skill_reference"]
    skill_id: str
    version: NotRequired[str]
    """A number, or `latest`. Default: the skill's default version."""


class InlineSkillSourceParam(TypedDict):
    type: Literal["base64"]
    media_type: Literal["application/zip"]
    data: str
    """The zip file in base64, up to 67 MiB of it."""


class InlineSkillParam(TypedDict):
    """A skill that comes along."""

    type: Literal["inline"]
    name: str
    description: str
    source: InlineSkillSourceParam


class SkillCreateParams(RequestOptions, total=False):
    files: Sequence[FileInput] | FileInput
    """The path of a folder, a zip file, or a list of up to 500 files, each best given as
    `("folder/SKILL.md", content)`: a path alone would lose its folder."""


class SkillVersionCreateParams(SkillCreateParams, total=False):
    default: bool
    """Whether it becomes the default version."""


class SkillUpdateParams(RequestOptions, total=False):
    default_version: Required[str]
    """The number of the version that holds where none is named."""


class SkillListParams(RequestOptions, total=False):
    limit: int
    """Items of a page."""
    order: Literal["asc", "desc"]
    """Of skills by time, of versions by number."""
    after: str
    """The id that the page begins behind."""


class Skill(Model):
    """Instructions and files for a model, in versions."""

    id: str
    object: str
    """Always `skill`."""
    name: str
    description: str
    created_at: int
    """Seconds since the epoch."""
    default_version: str
    """A number."""
    latest_version: str
    """A number."""


class SkillVersion(Model):
    """A version of a skill, which never changes."""

    id: str
    object: str
    """Always `skill.version`."""
    skill_id: str
    version: str
    """Its number."""
    created_at: int
    """Seconds since the epoch."""
    name: str
    description: str


class DeletedSkill(Model):
    """A skill that is gone."""

    id: str
    object: str
    """Always `skill.deleted`."""
    deleted: bool


class DeletedSkillVersion(Model):
    """A version that is gone."""

    id: str
    object: str
    """Always `skill.version.deleted`."""
    deleted: bool
    version: str
    """Its number."""
