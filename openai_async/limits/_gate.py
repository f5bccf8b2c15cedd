"""The gate: calls that share an account with a server wait for each other, not each for itself."""

from __future__ import annotations

import hashlib
import logging
import math
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anyio

from .._config import Secret
from .._error_bodies import describe
from .._loops import running_loop
from .._retry import GATED, retry_after
from ..errors import ConfigurationError, is_quota_error
from ._headers import quotas
from ._lane import NOTHING, Lane, LaneSnapshot, Ticket
from ._tokens import estimate_tokens, usage_of

if TYPE_CHECKING:
    import httpx

    from .._middleware import Next
    from .._request import Request
    from ._store import Reservation, Store

__all__ = ["Gate", "Gated", "default_gate", "digest_of"]

logger = logging.getLogger("openai_async")


class Gate:
    """Holds calls back so that they stay within the limits of an account.

    - `requests_per_minute`, `tokens_per_minute`: what the account allows, where the server does not
      tell it by itself. Of what is given and what is told, the stricter counts.
    - `store`: what processes or machines share limits by, such as `limits.redis.RedisStore`.

    Limits are learnt from the `x-ratelimit-*` headers of answers. Where there are none, the number
    of calls on their way adapts until the server refuses one with 429, and from then on their rate.
    After a refusal all calls wait together, for as long as the server asks, up to a minute.

    There is one account for each host, key and model. A gate may be passed to any number of clients,
    which share it then; those that are given none share one by themselves, for the same server and
    key, unless they have an `http_client` or a transport of their own. Each event loop counts for
    itself.
    """

    def __init__(
        self,
        *,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        store: Store | None = None,
    ) -> None:
        for name, value in (
            ("requests_per_minute", requests_per_minute),
            ("tokens_per_minute", tokens_per_minute),
        ):
            if value is not None and not (value > 0 and math.isfinite(value)):
                raise ConfigurationError(f"{name} must be a number above 0, not {value!r}")
        self._limits = requests_per_minute, tokens_per_minute
        self._store = store
        self._loops: weakref.WeakKeyDictionary[Any, weakref.WeakValueDictionary[Any, Queue]] = (
            weakref.WeakKeyDictionary()
        )

    def snapshot(self) -> list[LaneSnapshot]:
        """What is known of each account, and how many calls wait; of the event loop that runs, if
        one does."""
        try:
            queues = self._queues()
        except (RuntimeError, ImportError):
            return []
        now = time.monotonic()
        return [queue.describe(now) for queue in queues.values()]

    def _queues(self) -> weakref.WeakValueDictionary[Any, Queue]:
        loop = running_loop()
        found = self._loops.get(loop)
        if found is None:
            found = self._loops[loop] = weakref.WeakValueDictionary()
        return found

    def queue(self, host: str, key: str, model: str | None) -> Queue:
        """The one line of calls for an account, for as long as a client keeps it."""
        queues = self._queues()
        name = host, key, model
        found = queues.get(name)
        if found is None:
            queues[name] = found = Queue(host, key, model, Lane(*self._limits), self._store)
        return found

    def __repr__(self) -> str:
        return f"<Gate {self._limits[0]} requests, {self._limits[1]} tokens a minute>"


class Gated:
    """The middleware that leads the calls of one client through a gate."""

    def __init__(self, gate: Gate, host: str, key: str, is_closed: Callable[[], bool]) -> None:
        """`key` is no secret: a digest of one. `is_closed` tells whether the client is."""
        self.gate = gate
        self._is_closed = is_closed
        self._host = host
        self._key = key
        self._loop: Callable[[], Any] = _no_loop
        self._queues: dict[str | None, Queue] = {}

    async def __call__(self, request: Request, call_next: Next) -> httpx.Response:
        queue = self._queue(request.model)
        ticket = queue.pass_by(request)
        if ticket is None:
            ticket = await queue.line_up(request, self._is_closed)
        try:
            reservation = await queue.reserve(ticket)
            if reservation is not None:
                ticket = ticket._replace(sent_at=time.monotonic())  # the store's wait is no latency
            response = await call_next(request)
        except BaseException:
            queue.end(ticket, None)
            raise
        used = queue.end(ticket, response)
        if reservation is not None:
            await queue.settle(reservation, response, used)
        return response

    def dismiss(self) -> None:
        """Have those who wait see that the client is closed."""
        if self._loop() is running_loop():
            for queue in self._queues.values():
                queue.wake_all()

    def _queue(self, model: str | None) -> Queue:
        loop = running_loop()
        if self._loop() is not loop:
            self._loop, self._queues = weakref.ref(loop), {}
        queue = self._queues.get(model)
        if queue is None:
            queue = self._queues[model] = self.gate.queue(self._host, self._key, model)
        return queue


def _no_loop() -> None:
    return None


class Queue:
    """The calls of one account, in the order of their coming; those sent again go first."""

    def __init__(
        self, host: str, key: str, model: str | None, lane: Lane, store: Store | None
    ) -> None:
        self._host = host
        self._model = model
        self._name = f"{host} {key} {model or ''}"
        self._lane = lane
        self.store = store
        self._again: OrderedDict[object, anyio.Event] = OrderedDict()
        self._fresh: OrderedDict[object, anyio.Event] = OrderedDict()

    def _estimate(self, request: Request) -> float:
        """Tokens that a call will use, where that is of interest."""
        if self.store is None and not self._lane.counts_tokens:
            return 0.0
        return estimate_tokens(request.json)

    def pass_by(self, request: Request) -> Ticket | None:
        """Let a call through, if none waits and it may go at once."""
        if self._fresh or self._again:
            return None
        return self._try(self._estimate(request))[0]

    def _try(self, tokens: float) -> tuple[Ticket | None, float]:
        """A ticket, or the seconds until it is worth another try."""
        now = time.monotonic()
        seconds = self._lane.wait(tokens, now)
        return (None, seconds) if seconds > 0 else (self._lane.begin(tokens, now), 0.0)

    async def line_up(self, request: Request, is_closed: Callable[[], bool]) -> Ticket:
        """Wait for a call's turn. One that was refused goes in front of those that never were.

        Raises `ConfigurationError` when the client is closed meanwhile.
        """
        line, place = self._again if request.attempt else self._fresh, object()
        line[place] = event = anyio.Event()
        tokens = 0.0
        try:
            while not is_closed():
                if self._head() is place:
                    # Not before: whether tokens count is learnt while it waits.
                    tokens = tokens or self._estimate(request)
                    ticket, seconds = self._try(tokens)
                    if ticket is not None:
                        return ticket
                    with anyio.move_on_after(seconds):
                        await event.wait()
                else:
                    await event.wait()
                line[place] = event = anyio.Event()
            raise ConfigurationError("the client is closed")
        finally:
            del line[place]
            self._wake()

    def _head(self) -> object:
        return next(iter(self._again or self._fresh), None)

    def _wake(self) -> None:
        """Have the first in line look again."""
        line = self._again or self._fresh
        if line:
            next(iter(line.values())).set()

    def wake_all(self) -> None:
        """Have all that wait look again."""
        for event in (*self._again.values(), *self._fresh.values()):
            event.set()

    def end(self, ticket: Ticket, response: httpx.Response | None) -> int | None:
        """Take in what came of a call; the tokens that it used, if it told."""
        lane, used = self._lane, None
        if response is None:
            lane.land(ticket)
        elif response.status_code == 429:
            self._refuse(ticket, response)
            used = 0
        else:
            now = time.monotonic()
            told = quotas(response.headers.raw) if lane.is_curious(now) else NOTHING
            if lane.counts_tokens or self.store is not None:
                usage = usage_of(response)
                used = None if usage is None else usage.total
            waiting = bool(self._fresh or self._again)
            lane.accept(ticket, told, used, waiting=waiting, now=now)
        if self._fresh or self._again:
            self._wake()
        return used

    def _refuse(self, ticket: Ticket, response: httpx.Response) -> None:
        if is_quota_error(describe(response.content)[1]):
            self._lane.land(ticket)  # no wait refills that, and it is not the rate that is wrong
            return
        asked = retry_after(response.headers, time.time())
        told = quotas(response.headers.raw)
        if self._lane.refuse(ticket, told, asked, time.monotonic()):
            response.extensions[GATED] = True

    async def reserve(self, ticket: Ticket) -> Reservation | None:
        """A place in what is shared with other processes, if anything is."""
        while self.store is not None:
            answer = await self.store.reserve(self._name, tokens=round(ticket.tokens))
            if not isinstance(answer, (int, float)):
                return answer
            await anyio.sleep(answer)
        return None

    async def settle(
        self, reservation: Reservation, response: httpx.Response, used: int | None
    ) -> None:
        """What it really took, and whether all processes are to wait."""
        if self.store is None:
            return
        try:
            with anyio.CancelScope(shield=True):
                if GATED in response.extensions:
                    seconds = max(0.0, self._lane.resumes_at - time.monotonic())
                    await self.store.pause(self._name, seconds)
                if used is not None:
                    await self.store.settle(reservation, tokens=used)
        except Exception as error:
            # The answer is there, and has been paid for.
            logger.warning("the gate's store was not told what a call used: %r", error)

    def describe(self, now: float) -> LaneSnapshot:
        waiting = len(self._fresh) + len(self._again)
        return self._lane.describe(self._host, self._model, waiting, now)


_default: weakref.WeakValueDictionary[None, Gate] = weakref.WeakValueDictionary()


def default_gate() -> Gate:
    """The gate of clients that are given none, for as long as there is one."""
    gate = _default.get(None)
    if gate is None:
        _default[None] = gate = Gate()
    return gate


def digest_of(key: Secret | Callable[[], Any]) -> str:
    """What tells keys apart, and gives none away."""
    if isinstance(key, Secret):
        return hashlib.sha256(key.reveal().encode()).hexdigest()[:16]
    return f"callable {id(key):x}"
