"""The `openai-async` command. Needs the extra `cli`: typer and rich."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit code.

    0: done; 1: it failed, and one line on standard error says why, or items of a bulk job failed;
    2: it was called wrongly; 130: Ctrl-C; 141: whoever read standard output went away.
    """
    missing = [name for name in ("typer", "rich") if importlib.util.find_spec(name) is None]
    if missing:
        needs = f"the command needs {' and '.join(missing)}: pip install 'openai_async[cli]'"
        print(f"openai-async: {needs}", file=sys.stderr)
        return 1
    try:
        from ._run import run  # noqa: PLC0415 - not before it is known that it can be imported

        return run(sys.argv[1:] if argv is None else argv)
    except KeyboardInterrupt:  # so early, or so late, that `run` did not see it
        return 130
