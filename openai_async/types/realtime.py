"""Keys and calls for speech in real time: https://platform.openai.com/docs/api-reference/realtime"""

from __future__ import annotations

__all__: list[str] = []
