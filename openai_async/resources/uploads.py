"""https://platform.openai.com/docs/api-reference/uploads"""

from __future__ import annotations

from .._resource import Resource

__all__ = ["Uploads"]


class Uploads(Resource):
    """Big files, in parts."""
