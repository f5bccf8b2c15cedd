"""`RedisStore`: limits shared by processes and machines, over Redis (extra `redis`)."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio

from .._config import Secret
from .._loops import PerLoop
from ..errors import ConfigurationError
from ._redis_link import RedisLink
from ._store import Reservation

if TYPE_CHECKING:
    from redis.asyncio import Redis

__all__ = ["RedisStore"]

SECOND = 1_000_000
"""In Redis, times are whole microseconds."""
MINUTE = 60 * SECOND
PATIENCE = 1.0
"""Seconds that the first in line waits here. Longer waits are told."""
BURST = 0.25
"""The part of a limit that may go at once, when little has gone in its window."""
SLACK = 0.05
"""The part of a window that may be caught up, when nobody asked in time."""
LOOK_AGAIN = SECOND // 2
"""Tokens may come back at any time: nobody sleeps for longer before asking again."""
GRACE = 2 * SECOND
"""How late one whose turn has come may be, before it passes to the next."""


class Rule(NamedTuple):
    """So many requests in any window."""

    limit: int
    window: int
    """Microseconds."""


class RedisStore:
    """Limits and cool-downs that all processes share which use the same Redis.

    Give it to a gate, in every process with the same numbers:

        Gate(store=RedisStore("redis://localhost", requests_per_minute=500))

    No window of a minute (a second) ever holds more than the limit, by Redis's clock. A quarter of
    it may go at once; what is past that is spaced evenly. Where more is asked for than there is, the
    processes take turns, and the callers of one process go in the order of their coming.

    What a process reserved and never settled, since it was killed, is free again after `lease`.
    While Redis is out of reach, calls go on without it, and a warning is logged: once, and once more
    when it answers again.

    For asyncio; on trio it raises `ConfigurationError`. One store serves any number of event loops,
    one after the other; `aclose()` closes the connections of the loop that runs, which end with
    their loop in any case.
    """

    def __init__(
        self,
        url: str | Redis,
        *,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        requests_per_second: float | None = None,
        prefix: str = "openai_async",
        lease: float = 60.0,
        timeout: float = 2.0,
    ) -> None:
        """
        Args:
            url: `redis://[user:password@]host[:port][/db]`, `rediss://...` for TLS, or
                `unix://path`; or a `redis.asyncio.Redis` of your own, which you close.
            requests_per_minute: Of each lane (host, key and model). None is any number.
            tokens_per_minute: The same. A call of more tokens waits until none are in use.
            requests_per_second: The same.
            prefix: What the names of the keys in Redis begin with.
            lease: Seconds after which a reservation that nobody settled no longer counts. At most
                the longest window makes sense: a minute. Less should be more than a call takes:
                until it is settled, a longer call doesn't count for the rest of its time.
            timeout: Seconds for a command, after which Redis counts as out of reach.

        Raises:
            ConfigurationError: redis-py isn't installed, or a setting that can't be used.
        """
        self._url = Secret(url) if isinstance(url, str) else None
        self._client = None if isinstance(url, str) else url
        self._prefix = prefix
        self._rules = [
            *_rule("requests_per_second", requests_per_second, SECOND),
            *_rule("requests_per_minute", requests_per_minute, MINUTE),
        ]
        tokens = _rule("tokens_per_minute", tokens_per_minute, MINUTE)
        self._tokens = tokens[0].limit if tokens else 0
        self._span = max((rule.window for rule in (*self._rules, *tokens)), default=SECOND)
        if not (lease > 0 and timeout > 0):
            raise ConfigurationError("lease and timeout are seconds, more than 0")
        self._timeout = timeout
        # 0: as long as the window, at whose end it no longer counts in any case.
        self._lease = int(lease * SECOND) if lease * SECOND < self._span else 0
        self._connect = self._connector()
        self._runs = PerLoop(self._run)

    def __repr__(self) -> str:
        limits = [f"{rule.limit} requests in {rule.window / SECOND:g} s" for rule in self._rules]
        if self._tokens:
            limits.append(f"{self._tokens} tokens in 60 s")
        return f"<RedisStore {self._prefix!r}: {', '.join(limits) or 'cool-downs only'}>"

    async def reserve(self, lane: str, *, tokens: int) -> Reservation | float:
        """Take one request and `tokens` of a lane's limits.

        Waits in line behind other callers of this process, and up to a second for its turn. Where
        that is further away, gives the seconds after which to ask again.

        Raises `ConfigurationError` on trio, and where Redis refuses the user.
        """
        run = await self._here()
        if run.link.is_resting:  # nobody waits for the one that tries
            return Reservation(lane, tokens)
        line = run.lines[lane]
        give_up = None
        async with line.lock:
            while True:
                now = time.monotonic()
                wait = line.until - now
                if wait <= 0:
                    answer = await self._ask(run, lane, tokens)
                    if isinstance(answer, Reservation):
                        return answer
                    wait = answer
                    line.until = now + wait
                give_up = give_up or now + PATIENCE
                # Those who were told the same instant don't all come at it.
                wait += random.random() * min(0.2 * wait, 0.02)
                if now + wait > give_up:
                    return wait
                await line.sleep(wait)

    async def settle(self, reservation: Reservation, *, tokens: int) -> None:
        """Say how many tokens were really used. Isn't stopped by a cancellation: it takes no longer
        than `timeout`.
        """
        before = self._cost(reservation.tokens)
        after = max(0, tokens) if self._tokens else 0
        if not reservation.id or (before == after and not self._lease):
            return
        run = await self._here()
        keys = self._keys(reservation.lane, "log", "held", "state")
        at = round(reservation.at * SECOND)
        args = [f"{reservation.id}:{before}", f"{reservation.id}:{after}", at, self._span]
        with anyio.CancelScope(shield=True):
            await run.link.settle(keys, args)
        if after < before:
            run.lines[reservation.lane].wake()

    async def pause(self, lane: str, seconds: float) -> None:
        """Let nobody in for so long, in any process. A pause that ends later stays."""
        if seconds <= 0:
            return
        run = await self._here()
        await run.link.pause(self._keys(lane, "pause"), [max(1, round(seconds * 1000))])

    async def aclose(self) -> None:
        """Close the connections of this event loop."""
        await self._runs.aclose()

    async def _ask(self, run: _Run, lane: str, tokens: int) -> Reservation | float:
        cost = self._cost(tokens)
        name = uuid.uuid4().hex
        member = f"{name}:{cost}"
        keys = self._keys(lane, "log", "held", "state", "claims", "pause")
        fixed = (self._lease, self._span, self._tokens, BURST, SLACK, LOOK_AGAIN)
        grace = min(GRACE, self._lease or GRACE)
        rules = [number for rule in self._rules for number in rule]
        try:
            answer = await run.link.reserve(keys, [member, run.id, cost, *fixed, grace, *rules])
        except asyncio.CancelledError:
            # It may have been given: nobody will settle it.
            with anyio.move_on_after(self._timeout, shield=True):
                await run.link.give_back(keys[:4], [member, run.id])
            raise
        if answer is None:
            return Reservation(lane, tokens)
        given, number = answer
        return Reservation(lane, tokens, name, number / SECOND) if given else number / SECOND

    def _cost(self, tokens: int) -> int:
        """More than all can't be had."""
        return min(max(0, tokens), self._tokens)

    def _keys(self, lane: str, *names: str) -> list[str]:
        # The braces keep the keys of a lane on one node of a cluster.
        return [f"{{{self._prefix}:{lane}}}:{name}" for name in names]

    async def _here(self) -> _Run:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise ConfigurationError("RedisStore is for asyncio, not for trio") from None
        return self._runs.here() or await self._runs.begin()

    def _run(self) -> _Run:
        client = self._client or self._connect()
        return _Run(RedisLink(client, timeout=self._timeout, owned=self._client is None))

    def _connector(self) -> Callable[[], Redis]:
        try:
            from redis.asyncio import Redis  # noqa: PLC0415
            from redis.asyncio.connection import parse_url  # noqa: PLC0415
            from redis.asyncio.retry import Retry  # noqa: PLC0415
            from redis.backoff import NoBackoff  # noqa: PLC0415
        except ImportError:
            raise ConfigurationError(
                "RedisStore needs the extra: pip install 'openai_async[redis]'"
            ) from None
        url = self._url
        if url is None:
            return Redis  # never called: there is a client
        try:
            parse_url(url.reveal())
        except ValueError:
            raise ConfigurationError(
                "the URL of RedisStore is redis://, rediss:// or unix://, and a place"
            ) from None
        settings: dict[str, Any] = {
            "socket_timeout": self._timeout,
            "socket_connect_timeout": self._timeout,
            # Once more at once: the connection may have been idle for too long.
            "retry": Retry(NoBackoff(), 1),
        }
        kind: Any = Redis  # redis-py leaves this method untyped
        return lambda: kind.from_url(url.reveal(), **settings)


def _rule(name: str, limit: float | None, window: int) -> list[Rule]:
    """A limit that is no whole number, as a whole number in a window of its own."""
    if limit is None:
        return []
    if not 0 < limit < float("inf"):
        raise ConfigurationError(f"{name} is a number of more than 0, or None")
    whole = max(1, int(limit))
    return [Rule(whole, round(window * whole / limit))]


@dataclass
class _Line:
    """The callers of one lane, one behind the other."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    until: float = 0.0
    """Until then (`time.monotonic()`) nobody needs to ask."""
    _first: asyncio.Event | None = None

    async def sleep(self, seconds: float) -> None:
        """Wait, as the first in line, until it is worth asking again."""
        self._first = asyncio.Event()
        try:
            with anyio.move_on_after(seconds):
                await self._first.wait()
        finally:
            self._first = None

    def wake(self) -> None:
        """Tokens came back: ask at once."""
        if self._first is not None:
            self.until = 0.0
            self._first.set()


class _Run:
    """What belongs to one event loop."""

    def __init__(self, link: RedisLink) -> None:
        self.link = link
        self.id = uuid.uuid4().hex
        """Who waits, in the eyes of the others."""
        self.lines: defaultdict[str, _Line] = defaultdict(_Line)

    async def aclose(self) -> None:
        await self.link.aclose()
