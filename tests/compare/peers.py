"""The two clients, behind one face: what differs is how they are made, not how they are called."""

from __future__ import annotations

import importlib
from typing import Any

from tests.rawserver import RawServer

__all__ = ["PEERS", "Peer"]


class Peer:
    """A library under test, with its default settings but for what a scenario asks for."""

    name: str
    package: str
    """Where its code is, for tracebacks."""
    errors: type[BaseException]
    """The base of the errors that it documents."""

    def client(
        self,
        server: RawServer | str,
        *,
        connections: int | None = None,
        transport: str = "httpx",
        **options: Any,
    ) -> Any:
        raise NotImplementedError

    def bound(self, seconds: float) -> dict[str, Any]:
        """Options that bound a whole call, as well as the library can."""
        raise NotImplementedError


class Ours(Peer):
    name = "openai_async"
    package = "openai_async"

    def __init__(self) -> None:
        self._module: Any = importlib.import_module("openai_async")
        self.errors = self._module.OpenAIError

    def client(
        self,
        server: RawServer | str,
        *,
        connections: int | None = None,
        transport: str = "httpx",
        **options: Any,
    ) -> Any:
        if connections is not None:
            limits = importlib.import_module("httpx").Limits
            options["limits"] = limits(max_connections=connections)
        url = server if isinstance(server, str) else server.url
        settings = {"api_key": "k", "base_url": url, "transport": transport, **options}
        return self._module.AsyncClient(**settings)

    def bound(self, seconds: float) -> dict[str, Any]:
        return {"deadline": seconds}


class Official(Peer):
    name = "openai"
    package = "openai"

    def __init__(self) -> None:
        self._module: Any = importlib.import_module("openai")
        self.errors = self._module.OpenAIError

    def client(
        self,
        server: RawServer | str,
        *,
        connections: int | None = None,
        transport: str = "httpx",
        **options: Any,
    ) -> Any:
        if connections is not None or transport != "httpx":
            kind = "DefaultAioHttpClient" if transport == "aiohttp" else "DefaultAsyncHttpxClient"
            limits = importlib.import_module("httpx2").Limits
            given = {} if connections is None else {"limits": limits(max_connections=connections)}
            options["http_client"] = getattr(self._module, kind)(**given)
        url = server if isinstance(server, str) else server.url
        settings = {"api_key": "k", "base_url": url, **options}
        return self._module.AsyncOpenAI(**settings)

    def bound(self, seconds: float) -> dict[str, Any]:
        return {"timeout": seconds}


PEERS: dict[str, type[Peer]] = {"ours": Ours, "official": Official}
