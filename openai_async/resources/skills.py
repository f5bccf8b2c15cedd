"""https://platform.openai.com/docs/api-reference/skills"""

from __future__ import annotations

from .._resource import Resource

__all__ = ["Skills"]


class Skills(Resource):
    """Bundles of instructions and files for models."""
