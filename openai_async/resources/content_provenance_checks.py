"""https://platform.openai.com/docs/api-reference/content-provenance-checks"""

from __future__ import annotations

from typing_extensions import Unpack

from .._resource import Resource
from ..types.content_provenance_checks import (
    ContentProvenanceCheck,
    ContentProvenanceCheckCreateParams,
)

__all__ = ["ContentProvenanceChecks"]


class ContentProvenanceChecks(Resource):
    """Whether images and recordings were made by OpenAI's models."""

    async def create(
        self, **params: Unpack[ContentProvenanceCheckCreateParams]
    ) -> ContentProvenanceCheck:
        """Look for the signals that such content carries."""
        return await self._post(
            "/content_provenance_checks",
            ContentProvenanceCheck,
            form=params,
            takes=ContentProvenanceCheckCreateParams,
        )
