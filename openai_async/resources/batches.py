"""https://platform.openai.com/docs/api-reference/batches"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from typing_extensions import Unpack

from .._pagination import Pager
from .._request import RequestOptions, bind, path
from .._resource import Resource
from ..types.batches import Batch, BatchCreateParams, BatchEndpoint, BatchListParams, BatchRunParams

if TYPE_CHECKING:
    from ..bulk import BatchJob, BatchRequests
    from ..types.chat import ChatCompletion
    from ..types.completions import Completion
    from ..types.embeddings import EmbeddingList
    from ..types.images import ImagesResponse
    from ..types.moderations import Moderation
    from ..types.responses import Response
    from ..types.videos import Video

__all__ = ["Batches"]

T = TypeVar("T")


class Batches(Resource):
    """Many calls as one job, at half the price, within a day."""

    async def create(self, **params: Unpack[BatchCreateParams]) -> Batch:
        """Begin a batch of the calls in a file that was uploaded. See also `run`."""
        return await self._post("/batches", Batch, json=params, takes=BatchCreateParams)

    async def retrieve(self, batch_id: str, **options: Unpack[RequestOptions]) -> Batch:
        """How far a batch is."""
        url = path("/batches/{batch_id}", batch_id=batch_id)
        return await self._get(url, Batch, query=options)

    def list(self, **params: Unpack[BatchListParams]) -> Pager[Batch]:
        """Iterate over the organization's batches, newest first; await for the first page."""
        return self._page("/batches", Batch, query=params, takes=BatchListParams)

    async def cancel(self, batch_id: str, **options: Unpack[RequestOptions]) -> Batch:
        """Begin no more of its calls; it may take ten minutes, and what was answered stays."""
        url = path("/batches/{batch_id}/cancel", batch_id=batch_id)
        return await self._post(url, Batch, json=options)

    @overload
    def run(
        self,
        requests: BatchRequests,
        *,
        endpoint: Literal["/v1/responses"],
        **params: Unpack[BatchRunParams],
    ) -> BatchJob[Response]: ...
    @overload
    def run(
        self,
        requests: BatchRequests,
        *,
        endpoint: Literal["/v1/chat/completions"],
        **params: Unpack[BatchRunParams],
    ) -> BatchJob[ChatCompletion]: ...
    @overload
    def run(
        self,
        requests: BatchRequests,
        *,
        endpoint: Literal["/v1/completions"],
        **params: Unpack[BatchRunParams],
    ) -> BatchJob[Completion]: ...
    @overload
    def run(
        self,
        requests: BatchRequests,
        *,
        endpoint: Literal["/v1/embeddings"],
        **params: Unpack[BatchRunParams],
    ) -> BatchJob[EmbeddingList]: ...
    @overload
    def run(
        self,
        requests: BatchRequests,
        *,
        endpoint: Literal["/v1/moderations"],
        **params: Unpack[BatchRunParams],
    ) -> BatchJob[Moderation]: ...
    @overload
    def run(
        self,
        requests: BatchRequests,
        *,
        endpoint: Literal["/v1/images/generations", "/v1/images/edits"],
        **params: Unpack[BatchRunParams],
    ) -> BatchJob[ImagesResponse]: ...
    @overload
    def run(
        self,
        requests: BatchRequests,
        *,
        endpoint: Literal["/v1/videos"],
        **params: Unpack[BatchRunParams],
    ) -> BatchJob[Video]: ...
    @overload
    def run(
        self,
        requests: BatchRequests,
        *,
        endpoint: BatchEndpoint | str,
        into: type[T],
        **params: Unpack[BatchRunParams],
    ) -> BatchJob[T]: ...
    @overload
    def run(
        self,
        requests: BatchRequests,
        *,
        endpoint: BatchEndpoint | str,
        **params: Unpack[BatchRunParams],
    ) -> BatchJob[Any]: ...
    def run(
        self,
        requests: BatchRequests,
        *,
        endpoint: BatchEndpoint | str,
        into: Any = None,
        **params: Unpack[BatchRunParams],
    ) -> BatchJob[Any]:
        """Make many calls as one batch; gives a `BatchResult` for each, in order.

            bodies = ({"messages": [{"role": "user", "content": text}]} for text in texts)
            async with client.batches.run(
                bodies, endpoint="/v1/chat/completions", model="gpt-4o-mini"
            ) as job:
                async for result in job:
                    print(result.custom_id, result.unwrap().choices[0].message.content)

        The requests are written to a file as they come, uploaded, and waited for; memory holds none
        of the answers but some at a time. A call that failed is a result with an `error`: the one
        that the call by itself would have raised, or a `BatchLineError`. Nothing is sent before the
        first result is asked for, or `job.submit()`, which gives the `Batch`.

        Args:
            requests: Bodies, or `(custom_id, body)`, in an iterable or async iterable: at most
                50,000, and 200 MB. Ids that aren't given are made from the index.
            endpoint: Where they all go.
            into: What answers are decoded to. Default: what the endpoint's own method gives.
        """
        from ..bulk._batch_job import BatchJob, Plan  # noqa: PLC0415 - only where it is needed

        given, split = bind(params, BatchRunParams)
        options: Any = split
        defaults: dict[str, Any] = {**(given.pop("defaults", None) or {})}
        if "model" in given:
            defaults["model"] = given.pop("model")
        progress, interval = given.pop("progress", None), given.pop("poll_interval", None)
        create = {"completion_window": "24h", **given, "endpoint": endpoint}
        return BatchJob(
            self._client,
            Plan(requests, defaults, create),
            into=into,
            progress=progress,
            poll_interval=interval,
            options=options,
        )

    @overload
    def results(
        self,
        batch_id: str,
        *,
        into: type[T],
        progress: Callable[[Batch], object] | None = ...,
        poll_interval: float | None = ...,
        **options: Unpack[RequestOptions],
    ) -> BatchJob[T]: ...
    @overload
    def results(
        self,
        batch_id: str,
        *,
        progress: Callable[[Batch], object] | None = ...,
        poll_interval: float | None = ...,
        **options: Unpack[RequestOptions],
    ) -> BatchJob[Any]: ...
    def results(
        self,
        batch_id: str,
        *,
        into: Any = None,
        progress: Callable[[Batch], object] | None = None,
        poll_interval: float | None = None,
        **options: Unpack[RequestOptions],
    ) -> BatchJob[Any]:
        """What comes of a batch that was begun before: waits for it, and gives what `run` does.

        Where the file of its requests was deleted, what was answered comes as the server has it, with
        empty inputs.
        """
        from ..bulk._batch_job import BatchJob  # noqa: PLC0415 - only where it is needed

        path("{batch_id}", batch_id=batch_id)
        bind(options, RequestOptions)
        return BatchJob(
            self._client,
            batch_id,
            into=into,
            progress=progress,
            poll_interval=poll_interval,
            options=options,
        )
