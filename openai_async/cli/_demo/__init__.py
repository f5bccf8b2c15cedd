"""`openai-async demo`: everything at work, on this machine.

Four parts: `_engines` says who answers, `_steps` makes the calls, `_view` shows them to a person
and `_preview` is the small picture that it draws.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..._version import __version__
from .._output import write_json
from ._engines import Engines, open_engines
from ._steps import run_steps
from ._view import ScreenView, View

__all__ = ["run_demo"]


async def run_demo(json: bool, local: bool, folder: Path) -> None:
    """Run it: for a person or, with `json`, for a program. The image goes into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    view = View() if json else ScreenView()
    with view:
        async with open_engines(view, local=local, paced=view.live) as engines:
            view.opened(engines)
            facts = await run_steps(engines, view, folder)
    seconds = time.perf_counter() - started
    view.finished(seconds)
    if json:
        write_json(_document(engines, facts, seconds))


def _document(engines: Engines, facts: dict[str, Any], seconds: float) -> dict[str, Any]:
    """All that a person sees, for a program."""
    return {
        "version": __version__,
        "engines": {
            "chat": asdict(engines.text.told),
            "completion": asdict(engines.text.told),
            "embeddings": asdict(engines.text.told),
            "image": asdict(engines.rest.told),
            "upload": asdict(engines.rest.told),
            "fine_tune": asdict(engines.rest.told),
        },
        "local": engines.why_not is None,
        "why_not_local": engines.why_not,
        **facts,
        "seconds": round(seconds, 3),
    }
