"""Answers of models, with tools and state on the server: https://platform.openai.com/docs/api-reference/responses"""

from __future__ import annotations

__all__: list[str] = []
