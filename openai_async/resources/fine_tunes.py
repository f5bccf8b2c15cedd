"""https://platform.openai.com/docs/api-reference/fine-tunes"""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Any, Generic, Literal, TypeVar, overload

import httpx
from typing_extensions import Unpack

from .._json import is_array
from .._pagination import Pager
from .._request import RequestOptions, bind, path
from .._resource import Resource
from .._retry import RetryPolicy
from .._stream import AsyncStream, Streamed
from ..types.fine_tunes import FineTune, FineTuneCreateParams, FineTuneEvent
from ._follow import Follower
from ._rounds import RECONNECT

__all__ = ["FineTunes", "PendingStream"]

T = TypeVar("T")

IDLE_SECONDS = 300.0
"""After so much silence a connection may be dead without anybody having noticed."""


class PendingStream(Generic[T]):
    """A stream that has not been asked for yet: await it, or iterate over its events at once."""

    def __init__(self, start: Callable[[], Awaitable[AsyncStream[T]]]) -> None:
        self._start = start

    def __await__(self) -> Generator[Any, Any, AsyncStream[T]]:
        return self._start().__await__()

    async def __aiter__(self) -> AsyncGenerator[T, None]:
        async with await self._start() as stream:
            async for event in stream:
                yield event


class FineTunes(Resource):
    """Jobs that make models from models and examples."""

    async def create(self, **params: Unpack[FineTuneCreateParams]) -> FineTune:
        """Start a job; it is queued, and its status tells how far it is."""
        return await self._post("/fine-tunes", FineTune, json=params, takes=FineTuneCreateParams)

    def list(self, **options: Unpack[RequestOptions]) -> Pager[FineTune]:
        """Iterate over the organization's jobs; await for the first page."""
        return self._page("/fine-tunes", FineTune, query=options)

    async def retrieve(self, fine_tune_id: str, **options: Unpack[RequestOptions]) -> FineTune:
        """A job as it stands, with what happened so far."""
        url = path("/fine-tunes/{fine_tune_id}", fine_tune_id=fine_tune_id)
        return await self._get(url, FineTune, query=options)

    async def cancel(self, fine_tune_id: str, **options: Unpack[RequestOptions]) -> FineTune:
        """End a job at once."""
        url = path("/fine-tunes/{fine_tune_id}/cancel", fine_tune_id=fine_tune_id)
        return await self._post(url, FineTune, json=options)

    @overload
    def list_events(
        self,
        fine_tune_id: str,
        *,
        stream: Literal[False] | None = ...,
        **options: Unpack[RequestOptions],
    ) -> Pager[FineTuneEvent]: ...
    @overload
    def list_events(
        self, fine_tune_id: str, *, stream: Literal[True], **options: Unpack[RequestOptions]
    ) -> PendingStream[FineTuneEvent]: ...
    @overload
    def list_events(
        self, fine_tune_id: str, *, stream: bool, **options: Unpack[RequestOptions]
    ) -> Pager[FineTuneEvent] | PendingStream[FineTuneEvent]: ...
    def list_events(
        self,
        fine_tune_id: str,
        *,
        stream: bool | None = None,
        **options: Unpack[RequestOptions],
    ) -> Pager[FineTuneEvent] | PendingStream[FineTuneEvent]:
        """What happened to a job so far; with `stream=True`, and what does, until it is finished.

        Either is iterated over with `async for`; awaited, it is the first page, or the open stream.
        As a job may be silent for hours, a stream waits for ever between two events unless
        `timeout` or `idle_timeout` say otherwise; the first, which every job has, must come within
        `first_event_timeout` (default: the client's, else its read timeout). See also `follow`,
        which survives a cut connection.
        """
        url = path("/fine-tunes/{fine_tune_id}/events", fine_tune_id=fine_tune_id)
        if not stream:
            return self._page(url, FineTuneEvent, query=options)
        bind(options, RequestOptions)  # a wrong keyword is told here, not when the stream begins
        return PendingStream(
            functools.partial(self._stream, url, STREAMED, query=self._patient(options))
        )

    def follow(
        self,
        fine_tune_id: str,
        *,
        max_failures: int = 5,
        reconnect: RetryPolicy = RECONNECT,
        **options: Unpack[RequestOptions],
    ) -> AsyncGenerator[FineTuneEvent, None]:
        """Everything that happened and happens to a job, each once, until it is finished.

        It streams, and connects again where the stream is cut or ends too early; `reconnect` says
        after how long. After `max_failures` failures in a row, with no new event between them, the
        last error is raised; an error that no waiting mends (say a 404) is raised at once.
        `deadline` bounds the whole of it (`APITimeoutError`); the other options hold for each call.
        `idle_timeout` is how long a stream may be silent before the job is asked after, and the
        stream opened anew: default 300 seconds.

        Leave it early through `contextlib.aclosing`, which lets go of the connection at once.
        """
        path("{fine_tune_id}", fine_tune_id=fine_tune_id)
        bind(options, RequestOptions)
        if self._client.config.idle_timeout is None and "timeout" not in options:
            options = {"idle_timeout": IDLE_SECONDS, **options}
        return Follower(self, fine_tune_id, reconnect, max_failures, options).events()

    def _patient(self, options: RequestOptions) -> RequestOptions:
        """The options for a stream of events that may be hours apart."""
        if "timeout" in options:
            return options
        config = self._client.config
        usual = config.timeout
        patient: RequestOptions = {
            "timeout": httpx.Timeout(
                connect=usual.connect, read=None, write=usual.write, pool=usual.pool
            ),
            "first_event_timeout": config.first_event_timeout or usual.read,
        }
        return {**patient, **options}


def _from_whole(answer: dict[str, Any]) -> list[Any] | None:
    """The events of a list, as sent by a server that doesn't stream them."""
    events = answer.get("data")
    return events if is_array(events) else None


STREAMED = Streamed[FineTuneEvent](FineTuneEvent, from_whole=_from_whole)
