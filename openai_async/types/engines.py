"""Engines, as models were called before: https://platform.openai.com/docs/api-reference/engines"""

from __future__ import annotations

from .._models import Model

__all__ = ["Engine"]


class Engine(Model):
    """A model, in the words of the first API."""

    id: str
    """What goes into `model=` of other calls."""
    object: str
    """Always `engine`."""
    created: int | None = None
    """Seconds since the epoch; normally None."""
    ready: bool | None = None
    """Whether it can be used."""
    owner: str | None = None
    """The organization that owns it."""
