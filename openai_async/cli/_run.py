"""One run of the command: parse, do, and tell failures in one line.

Typer only parses: every command's function gives back what is to be done, and that is done here,
out of reach of Typer's own ways with exceptions.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, cast

import typer

from ..errors import OpenAIError
from ._output import Failure, one_line

__all__ = ["run"]

PROGRAM = "openai-async"
DEBUG = "OPENAI_ASYNC_TRACEBACK"
"""Set this in the environment to see where an error comes from."""


def run(argv: Sequence[str]) -> int:
    """Do what the arguments say; gives the exit code."""
    _prepare_streams()
    try:
        code = _do(argv)
        sys.stdout.flush()
    except SystemExit as leaving:  # Typer's, where nobody reads its help
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException as error:
        code = _failed(_first(error))
    _let_go(sys.stdout)
    return code


def _do(argv: Sequence[str]) -> int:
    from ._app import make_app  # noqa: PLC0415 - inside the reach of `run`'s handlers

    command = typer.main.get_command(make_app())
    work: Any = command.main(list(argv), prog_name=PROGRAM, standalone_mode=False)
    if callable(work):
        work = cast("Callable[[], Any]", work)()
    return work if isinstance(work, int) else 0


def _prepare_streams() -> None:
    """Make sure that there are streams, and that no character can fail to be written."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started us, as `>&-` does
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _first(error: BaseException) -> BaseException:
    """The error itself; of a group, as several tasks raise it together, the first."""
    while inner := getattr(error, "exceptions", None):  # before Python 3.11 groups have no class
        error = inner[0]
    return error


def _failed(error: BaseException) -> int:
    """Tell an error in one line; gives the exit code."""
    if isinstance(error, KeyboardInterrupt):
        return 130
    if isinstance(error, BrokenPipeError):
        return 141
    if os.environ.get(DEBUG):
        import traceback  # noqa: PLC0415

        traceback.print_exception(error)
    text, code = _describe(error)
    try:
        print(f"{PROGRAM}: {one_line(text)}", file=sys.stderr, flush=True)
    except OSError:
        _let_go(sys.stderr)
    return code


def _describe(error: BaseException) -> tuple[str, int]:
    """What an error says, and its exit code."""
    if isinstance(error, Failure):
        return str(error), error.code
    if hasattr(error, "format_message"):  # one of click's, which newer typers carry inside
        return _usage(cast("Any", error))
    if isinstance(error, OSError) and error.strerror:
        where = "" if error.filename is None else f": {os.fsdecode(error.filename)}"
        return f"{error.strerror}{where}", 1
    if isinstance(error, OpenAIError):
        return str(error) or type(error).__name__, 1
    # Not foreseen: name its kind, as its text alone may mean little.
    return f"{type(error).__name__}: {error} (set {DEBUG}=1 to see where)", 1


def _usage(error: Any) -> tuple[str, int]:
    """A wrong call, with the command whose help to read."""
    path = getattr(getattr(error, "ctx", None), "command_path", PROGRAM)
    message = str(error.format_message()).rstrip(".")
    return f"{message}. See: {path} --help", int(error.exit_code)


def _let_go(stream: Any) -> None:
    """Flush a stream and, if nobody reads it any more, have its rest thrown away in silence."""
    try:
        stream.flush()
    except (OSError, ValueError):
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
        except (OSError, ValueError):  # it has no descriptor: nothing is left to fail
            pass
