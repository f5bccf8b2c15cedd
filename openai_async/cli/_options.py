"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import typer

from ._inputs import parameters

__all__ = ["Json", "MaxTokens", "Param", "Seed", "Stats", "Stop", "Stream", "Temperature", "TopP"]
__all__ += ["call_parameters"]

SAMPLING = "Sampling"

Json: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Write the server's answer as JSON, and nothing else.")
]
Stream: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--stream/--no-stream",
        help="Write the text while it comes. Default: on a terminal. With --json: a line a chunk.",
        show_default=False,
    ),
]
Stats: TypeAlias = Annotated[
    bool, typer.Option("--stats", help="Tell on standard error how fast a streamed answer came.")
]
MaxTokens: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--max-tokens", metavar="N", help="At the most so many tokens.", rich_help_panel=SAMPLING
    ),
]
Temperature: TypeAlias = Annotated[
    float | None,
    typer.Option("--temperature", "-t", metavar="X", help="0 to 2.", rich_help_panel=SAMPLING),
]
TopP: TypeAlias = Annotated[
    float | None,
    typer.Option("--top-p", metavar="X", help="0 to 1.", rich_help_panel=SAMPLING),
]
Seed: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--seed", metavar="N", help="The same seed, the same text.", rich_help_panel=SAMPLING
    ),
]
Stop: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--stop",
        metavar="TEXT",
        help="Stop in front of this text. May be repeated.",
        rich_help_panel=SAMPLING,
    ),
]
Param: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        "-p",
        metavar="NAME=VALUE",
        help="Any other parameter of the API; the value is JSON, else text. May be repeated.",
    ),
]


def call_parameters(param: list[str] | None, **options: Any) -> dict[str, Any]:
    """Keywords for a call: the options that were given, and those of `--param` as further body."""
    call = {name: value for name, value in options.items() if value is not None and value != []}
    return call | ({"extra_body": parameters(param)} if param else {})
