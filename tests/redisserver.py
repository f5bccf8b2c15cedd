"""A Redis server of our own, on a socket in a folder of its own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections import deque
from pathlib import Path

from typing_extensions import Self

__all__ = ["PROGRAM", "RedisServer"]

PROGRAM = shutil.which("redis-server")


class RedisServer:
    """Runs until it is left; can be stopped and started again in between, and then knows nothing."""

    def __init__(self, *settings: str) -> None:
        self._settings = settings
        self._folder = Path(tempfile.mkdtemp(prefix="redis-"))
        self._process: subprocess.Popen[str] | None = None
        self.path = self._folder / "redis.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Return when it answers."""
        assert PROGRAM is not None
        self._process = subprocess.Popen(
            [
                PROGRAM, "--port", "0", "--unixsocket", str(self.path), "--dir", str(self._folder),
                "--save", "", "--appendonly", "no", *self._settings,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        said: deque[str] = deque(maxlen=20)
        for line in self._process.stdout:
            said.append(line)
            if "ready to accept connections" in line.lower():
                return
        raise RuntimeError("redis-server has not started:\n" + "".join(said))

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate(timeout=10)
            self._process = None
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
