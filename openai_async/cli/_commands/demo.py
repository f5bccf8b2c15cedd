"""`openai-async demo`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .._loop import run_async


def add_to(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(
    json: Annotated[
        bool, typer.Option("--json", help="Write one JSON document, and nothing else.")
    ] = False,
    no_local: Annotated[
        bool, typer.Option("--no-local", help="Leave the local model out.")
    ] = False,
    output_dir: Annotated[
        Path, typer.Option("--output-dir", metavar="DIR", help="Where the image goes.")
    ] = Path(),
) -> object:
    """See everything work, in under a minute, without a key."""

    def work() -> None:
        from .._demo import run_demo  # noqa: PLC0415 - only this command needs rich

        run_async(run_demo, json, not no_local, output_dir)

    return work
