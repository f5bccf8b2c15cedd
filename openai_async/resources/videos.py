"""https://platform.openai.com/docs/api-reference/videos"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, cast

from typing_extensions import Unpack

from .._pagination import Pager
from .._poll import POLL_DEADLINE, poll
from .._request import RequestOptions, bind, path
from .._resource import Resource
from .._response import BinaryBody
from ..types.videos import (
    Video,
    VideoCharacter,
    VideoCreateCharacterParams,
    VideoCreateParams,
    VideoDeleted,
    VideoDownloadContentParams,
    VideoEditParams,
    VideoExtendParams,
    VideoListParams,
    VideoRemixParams,
)

__all__ = ["Videos"]


class Videos(Resource):
    """Moving pictures. All of it is deprecated by the API, which will be without it."""

    async def create(self, **params: Unpack[VideoCreateParams]) -> Video:
        """Begin a video; deprecated.

        Raises `ConfigurationError` for a file that can't be read, before anything is sent.
        """
        return await self._post(
            "/videos", Video, form=params, takes=VideoCreateParams, files=_files(params)
        )

    async def edit(self, **params: Unpack[VideoEditParams]) -> Video:
        """Begin a changed version of a video; deprecated."""
        return await self._post(
            "/videos/edits", Video, form=params, takes=VideoEditParams, files=_files(params)
        )

    async def extend(self, **params: Unpack[VideoExtendParams]) -> Video:
        """Begin a longer version of a video; deprecated."""
        return await self._post(
            "/videos/extensions", Video, form=params, takes=VideoExtendParams, files=_files(params)
        )

    async def remix(self, video_id: str, **params: Unpack[VideoRemixParams]) -> Video:
        """Begin another version of a finished video; deprecated."""
        url = path("/videos/{video_id}/remix", video_id=video_id)
        return await self._post(url, Video, json=params, takes=VideoRemixParams)

    async def retrieve(self, video_id: str, **options: Unpack[RequestOptions]) -> Video:
        """How far a video is; deprecated."""
        return await self._get(path("/videos/{video_id}", video_id=video_id), Video, query=options)

    def list(self, **params: Unpack[VideoListParams]) -> Pager[Video]:
        """Iterate over the videos; await for the first page; deprecated."""
        return self._page("/videos", Video, query=params, takes=VideoListParams)

    async def delete(self, video_id: str, **options: Unpack[RequestOptions]) -> VideoDeleted:
        """Delete a video that is finished or failed; deprecated."""
        url = path("/videos/{video_id}", video_id=video_id)
        return await self._delete(url, VideoDeleted, query=options)

    async def download_content(
        self, video_id: str, **params: Unpack[VideoDownloadContentParams]
    ) -> BinaryBody:
        """Download the video, or a picture of it; deprecated.

        `BinaryBody` reads whole, iterates, or writes to a path.
        """
        url = path("/videos/{video_id}/content", video_id=video_id)
        return await self._get(url, BinaryBody, query=params, takes=VideoDownloadContentParams)

    async def create_character(
        self, **params: Unpack[VideoCreateCharacterParams]
    ) -> VideoCharacter:
        """Take somebody from a video; deprecated."""
        return await self._post(
            "/videos/characters",
            VideoCharacter,
            form=params,
            takes=VideoCreateCharacterParams,
            files=_files(params),
        )

    async def get_character(
        self, character_id: str, **options: Unpack[RequestOptions]
    ) -> VideoCharacter:
        """A character's name; deprecated."""
        url = path("/videos/characters/{character_id}", character_id=character_id)
        return await self._get(url, VideoCharacter, query=options)

    async def poll(
        self,
        video_id: str,
        *,
        poll_interval_ms: int | None = None,
        **options: Unpack[RequestOptions],
    ) -> Video:
        """Wait until a video is finished or failed: see its `status`; deprecated.

        Looks every `poll_interval_ms`, or as often as the server says, for `deadline` seconds
        (default: half an hour). Raises `APITimeoutError` when they are over.
        """
        return await poll(
            self.retrieve,
            video_id,
            over=_is_over,
            options=options,
            interval=None if poll_interval_ms is None else poll_interval_ms / 1000,
        )

    async def create_and_poll(
        self, *, poll_interval_ms: int | None = None, **params: Unpack[VideoCreateParams]
    ) -> Video:
        """`create` and `poll`, with one `deadline` for both; deprecated."""
        began = time.monotonic()
        video = await self.create(**params)
        _, options = bind(params, VideoCreateParams)
        deadline: float | None = options.get("deadline", POLL_DEADLINE)
        if deadline is not None:
            deadline = max(deadline - (time.monotonic() - began), 0.001)
        waiting = {key: options[key] for key in options.keys() - OF_THE_BODY}
        return await self.poll(
            video.id,
            poll_interval_ms=poll_interval_ms,
            **cast("RequestOptions", {**waiting, "deadline": deadline}),
        )


def _files(params: Mapping[str, Any]) -> frozenset[str]:
    """The fields that are files, and don't say where one is."""
    named = ("input_reference", "video")
    return frozenset(name for name in named if not isinstance(params.get(name), Mapping))


OF_THE_BODY = frozenset({"extra_body", "upload_progress"})
"""Options of a call with a body, which a look has no use for."""


def _is_over(video: Video) -> bool:
    return video.status not in ("queued", "in_progress")
