"""The items of a job, pulled one after the other as there is room for them, and never further."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Sized
from types import TracebackType
from typing import Any, Generic, TypeVar, cast

import anyio
import anyio.lowlevel
from typing_extensions import Self

__all__ = ["Reader"]

logger = logging.getLogger("openai_async")

I = TypeVar("I")  # noqa: E741 - an item

TURN_SECONDS = 0.01
"""How long items are pulled, at most, before other tasks get their turn."""
SLOW_SECONDS = 0.002
"""How long an item takes, at least, where its source makes one wait."""
CLOSING_SECONDS = 5.0
"""How long a generator may take to close."""


class Reader(Generic[I]):
    """Numbers the items of an iterable or async iterable, and gives them in portions.

    Used by one task, as an async context manager. An async iterable is read by a task of its own, so
    that whoever waits for it can go on with what has come; an async generator is closed at the end.
    Raises `TypeError` for what can't be iterated over.
    """

    def __init__(self, source: Iterable[I] | AsyncIterable[I]) -> None:
        self.total = len(source) if isinstance(source, Sized) else None
        """How many items there are, where that is known."""
        self.ended = False
        """Whether there are no more."""
        self._error: Exception | None = None
        self._taken = 0
        self._turn_began = 0.0
        self._slow = False  # the last item made one wait
        if isinstance(source, AsyncIterable):
            self._feed: _Feed[I] | None = _Feed(source)
            self._items = iter(cast("list[I]", []))
        else:
            self._feed = None
            self._items = iter(source)

    async def __aenter__(self) -> Self:
        if self._feed is not None:
            await self._feed.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._feed is not None:
            await self._feed.__aexit__(kind, error, traceback)

    async def take(self, most: int, *, least: int = 1, until: float) -> list[tuple[int, I]]:
        """Up to `most` items with their numbers: those that are there by `until`, an instant on
        `time.monotonic`'s clock, and however long it takes, `least` of them. Fewer at the end.

        Raises what the source raised, when all items before it have been taken.
        """
        if self._feed is None:
            items = await self._pull(most, least, until)
        else:
            items = await self._feed.take(most, least, until)
            self.ended, self._error = self._feed.ended, self._feed.error
        if self._error is not None and not items:
            raise self._error
        first, self._taken = self._taken, self._taken + len(items)
        return list(enumerate(items, first))

    async def _pull(self, most: int, least: int, until: float) -> list[I]:
        items: list[I] = []
        while len(items) < most and not self.ended:
            asked_at = time.monotonic()
            # Of a source that makes one wait, not even one more is asked for when it is time.
            if self._slow and asked_at >= until and len(items) >= least:
                break
            try:
                items.append(next(self._items))
            except StopIteration:
                self.ended = True
            except Exception as error:
                self.ended, self._error = True, error
            now = time.monotonic()
            self._slow = now - asked_at > SLOW_SECONDS
            if now - self._turn_began > TURN_SECONDS:
                await anyio.lowlevel.checkpoint()
                self._turn_began = now = time.monotonic()
            if now >= until and len(items) >= least:
                break
        return items


class _Feed(Generic[I]):
    """Reads an async iterable, in a task of its own, as far as it is asked to."""

    def __init__(self, source: AsyncIterable[I]) -> None:
        self.ended = False
        self.error: Exception | None = None
        self._source = source
        self._items: deque[I] = deque()
        self._wanted = 0

    async def __aenter__(self) -> None:
        self._asked = anyio.Event()
        self._came = anyio.Event()
        self._group = anyio.create_task_group()
        await self._group.__aenter__()
        self._group.start_soon(self._run)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._group.cancel_scope.cancel()
        await self._group.__aexit__(kind, error, traceback)

    async def take(self, most: int, least: int, until: float) -> list[I]:
        self._wanted = most
        self._asked.set()
        try:
            while len(self._items) < most and not self.ended:
                self._came = anyio.Event()
                left = until - time.monotonic()
                if len(self._items) < least:
                    await self._came.wait()
                elif left > 0:
                    with anyio.move_on_after(left):
                        await self._came.wait()
                else:
                    break
        finally:
            self._wanted = 0
        return [self._items.popleft() for _ in range(min(most, len(self._items)))]

    async def _run(self) -> None:
        items: AsyncIterator[I] | None = None
        try:
            items = aiter(self._source)
            await self._read(items)
        except StopAsyncIteration:
            pass
        except Exception as error:
            self.error = error
        finally:
            self.ended = True
            self._came.set()
            await _close(items)

    async def _read(self, items: AsyncIterator[I]) -> None:
        turn_began = time.monotonic()
        while True:
            while len(self._items) >= self._wanted:
                self._asked = anyio.Event()
                await self._asked.wait()
            self._items.append(await anext(items))
            self._came.set()
            if time.monotonic() - turn_began > TURN_SECONDS:
                await anyio.lowlevel.checkpoint()  # the source may be one that never waits
                turn_began = time.monotonic()


async def _close(items: AsyncIterator[Any] | None) -> None:
    """Close a generator in the task that ran it; trio warns of one that is just dropped."""
    if isinstance(items, AsyncGenerator):
        with anyio.move_on_after(CLOSING_SECONDS, shield=True):
            try:
                await cast("AsyncGenerator[Any, None]", items).aclose()
            except Exception:  # too late for anyone to be told
                logger.warning("the items of a job could not be closed", exc_info=True)
