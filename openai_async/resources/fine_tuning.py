"""https://platform.openai.com/docs/api-reference/fine-tuning"""

from __future__ import annotations

from .._resource import Resource

__all__ = ["FineTuning"]


class FineTuning(Resource):
    """Jobs that fit a model to examples."""
