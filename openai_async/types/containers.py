"""Sandboxes in which models run code: https://platform.openai.com/docs/api-reference/containers"""

from __future__ import annotations

__all__: list[str] = []
