"""Files that can be searched by meaning: https://platform.openai.com/docs/api-reference/vector-stores"""

from __future__ import annotations

__all__: list[str] = []
