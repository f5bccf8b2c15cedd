"""https://platform.openai.com/docs/api-reference/containers"""

from __future__ import annotations

import functools

from typing_extensions import Unpack

from .._pagination import Pager
from .._request import RequestOptions, bind, path
from .._resource import Resource
from .._response import BinaryBody
from ..types.containers import (
    Container,
    ContainerCreateParams,
    ContainerFile,
    ContainerFileCreateParams,
    ContainerFileListParams,
    ContainerListParams,
)

__all__ = ["ContainerFileContent", "ContainerFiles", "Containers"]


class Containers(Resource):
    """Sandboxes in which models run code."""

    @functools.cached_property
    def files(self) -> ContainerFiles:
        """The files in a container."""
        return ContainerFiles(self._client)

    async def create(self, **params: Unpack[ContainerCreateParams]) -> Container:
        """Make a container."""
        return await self._post("/containers", Container, json=params, takes=ContainerCreateParams)

    async def retrieve(self, container_id: str, **options: Unpack[RequestOptions]) -> Container:
        """A container's settings and status."""
        url = path("/containers/{container_id}", container_id=container_id)
        return await self._get(url, Container, query=options)

    def list(self, **params: Unpack[ContainerListParams]) -> Pager[Container]:
        """Iterate over the containers; await for the first page."""
        return self._page("/containers", Container, query=params, takes=ContainerListParams)

    async def delete(self, container_id: str, **options: Unpack[RequestOptions]) -> None:
        """Delete a container and the files in it."""
        url = path("/containers/{container_id}", container_id=container_id)
        return await self._delete(url, type(None), query=options)


class ContainerFiles(Resource):
    """The files in a container."""

    @functools.cached_property
    def content(self) -> ContainerFileContent:
        """What is in them."""
        return ContainerFileContent(self._client)

    async def create(
        self, container_id: str, **params: Unpack[ContainerFileCreateParams]
    ) -> ContainerFile:
        """Put a file into a container: `file`, which is uploaded, or a copy of `file_id`.

        Raises `ConfigurationError` for a file that can't be read, before anything is sent.
        """
        url = path("/containers/{container_id}/files", container_id=container_id)
        given, _ = bind(params, ContainerFileCreateParams)
        if given.get("file") is None:
            return await self._post(
                url, ContainerFile, json=params, takes=ContainerFileCreateParams
            )
        return await self._post(url, ContainerFile, form=params, takes=ContainerFileCreateParams)

    async def retrieve(
        self, file_id: str, *, container_id: str, **options: Unpack[RequestOptions]
    ) -> ContainerFile:
        """A file's path and size."""
        return await self._get(_file(container_id, file_id), ContainerFile, query=options)

    def list(
        self, container_id: str, **params: Unpack[ContainerFileListParams]
    ) -> Pager[ContainerFile]:
        """Iterate over a container's files; await for the first page."""
        url = path("/containers/{container_id}/files", container_id=container_id)
        return self._page(url, ContainerFile, query=params, takes=ContainerFileListParams)

    async def delete(
        self, file_id: str, *, container_id: str, **options: Unpack[RequestOptions]
    ) -> None:
        """Delete a file in a container."""
        return await self._delete(_file(container_id, file_id), type(None), query=options)


class ContainerFileContent(Resource):
    """What is in the files of a container."""

    async def retrieve(
        self, file_id: str, *, container_id: str, **options: Unpack[RequestOptions]
    ) -> BinaryBody:
        """Download; `BinaryBody` reads whole, iterates, or writes to a path."""
        return await self._get(_file(container_id, file_id, "/content"), BinaryBody, query=options)


def _file(container_id: str, file_id: str, below: str = "") -> str:
    template = "/containers/{container_id}/files/{file_id}" + below
    return path(template, container_id=container_id, file_id=file_id)
