"""Whether a picture or a sound was made by a model: https://platform.openai.com/docs/api-reference/content-provenance-checks"""

from __future__ import annotations

__all__: list[str] = []
