"""Containers: the files in them, and when they are gone. No code runs in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ._clock import Timed
from ._params import Json

if TYPE_CHECKING:
    from ._state import StoredFile

__all__ = ["Container", "ContainerFile"]

FOLDER = "/mnt/data/"


@dataclass
class ContainerFile(Timed):
    """A file in a container."""

    id: str
    container_id: str
    stored: StoredFile

    def describe(self) -> Json:
        """The API's `container.file` object."""
        return {
            "id": self.id,
            "object": "container.file",
            "container_id": self.container_id,
            "created_at": int(self.created),
            "bytes": self.stored.bytes,
            "path": FOLDER + self.stored.filename.rpartition("/")[2],
            "source": "user",
        }


@dataclass
class Container(Timed):
    """A container, and its files by their ids."""

    id: str
    name: str
    minutes: int
    memory: str
    network: Json
    files: dict[str, ContainerFile] = field(default_factory=dict[str, ContainerFile])

    def __post_init__(self) -> None:
        super().__post_init__()
        self.last_active = self.created

    @property
    def status(self) -> str:
        """`running`, and `expired` when nobody has used it for too long."""
        return "running" if self.clock.now() < self.last_active + self.minutes * 60 else "expired"

    def describe(self) -> Json:
        """The API's `container` object; secrets stay in."""
        shown = ("type", "allowed_domains")
        return {
            "id": self.id,
            "object": "container",
            "created_at": int(self.created),
            "status": self.status,
            "expires_after": {"anchor": "last_active_at", "minutes": self.minutes},
            "last_active_at": int(self.last_active),
            "memory_limit": self.memory,
            "network_policy": {key: self.network[key] for key in shown if key in self.network},
            "name": self.name,
        }
