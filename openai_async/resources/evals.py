"""https://platform.openai.com/docs/api-reference/evals"""

from __future__ import annotations

from .._resource import Resource

__all__ = ["Evals"]


class Evals(Resource):
    """Tests of models."""
