"""Bundles of instructions and files for models: https://platform.openai.com/docs/api-reference/skills"""

from __future__ import annotations

__all__: list[str] = []
