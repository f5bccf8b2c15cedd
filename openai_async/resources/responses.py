"""https://platform.openai.com/docs/api-reference/responses"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar, cast, overload

from pydantic import TypeAdapter
from typing_extensions import Unpack

from .._config import read_seconds
from .._pagination import Pager
from .._request import RequestOptions, bind, lasting, path
from .._resource import Resource, defaults
from .._response import StreamingResponse
from .._retry import RetryPolicy
from .._stream import AsyncStream, Streamed
from ..types.responses import (
    CompactedResponse,
    InputItemListParams,
    InputTokenCountParams,
    InputTokenCountResponse,
    ParsedResponse,
    Response,
    ResponseCompactParams,
    ResponseCreateParams,
    ResponseErrorEvent,
    ResponseIncludable,
    ResponseItem,
    ResponseRetrieveParams,
    ResponseStreamEvent,
    ResponseToolParam,
)
from ._response_parse import ResponseParser, flat
from ._response_resume import MAX_FAILURES, RECONNECT, ResponseEvents
from ._response_stream import ResponseStream, ResponseStreamManager
from ._response_whole import finished, from_whole

__all__ = ["InputItems", "InputTokens", "ResponseStream", "ResponseStreamManager", "Responses"]

T = TypeVar("T")

STREAMED = Streamed[ResponseStreamEvent](
    ResponseStreamEvent, finished, from_whole, errors=(ResponseErrorEvent,), closed=True
)
RESUMED = Streamed[ResponseStreamEvent](
    ResponseStreamEvent, finished, lambda _: [], errors=(ResponseErrorEvent,), closed=True
)
"""Of a response whose beginning is known: a whole one in place of a stream is asked for once more."""


class Responses(Resource):
    """Answers of models, with tools and state on the server."""

    @functools.cached_property
    def input_items(self) -> InputItems:
        """What responses were made from."""
        return InputItems(self._client)

    @functools.cached_property
    def input_tokens(self) -> InputTokens:
        """How long inputs are."""
        return InputTokens(self._client)

    @overload
    async def create(
        self, *, stream: Literal[False] | None = ..., **params: Unpack[ResponseCreateParams]
    ) -> Response: ...
    @overload
    async def create(
        self, *, stream: Literal[True], **params: Unpack[ResponseCreateParams]
    ) -> AsyncStream[ResponseStreamEvent]: ...
    @overload
    async def create(
        self, *, stream: bool, **params: Unpack[ResponseCreateParams]
    ) -> Response | AsyncStream[ResponseStreamEvent]: ...
    async def create(
        self, *, stream: bool | None = None, **params: Unpack[ResponseCreateParams]
    ) -> Response | AsyncStream[ResponseStreamEvent]:
        """Answer; with `stream=True`, event by event. See also `stream` and `parse`."""
        given = flat({**params})
        if stream:
            return await self._stream(
                "/responses", STREAMED, json=given, takes=ResponseCreateParams
            )
        return await self._post("/responses", Response, json=given, takes=ResponseCreateParams)

    @overload
    async def retrieve(
        self,
        response_id: str,
        *,
        stream: Literal[False] = ...,
        **params: Unpack[ResponseRetrieveParams],
    ) -> Response: ...
    @overload
    async def retrieve(
        self, response_id: str, *, stream: Literal[True], **params: Unpack[ResponseRetrieveParams]
    ) -> AsyncStream[ResponseStreamEvent]: ...
    @overload
    async def retrieve(
        self, response_id: str, *, stream: bool, **params: Unpack[ResponseRetrieveParams]
    ) -> Response | AsyncStream[ResponseStreamEvent]: ...
    async def retrieve(
        self,
        response_id: str,
        *,
        stream: bool = False,
        **params: Unpack[ResponseRetrieveParams],
    ) -> Response | AsyncStream[ResponseStreamEvent]:
        """A stored response as it stands; with `stream=True`, the events of one that was made in the
        background as a stream."""
        url = path("/responses/{response_id}", response_id=response_id)
        if stream:
            return await self._stream(url, STREAMED, query=params, takes=ResponseRetrieveParams)
        return await self._get(url, Response, query=params, takes=ResponseRetrieveParams)

    async def delete(self, response_id: str, **options: Unpack[RequestOptions]) -> None:
        """Delete a stored response."""
        url = path("/responses/{response_id}", response_id=response_id)
        return await self._delete(url, type(None), query=options)

    async def cancel(self, response_id: str, **options: Unpack[RequestOptions]) -> Response:
        """Stop a response that is made in the background."""
        url = path("/responses/{response_id}/cancel", response_id=response_id)
        return await self._post(url, Response, json=options)

    async def compact(self, **params: Unpack[ResponseCompactParams]) -> CompactedResponse:
        """Make a long context short; the answer's `output` is the input to go on with."""
        return await self._post(
            "/responses/compact", CompactedResponse, json=params, takes=ResponseCompactParams
        )

    @overload
    async def parse(
        self, *, text_format: type[T] | TypeAdapter[T], **params: Unpack[ResponseCreateParams]
    ) -> ParsedResponse[T]: ...
    @overload
    async def parse(
        self, *, text_format: None = ..., **params: Unpack[ResponseCreateParams]
    ) -> ParsedResponse[None]: ...
    async def parse(
        self, *, text_format: Any = None, **params: Unpack[ResponseCreateParams]
    ) -> ParsedResponse[Any]:
        """Answer in JSON that conforms to a type: a model, a dataclass, a TypedDict, a `TypeAdapter`.

        `output_parsed` is the value; arguments of functions made by `pydantic_function_tool` are
        parsed, too. Raises `ResponseValidationError` for an answer that does not fit,
        `LengthFinishReasonError` and `ContentFilterFinishReasonError` for one that was cut.
        """
        given: Any = lasting(params)
        if given.get("stream"):
            raise TypeError("parse gives a whole response; `stream` takes a text_format, too")
        parser: ResponseParser[Any] = ResponseParser(text_format, given.get("tools"))
        asked = cast("ResponseCreateParams", parser.asked({**given}))
        answer: Any = await self.create(**asked)
        if isinstance(answer, Response):
            return parser.response(answer)
        # In `with_streaming_response`, which knows what it gets.
        cast("StreamingResponse[Any]", answer).complete_with(parser.response)
        return cast("ParsedResponse[Any]", answer)

    @overload
    def stream(
        self,
        *,
        response_id: str,
        starting_after: int | None = ...,
        text_format: type[T] | TypeAdapter[T],
        tools: Sequence[ResponseToolParam] = ...,
        include: Sequence[ResponseIncludable] = ...,
        include_obfuscation: bool = ...,
        reconnect: RetryPolicy = ...,
        max_failures: int = ...,
        **options: Unpack[RequestOptions],
    ) -> ResponseStreamManager[T]: ...
    @overload
    def stream(
        self,
        *,
        response_id: str,
        starting_after: int | None = ...,
        text_format: None = ...,
        tools: Sequence[ResponseToolParam] = ...,
        include: Sequence[ResponseIncludable] = ...,
        include_obfuscation: bool = ...,
        reconnect: RetryPolicy = ...,
        max_failures: int = ...,
        **options: Unpack[RequestOptions],
    ) -> ResponseStreamManager[None]: ...
    @overload
    def stream(
        self,
        *,
        text_format: type[T] | TypeAdapter[T],
        reconnect: RetryPolicy = ...,
        max_failures: int = ...,
        **params: Unpack[ResponseCreateParams],
    ) -> ResponseStreamManager[T]: ...
    @overload
    def stream(
        self,
        *,
        text_format: None = ...,
        reconnect: RetryPolicy = ...,
        max_failures: int = ...,
        **params: Unpack[ResponseCreateParams],
    ) -> ResponseStreamManager[None]: ...
    @defaults
    def stream(
        self,
        *,
        response_id: str | None = None,
        starting_after: int | None = None,
        text_format: Any = None,
        reconnect: RetryPolicy = RECONNECT,
        max_failures: int = MAX_FAILURES,
        **params: Any,
    ) -> ResponseStreamManager[Any]:
        """Answer, or with `response_id` follow a response in the background, event by event.

            async with client.responses.stream(model="gpt-5.5", input="Hello") as stream:
                async for event in stream:
                    if event.type == "response.output_text.delta":
                        print(event.delta, end="")
                response = await stream.get_final_response()

        Deltas come with the `snapshot` of what they add to, what is done with its parsed value. With
        `response_id`, events up to `starting_after` are passed over.

        A stream with `background=True` that is cut is picked up where it was, without losing or
        repeating an event; `reconnect` says after how long. After `max_failures` failures in a row,
        with no new event between them, the last error is raised; an error that no waiting mends (say
        a 404) is raised at once. `deadline` bounds the whole.
        """
        params = {**lasting(params)}
        parser: ResponseParser[Any] = ResponseParser(text_format, params.get("tools"))
        takes = ResponseCreateParams if response_id is None else ResponseRetrieveParams
        if response_id is not None:
            params.pop("tools", None)
        given, options = bind(parser.asked(params) if response_id is None else params, takes)
        asked, chosen = flat(given), cast("RequestOptions", options)

        async def begin() -> ResponseStream[Any]:
            events = await self._begin(response_id, asked, chosen, reconnect, max_failures)
            return ResponseStream(events, parser, starting_after)

        return ResponseStreamManager(begin)

    async def _begin(
        self,
        response_id: str | None,
        given: dict[str, Any],
        options: RequestOptions,
        reconnect: RetryPolicy,
        max_failures: int,
    ) -> ResponseEvents:
        """Ask for a response, or for one that is there, as events."""
        config = self._client.config
        seconds = read_seconds("deadline", options.get("deadline", config.deadline))
        asked = ("include", "include_obfuscation")
        kept: dict[str, Any] = {name: given[name] for name in asked if name in given}
        expires = math.inf if seconds is None else time.monotonic() + seconds
        if response_id is None:
            stream = await self._stream(
                "/responses", STREAMED, json={**given, **options}, takes=ResponseCreateParams
            )
        else:
            stream = await self._events_after(kept, STREAMED, response_id, None, options)
        return ResponseEvents(
            stream,
            self.retrieve,
            functools.partial(self._events_after, kept, RESUMED),
            options,
            reconnect=reconnect,
            max_failures=max_failures,
            expires=expires,
            response_id=response_id,
        )

    async def _events_after(
        self,
        query: Mapping[str, Any],
        streamed: Streamed[ResponseStreamEvent],
        response_id: str,
        number: int | None,
        options: RequestOptions,
    ) -> AsyncStream[ResponseStreamEvent]:
        url = path("/responses/{response_id}", response_id=response_id)
        after = {} if number is None else {"starting_after": number}
        return await self._stream(
            url, streamed, query={**query, **after, **options}, takes=ResponseRetrieveParams
        )


class InputItems(Resource):
    """What responses were made from."""

    def list(self, response_id: str, **params: Unpack[InputItemListParams]) -> Pager[ResponseItem]:
        """Iterate over the input of a stored response; await for the first page."""
        url = path("/responses/{response_id}/input_items", response_id=response_id)
        return self._page(url, ResponseItem, query=params, takes=InputItemListParams)


class InputTokens(Resource):
    """How long inputs are."""

    async def count(self, **params: Unpack[InputTokenCountParams]) -> InputTokenCountResponse:
        """Count the tokens of what would be the input of a response."""
        return await self._post(
            "/responses/input_tokens",
            InputTokenCountResponse,
            json=flat({**params}),
            takes=InputTokenCountParams,
        )
