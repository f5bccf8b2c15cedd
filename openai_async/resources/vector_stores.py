"""https://platform.openai.com/docs/api-reference/vector-stores"""

from __future__ import annotations

import functools
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

import anyio
from typing_extensions import Unpack

from .._config import read_seconds
from .._multipart import FileInput
from .._pagination import Pager
from .._poll import interval_of, poll
from .._request import RequestOptions, bind, path
from .._resource import Resource, defaults
from ..errors import ConfigurationError
from ..types.vector_stores import (
    VectorStore,
    VectorStoreCreateParams,
    VectorStoreDeleted,
    VectorStoreFile,
    VectorStoreFileBatch,
    VectorStoreFileBatchCreateParams,
    VectorStoreFileContent,
    VectorStoreFileContentPage,
    VectorStoreFileCreateParams,
    VectorStoreFileDeleted,
    VectorStoreFileListParams,
    VectorStoreFileUpdateParams,
    VectorStoreFileUploadParams,
    VectorStoreListParams,
    VectorStoreSearchPage,
    VectorStoreSearchParams,
    VectorStoreSearchResult,
    VectorStoreUpdateParams,
)

__all__ = ["VectorStoreFileBatches", "VectorStoreFiles", "VectorStores"]

T = TypeVar("T")
U = TypeVar("U")

PURPOSE = "assistants"
"""What files for stores are uploaded for."""

BETA = {"OpenAI-Beta": "assistants=v2"}


class VectorStores(Resource):
    """Files that can be searched by meaning."""

    _headers = BETA

    @functools.cached_property
    def files(self) -> VectorStoreFiles:
        """The files of a store."""
        return VectorStoreFiles(self._client)

    @functools.cached_property
    def file_batches(self) -> VectorStoreFileBatches:
        """Files that are put into a store together."""
        return VectorStoreFileBatches(self._client)

    async def create(self, **params: Unpack[VectorStoreCreateParams]) -> VectorStore:
        """Make a store, empty or of files that are there."""
        return await self._post(
            "/vector_stores", VectorStore, json=params, takes=VectorStoreCreateParams
        )

    async def retrieve(
        self, vector_store_id: str, **options: Unpack[RequestOptions]
    ) -> VectorStore:
        """A store's name, size and status."""
        return await self._get(_store(vector_store_id), VectorStore, query=options)

    async def update(
        self, vector_store_id: str, **params: Unpack[VectorStoreUpdateParams]
    ) -> VectorStore:
        """Change a store's name, metadata or life span."""
        url = _store(vector_store_id)
        return await self._post(url, VectorStore, json=params, takes=VectorStoreUpdateParams)

    def list(self, **params: Unpack[VectorStoreListParams]) -> Pager[VectorStore]:
        """Iterate over the stores; await for the first page."""
        return self._page("/vector_stores", VectorStore, query=params, takes=VectorStoreListParams)

    async def delete(
        self, vector_store_id: str, **options: Unpack[RequestOptions]
    ) -> VectorStoreDeleted:
        """Delete a store; its files stay files."""
        return await self._delete(_store(vector_store_id), VectorStoreDeleted, query=options)

    def search(
        self, vector_store_id: str, **params: Unpack[VectorStoreSearchParams]
    ) -> Pager[VectorStoreSearchResult]:
        """Find the pieces of files that are most similar to a query, best first.

        Awaited it gives a `VectorStoreSearchPage`, which tells the query, too.
        """
        url = _store(vector_store_id, "/search")
        return self._page(url, VectorStoreSearchPage, json=params, takes=VectorStoreSearchParams)


class VectorStoreFiles(Resource):
    """The files of a store."""

    _headers = BETA

    async def create(
        self, vector_store_id: str, **params: Unpack[VectorStoreFileCreateParams]
    ) -> VectorStoreFile:
        """Put a file into a store; its status tells when it can be found."""
        url = _store(vector_store_id, "/files")
        return await self._post(
            url, VectorStoreFile, json=params, takes=VectorStoreFileCreateParams
        )

    async def retrieve(
        self, file_id: str, *, vector_store_id: str, **options: Unpack[RequestOptions]
    ) -> VectorStoreFile:
        """A file's status in a store, and its attributes."""
        url = _store(vector_store_id, "/files/{file_id}", file_id=file_id)
        return await self._get(url, VectorStoreFile, query=options)

    async def update(
        self, file_id: str, *, vector_store_id: str, **params: Unpack[VectorStoreFileUpdateParams]
    ) -> VectorStoreFile:
        """Give a file other attributes."""
        url = _store(vector_store_id, "/files/{file_id}", file_id=file_id)
        return await self._post(
            url, VectorStoreFile, json=params, takes=VectorStoreFileUpdateParams
        )

    def list(
        self, vector_store_id: str, **params: Unpack[VectorStoreFileListParams]
    ) -> Pager[VectorStoreFile]:
        """Iterate over a store's files; await for the first page."""
        url = _store(vector_store_id, "/files")
        return self._page(url, VectorStoreFile, query=params, takes=VectorStoreFileListParams)

    async def delete(
        self, file_id: str, *, vector_store_id: str, **options: Unpack[RequestOptions]
    ) -> VectorStoreFileDeleted:
        """Take a file out of a store; it stays a file."""
        url = _store(vector_store_id, "/files/{file_id}", file_id=file_id)
        return await self._delete(url, VectorStoreFileDeleted, query=options)

    def content(
        self, file_id: str, *, vector_store_id: str, **options: Unpack[RequestOptions]
    ) -> Pager[VectorStoreFileContent]:
        """Iterate over what the server has read from a file; await for the first page."""
        url = _store(vector_store_id, "/files/{file_id}/content", file_id=file_id)
        return self._page(url, VectorStoreFileContentPage, query=options)

    @defaults
    async def poll(
        self,
        file_id: str,
        *,
        vector_store_id: str,
        poll_interval_ms: float | None = None,
        max_wait_seconds: float | None = None,
        **options: Unpack[RequestOptions],
    ) -> VectorStoreFile:
        """Wait until a file is taken in, has failed or was cancelled: its `status` says which.

        `max_wait_seconds` is the `deadline` by its official name (the shorter one holds); the
        default is 30 minutes, and `APITimeoutError` (phase `deadline`) is raised at its end.
        Between two looks goes the time that the server says, or one second, unless
        `poll_interval_ms` is given.
        """
        longest = read_seconds("max_wait_seconds", max_wait_seconds)
        if longest is not None:
            deadline = read_seconds("deadline", options.get("deadline")) or longest
            options = {**options, "deadline": min(deadline, longest)}
        look = functools.partial(self.retrieve, vector_store_id=vector_store_id)
        return await poll(
            look, file_id, over=_is_over, options=options, interval=interval_of(poll_interval_ms)
        )

    @defaults
    async def create_and_poll(
        self,
        file_id: str,
        *,
        vector_store_id: str,
        poll_interval_ms: float | None = None,
        max_wait_seconds: float | None = None,
        **params: Unpack[VectorStoreFileUploadParams],
    ) -> VectorStoreFile:
        """Put a file into a store and wait as `poll` does; a `deadline` bounds both."""
        _check_waiting(poll_interval_ms, max_wait_seconds)
        steps = _Steps(params)
        created = await self.create(vector_store_id, file_id=file_id, **steps.body())
        return await self.poll(
            created.id,
            vector_store_id=vector_store_id,
            poll_interval_ms=poll_interval_ms,
            max_wait_seconds=max_wait_seconds,
            **steps.options(),
        )

    async def upload(
        self,
        *,
        vector_store_id: str,
        file: FileInput,
        **params: Unpack[VectorStoreFileUploadParams],
    ) -> VectorStoreFile:
        """Upload a file and put it into a store. See also `upload_and_poll`.

        Raises `ConfigurationError` for a file that can't be read, before anything is sent.
        """
        steps = _Steps(params)
        path("{vector_store_id}", vector_store_id=vector_store_id)
        stored = await self._client.files.create(file=file, purpose=PURPOSE, **steps.options())
        return await self.create(vector_store_id, file_id=stored.id, **steps.body())

    @defaults
    async def upload_and_poll(
        self,
        *,
        vector_store_id: str,
        file: FileInput,
        poll_interval_ms: float | None = None,
        max_wait_seconds: float | None = None,
        **params: Unpack[VectorStoreFileUploadParams],
    ) -> VectorStoreFile:
        """Upload a file, put it into a store and wait as `poll` does; a `deadline` bounds it all."""
        _check_waiting(poll_interval_ms, max_wait_seconds)
        steps = _Steps(params)
        created = await self.upload(vector_store_id=vector_store_id, file=file, **steps.body())
        return await self.poll(
            created.id,
            vector_store_id=vector_store_id,
            poll_interval_ms=poll_interval_ms,
            max_wait_seconds=max_wait_seconds,
            **steps.options(),
        )


class VectorStoreFileBatches(Resource):
    """Files that are put into a store together."""

    _headers = BETA

    async def create(
        self, vector_store_id: str, **params: Unpack[VectorStoreFileBatchCreateParams]
    ) -> VectorStoreFileBatch:
        """Put files into a store; `status` and `file_counts` tell how far it is."""
        url = _store(vector_store_id, "/file_batches")
        return await self._post(
            url, VectorStoreFileBatch, json=params, takes=VectorStoreFileBatchCreateParams
        )

    async def retrieve(
        self, batch_id: str, *, vector_store_id: str, **options: Unpack[RequestOptions]
    ) -> VectorStoreFileBatch:
        """How far a batch is."""
        url = _store(vector_store_id, "/file_batches/{batch_id}", batch_id=batch_id)
        return await self._get(url, VectorStoreFileBatch, query=options)

    async def cancel(
        self, batch_id: str, *, vector_store_id: str, **options: Unpack[RequestOptions]
    ) -> VectorStoreFileBatch:
        """Stop a batch; the files that are in stay in."""
        url = _store(vector_store_id, "/file_batches/{batch_id}/cancel", batch_id=batch_id)
        return await self._post(url, VectorStoreFileBatch, json=options)

    def list_files(
        self, batch_id: str, *, vector_store_id: str, **params: Unpack[VectorStoreFileListParams]
    ) -> Pager[VectorStoreFile]:
        """Iterate over a batch's files; await for the first page."""
        url = _store(vector_store_id, "/file_batches/{batch_id}/files", batch_id=batch_id)
        return self._page(url, VectorStoreFile, query=params, takes=VectorStoreFileListParams)

    @defaults
    async def poll(
        self,
        batch_id: str,
        *,
        vector_store_id: str,
        poll_interval_ms: float | None = None,
        notify: Callable[[VectorStoreFileBatch], None] | None = None,
        **options: Unpack[RequestOptions],
    ) -> VectorStoreFileBatch:
        """Wait until a batch is over. Files may have failed all the same: see `file_counts`.

        `deadline` (30 minutes by default) and `poll_interval_ms` are as for a single file's `poll`;
        `notify` is called with each state that was seen.
        """
        return await poll(
            functools.partial(self.retrieve, vector_store_id=vector_store_id),
            batch_id,
            over=_is_over,
            options=options,
            interval=interval_of(poll_interval_ms),
            notify=notify,
        )

    @defaults
    async def create_and_poll(
        self,
        vector_store_id: str,
        *,
        poll_interval_ms: float | None = None,
        notify: Callable[[VectorStoreFileBatch], None] | None = None,
        **params: Unpack[VectorStoreFileBatchCreateParams],
    ) -> VectorStoreFileBatch:
        """Put files into a store and wait as `poll` does; a `deadline` bounds both."""
        _check_waiting(poll_interval_ms)
        steps = _Steps(params, VectorStoreFileBatchCreateParams)
        batch = await self.create(vector_store_id, **steps.body())
        return await self.poll(
            batch.id,
            vector_store_id=vector_store_id,
            poll_interval_ms=poll_interval_ms,
            notify=notify,
            **steps.options(),
        )

    @defaults
    async def upload_and_poll(
        self,
        vector_store_id: str,
        *,
        files: Iterable[FileInput],
        max_concurrency: int = 5,
        file_ids: Sequence[str] = (),
        poll_interval_ms: float | None = None,
        notify: Callable[[VectorStoreFileBatch], None] | None = None,
        **params: Unpack[VectorStoreFileUploadParams],
    ) -> VectorStoreFileBatch:
        """Upload files, `max_concurrency` at a time, put them into a store together with
        `file_ids`, and wait as `poll` does; a `deadline` bounds it all.

        When an upload fails, the others are stopped and its error is raised; what was uploaded by
        then stays on the server, in no store.
        """
        _check_waiting(poll_interval_ms)
        _check_lists(files, file_ids)
        steps = _Steps(params)
        path("{vector_store_id}", vector_store_id=vector_store_id)

        async def upload(file: FileInput) -> str:
            stored = await self._client.files.create(file=file, purpose=PURPOSE, **steps.options())
            return stored.id

        uploaded = await _each(upload, files, max_concurrency)
        if not uploaded and not file_ids:
            raise ConfigurationError("files: there are none, and no file_ids either")
        batch = await self.create(vector_store_id, file_ids=[*file_ids, *uploaded], **steps.body())
        return await self.poll(
            batch.id,
            vector_store_id=vector_store_id,
            poll_interval_ms=poll_interval_ms,
            notify=notify,
            **steps.options(),
        )


def _store(vector_store_id: str, below: str = "", **ids: str) -> str:
    return path("/vector_stores/{vector_store_id}" + below, vector_store_id=vector_store_id, **ids)


def _is_over(seen: VectorStoreFile | VectorStoreFileBatch) -> bool:
    return seen.status not in ("in_progress", "queued", "pending")  # the latter of other servers


def _check_waiting(poll_interval_ms: float | None, max_wait_seconds: float | None = None) -> None:
    """Raises `ConfigurationError` for what `poll` would refuse, before anything is sent."""
    interval_of(poll_interval_ms)
    read_seconds("max_wait_seconds", max_wait_seconds)


def _check_lists(files: object, file_ids: object) -> None:
    """Raises `ConfigurationError` for one file, or one id, where many are expected: its lines or its
    characters would be uploaded."""
    one = isinstance(files, (str, bytes)) or hasattr(files, "read")
    if one or not isinstance(files, Iterable):
        raise ConfigurationError(f"files must be a list of files, not {type(files).__name__}")
    if isinstance(file_ids, str):
        raise ConfigurationError(f"file_ids must be a list of ids, not {file_ids!r}")


class _Steps:
    """What several calls, one after the other, are given of the parameters of one method.

    A deadline is that of all together.
    """

    def __init__(
        self, params: Mapping[str, Any], takes: type = VectorStoreFileUploadParams
    ) -> None:
        self._given, self._options = bind(params, takes)
        deadline = read_seconds("deadline", self._options.get("deadline"))
        self._expires = None if deadline is None else time.monotonic() + deadline

    def body(self) -> dict[str, Any]:
        """All of it: for the call that the parameters are meant for."""
        return {**self._given, **self._options, **self._left()}

    def options(self) -> RequestOptions:
        """For the other calls: nothing that goes into a body or a query."""
        kept = {
            name: value
            for name, value in self._options.items()
            if name not in ("extra_body", "extra_query")
        }
        return cast("RequestOptions", {**kept, **self._left()})

    def _left(self) -> dict[str, float]:
        if self._expires is None:
            return {}
        # Where nothing is left, the call itself says that the deadline is over.
        return {"deadline": max(0.001, self._expires - time.monotonic())}


async def _each(call: Callable[[T], Awaitable[U]], items: Iterable[T], at_once: int) -> list[U]:
    """`call` for each item, some at once, the results in order; the first failure stops all."""
    if at_once < 1:
        raise ConfigurationError(f"max_concurrency must be 1 or more, not {at_once!r}")
    results: dict[int, U] = {}
    failures: list[Exception] = []
    room = anyio.Semaphore(at_once)

    async def work(index: int, item: T) -> None:
        try:
            results[index] = await call(item)
        except Exception as error:
            fail(error)
        finally:
            room.release()

    def fail(error: Exception) -> None:
        failures.append(error)
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        await room.acquire()
        try:
            for index, item in enumerate(items):
                group.start_soon(work, index, item)
                await room.acquire()
        except Exception as error:  # of what gives the items
            fail(error)
    if failures:
        raise failures[0]
    return [results[index] for index in sorted(results)]
