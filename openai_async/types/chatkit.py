"""Sessions and threads of ChatKit, the chat for web pages: https://platform.openai.com/docs/api-reference/chatkit"""

from __future__ import annotations

__all__: list[str] = []
