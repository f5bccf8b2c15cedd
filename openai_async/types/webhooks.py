"""Events that the API sends to a server of yours: https://platform.openai.com/docs/api-reference/webhooks"""

from __future__ import annotations

__all__: list[str] = []
