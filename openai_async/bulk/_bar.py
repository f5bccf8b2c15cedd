"""A progress bar for people: on standard error, and only where a person looks at it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from ._progress import OnProgress, Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Shown

__all__ = ["bar"]


def bar(label: str = "") -> OnProgress:
    """A callback for `progress=` that draws a bar: done, failed, rate, tokens, cost, time left.

    It draws nothing where standard error is no terminal, where `CI` is set in the environment, and
    where rich is not installed (extra `cli`). The bar stays when the job has ended.
    """
    if os.environ.get("CI") or not sys.stderr.isatty():
        return _nothing
    try:
        return _Bar(label)
    except ImportError:
        return _nothing


def _nothing(_progress: Progress) -> None:
    pass


class _Bar:
    """Begins with the first call, and ends with the last."""

    def __init__(self, label: str) -> None:
        from rich.console import Console  # noqa: PLC0415 - an extra
        from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

        self._shown: Shown = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(
                bar_width=28, complete_style="cyan", finished_style="cyan", style="bright_black"
            ),
            TextColumn("{task.fields[facts]}", markup=False),
            console=Console(stderr=True),
        )
        self._task = self._shown.add_task(label, total=None, facts="")

    def __call__(self, progress: Progress) -> None:
        self._shown.start()  # a second time does nothing
        total = progress.total
        if total is None and progress.ended:
            total = progress.done  # without one, the bar would seem to go on
        self._shown.update(self._task, completed=progress.done, total=total, facts=_facts(progress))
        if progress.ended:
            self._shown.stop()


def _facts(progress: Progress) -> str:
    total = "" if progress.total is None else f"/{progress.total:,}"
    facts = [f"{progress.done:,}{total}"]
    if progress.failed:
        facts.append(f"{progress.failed:,} failed")
    if progress.cached:
        facts.append(f"{progress.cached:,} from the journal")
    if progress.rate:
        facts.append(f"{progress.rate:,.0f}/s" if progress.rate >= 10 else f"{progress.rate:.1f}/s")
    if progress.tokens:
        facts.append(f"{progress.tokens:,} tokens")
    if progress.cost is not None:
        facts.append(f"${progress.cost:.2f}" if progress.cost >= 1 else f"${progress.cost:.4f}")
    if progress.ended:
        facts.append(f"in {_span(progress.elapsed)}")
    elif progress.left is not None:
        facts.append(f"{_span(progress.left)} left")
    return " · ".join(facts)


def _span(seconds: float) -> str:
    """3:05, or 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
