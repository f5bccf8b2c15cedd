"""Big files, in parts: https://platform.openai.com/docs/api-reference/uploads"""

from __future__ import annotations

__all__: list[str] = []
