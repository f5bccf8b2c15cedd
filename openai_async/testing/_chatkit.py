"""What ChatKit's endpoints remember."""

from __future__ import annotations

from dataclasses import dataclass, field

from ._params import Json


@dataclass
class ChatKitState:
    """Sessions and threads, by id."""

    sessions: dict[str, Json] = field(default_factory=dict[str, Json])
    threads: dict[str, Json] = field(default_factory=dict[str, Json])
    items: dict[str, list[Json]] = field(default_factory=dict[str, list[Json]])
    """By thread, oldest first."""
