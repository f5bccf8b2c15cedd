"""Where the bytes of an upload come from: one class for each kind of input.

Files are read in worker threads, a chunk at a time, so that neither memory nor the event loop
feels their size.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import os
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Generator,
    Iterable,
    Iterator,
)
from typing import IO, Any, Protocol, TypeAlias, Union, cast

from anyio import to_thread

from .errors import ConfigurationError

__all__ = ["CHUNK", "FileContent", "FileInput", "Opening", "Source", "open_source"]

CHUNK = 256 * 1024
"""Bytes read at once."""


class AsyncReadable(Protocol):
    """An async file, as anyio, aiofiles and the like open it."""

    def read(self, size: int = ..., /) -> Awaitable[bytes]: ...


FileContent: TypeAlias = Union[
    bytes,
    bytearray,
    memoryview,
    str,
    "os.PathLike[str]",
    IO[bytes],
    IO[str],
    AsyncReadable,
    Iterable[bytes],
    AsyncIterable[bytes],
]
"""What a file's bytes may come from. A `str` is text, never a path."""

FileInput: TypeAlias = (
    FileContent | tuple[str | None, FileContent] | tuple[str | None, FileContent, str | None]
)
"""Content, `(file name, content)`, or `(file name, content, content type)`."""


class Source(Protocol):
    """The bytes of one part of a form."""

    @property
    def replayable(self) -> bool:
        """Whether `chunks` may be called again."""
        ...

    async def size(self) -> int | None:
        """How many bytes there are, or None where that isn't known beforehand."""
        ...

    async def peek(self, count: int) -> bytes:
        """Up to `count` bytes of the beginning, without using them up."""
        ...

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """All bytes, from the beginning."""
        ...


def open_source(content: Any, name: str) -> Source:
    """The source for a content; `name` is the parameter's, for errors.

    Raises `ConfigurationError` for what is no content.
    """
    if isinstance(content, str):
        return BytesSource(_as_bytes(content, name))
    if isinstance(content, (bytes, bytearray, memoryview)):
        return BytesSource(bytes(cast("bytes", content)))
    if isinstance(content, os.PathLike):
        return PathSource(cast("os.PathLike[str]", content), name)
    if hasattr(content, "read"):
        return (
            AsyncFileSource(content, name) if _reads_async(content) else FileSource(content, name)
        )
    iterable = hasattr(content, "__aiter__") or hasattr(content, "__iter__")
    if iterable and not isinstance(content, dict):
        return IteratorSource(content, name)
    raise ConfigurationError(
        f"{name}: can't upload {type(cast('object', content)).__name__!r}; pass a path, bytes, text,"
        " a file object, an iterator of bytes, or a tuple (file name, content)"
    )


def _reads_async(file: Any) -> bool:
    return inspect.iscoroutinefunction(file.read) or hasattr(file, "__anext__")


def _as_bytes(piece: Any, name: str) -> bytes:
    if isinstance(piece, str):
        try:
            return piece.encode()
        except UnicodeEncodeError as error:
            raise ConfigurationError(f"{name}: the text can't be sent: {error}") from None
    if isinstance(piece, (bytes, bytearray, memoryview)):
        return bytes(cast("bytes", piece))
    raise ConfigurationError(f"{name}: expected bytes, got {type(piece).__name__!r}")


class BytesSource:
    """Bytes in memory."""

    replayable = True

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def size(self) -> int:
        return len(self._data)

    async def peek(self, count: int) -> bytes:
        return self._data[:count]

    async def read_at(self, offset: int, count: int) -> bytes:
        return self._data[offset : offset + count]

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        view = memoryview(self._data)
        for start in range(0, len(view), CHUNK):
            yield bytes(view[start : start + CHUNK])


class PathSource:
    """A file on disk, opened anew each time."""

    replayable = True

    def __init__(self, path: os.PathLike[str], name: str) -> None:
        self.path = os.fspath(path)
        self._name = name

    async def size(self) -> int:
        return await to_thread.run_sync(self._size)

    def _size(self) -> int:
        with _readable(self._name, self.path):
            if not os.path.isfile(self.path) and os.path.exists(self.path):
                raise OSError("not a regular file")
            # Opened, not only looked at: a file that can't be read is told before anything is sent.
            with open(self.path, "rb") as file:
                return os.fstat(file.fileno()).st_size

    async def peek(self, count: int) -> bytes:
        return await to_thread.run_sync(self._peek, count)

    def _peek(self, count: int) -> bytes:
        with _readable(self._name, self.path), open(self.path, "rb") as file:
            return file.read(count)

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        left = await self.size()
        opening = Opening(self.path)
        try:
            with _readable(self._name, self.path):
                file = await to_thread.run_sync(opening.open)
            while left:
                with _readable(self._name, self.path):
                    chunk = await to_thread.run_sync(file.read, min(CHUNK, left))
                if not chunk:
                    raise _shrank(self._name)
                left -= len(chunk)
                yield chunk
        finally:
            opening.close()


class Opening:
    """A file that is opened in a thread. `Task.cancel` doesn't wait for that: whichever comes last,
    the opening or the closing, closes it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self._closed = False

    def open(self) -> IO[bytes]:
        self._file = file = open(self._path, "rb")  # noqa: SIM115 - `close` is for that
        if self._closed:
            file.close()
        return file

    def close(self) -> None:
        self._closed = True
        if self._file is not None:
            self._file.close()


class FileSource:
    """An open file, read from where it stands; rewound to there, if it can be."""

    def __init__(self, file: Any, name: str) -> None:
        self.file = file
        self._name = name
        self.start: int | None = None
        try:
            if file.seekable():
                self.start = file.tell()
        except (AttributeError, OSError, ValueError):
            if getattr(file, "closed", False):
                raise ConfigurationError(f"{name}: the file is closed") from None
        if hasattr(file, "readable") and not file.readable():
            raise ConfigurationError(f"{name}: the file was not opened for reading")
        self.is_binary = not isinstance(file, io.TextIOBase)
        self._peeked = b""

    @property
    def replayable(self) -> bool:
        # Its owner may have closed it since, after the first attempt.
        return self.start is not None and not getattr(self.file, "closed", False)

    async def size(self) -> int | None:
        # A text file's size in characters is not its size in bytes.
        if self.start is None or not self.is_binary:
            return None
        return await to_thread.run_sync(self._measure, self.start)

    def _measure(self, start: int) -> int:
        end: int = self.file.seek(0, os.SEEK_END)
        self.file.seek(start)
        return max(0, end - start)

    async def peek(self, count: int) -> bytes:
        if not self._peeked:
            self._peeked = _as_bytes(await self._read(count), self._name)
            if self.start is not None:
                self.file.seek(self.start)
        return self._peeked

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        left = await self.size()
        if self.start is not None:
            self.file.seek(self.start)
        elif self._peeked:
            yield self._peeked
        while left is None or left > 0:
            chunk = _as_bytes(
                await self._read(CHUNK if left is None else min(CHUNK, left)), self._name
            )
            if not chunk:
                break
            if left is not None:
                left -= len(chunk)
            yield chunk
        if left:
            raise _shrank(self._name)

    async def _read(self, count: int) -> Any:
        if isinstance(self.file, (io.BytesIO, io.StringIO)):
            return self.file.read(count)
        with _readable(self._name, getattr(self.file, "name", self.file)):
            # What can't seek may be a pipe that waits for ever; a cancelled call doesn't.
            return await to_thread.run_sync(
                self.file.read, count, abandon_on_cancel=self.start is None
            )


class AsyncFileSource:
    """An open async file (anyio's, aiofiles'), read from where it stands."""

    def __init__(self, file: Any, name: str) -> None:
        self._file = file
        self._name = name
        self._start: int | None = None
        self._peeked = b""
        self._looked = False
        self.replayable = hasattr(file, "seek") and hasattr(file, "tell")

    async def _look(self) -> None:
        """Note where the file stands, once, before its first byte is read."""
        if not self._looked:
            self._looked = True
            if self.replayable:
                try:
                    self._start = await self._file.tell()
                except (OSError, ValueError, AttributeError):
                    self.replayable = False

    async def size(self) -> int | None:
        await self._look()
        if self._start is None or "b" not in str(getattr(self._file, "mode", "b")):
            return None
        await self._file.seek(0, os.SEEK_END)
        end: int = await self._file.tell()
        await self._file.seek(self._start)
        return max(0, end - self._start)

    async def peek(self, count: int) -> bytes:
        await self._look()
        if not self._peeked:
            self._peeked = await self._read(count)
            if self._start is not None:
                await self._file.seek(self._start)
        return self._peeked

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        left = await self.size()
        if self._start is not None:
            await self._file.seek(self._start)
        elif self._peeked:
            yield self._peeked
        while left is None or left > 0:
            count = CHUNK if left is None else min(CHUNK, left)
            chunk = await self._read(count)
            if not chunk:
                break
            if left is not None:
                left -= len(chunk)
            yield chunk
        if left:
            raise _shrank(self._name)

    async def _read(self, count: int) -> bytes:
        with _readable(self._name, getattr(self._file, "name", self._file)):
            piece = await self._file.read(count)
        return _as_bytes(piece, self._name)


_END = object()


class IteratorSource:
    """An iterator or iterable of bytes, plain or async. An iterator can be used once."""

    def __init__(self, content: Any, name: str) -> None:
        self._content = content
        self._name = name
        self.replayable = not (hasattr(content, "__anext__") or hasattr(content, "__next__"))
        self._peeked: list[bytes] = []
        self._pulling: AsyncGenerator[bytes, None] | None = None

    async def size(self) -> None:
        return None

    def _pull(self) -> AsyncGenerator[bytes, None]:
        if hasattr(self._content, "__aiter__"):
            return self._pull_async(self._content)
        return self._pull_sync(iter(self._content))

    async def _pull_async(self, pieces: AsyncIterable[Any]) -> AsyncGenerator[bytes, None]:
        async for piece in pieces:
            yield _as_bytes(piece, self._name)

    async def _pull_sync(self, pieces: Iterator[Any]) -> AsyncGenerator[bytes, None]:
        # In a thread, because what makes the pieces may block; abandoned if the call is cancelled.
        while True:
            piece = await to_thread.run_sync(next, pieces, _END, abandon_on_cancel=True)
            if piece is _END:
                return
            yield _as_bytes(piece, self._name)

    async def peek(self, count: int) -> bytes:
        if self._pulling is None:
            self._pulling = self._pull()
            got = 0
            async for piece in self._pulling:
                self._peeked.append(piece)
                got += len(piece)
                if got >= count:
                    break
        return b"".join(self._peeked)[:count]

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        if self._pulling is None or self.replayable:
            pulling = self._pull()
        else:
            pulling = self._pulling
            for piece in self._peeked:
                yield piece
            self._peeked = []
        async with contextlib.aclosing(pulling):
            async for piece in pulling:
                if piece:
                    yield piece


@contextlib.contextmanager
def _readable(name: str, path: object) -> Generator[None, None, None]:
    """What goes wrong with the file inside is raised as `ConfigurationError`."""
    try:
        yield
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(f"{name}: can't read {str(path)!r}: {reason}") from None


def _shrank(name: str) -> ConfigurationError:
    return ConfigurationError(f"{name}: the file became shorter while it was being sent")
