"""`openai-async serve`"""

from __future__ import annotations

import importlib
import logging
import re
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import anyio
import typer

from .._connection import Connection
from .._loop import run_async
from .._output import Failure, note

if TYPE_CHECKING:
    from ...testing import RateLimit, Server

_NEEDED = ("python_multipart", "starlette", "uvicorn")
_UNITS = {
    "rpm": "requests_per_minute",
    "rps": "requests_per_second",
    "tpm": "tokens_per_minute",
}


def add_to(app: typer.Typer) -> None:
    app.command("serve")(serve)


def serve(
    ctx: typer.Context,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes a free one.")
    ] = 0,
    api_key: Annotated[
        str | None,
        typer.Option("--api-key", metavar="KEY", help="What calls must bring. Default: anything."),
    ] = None,
    faults: Annotated[
        str | None,
        typer.Option(
            "--faults",
            metavar="SPEC",
            help="How to fail, such as 429:0.1,cut=3:0.05 (kind=value:share of calls).",
        ),
    ] = None,
    rate_limit: Annotated[
        str | None,
        typer.Option(
            "--rate-limit", metavar="SPEC", help="Such as 60rpm,40000tpm,5rps (and 429 beyond)."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="The same answers in every run.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="NAME", help="A further model's name. May be repeated."),
    ] = None,
    token_delay: Annotated[
        float,
        typer.Option(
            "--token-delay", metavar="SECONDS", min=0, help="Between two tokens of a stream."
        ),
    ] = 0.0,
    job_seconds: Annotated[
        float,
        typer.Option(
            "--job-seconds",
            metavar="SECONDS",
            min=0,
            help="For a fine-tuning, a batch, a video, ...",
        ),
    ] = 2.0,
) -> Callable[[], None]:
    """Start the built-in server: every endpoint, with state, and without a model or a key.

    The first line on standard output is its base URL, and nothing else is. Ctrl-C, or SIGTERM,
    stops it; the exit code is 0 then.
    """
    outer = ctx.find_object(Connection) or Connection()

    def work() -> None:
        server = _make_server(
            api_key=api_key or outer.api_key,
            faults=faults,
            rate_limit=_rate_limit(rate_limit) if rate_limit else None,
            seed=seed,
            models=model or [],
            token_delay=token_delay,
            job_seconds=job_seconds,
        )
        logging.basicConfig(stream=sys.stderr, format="%(levelname)s: %(message)s")
        with suppress(KeyboardInterrupt):  # before, or where there are no signal receivers
            run_async(_serve, server, host, port)

    return work


def _make_server(**settings: Any) -> Server:
    """The server. Raises `Failure` for a setting that can't be."""
    server_class = load_server()
    try:
        return server_class(**settings)
    except ValueError as error:
        raise Failure(str(error), code=2) from None


def load_server() -> type[Server]:
    """The server's class. Raises `Failure` where its extra is missing."""
    try:
        for name in _NEEDED:
            importlib.import_module(name)
        from ...testing import Server  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("openai_async"):
            raise
        message = f"the built-in server needs {error.name}: pip install 'openai_async[testing]'"
        raise Failure(message) from None
    return Server


def _rate_limit(spec: str) -> RateLimit:
    """`60rpm,40000tpm,5rps` as a limit. Raises `Failure`."""
    load_server()
    from ...testing import RateLimit  # noqa: PLC0415

    limits: dict[str, float] = {}
    for part in spec.split(","):
        found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(rpm|rps|tpm)\s*", part)
        if found is None or float(found[1]) == 0:
            raise Failure(
                f"--rate-limit: {part!r} is not a limit: write a number and rpm, rps or tpm", code=2
            )
        limits[_UNITS[found[2]]] = float(found[1])
    return RateLimit(**limits)


async def _serve(server: Server, host: str, port: int) -> None:
    """Serve until a signal comes."""
    async with server.listen(host, port) as base_url:
        try:
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                _announce(base_url, server.api_key)
                async for _ in signals:
                    return
        except NotImplementedError:  # Windows: Ctrl-C cancels, and there is no SIGTERM
            _announce(base_url, server.api_key)
            await anyio.sleep_forever()


def _announce(base_url: str, api_key: str | None) -> None:
    print(base_url, flush=True)
    key = "" if api_key else " OPENAI_API_KEY=any"
    note(f"Try: OPENAI_BASE_URL={base_url}{key} openai-async chat 'Hello'\nCtrl-C stops it.")
