"""https://platform.openai.com/docs/api-reference/edits"""

from __future__ import annotations

from typing_extensions import Unpack

from .._resource import Resource
from ..types.edits import Edit, EditCreateParams

__all__ = ["Edits"]


class Edits(Resource):
    """Texts that are changed as an instruction says."""

    async def create(self, **params: Unpack[EditCreateParams]) -> Edit:
        """Change a text, or write one where `input` is left out."""
        return await self._post("/edits", Edit, json=params, takes=EditCreateParams)
