"""https://platform.openai.com/docs/api-reference/videos"""

from __future__ import annotations

from .._resource import Resource

__all__ = ["Videos"]


class Videos(Resource):
    """Moving pictures; deprecated."""
