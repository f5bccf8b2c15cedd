"""https://platform.openai.com/docs/api-reference/responses"""

from __future__ import annotations

from .._resource import Resource

__all__ = ["Responses"]


class Responses(Resource):
    """Answers of models, with tools and state on the server."""
