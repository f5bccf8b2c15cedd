"""Progress bars: on standard error, and only where a person looks at it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

__all__ = ["OnProgress", "bar", "transfer"]

OnProgress: TypeAlias = "Callable[[int, int | None], None]"
"""Called with (bytes done, bytes in all or None)."""


@contextmanager
def transfer(label: str) -> Generator[OnProgress]:
    """A bar for one upload or download, gone when it is over. Yields what moves it."""
    if not sys.stderr.isatty():
        yield _nothing
        return
    from rich.console import Console  # noqa: PLC0415 - 0.1 s, and seldom needed

    with bar(label, Console(stderr=True), transient=True) as on_progress:
        yield on_progress


def _nothing(_done: int, _total: int | None) -> None:
    pass


@contextmanager
def bar(label: str, console: Console, *, transient: bool) -> Generator[OnProgress]:
    """A bar on a console, with size, speed and the time that is left."""
    with _columns(console, transient) as shown:
        task = shown.add_task(label, total=None)

        def on_progress(done: int, total: int | None) -> None:
            shown.update(task, completed=done, total=total)

        yield on_progress


def _columns(console: Console, transient: bool) -> Progress:
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=28, complete_style="cyan", finished_style="cyan", style="bright_black"),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=console,
        transient=transient,
    )
