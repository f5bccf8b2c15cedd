"""The engine of bulk jobs: work over a source of any length, of which little is ever outstanding.

Work is outstanding from when it is taken from the source until its last result has been given. A
task of the window's own takes it and does it; the consumer only waits for what is ready. So nothing
is held across a `yield`, and nothing of it is in the consumer's task.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

import anyio
from anyio.abc import TaskGroup
from typing_extensions import Self

from .._loops import begin, caller
from ..errors import APITimeoutError
from ._progress import Meter
from ._results import Result

__all__ = ["AbandonedError", "Window", "Work"]

DRAIN_SECONDS = 30.0
"""How long what is on its way may take, when no more is begun: it has been paid for."""
CLOSING_SECONDS = 5.0
"""How long `aclose` waits for cancelled work to end."""


class AbandonedError(Exception):
    """The job ends before this piece of work was done: it has no result."""


class Unit(Protocol):
    """A piece of work."""

    def __len__(self) -> int:
        """How many items are in it."""
        ...


U = TypeVar("U", bound=Unit)
R = TypeVar("R", bound=Result[Any, Any])


class Work(ABC, Generic[U, R]):
    """What a window does: it takes units from a source, and does them.

    Opened and closed by the window's task, as an async context manager.
    """

    ending: anyio.Event
    """Set when no more is to be begun."""
    scope: anyio.CancelScope
    """All work is in it."""

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:  # closed at once, if not all of it can be opened
            await self.open(stack)
            self._closing = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._closing.__aexit__(kind, error, traceback)

    @abstractmethod
    async def open(self, stack: AsyncExitStack) -> None:
        """Open what is needed until the work is over."""

    @abstractmethod
    def room(self, running: int, outstanding: int) -> int:
        """How many items more may be taken, with so many units being done, and so many items
        outstanding."""

    @abstractmethod
    async def take(self, room: int) -> Sequence[U]:
        """The next units, of no more items than there is room for; none at the end."""

    @abstractmethod
    async def do(self, unit: U) -> Sequence[R]:
        """The results of a unit. What it raises ends the job, but for `AbandonedError`."""

    async def sleep(self, seconds: float) -> None:
        """Wait. Raises `AbandonedError` where the job ends before."""
        with anyio.move_on_after(seconds):
            await self.ending.wait()
            raise AbandonedError


class Window(Generic[U, R]):
    """Does work with bounded work outstanding, and gives the results, in order or as ready."""

    def __init__(
        self,
        work: Work[U, R],
        meter: Meter,
        *,
        ordered: bool,
        deadline: float | None,
        enough: Callable[[Meter], Exception | None],
    ) -> None:
        """`deadline` is in seconds from the first `next`. `enough` says whether the job is to end,
        and why; it is asked whenever results have come."""
        self._work = work
        self._meter = meter
        self._ordered = ordered
        self._deadline = deadline
        self._enough = enough
        self.cut_off = False
        """Whether the job ended because its reader was cancelled while it waited."""
        self._begun = False
        self._over = False  # nothing runs any more
        self._closed = False  # the consumer wants no more
        self._failure: BaseException | None = None
        self._ready: dict[int, tuple[Sequence[R], int]] = {}  # results and items, by unit's number
        self._turn: int = 0  # the number of the unit that is to be given next, in order
        self._giving: deque[R] = deque()  # the results of the unit whose turn it is
        self._given = 0  # how many items are in it
        self._running = 0  # units
        self._outstanding = 0  # items

    @property
    def over(self) -> bool:
        """Whether nothing of it runs, or ever will."""
        return self._over or not self._begun

    def unordered(self) -> None:
        """Give what is ready. Raises `RuntimeError` where the window has been begun."""
        if self._begun or self._closed:
            raise RuntimeError("this job has been begun")
        self._ordered = False

    async def next(self) -> R:
        """The next result. Raises `StopAsyncIteration` at the end, and what has ended the job."""
        if not self._begun:
            self._begin()
        while not self._giving and not self._turn_over():
            if self._over:
                raise self._end()
            self._news = anyio.Event()
            await self._news.wait()
        result = self._giving.popleft()
        if not self._giving:
            self._outstanding -= self._given
            self._has_room.set()
        return result

    async def aclose(self) -> None:
        """End the work, and wait until it has ended; results that have not been given are lost."""
        self._closed = True
        if self._begun and not self._over:
            self._scope.cancel()
            with anyio.move_on_after(CLOSING_SECONDS, shield=True):
                await self._ended.wait()
        self._ready.clear()
        self._giving.clear()

    def drop(self) -> None:
        """End the work soon, from wherever this is called."""
        self._closed = True
        if not self.over:
            self._soon(self._scope.cancel)

    # The consumer's side

    def _begin(self) -> None:
        self._begun = True
        if self._closed:
            self._over = True
            return
        self._scope = self._work.scope = anyio.CancelScope()
        self._feeding = anyio.CancelScope()
        self._news, self._has_room, self._ended = anyio.Event(), anyio.Event(), anyio.Event()
        self._work.ending = anyio.Event()
        self._soon = caller()
        begin(self._run)

    def _turn_over(self) -> bool:
        """Begin with the results of the next unit; whether there are any."""
        while self._ready:
            if not self._ordered:
                number: int = next(iter(self._ready))
            elif self._turn in self._ready:
                number = self._turn
            elif self._over:
                number = min(self._ready)  # there are gaps, where work was cut off
            else:
                return False
            self._turn = number + 1
            results, size = self._ready.pop(number)
            if results:
                self._giving.extend(results)
                self._given = size
                return True
        return False

    def _end(self) -> BaseException:
        if self.cut_off:  # or who reads on would take it for complete
            return RuntimeError("this job ended when its reader was cancelled")
        if self._closed:
            return StopAsyncIteration()
        failure, self._failure = self._failure, StopAsyncIteration()
        return failure or RuntimeError("the job was cancelled with its event loop")

    # The work's side

    async def _run(self) -> None:
        failure: BaseException | None = None
        try:
            if self._deadline is not None:
                self._scope.deadline = anyio.current_time() + self._deadline
            with self._scope:
                self._meter.begin()
                async with self._work, anyio.create_task_group() as group:
                    await self._feed(group)
                failure = StopAsyncIteration()
            if failure is None:
                failure = APITimeoutError("the job's deadline is over", phase="deadline")
        except Exception as error:
            failure = _loud(error)
        finally:
            self._finish(failure)

    async def _feed(self, group: TaskGroup) -> None:
        number = 0
        with self._feeding:
            while True:
                room = self._work.room(self._running, self._outstanding)
                if room <= 0:
                    self._has_room = anyio.Event()
                    await self._has_room.wait()
                    continue
                try:
                    units = await self._work.take(room)
                except Exception as error:
                    self._failure = self._failure or _loud(
                        error
                    )  # what was taken before is finished
                    return
                if not units:
                    return
                for unit in units:
                    self._running += 1
                    self._outstanding += len(unit)
                    group.start_soon(self._do, number, unit)
                    number += 1

    async def _do(self, number: int, unit: U) -> None:
        results: Sequence[R] = ()
        try:
            results = await self._work.do(unit)
            self._meter.count(results)
            if (failure := self._enough(self._meter)) is not None:
                self._stop(failure)
        except AbandonedError:
            pass
        except Exception as error:
            self._stop(error)
        finally:
            self._running -= 1
            if not results:
                self._outstanding -= len(unit)
            self._ready[number] = results, len(unit)
            self._has_room.set()
            self._news.set()

    def _stop(self, failure: Exception) -> None:
        """Begin no more, and end when what is on its way has come."""
        self._failure = self._failure or _loud(failure)
        self._work.ending.set()
        self._feeding.cancel()
        self._scope.deadline = min(self._scope.deadline, anyio.current_time() + DRAIN_SECONDS)

    def _finish(self, failure: BaseException | None) -> None:
        try:
            self._meter.end()
        except Exception as error:  # the callback's
            failure = _loud(error)
        self._failure = self._failure or failure
        self._over = True
        self._news.set()
        self._ended.set()


def _loud(error: Exception) -> Exception:
    """The error, as it can be raised without being taken for the end of the results."""
    if not isinstance(error, StopAsyncIteration):
        return error
    loud = RuntimeError("StopAsyncIteration was raised in mid-job")
    loud.__cause__ = error
    return loud
