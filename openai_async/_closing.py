"""What is closed on leaving `async with`."""

from __future__ import annotations

from types import TracebackType

__all__ = ["Closing"]


class Closing:
    """The ways to close something, of which `close` is the one that does it."""

    async def close(self) -> None:
        """Let go of what is held."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """The same as `close`, under the name that `contextlib.aclosing` calls."""
        await self.close()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
