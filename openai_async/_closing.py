"""What is let go of at the end of an `async with` block."""

from __future__ import annotations

from typing_extensions import Self

__all__ = ["Closing"]


class Closing:
    """An async context manager that gives itself, and is closed at the end of the block."""

    async def aclose(self) -> None:
        """Let go of what it holds. Each class says how."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
