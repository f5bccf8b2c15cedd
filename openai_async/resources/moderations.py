"""https://platform.openai.com/docs/api-reference/moderations"""

from __future__ import annotations

from typing_extensions import Unpack

from .._resource import Resource
from ..types.moderations import Moderation, ModerationCreateParams

__all__ = ["Moderations"]


class Moderations(Resource):
    """Whether texts and images are harmful."""

    async def create(self, **params: Unpack[ModerationCreateParams]) -> Moderation:
        """Judge one text or many, or one input of texts and images."""
        return await self._post(
            "/moderations", Moderation, json=params, takes=ModerationCreateParams
        )
