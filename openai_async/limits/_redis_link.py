"""A way to Redis that may be cut: every wait is bounded, and it says once that it is gone."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import anyio

from ..errors import ConfigurationError
from ._redis_scripts import GIVE_BACK, PAUSE, RESERVE, SETTLE

if TYPE_CHECKING:
    from redis.asyncio import Redis

__all__ = ["RedisLink"]

logger = logging.getLogger("openai_async")

FIRST_REST = 1.0
LONGEST_REST = 30.0
"""Seconds between two tries while Redis is out of reach: they double from the first to the last."""
AT_A_TIME = 8
"""Scripts on their way: each takes a connection."""


class RedisLink:
    """The scripts, run on a client of Redis. Belongs to one event loop."""

    def __init__(self, client: Redis, *, timeout: float, owned: bool) -> None:
        self._client = client
        self._owned = owned
        self._timeout = timeout
        self._slots = anyio.CapacityLimiter(AT_A_TIME)
        self._rest = 0.0  # seconds; 0 while Redis answers
        self._again_at = 0.0
        self.reserve = self._register(RESERVE)
        self.settle = self._register(SETTLE)
        self.give_back = self._register(GIVE_BACK)
        self.pause = self._register(PAUSE)

    def _register(self, source: str) -> Script:
        run: Any = self._client.register_script(source)  # sends the text where Redis has lost it

        async def call(keys: Sequence[str], args: Sequence[Any]) -> Any:
            return await self._call(lambda: run(keys=keys, args=args))

        return call

    @property
    def is_resting(self) -> bool:
        """Whether Redis is out of reach, and it isn't time yet to try again."""
        return self._rest > 0 and time.monotonic() < self._again_at

    async def _call(self, send: Callable[[], Awaitable[Any]]) -> Any:
        from redis.exceptions import RedisError  # noqa: PLC0415

        if self.is_resting:
            return None
        if self._rest:
            self._again_at = time.monotonic() + self._rest  # one tries, and the others go on
        try:
            with anyio.fail_after(self._timeout):
                async with self._slots:
                    answer = await send()
        except (RedisError, OSError) as error:  # TimeoutError is an OSError
            _check_refusal(error)
            self._went_away(error)
            return None
        if self._rest:
            self._rest = 0.0
            logger.warning("Redis answers again: limits are shared as before")
        return answer

    def _went_away(self, error: Exception) -> None:
        if not self._rest:
            # Its text may hold the address, which is fine, and never the password.
            logger.warning(
                "Redis is out of reach (%s: %s): calls go on, each process under limits of its own,"
                " until it answers again",
                type(error).__name__,
                error,
            )
        self._rest = min(2 * self._rest or FIRST_REST, LONGEST_REST)
        self._again_at = time.monotonic() + self._rest

    async def aclose(self) -> None:
        """Close the connections, but for those of a client that is somebody else's."""
        if self._owned:
            await self._client.aclose()


def _check_refusal(error: Exception) -> None:
    """Going on would hide for ever that there is no common limit."""
    from redis.exceptions import AuthenticationError, NoPermissionError  # noqa: PLC0415

    # What kind of error it is depends on the first command that is refused, and its text tells.
    told = re.search("authenticat|password", str(error), re.IGNORECASE)
    if told or isinstance(error, (AuthenticationError, NoPermissionError)):
        raise ConfigurationError(
            "Redis refuses the user of RedisStore: its name, password or permissions"
        ) from None


Script = Callable[[Sequence[str], Sequence[Any]], Awaitable[Any]]
"""Keys and arguments to what Redis answers: None while it is out of reach."""
