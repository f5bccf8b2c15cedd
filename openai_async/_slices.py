"""A content cut into slices of one length, which are sent one by one or at once, and again.

Memory holds a chunk of each slice that is being read, however long a slice is.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Container
from typing import IO, TypeAlias

from anyio import to_thread

from ._sources import BytesSource, FileSource, Opening, PathSource, Source
from .errors import ConfigurationError

__all__ = ["Cut", "Slice", "cut"]

ReadAt: TypeAlias = "Callable[[int, int], Awaitable[bytes]]"
"""Gives up to so many bytes (second) from an offset on (first)."""


class Slice:
    """A stretch of a content, as an async file."""

    def __init__(
        self, read_at: ReadAt, start: int, length: int, close: Callable[[], None] | None = None
    ) -> None:
        self.length = length
        self.given = 0
        """How far it has been read, this time."""
        self.on_read: Callable[[], None] | None = None
        self._read_at = read_at
        self._start = start
        self._position = 0
        self._close = close

    async def read(self, size: int = -1, /) -> bytes:
        left = self.length - self._position
        count = left if size < 0 else min(size, left)
        chunk = await self._read_at(self._start + self._position, count) if count > 0 else b""
        self._position += len(chunk)
        self.given = self._position
        if self.on_read is not None:
            self.on_read()
        return chunk

    async def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.length}
        self._position = origin[whence] + offset
        return self._position

    async def tell(self) -> int:
        return self._position

    def close(self) -> None:
        """Let go of what it is read from, where that is its own."""
        if self._close is not None:
            self._close()


class Cut:
    """A content of which slices are taken: any stretch can be read at any time with `read_at`; where
    there is none, it comes once and in order."""

    def __init__(self, name: str, source: Source, size: int, read_at: ReadAt | None) -> None:
        self.size = size
        self._name = name
        self._source = source
        self._read_at = read_at

    async def slices(
        self, length: int, without: Container[int]
    ) -> AsyncGenerator[tuple[int, Slice], None]:
        """The slices with their numbers, but for some numbers. Whoever gets one closes it."""
        if self._read_at is None:
            async with contextlib.aclosing(self._spooled(length, without)) as slices:
                async for number, piece in slices:
                    yield number, piece
            return
        for number, start in enumerate(range(0, self.size, length)):
            if number not in without:
                yield number, Slice(self._read_at, start, min(length, self.size - start))

    async def _spooled(
        self, length: int, without: Container[int]
    ) -> AsyncGenerator[tuple[int, Slice], None]:
        """Each slice goes through a temporary file, from where it can be sent again."""
        async with contextlib.aclosing(self._source.chunks()) as chunks:
            pending = b""
            for number, start in enumerate(range(0, self.size, length)):
                wanted = min(length, self.size - start)
                if number in without:
                    pending = await self._move(chunks, pending, wanted, None)
                    continue
                with contextlib.ExitStack() as stack:
                    spool = stack.enter_context(tempfile.TemporaryFile())
                    pending = await self._move(chunks, pending, wanted, spool)
                    stack.pop_all()
                yield number, Slice(_Reader(spool).read_at, 0, wanted, spool.close)
            if pending or await anext(chunks, b""):
                raise ConfigurationError(f"{self._name}: it has more than {self.size} bytes")

    async def _move(
        self,
        chunks: AsyncGenerator[bytes, None],
        pending: bytes,
        count: int,
        spool: IO[bytes] | None,
    ) -> bytes:
        """Move so many bytes to a file, or nowhere; give what was read and is left."""
        while count:
            chunk = pending or await anext(chunks, b"")
            if not chunk:
                raise ConfigurationError(f"{self._name}: it ended before its {self.size} bytes")
            piece, pending = chunk[:count], chunk[count:]
            count -= len(piece)
            if spool is not None:
                await to_thread.run_sync(spool.write, piece)
        return pending


@contextlib.asynccontextmanager
async def cut(source: Source, name: str, size: int | None) -> AsyncGenerator[Cut, None]:
    """A content of `size` bytes, open for as long as its slices are needed.

    Raises `ConfigurationError` for what can't be read or has another size, and where `size` is None
    and can't be found out.
    """
    found = await source.size()
    if size is None and found is None:
        raise ConfigurationError(f"{name}: its size isn't known beforehand; pass bytes=")
    if size is not None and found not in (None, size):
        raise ConfigurationError(f"{name}: it has {found} bytes, not {size}")
    whole = found if size is None else size
    if not whole:
        raise ConfigurationError(f"{name}: it is empty")
    with contextlib.ExitStack() as stack:
        yield Cut(name, source, whole, await _random_access(source, stack))


async def _random_access(source: Source, stack: contextlib.ExitStack) -> ReadAt | None:
    """How any stretch of a content is read; None where it comes once and in order."""
    if isinstance(source, BytesSource):
        return source.read_at
    if isinstance(source, PathSource):
        opening = Opening(source.path)
        stack.callback(opening.close)
        return _Reader(await to_thread.run_sync(opening.open)).read_at
    if isinstance(source, FileSource) and source.start is not None and source.is_binary:
        return _Reader(source.file, source.start).read_at
    return None


class _Reader:
    """Reads a file at any offset, in threads, one at a time."""

    def __init__(self, file: IO[bytes], origin: int = 0) -> None:
        self._file = file
        self._origin = origin
        self._lock = threading.Lock()

    async def read_at(self, offset: int, count: int) -> bytes:
        return await to_thread.run_sync(self._read, self._origin + offset, count)

    def _read(self, offset: int, count: int) -> bytes:
        with self._lock:
            self._file.seek(offset)
            return self._file.read(count)
