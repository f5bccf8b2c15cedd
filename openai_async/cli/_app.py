"""The commands, put together."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from .._version import __version__
from ._commands import (
    audio,
    chat,
    complete,
    demo,
    embed,
    files,
    fine_tunes,
    image,
    journal,
    models,
    moderate,
    serve,
)
from ._commands import map as map_prompts
from ._connection import Connection, connection_parameters

__all__ = ["make_app"]

_HELP = """The OpenAI API, and every server that speaks it, from a shell.

Try it without a key: openai-async demo
"""


def make_app() -> typer.Typer:
    """The whole command, ready to parse."""
    app = typer.Typer(help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
    app.callback(invoke_without_command=True)(_root())
    for commands in (demo, serve, chat, complete, embed, map_prompts, image, audio, moderate):
        commands.add_to(app)
    for name, group in (
        ("models", models),
        ("files", files),
        ("fine-tunes", fine_tunes),
        ("journal", journal),
    ):
        sub = typer.Typer(help=group.HELP)
        group.add_to(sub)
        app.add_typer(sub, name=name)
    return app


def _root() -> Callable[..., None]:
    """What stands before the name of a command: the options of the connection."""

    def root(
        *,
        ctx: typer.Context,
        version: Annotated[bool, typer.Option("--version", help="Tell the version.")] = False,
        **given: Any,
    ) -> None:
        ctx.obj = Connection(**given)
        if version:
            typer.echo(f"openai-async {__version__}")
            raise typer.Exit
        if ctx.invoked_subcommand is None:
            typer.echo(ctx.get_help())
            raise typer.Exit

    own = list(inspect.signature(root, eval_str=True).parameters.values())[:-1]
    parameters = [*own, *connection_parameters()]
    root.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    root.__annotations__ = {each.name: each.annotation for each in parameters}
    return root
