"""Many calls as one job, at half the price, within a day: https://platform.openai.com/docs/api-reference/batches"""

from __future__ import annotations

__all__: list[str] = []
