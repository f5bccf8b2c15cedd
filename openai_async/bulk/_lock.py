"""A lock between processes that dies with its holder, whatever way it dies."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import threading
from pathlib import Path

__all__ = ["Busy", "ProcessLock"]

_PLACE = 1 << 30
"""Which byte is locked: far behind the number of the process, which others are to read."""
_BUSY = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
"""What the system says where another process has the lock."""
_held: set[tuple[int, int]] = set()
"""The (device, inode) of what this process holds: between its own files, the system's locks don't
count, and closing one would undo the other's."""
_guard = threading.Lock()


class Busy(Exception):  # noqa: N818 - no failure, an answer
    """Somebody else holds the lock; `.pid` is who, where that can be told."""

    def __init__(self, pid: int | None) -> None:
        super().__init__(pid)
        self.pid = pid


class ProcessLock:
    """A lock on a file of its own, which is there for as long as it is held.

    After a `kill -9` the file stays and the lock is gone: the file alone means nothing.
    Raises `Busy`, and `OSError` where the file can't be made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # Somebody who lets go removes the file: what was locked then is no longer what is there.
        while not (self._take() and self._is_there()):
            pass

    def _take(self) -> bool:
        with _guard:
            known = _identity(self._path)
            if known in _held:
                raise Busy(os.getpid())
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                _lock(self._fd)
            except OSError as error:
                if error.errno not in _BUSY:  # such as a file system that has no locks
                    os.close(self._fd)
                    raise
                pid = _number(os.pread(self._fd, 32, 0) if hasattr(os, "pread") else b"")
                os.close(self._fd)
                raise Busy(pid) from None
            found = os.fstat(self._fd)
            self._identity = (found.st_dev, found.st_ino)
            _held.add(self._identity)
        return True

    def _is_there(self) -> bool:
        if _identity(self._path) != self._identity:
            self._let_go()
            return False
        with contextlib.suppress(OSError):  # a full disk: it is locked, and nobody is told by whom
            os.ftruncate(self._fd, 0)
            os.write(self._fd, str(os.getpid()).encode())
        return True

    def release(self) -> None:
        """Let go of it."""
        with contextlib.suppress(OSError):  # where an open file can't be removed, it stays
            self._path.unlink()
        self._let_go()

    def _let_go(self) -> None:
        with _guard:
            _held.discard(self._identity)
            os.close(self._fd)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return (found.st_dev, found.st_ino)


def _number(text: bytes) -> int | None:
    return int(text) if text.isdigit() else None


if sys.platform == "win32":
    import msvcrt

    def _lock(fd: int) -> None:
        os.lseek(fd, _PLACE, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        os.lseek(fd, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(fd: int) -> None:
        # POSIX's kind: unlike flock's, a child process does not keep it when its parent dies.
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _PLACE)
