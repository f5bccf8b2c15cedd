"""https://platform.openai.com/docs/api-reference/vector-stores"""

from __future__ import annotations

from .._resource import Resource

__all__ = ["VectorStores"]


class VectorStores(Resource):
    """Files that can be searched by meaning."""
