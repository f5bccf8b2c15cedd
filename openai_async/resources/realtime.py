"""https://platform.openai.com/docs/api-reference/realtime"""

from __future__ import annotations

from .._resource import Resource

__all__ = ["Realtime"]


class Realtime(Resource):
    """Keys and calls for speech in real time."""
