"""https://platform.openai.com/docs/api-reference/content-provenance-checks"""

from __future__ import annotations

from .._resource import Resource

__all__ = ["ContentProvenanceChecks"]


class ContentProvenanceChecks(Resource):
    """Whether a picture or a sound was made by a model."""
