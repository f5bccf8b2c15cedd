"""https://platform.openai.com/docs/api-reference/batches"""

from __future__ import annotations

from .._resource import Resource

__all__ = ["Batches"]


class Batches(Resource):
    """Many calls as one job, at half the price, within a day."""
