"""`bulk.map`: any call, over any number of items."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from os import PathLike
from typing import Any, Generic, Literal, TypeVar, cast

from .._json import is_object
from .._retry import RetryPolicy
from ..errors import ConfigurationError
from ._jobs import Job, start
from ._journal import Journal
from ._memory import Memory
from ._patience import Patience
from ._progress import Meter, OnProgress, Prices
from ._reader import Reader
from ._results import Result
from ._window import AbandonedError, Work

__all__ = ["map"]

I = TypeVar("I")  # noqa: E741 - an item
T = TypeVar("T")

CONCURRENCY = 128
"""Calls at a time, where nothing else is said; how many the server allows is the gate's affair."""
ROOM = 4
"""How many times that are outstanding at most, so that a slow item doesn't hold up the others."""
LINGER_SECONDS = 0.005
"""How long items are gathered, where the source makes one wait, before the first call begins."""


def map(  # noqa: A001 - it is the built-in one, for calls
    call: Callable[[I], Awaitable[T]],
    items: Iterable[I] | AsyncIterable[I],
    *,
    concurrency: int | Literal["auto"] = "auto",
    ordered: bool = True,
    journal: Journal | str | PathLike[str] | None = None,
    name: Any = None,
    key: Callable[[I], Any] | None = None,
    into: type[T] | None = None,
    retry: RetryPolicy | int | None = None,
    patience: float = 600.0,
    stop_after: int | None = None,
    deadline: float | None = None,
    progress: OnProgress | None = None,
    prices: Prices | None = None,
) -> Job[I, T]:
    """Call something for each of many items; gives their `Result`s as they come.

        async def answer(text: str) -> ChatCompletion:
            messages = [{"role": "user", "content": text}]
            return await client.chat.completions.create(model="gpt-4o-mini", messages=messages)

        async with bulk.map(answer, texts) as job:
            async for result in job:
                print(result.index, result.unwrap().choices[0].message.content)

    The items are pulled as they are needed, and memory holds what is outstanding, however many there
    are. Nothing is sent before the first result is asked for.

    A failure that may pass (no connection, a timeout, 408, 409, 429, 5xx) is tried again: up to five
    times for one item while others succeed; for as long as `patience` while nothing does, with one
    call at a time to see whether the server is back. Any other error is that item's, and the job goes
    on; but 401, 402, 403, an exhausted quota or budget, and a journal that can't be written end it.

    Args:
        call: Called with one item, up to `concurrency` times at once.
        items: An iterable or async iterable, of any length.
        concurrency: How many calls are on their way at a time. "auto": 128.
        ordered: Whether results come in the order of the items, or as they are ready.
        journal: Where results are kept, so that the same job, run again, goes on where it was: a
            path, or an open `Journal`. Needs `name`. What is stored is JSON, and what is given is
            what that JSON reads as, in the first run too: plain lists and dicts, or `into`. Errors
            are not kept; what failed is tried again.
        name: With a journal: what the call is, in anything that JSON can say, such as
            `{"model": model, "prompt": prompt}`. With another name it is another call, whose
            results the journal doesn't have.
        key: With a journal: what identifies an item, in anything that JSON can say. Default: the
            item itself. Items with the same key have the same result.
        into: With a journal: the type that values have, such as `ChatCompletion`; needed where they
            are pydantic models.
        retry: How often an item is sent again (default: 4), or the back-off between its tries; 0
            takes every failure for the item's, also while the server is away.
        patience: Seconds that the job waits for a server with which nothing succeeds.
        stop_after: End the job with a `BulkError` when so many items have failed.
        deadline: Seconds for the whole job; then it ends with an `APITimeoutError`.
        progress: Called with a `Progress`; `bulk.bar()` draws one.
        prices: US dollars for a million tokens, by model, for `Progress.cost`.

    Raises:
        ConfigurationError: a setting that can't be used.
        TypeError: items that can't be iterated over, or a single text. While iterating: a call that
            gives something that can't be awaited.
    """
    if isinstance(items, (str, bytes)):
        raise TypeError("items is a single text; pass a list of texts")
    width: Any = CONCURRENCY if concurrency == "auto" else concurrency
    if not isinstance(width, int) or width < 1:
        raise ConfigurationError(f"concurrency must be at least 1, not {concurrency!r}")
    reader = Reader(items)
    meter = Meter(reader.total, progress, prices)
    memory = None if journal is None else Memory[I, T](journal, name, key, into)
    work = _Calls(call, reader, meter, width, memory)
    work.patience = Patience(
        work.sleep, retry=retry, patience=patience, at_the_end=lambda: reader.ended
    )
    return Job(start(work, meter, ordered=ordered, deadline=deadline, stop_after=stop_after), meter)


@dataclass(slots=True)
class _Item(Generic[I]):
    """One item on its way."""

    index: int
    item: I
    identity: Any = None
    key: bytes = b""
    stored: bytes | None = None
    """What the journal has for it."""
    error: Exception | None = None
    """What keeps it from being sent."""

    def __len__(self) -> int:
        return 1


class _Calls(Work[_Item[I], Result[I, T]]):
    """A call for each item."""

    patience: Patience

    def __init__(
        self,
        call: Callable[[I], Awaitable[T]],
        reader: Reader[I],
        meter: Meter,
        width: int,
        memory: Memory[I, T] | None,
    ) -> None:
        self._call = call
        self._reader = reader
        self._meter = meter
        self._width = width
        self._memory = memory
        self._mistake: TypeError | None = None
        """One of the program's own, which every item would meet."""

    async def open(self, stack: AsyncExitStack) -> None:
        if self._memory is not None:
            await stack.enter_async_context(self._memory)
        await stack.enter_async_context(self._reader)

    def room(self, running: int, outstanding: int) -> int:
        return min(self._width - running, self._width * ROOM - outstanding)

    async def take(self, room: int) -> list[_Item[I]]:
        taken = await self._reader.take(room, until=time.monotonic() + LINGER_SECONDS)
        items = [_Item(index, item) for index, item in taken]
        if self._memory is not None:
            for each in items:
                _identify(each, self._memory)
            known = await self._memory.recall([each.key for each in items if each.key])
            for each in items:
                each.stored = known.get(each.key)
        return items

    async def do(self, unit: _Item[I]) -> Sequence[Result[I, T]]:
        if unit.error is not None:
            return [Result(unit.index, unit.item, error=unit.error)]
        if unit.stored is not None and self._memory is not None:
            value = self._memory.read(unit.stored)
            return [Result(unit.index, unit.item, value, cached=True)]
        try:
            value = await self.patience.call(functools.partial(self._once, unit.item))
        except AbandonedError:
            raise
        except Exception as error:
            if error is self._mistake or self.patience.ends_job(error):
                raise
            return [Result(unit.index, unit.item, error=error)]
        self._meter.spend(_part(value, "usage"), _part(value, "model"))
        if self._memory is not None:
            value = await self._memory.keep(unit.key, unit.identity, value)
        return [Result(unit.index, unit.item, value)]

    async def _once(self, item: I) -> T:
        try:
            answer: Any = self._call(item)
            if not isinstance(answer, Awaitable):
                told = f"{type(answer).__name__} came from the call, which must be async"
                self._mistake = self._mistake or TypeError(told)
                raise self._mistake
            return await cast("Awaitable[T]", answer)
        except asyncio.CancelledError as error:
            if self.scope.cancel_called:
                raise
            # Something that the call waited for was cancelled, and not this task.
            raise RuntimeError("the call was cancelled from within") from error


def _identify(each: _Item[I], memory: Memory[I, Any]) -> None:
    """Find an item's key, or the error that it has instead."""
    try:
        each.identity = memory.identity(each.item)
        each.key = memory.key(each.identity)
    except Exception as error:
        each.error = error


def _part(value: object, name: str) -> object:
    """A member of an answer, be it a model or a dict."""
    return value.get(name) if is_object(value) else getattr(value, name, None)
