"""One thread that does blocking work for coroutines, in the order in which it was asked for."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar, cast

import anyio
from anyio.lowlevel import checkpoint_if_cancelled

from .._loops import caller

__all__ = ["Worker"]

P = ParamSpec("P")
T = TypeVar("T")


class Worker:
    """A thread of its own for something that belongs to one thread, such as an SQLite connection.

    anyio's threads won't do: they change from call to call, and asyncio's own way of cancelling
    lets go of their limiter while the thread is still at work.
    The thread is a daemon: a program that ends does not wait for it.
    """

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        # Nothing in the thread holds the worker, so that one that is dropped can be let go of.
        threading.Thread(target=_work, args=(self._jobs,), name=name, daemon=True).start()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function in the thread, and give back what it gives.

        Where the caller is cancelled, the function is not called at all, or it is called to its end
        and what it gives is dropped.
        """
        await checkpoint_if_cancelled()
        job = _Job(functools.partial(function, *args, **kwargs))
        self._jobs.put(job)
        try:
            await job.wait()
        except BaseException:
            job.withdraw()
            raise
        return cast("T", job.outcome())

    async def finish(self, function: Callable[[], None], *, seconds: float) -> None:
        """Call a last function, and end the thread; cancelling ends the wait for it, no more.

        Gives up waiting after some seconds; the thread then ends by itself, when it can.
        """
        job = _Job(function)
        self._jobs.put(job)
        self._jobs.put(None)
        with anyio.move_on_after(seconds, shield=True):
            await job.wait()
            job.outcome()

    def abandon(self, function: Callable[[], None]) -> None:
        """The same, for whoever can't wait."""
        self._jobs.put(_Job(function, heard=False))
        self._jobs.put(None)


class _Job:
    """One function to be called, and what came of it."""

    def __init__(self, function: Callable[[], Any], *, heard: bool = True) -> None:
        self._function = function
        self._result: Any = None
        self._error: BaseException | None = None
        self._lock = threading.Lock()
        self._withdrawn = False
        if heard:
            self._done = anyio.Event()
            self._tell: Callable[[], None] = functools.partial(caller(), self._done.set)
        else:
            self._tell = _nobody

    async def wait(self) -> None:
        """Until it has been called."""
        await self._done.wait()

    def withdraw(self) -> None:
        """Don't call it, if it has not been begun."""
        with self._lock:
            self._withdrawn = True

    def do(self) -> None:
        """Call it. In the thread."""
        with self._lock:
            if self._withdrawn:
                return
        try:
            self._result = self._function()
        except BaseException as error:
            self._error = error
        self._tell()

    def outcome(self) -> Any:
        """What it gave; raises what it raised."""
        if self._error is None:
            return self._result
        try:
            raise self._error
        finally:
            self._error = None  # else the error would hold itself, through this frame


def _work(jobs: SimpleQueue[_Job | None]) -> None:
    while (job := jobs.get()) is not None:
        job.do()
        del job  # while the next one is waited for, nothing of this one is kept


def _nobody() -> None:
    pass
