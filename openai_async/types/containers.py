"""Sandboxes in which models run code: https://platform.openai.com/docs/api-reference/containers"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from typing_extensions import NotRequired, Required, TypedDict

from .._models import Model
from .._multipart import FileInput
from .._request import RequestOptions
from .skills import InlineSkillParam, SkillReferenceParam

__all__ = [
    "Container", "ContainerCreateParams", "ContainerDomainSecretParam", "ContainerExpiresAfter",
    "ContainerExpiresAfterParam", "ContainerFile", "ContainerFileCreateParams",
    "ContainerFileListParams", "ContainerListParams", "ContainerMemory",
    "ContainerNetworkAllowlistParam", "ContainerNetworkDisabledParam", "ContainerNetworkPolicy",
    "ContainerNetworkPolicyParam",
]  # fmt: skip

ContainerMemory = Literal["1g", "4g", "16g", "64g"]


class ContainerExpiresAfterParam(TypedDict):
    anchor: Literal["last_active_at"]
    minutes: int


class ContainerDomainSecretParam(TypedDict):
    """What is put into requests to a domain without the code in the container seeing it."""

    domain: str
    name: str
    value: str
    """At most 10 MiB."""


class ContainerNetworkDisabledParam(TypedDict):
    type: Literal["disabled"]


class ContainerNetworkAllowlistParam(TypedDict):
    """A network of a few domains."""

    type: Literal["allowlist"]
    allowed_domains: Sequence[str]
    domain_secrets: NotRequired[Sequence[ContainerDomainSecretParam]]


ContainerNetworkPolicyParam = ContainerNetworkDisabledParam | ContainerNetworkAllowlistParam
"""What code in a container can reach."""


class ContainerCreateParams(RequestOptions, total=False):
    name: Required[str]
    file_ids: Sequence[str]
    """Files to copy into it."""
    expires_after: ContainerExpiresAfterParam
    """After how long without use it is gone."""
    skills: Sequence[SkillReferenceParam | InlineSkillParam]
    memory_limit: ContainerMemory
    """Default: `1g`."""
    network_policy: ContainerNetworkPolicyParam


class ContainerFileListParams(RequestOptions, total=False):
    limit: int
    """Items of a page, 1 to 100. Default: 20."""
    order: Literal["asc", "desc"]
    """By the time of creation. Default: `desc`."""
    after: str
    """The id that the page begins behind."""


class ContainerListParams(ContainerFileListParams, total=False):
    name: str
    """Containers of this name only."""


class ContainerFileCreateParams(RequestOptions, total=False):
    file: FileInput
    """The content; this or `file_id`."""
    file_id: str
    """A file that was uploaded before, to be copied."""


class ContainerExpiresAfter(Model):
    """How long a container lives without being used."""

    anchor: Literal["last_active_at"] | str | None = None
    minutes: int | None = None


class ContainerNetworkPolicy(Model):
    """What code in a container can reach."""

    type: Literal["allowlist", "disabled"] | str
    allowed_domains: list[str] | None = None


class Container(Model):
    """A sandbox with files in which models run code."""

    id: str
    object: str
    """Always `container`."""
    name: str
    created_at: int
    """Seconds since the epoch."""
    status: str
    """`running`, `expired`, ..."""
    last_active_at: int | None = None
    """Seconds since the epoch."""
    expires_after: ContainerExpiresAfter | None = None
    memory_limit: ContainerMemory | str | None = None
    network_policy: ContainerNetworkPolicy | None = None


class ContainerFile(Model):
    """A file in a container."""

    id: str
    object: str
    """Always `container.file`."""
    container_id: str
    created_at: int
    """Seconds since the epoch."""
    bytes: int
    """Its size."""
    path: str
    """Where it is in the container."""
    source: Literal["user", "assistant"] | str
    """Who has put it there."""
