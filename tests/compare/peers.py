"""The two clients, behind one face: what differs is how they are made, not how they are called."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from tests.rawserver import RawServer

__all__ = ["PEERS", "Peer"]


class Peer:
    """A library under test, with its default settings but for what a scenario asks for."""

    name: str
    """Of the package, too."""
    httpx: str
    """The module that its timeouts and limits come from."""

    def __init__(self) -> None:
        self.module: Any = importlib.import_module(self.name)
        self.errors: type[BaseException] = self.module.OpenAIError
        """The base of the errors that it documents."""
        self.folder = str(Path(self.module.__file__).parent)
        """Where its code is, for tracebacks."""

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

    async def download(self, client: Any, file_id: str, path: Path) -> None:
        """A file's content, to a path, in the way that is documented for big ones."""
        raise NotImplementedError

    def timeout(self, *args: Any, **options: Any) -> Any:
        """A timeout of several parts."""
        return importlib.import_module(self.httpx).Timeout(*args, **options)

    def limits(self, **options: Any) -> Any:
        return importlib.import_module(self.httpx).Limits(**options)


class Ours(Peer):
    name = "openai_async"
    httpx = "httpx"

    def client(
        self,
        server: RawServer | str,
        *,
        connections: int | None = None,
        transport: str = "httpx",
        **options: Any,
    ) -> Any:
        if connections is not None:
            options["limits"] = self.limits(max_connections=connections)
        url = server if isinstance(server, str) else server.url
        settings = {"api_key": "k", "base_url": url, "transport": transport, **options}
        return self.module.AsyncClient(**settings)

    def bound(self, seconds: float) -> dict[str, Any]:
        return {"deadline": seconds}

    async def download(self, client: Any, file_id: str, path: Path) -> None:
        await (await client.files.content(file_id)).write_to_file(path)


class Official(Peer):
    name = "openai"
    httpx = "httpx2"

    def client(
        self,
        server: RawServer | str,
        *,
        connections: int | None = None,
        transport: str = "httpx",
        http2: bool = False,
        **options: Any,
    ) -> Any:
        if connections is not None or transport != "httpx" or http2:
            kind = "DefaultAioHttpClient" if transport == "aiohttp" else "DefaultAsyncHttpxClient"
            given: dict[str, Any] = {"http2": True} if http2 else {}
            if connections is not None:
                given["limits"] = self.limits(max_connections=connections)
            options["http_client"] = getattr(self.module, kind)(**given)
        url = server if isinstance(server, str) else server.url
        settings = {"api_key": "k", "base_url": url, **options}
        return self.module.AsyncOpenAI(**settings)

    def bound(self, seconds: float) -> dict[str, Any]:
        return {"timeout": seconds}

    async def download(self, client: Any, file_id: str, path: Path) -> None:
        async with client.files.with_streaming_response.content(file_id) as response:
            await response.stream_to_file(path)


PEERS: dict[str, type[Peer]] = {"ours": Ours, "official": Official}
