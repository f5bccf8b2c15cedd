"""Moving pictures; deprecated: https://platform.openai.com/docs/api-reference/videos"""

from __future__ import annotations

__all__: list[str] = []
