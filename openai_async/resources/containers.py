"""https://platform.openai.com/docs/api-reference/containers"""

from __future__ import annotations

from .._resource import Resource

__all__ = ["Containers"]


class Containers(Resource):
    """Sandboxes in which models run code."""
