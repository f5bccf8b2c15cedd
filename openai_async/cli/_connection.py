"""Which server is talked to: the options that every command has, and the client made of them."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from .._client import AsyncClient
from .._config import ClientOptions
from ._loop import run_async
from ._output import Failure

__all__ = ["Connection", "calls", "connection_parameters"]

PANEL = "Connection"
TIMEOUT = "OPENAI_ASYNC_TIMEOUT"
MAX_RETRIES = "OPENAI_ASYNC_MAX_RETRIES"


@dataclass(frozen=True)
class Connection:
    """What the command line says about the server; None is left to the environment."""

    base_url: str | None = None
    api_key: str | None = dataclasses.field(default=None, repr=False)
    organization: str | None = None
    project: str | None = None
    timeout: float | None = None
    max_retries: int | None = None

    def overriding(self, other: Connection) -> Connection:
        """This, and where it says nothing, the other."""
        mine = {name: value for name, value in vars(self).items() if value is not None}
        return dataclasses.replace(other, **mine)

    def client(self) -> AsyncClient:
        """The client. Raises `ConfigurationError`, and `Failure` where there is no key."""
        if not (self.api_key or os.environ.get("OPENAI_API_KEY")):
            raise Failure(
                "no API key: set OPENAI_API_KEY or pass --api-key"
                " (any text will do for a server that asks for none)"
            )
        options: ClientOptions = {
            "base_url": self.base_url,
            "api_key": self.api_key,
            "organization": self.organization,
            "project": self.project,
        }
        timeout = self.timeout if self.timeout is not None else _number(TIMEOUT, float)
        if timeout is not None:
            options["timeout"] = timeout
        retries = self.max_retries if self.max_retries is not None else _number(MAX_RETRIES, int)
        if retries is not None:
            options["max_retries"] = int(retries)
        return AsyncClient(**options)

    def run(self, work: Callable[[AsyncClient], Awaitable[Any]]) -> Any:
        """Do something with a client, in an event loop of its own; Ctrl-C cancels it."""
        return run_async(self._run, work)

    async def _run(self, work: Callable[[AsyncClient], Awaitable[Any]]) -> Any:
        async with self.client() as client:
            return await work(client)


def _number(variable: str, kind: type[float | int]) -> float | None:
    text = os.environ.get(variable)
    if not text:
        return None
    try:
        return kind(text)
    except ValueError:
        raise Failure(f"{variable} must be a number, not {text!r}") from None


def _option(kind: Any, flag: str, metavar: str, text: str) -> Any:
    return Annotated[kind, typer.Option(flag, metavar=metavar, help=text, rich_help_panel=PANEL)]


_OPTIONS: dict[str, Any] = {
    "base_url": _option(
        str | None, "--base-url", "URL", "Where the API is. Else OPENAI_BASE_URL, else OpenAI's."
    ),
    "api_key": _option(
        str | None, "--api-key", "KEY", "Better in OPENAI_API_KEY: others may see your arguments."
    ),
    "organization": _option(str | None, "--organization", "ID", "Else OPENAI_ORG_ID."),
    "project": _option(str | None, "--project", "ID", "Else OPENAI_PROJECT_ID."),
    "timeout": _option(
        float | None, "--timeout", "SECONDS", f"Per attempt. Else {TIMEOUT}, else 600."
    ),
    "max_retries": _option(int | None, "--max-retries", "N", f"Else {MAX_RETRIES}, else 2."),
}


def connection_parameters() -> list[inspect.Parameter]:
    """The options, as parameters of a command's function."""
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in _OPTIONS.items()
    ]


def calls(app: typer.Typer, name: str, **settings: Any) -> Callable[[Any], Any]:
    """Register a function as a command that talks to the server.

    Its first parameter is the client, if it is async, and the `Connection` if it is not; the rest
    are the command's own. The options of the connection may stand before the command or behind it.
    The command gives back what is to be done: see `_run`.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        own = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own]
        context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)

        def parse(*, ctx: typer.Context, **given: Any) -> Callable[[], Any]:
            here = Connection(**{name: given.pop(name) for name in _OPTIONS})
            connection = here.overriding(ctx.find_object(Connection) or Connection())
            if inspect.iscoroutinefunction(function):
                return lambda: connection.run(lambda client: function(client, **given))
            return functools.partial(function, connection, **given)

        parameters = [context, *own, *connection_parameters()]
        parse.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        parse.__annotations__ = {each.name: each.annotation for each in parameters}
        parse.__doc__ = function.__doc__
        app.command(name, **settings)(parse)
        return function

    return register
