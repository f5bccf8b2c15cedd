"""Event loops: which one runs, what belongs to it and ends with it, and tasks of its own."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import importlib
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, Generic, Protocol, TypeVar

import anyio

__all__ = ["PerLoop", "begin", "caller", "running_loop", "spawner", "to_the_end"]


class Closable(Protocol):
    """What can be closed."""

    async def aclose(self) -> None: ...


T = TypeVar("T", bound=Closable)


def running_loop() -> Any:
    """asyncio's loop, or trio's token."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return importlib.import_module("trio.lowlevel").current_trio_token()


class PerLoop(Generic[T]):
    """One thing for each event loop, made when it is first needed, and closed with its loop."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._things: weakref.WeakKeyDictionary[Any, tuple[T, AsyncGenerator[None, None]]] = (
            weakref.WeakKeyDictionary()
        )

    def here(self) -> T | None:
        """The one of the loop that runs now, if there is one yet."""
        found = self._things.get(running_loop())
        return None if found is None else found[0]

    async def begin(self) -> T:
        """The first one of a loop."""
        thing = self._make()
        until_the_end = _close_at_the_end(thing)
        self._things[running_loop()] = thing, until_the_end
        await anext(until_the_end)
        return thing

    async def aclose(self) -> None:
        """Close the one of the loop that runs now."""
        _, until_the_end = self._things.pop(running_loop(), (None, None))
        if until_the_end is not None:
            await until_the_end.aclose()


async def _close_at_the_end(thing: Closable) -> AsyncGenerator[None, None]:
    """Closes a thing when it is closed itself: by its owner, or by the event loop's end.

    A loop that ends closes the async generators begun on it. So connections don't outlive their
    loop, also those of a client that nobody closed.
    """
    try:
        yield
    finally:
        await thing.aclose()


def begin(call: Callable[[], Awaitable[None]]) -> None:
    """Start an async callable now, as a task of its own, in the caller's context."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        trio = importlib.import_module("trio.lowlevel")
        trio.spawn_system_task(call, context=contextvars.copy_context())
    else:
        _start(call)


async def to_the_end(call: Callable[[], Awaitable[None]]) -> None:
    """Call an async callable and wait until it is done. Whoever waits may be cancelled, and it goes
    on: it is a task of its own, since `Task.cancel` heeds no shield."""
    over = anyio.Event()
    errors: list[Exception] = []

    async def run() -> None:
        try:
            await call()
        except Exception as error:
            errors.append(error)
        finally:
            over.set()

    begin(run)
    with anyio.CancelScope(shield=True):
        await over.wait()
    if errors:
        raise errors[0]


def caller() -> Callable[[Callable[[], None]], None]:
    """A way to call a function soon, from any thread, on the loop that runs now."""
    loop = running_loop()
    soon = getattr(loop, "call_soon_threadsafe", None) or loop.run_sync_soon

    def call(function: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has been closed, and all with it
            soon(function)

    return call


def spawner() -> Callable[[Callable[[], Awaitable[None]]], None]:
    """A way to start an async callable later, from any thread, on the loop that runs now."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return _trio_spawner()

    def spawn(call: Callable[[], Awaitable[None]]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has been closed, and all with it
            # The caller's own context may hold much, and would live for as long as the task.
            loop.call_soon_threadsafe(_start, call, context=contextvars.Context())

    return spawn


_running: set[asyncio.Future[None]] = set()
"""Keeps the tasks alive: a loop only holds weak references to them."""


def _start(call: Callable[[], Awaitable[None]]) -> None:
    task = asyncio.ensure_future(call())
    _running.add(task)
    task.add_done_callback(_running.discard)


def _trio_spawner() -> Callable[[Callable[[], Awaitable[None]]], None]:
    trio = importlib.import_module("trio.lowlevel")
    token = trio.current_trio_token()

    def spawn(call: Callable[[], Awaitable[None]]) -> None:
        # Trio's error for a run that is over is a RuntimeError too.
        with contextlib.suppress(RuntimeError):
            token.run_sync_soon(trio.spawn_system_task, call)

    return spawn
