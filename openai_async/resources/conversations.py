"""https://platform.openai.com/docs/api-reference/conversations"""

from __future__ import annotations

from .._resource import Resource

__all__ = ["Conversations"]


class Conversations(Resource):
    """Conversations that the server keeps."""
