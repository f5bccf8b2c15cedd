"""https://platform.openai.com/docs/api-reference/beta"""

from __future__ import annotations

from .._resource import Resource

__all__ = ["Beta"]


class Beta(Resource):
    """Namespaces under the name they had, or have, before they are final."""
