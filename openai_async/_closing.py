"""What is let go of at the end of an `async with` block."""

from __future__ import annotations

from typing_extensions import Self

__all__ = ["Closing"]


class Closing:
    """An async context manager that gives itself, and is closed at the end of the block.

    A class says how in `close` or in `aclose`: each does what the other does.
    """

    async def close(self) -> None:
        """Let go of what it holds."""
        await self.aclose()

    async def aclose(self) -> None:
        """The same as `close`, under the name that `contextlib.aclosing` calls."""
        await self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
