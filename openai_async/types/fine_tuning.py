"""Jobs that fit a model to examples: https://platform.openai.com/docs/api-reference/fine-tuning"""

from __future__ import annotations

__all__: list[str] = []
