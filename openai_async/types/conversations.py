"""Conversations that the server keeps: https://platform.openai.com/docs/api-reference/conversations"""

from __future__ import annotations

__all__: list[str] = []
