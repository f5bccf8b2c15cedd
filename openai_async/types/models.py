"""Models, as served: https://platform.openai.com/docs/api-reference/models"""

from __future__ import annotations

from .._models import Model

__all__ = ["ModelDeleted", "ModelInfo"]


class ModelInfo(Model):
    """A model that can be used."""

    id: str
    """What goes into `model=` of other calls."""
    object: str
    """Always `model`."""
    created: int
    """When it was made: seconds since the epoch."""
    owned_by: str
    """The organization that owns it."""
    shutdown_date: str | None = None
    """The day on which it will be gone, if that was announced."""


class ModelDeleted(Model):
    """A fine-tuned model that is gone."""

    id: str
    object: str
    deleted: bool
