"""https://platform.openai.com/docs/api-reference/webhooks"""

from __future__ import annotations

from .._resource import Resource

__all__ = ["Webhooks"]


class Webhooks(Resource):
    """Events that the API sends to a server of yours."""
