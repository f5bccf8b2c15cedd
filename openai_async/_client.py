"""`AsyncClient`: settings, lifecycle, namespaces, and calls to endpoints that have no method."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import time
import weakref
from abc import ABCMeta
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx
from typing_extensions import Self, Unpack

from . import errors
from ._closing import Closing
from ._config import ClientOptions, Config, hide_secrets
from ._endpoints import Endpoints
from ._loops import to_the_end
from ._middleware import Middleware, compose
from ._preload import preload
from ._request import Request, Tally
from ._resource import RawMethods, StreamingMethods
from ._response import BinaryBody, StreamingResponse, capturing, decode, retries_taken
from ._retry import BODY_IS_GONE, NOT_REPLAYABLE, Retry
from ._send import STARTED, Sender
from ._settings import Settings
from ._stream import NEVER, AsyncStream, StreamBounds, is_streamed
from ._transport import (
    Deadline,
    OpenBody,
    TransportChoice,
    library_of,
    make_http_client,
    timeout_of,
)
from .errors import APIError, APIStatusError, ConfigurationError
from .limits._gate import Gate, Gated, default_gate, digest_of

if TYPE_CHECKING:
    from .resources.audio import Audio
    from .resources.batches import Batches
    from .resources.beta import Beta
    from .resources.chat import Chat
    from .resources.chatkit import ChatKit
    from .resources.completions import Completions
    from .resources.containers import Containers
    from .resources.content_provenance_checks import ContentProvenanceChecks
    from .resources.conversations import Conversations
    from .resources.edits import Edits
    from .resources.embeddings import Embeddings
    from .resources.engines import Engines
    from .resources.evals import Evals
    from .resources.files import Files
    from .resources.fine_tunes import FineTunes
    from .resources.fine_tuning import FineTuning
    from .resources.images import Images
    from .resources.models import Models
    from .resources.moderations import Moderations
    from .resources.realtime import Realtime
    from .resources.responses import Responses
    from .resources.skills import Skills
    from .resources.uploads import Uploads
    from .resources.vector_stores import VectorStores
    from .resources.videos import Videos
    from .resources.webhooks import Webhooks

__all__ = ["AsyncClient", "AsyncOpenAI"]

NAMESPACES: Final[Mapping[str, str]] = {
    "audio": "Audio",
    "batches": "Batches",
    "beta": "Beta",
    "chat": "Chat",
    "chatkit": "ChatKit",
    "completions": "Completions",
    "containers": "Containers",
    "content_provenance_checks": "ContentProvenanceChecks",
    "conversations": "Conversations",
    "edits": "Edits",
    "embeddings": "Embeddings",
    "engines": "Engines",
    "evals": "Evals",
    "files": "Files",
    "fine_tunes": "FineTunes",
    "fine_tuning": "FineTuning",
    "images": "Images",
    "models": "Models",
    "moderations": "Moderations",
    "realtime": "Realtime",
    "responses": "Responses",
    "skills": "Skills",
    "uploads": "Uploads",
    "vector_stores": "VectorStores",
    "videos": "Videos",
    "webhooks": "Webhooks",
}
"""Attribute (and module in `resources`) to class. Each is imported when first looked at."""


@dataclass
class ServerTraits:
    """What has been learnt about a server."""

    floats_only: bool = False
    """Whether it has refused embeddings as base64."""


@dataclass
class _Pool:
    """The connections that a client shares with those made from it."""

    http: Any
    """An `httpx.AsyncClient`, or its like."""
    owned: bool
    """Whether it is ours to close."""
    traits: dict[str, ServerTraits] = field(default_factory=dict[str, ServerTraits])
    """By base URL."""
    gated: weakref.WeakSet[Gated] = field(default_factory=weakref.WeakSet[Gated])
    """Where calls of these clients wait."""


class _Listed(ABCMeta):
    """A class that lists the namespaces of its instances, for `Mock(spec=AsyncClient)` and the like."""

    def __dir__(cls) -> list[str]:
        return sorted({*super().__dir__(), *NAMESPACES})


class AsyncClient(Settings, Endpoints, Closing, metaclass=_Listed):
    """A client of the OpenAI API, or of any server that speaks it.

    Use it as an async context manager, or `close()` it. One client serves any number of tasks.
    """

    if TYPE_CHECKING:
        audio: Audio
        batches: Batches
        beta: Beta
        chat: Chat
        chatkit: ChatKit
        completions: Completions
        containers: Containers
        content_provenance_checks: ContentProvenanceChecks
        conversations: Conversations
        edits: Edits
        embeddings: Embeddings
        engines: Engines
        evals: Evals
        files: Files
        fine_tunes: FineTunes
        fine_tuning: FineTuning
        images: Images
        models: Models
        moderations: Moderations
        realtime: Realtime
        responses: Responses
        skills: Skills
        uploads: Uploads
        vector_stores: VectorStores
        videos: Videos
        webhooks: Webhooks

    def __init__(
        self,
        *,
        http_client: httpx.AsyncClient | None = None,
        transport: TransportChoice = None,
        limits: httpx.Limits | None = None,
        http2: bool = False,
        middleware: Sequence[Middleware] = (),
        gate: Gate | bool | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        """
        Args:
            http_client: Your own `httpx.AsyncClient` (or `httpx2.AsyncClient`); you close it.
            transport: `"httpx"` (the default), `"aiohttp"` (extra `aiohttp`), or your own.
            limits: Connections, as in httpx. Default: 1,000, of which 100 are kept alive.
            http2: Speak HTTP/2 with servers that agree to it (extra `http2`): one connection carries
                many calls, and `limits.max_connections` is how many are on their way at a time.
            middleware: Async callables around each call, the first outermost. Put `Retry()` among
                them to choose which run once per attempt (those behind it).
            gate: What keeps the calls of all clients within the account's limits: a `limits.Gate`
                of your own, or False for none. Default: one that is shared by the clients of one
                server and key.
            options: `ClientOptions`: api_key, organization, project, base_url, timeout, deadline,
                first_event_timeout, idle_timeout, max_retries, default_headers, default_query,
                strict_responses, strict_streams.

        Raises:
            ConfigurationError: no key, or a setting that can't be used.
        """
        hide_secrets(options)
        if http_client is not None:
            if transport is not None or limits is not None or http2:
                raise ConfigurationError(
                    "transport, limits and http2 are the http_client's; pass one or the other"
                )
            library_of(http_client)
            options.setdefault("timeout", timeout_of(http_client))
        config = Config.read(options)
        gate = _read_gate(gate, shared=http_client is None and not _is_foreign(transport))
        http = http_client or make_http_client(transport, limits, config.timeout, http2=http2)
        self._setup(config, _Pool(http, owned=http_client is None), tuple(middleware), gate)

    def _setup(
        self,
        config: Config,
        pool: _Pool,
        middleware: tuple[Middleware, ...],
        gate: Gate | None,
    ) -> None:
        self._config = config
        self._pool = pool
        self._middleware = middleware
        chain = middleware
        if not any(isinstance(layer, Retry) for layer in middleware):
            chain = (*middleware, Retry())
        self._gate = gate
        if gate is not None:
            # Innermost, because a call that is sent again counts again.
            key = digest_of(config.api_key)
            gated = Gated(gate, config.host, key, lambda: bool(pool.http.is_closed))
            pool.gated.add(gated)
            chain = (*chain, gated)
        self._send = compose(chain, Sender(pool.http, config, follows=pool.owned))

    @property
    def config(self) -> Config:
        """The settings, checked and frozen."""
        return self._config

    @property
    def gate(self) -> Gate | None:
        """What holds calls back to stay within limits, if anything does."""
        return self._gate

    @property
    def server_traits(self) -> ServerTraits:
        """What has been learnt about the server, shared with clients made by `with_options`."""
        return self._pool.traits.setdefault(self.base_url, ServerTraits())

    @property
    def is_closed(self) -> bool:
        """Whether the client can't be used any more."""
        return bool(self._pool.http.is_closed)

    async def close(self) -> None:
        """Close the connections, also those of every client made by `with_options`. Calls that wait
        at the gate end with `ConfigurationError`.

        A client of your own, passed as `http_client`, stays open.
        """
        if self._pool.owned:
            try:
                await to_the_end(self._pool.http.aclose)
            finally:
                for gated in self._pool.gated:
                    gated.dismiss()

    def __repr__(self) -> str:
        if "_config" not in vars(self):  # in a traceback with locals, when a setting was refused
            return f"<{type(self).__name__} without settings>"
        return f"<{type(self).__name__} {self.base_url}{' closed' if self.is_closed else ''}>"

    def with_options(
        self,
        *,
        middleware: Sequence[Middleware] | None = None,
        http_client: httpx.AsyncClient | None = None,
        **options: Unpack[ClientOptions],
    ) -> Self:
        """A client with other settings on the same connections; what is left out stays.

        `default_headers` and `default_query` are added to those of this client, `middleware` takes
        the place of its, and an `http_client` of yours, which you close, that of the connections.
        Raises `ConfigurationError`.
        """
        hide_secrets(options)
        pool = self._pool
        if http_client is not None:
            library_of(http_client)
            pool = _Pool(http_client, owned=False)
        other = type(self).__new__(type(self))
        chain = self._middleware if middleware is None else tuple(middleware)
        other._setup(  # noqa: SLF001 - it is one of us
            self._config.change(options), pool, chain, self._gate
        )
        return other

    copy = with_options

    if not TYPE_CHECKING:  # which would take any name for one that is there

        def __getattr__(self, name: str) -> Any:
            """A namespace, imported when first looked at, and kept."""
            if name not in NAMESPACES:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            module = importlib.import_module(f".resources.{name}", __package__)
            resource = getattr(module, NAMESPACES[name])(self)
            vars(self)[name] = resource
            return resource

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *NAMESPACES})

    def preload(self, *namespaces: str) -> Self:
        """Do now what the first call in each namespace would do, while the event loop waits: import
        it, build the validators of its models, read TLS's certificates. For a service, before it
        begins to serve: `AsyncClient().preload("chat", "embeddings")`. Without a name: all of them.

        Takes some 20 ms for a namespace. Gives the client. Raises `ConfigurationError` for a name
        that is none.
        """
        if unknown := [name for name in namespaces if name not in NAMESPACES]:
            raise ConfigurationError(f"{unknown[0]!r} is no namespace: {', '.join(NAMESPACES)}")
        preload(self, namespaces or NAMESPACES, self._pool.http)
        return self

    @property
    def with_raw_response(self) -> RawMethods:
        """Every namespace with methods that give `Raw`: value, status, headers."""
        return RawMethods(self)

    @property
    def with_streaming_response(self) -> StreamingMethods:
        """Every namespace with methods as context managers over a response with its body unread."""
        return StreamingMethods(self)

    async def request(self, request: Request) -> Any:
        """Make a call that has been described: through the middleware, and decoded.

        Raises what the methods of the namespaces raise.
        """
        started = time.monotonic()
        capture = capturing.get()
        if capture is not None and capture.streaming:
            request = dataclasses.replace(request, stream=True)
        if request.stream or request.deadline is not None:
            expires = NEVER if request.deadline is None else started + request.deadline
            request = dataclasses.replace(request, expires=expires, tally=Tally())
        # Calls that a middleware or an `api_key` callable makes are not the one to be captured.
        token = None if capture is None else capturing.set(None)
        try:
            response = await self._through(request)
        finally:
            if token is not None:
                capturing.reset(token)
        try:
            _ = response.request
        except RuntimeError:  # a middleware made the response by hand
            response.request = self._described(request)
        if capture is not None:
            capture.response = response
        if not response.is_success:
            raise _status_error(response)
        if capture is not None and capture.streaming:
            body = OpenBody(response, request.expires)
            return StreamingResponse(body, functools.partial(self._later, request, body))
        if request.stream:
            return self._open(request, OpenBody(response, request.expires))
        return decode(response, request.into, strict=self._config.strict_responses)

    async def _through(self, request: Request) -> httpx.Response:
        """What the middleware makes of a request, within its deadline."""
        opened = [] if request.tally is None else request.tally.opened
        try:
            with Deadline(request.expires):
                response = await self._send(request)
                # Of several answers that are to be streamed, a middleware has chosen one.
                if response in opened or not response.is_success:
                    await _let_go([each for each in opened if each is not response])
                return response
        except BaseException as error:
            # A middleware, or its cancellation, may have come behind such an answer.
            await _let_go(opened)
            if isinstance(error, APIError):
                if error.request is None:
                    error.request = self._described(request)
                if request.tally is not None:
                    error.retries_taken = max(error.retries_taken, request.tally.retries_taken)
            raise

    def _described(self, request: Request) -> httpx.Request:
        """The call as HTTP, for errors, where none took shape."""
        return httpx.Request(request.method, self.base_url + request.path)

    def _open(self, request: Request, body: OpenBody) -> Any:
        """What is given for an answer whose body is still on its way."""
        into: object = request.into
        if not is_streamed(into):
            return BinaryBody(body)
        stream: AsyncStream[Any] = AsyncStream(
            body,
            into,
            self._bounds(request, body.response),
            strict=self._config.strict_streams,
            strict_responses=self._config.strict_responses,
        )
        return stream

    async def _later(self, request: Request, body: OpenBody) -> Any:
        """The value of a call whose response was asked for first."""
        into: Any = request.into
        if is_streamed(into) or into is BinaryBody:
            return self._open(request, body)
        await body.read()
        return decode(body.response, request.into, strict=self._config.strict_responses)

    def _bounds(self, request: Request, response: httpx.Response) -> StreamBounds:
        started: float = response.extensions.get(STARTED, time.monotonic())
        timeout = request.timeout or self._config.timeout
        first, idle = request.first_event_timeout, request.idle_timeout
        return StreamBounds(
            first_event_at=NEVER if first is None else started + first,
            idle=idle or timeout.read or NEVER,
            expires=request.expires,
            timed=first is not None or idle is not None or request.expires != NEVER,
        )


AsyncOpenAI = AsyncClient
"""The same, under the name that it has in the official client."""


async def _let_go(responses: list[httpx.Response]) -> None:
    for response in responses:
        await OpenBody(response).aclose()


def _is_foreign(transport: TransportChoice) -> bool:
    """Whether it is the user's own: where that leads is not to be seen from the base URL."""
    return transport is not None and not isinstance(transport, str)


def _read_gate(given: Gate | bool | None, *, shared: bool) -> Gate | None:
    if given is False:
        return None
    if given is None or given is True:
        return default_gate() if shared else Gate()
    if not isinstance(given, Gate):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigurationError(f"gate must be a limits.Gate, True or False, not {given!r}")
    return given


def _status_error(response: httpx.Response) -> APIStatusError:
    error = errors.from_response(response, retries_taken=retries_taken(response))
    if NOT_REPLAYABLE in response.extensions:
        error.hints.append(BODY_IS_GONE)
    return error
