"""Tests of models: https://platform.openai.com/docs/api-reference/evals"""

from __future__ import annotations

__all__: list[str] = []
