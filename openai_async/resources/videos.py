"""https://platform.openai.com/docs/api-reference/videos"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, cast

from typing_extensions import Unpack, deprecated

from .._pagination import Pager
from .._poll import POLL_DEADLINE, interval_of, poll
from .._request import RequestOptions, bind, path
from .._resource import Resource, defaults
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

    @deprecated("the API's videos are deprecated, and will be shut down")
    async def create(self, **params: Unpack[VideoCreateParams]) -> Video:
        """Begin a video.

        Raises `ConfigurationError` for a file that can't be read, before anything is sent.
        """
        return await self._create(params)

    @deprecated("the API's videos are deprecated, and will be shut down")
    async def edit(self, **params: Unpack[VideoEditParams]) -> Video:
        """Begin a changed version of a video."""
        return await self._post(
            "/videos/edits", Video, form=params, takes=VideoEditParams, files=_files(params)
        )

    @deprecated("the API's videos are deprecated, and will be shut down")
    async def extend(self, **params: Unpack[VideoExtendParams]) -> Video:
        """Begin a longer version of a video."""
        return await self._post(
            "/videos/extensions", Video, form=params, takes=VideoExtendParams, files=_files(params)
        )

    @deprecated("the API's videos are deprecated, and will be shut down")
    async def remix(self, video_id: str, **params: Unpack[VideoRemixParams]) -> Video:
        """Begin another version of a finished video."""
        url = path("/videos/{video_id}/remix", video_id=video_id)
        return await self._post(url, Video, json=params, takes=VideoRemixParams)

    @deprecated("the API's videos are deprecated, and will be shut down")
    async def retrieve(self, video_id: str, **options: Unpack[RequestOptions]) -> Video:
        """How far a video is."""
        return await self._retrieve(video_id, **options)

    @deprecated("the API's videos are deprecated, and will be shut down")
    def list(self, **params: Unpack[VideoListParams]) -> Pager[Video]:
        """Iterate over the videos; await for the first page."""
        return self._page("/videos", Video, query=params, takes=VideoListParams)

    @deprecated("the API's videos are deprecated, and will be shut down")
    async def delete(self, video_id: str, **options: Unpack[RequestOptions]) -> VideoDeleted:
        """Delete a video that is finished or failed."""
        url = path("/videos/{video_id}", video_id=video_id)
        return await self._delete(url, VideoDeleted, query=options)

    @deprecated("the API's videos are deprecated, and will be shut down")
    async def download_content(
        self, video_id: str, **params: Unpack[VideoDownloadContentParams]
    ) -> BinaryBody:
        """Download the video, or a picture of it.

        `BinaryBody` reads whole, iterates, or writes to a path.
        """
        url = path("/videos/{video_id}/content", video_id=video_id)
        return await self._get(url, BinaryBody, query=params, takes=VideoDownloadContentParams)

    @deprecated("the API's videos are deprecated, and will be shut down")
    async def create_character(
        self, **params: Unpack[VideoCreateCharacterParams]
    ) -> VideoCharacter:
        """Take somebody from a video."""
        return await self._post(
            "/videos/characters",
            VideoCharacter,
            form=params,
            takes=VideoCreateCharacterParams,
            files=_files(params),
        )

    @deprecated("the API's videos are deprecated, and will be shut down")
    async def get_character(
        self, character_id: str, **options: Unpack[RequestOptions]
    ) -> VideoCharacter:
        """A character's name."""
        url = path("/videos/characters/{character_id}", character_id=character_id)
        return await self._get(url, VideoCharacter, query=options)

    @deprecated("the API's videos are deprecated, and will be shut down")
    @defaults
    async def poll(
        self,
        video_id: str,
        *,
        poll_interval_ms: int | None = None,
        **options: Unpack[RequestOptions],
    ) -> Video:
        """Wait until a video is finished or failed: see its `status`.

        Looks every `poll_interval_ms`, or as often as the server says, for `deadline` seconds
        (default: half an hour). Raises `APITimeoutError` when they are over.
        """
        return await self._poll(video_id, poll_interval_ms, options)

    @deprecated("the API's videos are deprecated, and will be shut down")
    @defaults
    async def create_and_poll(
        self, *, poll_interval_ms: int | None = None, **params: Unpack[VideoCreateParams]
    ) -> Video:
        """`create` and `poll`, with one `deadline` for both."""
        interval_of(poll_interval_ms)
        began = time.monotonic()
        video = await self._create(params)
        _, options = bind(params, VideoCreateParams)
        deadline: float | None = options.get("deadline", POLL_DEADLINE)
        if deadline is not None:
            deadline = max(deadline - (time.monotonic() - began), 0.001)
        waiting = {key: options[key] for key in options.keys() - OF_THE_BODY}
        given = cast("RequestOptions", {**waiting, "deadline": deadline})
        return await self._poll(video.id, poll_interval_ms, given)

    # What calls one another does so without a warning: one for each call that the user makes.

    async def _create(self, params: VideoCreateParams) -> Video:
        return await self._post(
            "/videos", Video, form=params, takes=VideoCreateParams, files=_files(params)
        )

    async def _retrieve(self, video_id: str, **options: Unpack[RequestOptions]) -> Video:
        return await self._get(path("/videos/{video_id}", video_id=video_id), Video, query=options)

    async def _poll(
        self, video_id: str, poll_interval_ms: int | None, options: RequestOptions
    ) -> Video:
        return await poll(
            self._retrieve,
            video_id,
            over=_is_over,
            options=options,
            interval=interval_of(poll_interval_ms),
        )


def _files(params: Mapping[str, Any]) -> frozenset[str]:
    """The fields that are files, and don't say where one is."""
    named = ("input_reference", "video")
    return frozenset(name for name in named if not isinstance(params.get(name), Mapping))


OF_THE_BODY = frozenset({"extra_body", "upload_progress"})
"""Options of a call with a body, which a look has no use for."""


def _is_over(video: Video) -> bool:
    return video.status not in ("queued", "in_progress")
