"""https://platform.openai.com/docs/api-reference/chatkit"""

from __future__ import annotations

from .._resource import Resource

__all__ = ["ChatKit"]


class ChatKit(Resource):
    """Sessions and threads of ChatKit, the chat for web pages."""
