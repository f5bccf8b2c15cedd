from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any

import pytest

from openai_async import (
    APITimeoutError,
    BadRequestError,
    ConfigurationError,
    ConflictError,
    NotFoundError,
)
from openai_async.testing import Server
from openai_async.testing._png import read_png

from .conftest import Answering

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:the API's videos are deprecated:DeprecationWarning"),
]

PNG = b"\x89PNG\r\n\x1a\n"
VIDEO = {
    "id": "video_1",
    "object": "video",
    "model": "sora-2",
    "status": "queued",
    "progress": 0,
    "created_at": 1,
    "completed_at": None,
    "expires_at": None,
    "prompt": "a boat",
    "size": "720x1280",
    "seconds": "4",
    "remixed_from_video_id": None,
    "error": None,
}


@pytest.fixture
def server() -> Server:
    return Server(seed=1, job_seconds=0.2)


@pytest.fixture
def quick() -> Server:
    return Server(seed=1, job_seconds=0)


async def test_a_reference_is_a_file_or_says_where_one_is(answering: Answering) -> None:
    client, script = answering(VIDEO)
    await client.videos.create(
        prompt="x", model="sora-2-pro", seconds="8", size="1280x720", input_reference=PNG
    )
    assert script.line == "POST /v1/videos"
    name, kind, content = script.form.pop("input_reference")
    assert (name, kind, content) == ("input_reference.png", "image/png", PNG)
    await client.videos.create(prompt="x", input_reference={"image_url": "https://x/1.png"})
    assert script.form == {"prompt": "x", "input_reference[image_url]": "https://x/1.png"}
    await client.videos.edit(prompt="y", video={"id": "video_1"})
    assert script.line == "POST /v1/videos/edits"
    assert script.form == {"prompt": "y", "video[id]": "video_1"}
    await client.videos.extend(prompt="z", seconds="12", video=("v.mp4", b"...."))
    assert script.line == "POST /v1/videos/extensions"
    assert script.form["video"] == ("v.mp4", "video/mp4", b"....")
    await client.videos.remix("video_1", prompt="other")
    assert (script.line, script.json) == ("POST /v1/videos/video_1/remix", {"prompt": "other"})


async def test_a_video_is_made_and_downloaded(tmp_path: Path) -> None:
    server = Server(seed=1, job_seconds=1000)
    async with server.client(strict_responses=True) as client:
        video = await client.videos.create(prompt="a boat on a lake", size="1280x720")
        assert (video.status, video.progress, video.error) == ("queued", 0, None)
        server.advance(500)
        video = await client.videos.retrieve(video.id)
        assert (video.status, video.progress) == ("in_progress", 50)
        server.advance(500)
        done = await client.videos.poll(video.id)
        assert (done.status, done.progress) == ("completed", 100)
        assert done.expires_at is not None
        body = await client.videos.download_content(video.id)
        assert body.content_type == "video/mp4"
        await body.write_to_file(tmp_path / "boat.mp4")
        picture = await client.videos.download_content(video.id, variant="thumbnail")
        png = read_png(await picture.read())
    assert (png.width, png.height) == (1280, 720)
    assert server.calls[-1].query == {"variant": "thumbnail"}
    frames = frames_of((tmp_path / "boat.mp4").read_bytes())
    assert [(read_png(frame).width, read_png(frame).height) for frame in frames] == [
        (1280, 720)
    ] * 4
    assert len(set(frames)) == 4  # it moves


async def test_one_that_is_being_made_is_neither_given_nor_deleted() -> None:
    async with Server(seed=1, job_seconds=1000).client(max_retries=0) as client:
        video = await client.videos.create(prompt="a boat")
        with pytest.raises(BadRequestError, match="not ready"):
            await client.videos.download_content(video.id)
        with pytest.raises(ConflictError, match="still being made"):
            await client.videos.delete(video.id)


def frames_of(mp4: bytes) -> list[bytes]:
    """The samples of the one track, by its tables."""
    sizes_at, offset_at = mp4.index(b"stsz") + 8, mp4.index(b"stco") + 12
    (count,) = struct.unpack_from(">I", mp4, sizes_at + 4)
    sizes = struct.unpack_from(f">{count}I", mp4, sizes_at + 8)
    (start,) = struct.unpack_from(">I", mp4, offset_at)
    frames: list[bytes] = []
    for size in sizes:
        frames.append(mp4[start : start + size])
        start += size
    assert start == len(mp4)
    return frames


async def test_create_and_poll_sends_nothing_of_the_waiting(server: Server) -> None:
    async with server.client(strict_responses=True) as client:
        video = await client.videos.create_and_poll(
            prompt="a boat",
            seconds="4",
            poll_interval_ms=20,
            deadline=30,
            extra_headers={"x-trace": "t"},
            extra_body={"model": "sora-2-pro"},
        )
    assert (video.status, video.model) == ("completed", "sora-2-pro")
    first, *looks = server.calls
    assert first.form == {"model": "sora-2-pro", "prompt": "a boat", "seconds": "4"}
    assert looks
    assert {(look.method, look.json, look.headers["x-trace"]) for look in looks} == {
        ("GET", None, "t")
    }


async def test_one_that_is_refused_fails(server: Server) -> None:
    async with server.client(strict_responses=True) as client:
        video = await client.videos.create_and_poll(prompt="kill and murder", poll_interval_ms=20)
        assert video.status == "failed"
        assert video.error is not None
        assert video.error.code == "moderation_blocked"
        with pytest.raises(BadRequestError):
            await client.videos.download_content(video.id)


async def test_a_wait_has_an_end() -> None:
    server = Server(seed=1, job_seconds=1000)
    async with server.client() as client:
        with pytest.raises(APITimeoutError) as caught:
            await client.videos.create_and_poll(prompt="x", deadline=1, poll_interval_ms=10)
        calls = len(server.calls)
        with pytest.raises(ConfigurationError, match="poll_interval_ms"):
            await client.videos.create_and_poll(prompt="x", poll_interval_ms=0)
        assert len(server.calls) == calls
    assert caught.value.phase == "deadline"
    assert re.match(r"video_\w+ is not finished within \S{1,5} seconds", str(caught.value))


async def test_other_versions(quick: Server) -> None:
    async with quick.client(strict_responses=True) as client:
        first = await client.videos.create(prompt="a boat", seconds="8", size="1792x1024")
        remixed = await client.videos.remix(first.id, prompt="a ship")
        assert (remixed.remixed_from_video_id, remixed.prompt) == (first.id, "a ship")
        edited = await client.videos.edit(prompt="a raft", video={"id": first.id})
        assert (edited.size, edited.seconds) == ("1792x1024", "8")
        longer = await client.videos.extend(prompt="it sinks", seconds="16", video={"id": first.id})
        assert longer.seconds == "24"
        uploaded = await client.videos.edit(prompt="x", video=("a.mp4", b"...."))
        assert uploaded.seconds == "4"
        with pytest.raises(NotFoundError):
            await client.videos.edit(prompt="x", video={"id": "video_none"})


async def test_the_list_and_deletion(quick: Server) -> None:
    async with quick.client(strict_responses=True) as client:
        made = [(await client.videos.create(prompt=f"number {n}")).id for n in range(5)]
        oldest_first = [video.id async for video in client.videos.list(limit=2, order="asc")]
        assert oldest_first == made
        assert [call.query.get("after") for call in quick.calls[-3:]] == [None, made[1], made[3]]
        page = await client.videos.list(limit=2)
        assert [video.id for video in page.data] == [made[4], made[3]]
        deleted = await client.videos.delete(made[0])
        assert (deleted.id, deleted.deleted, deleted.object) == (made[0], True, "video.deleted")
        with pytest.raises(NotFoundError):
            await client.videos.retrieve(made[0])


async def test_characters(quick: Server) -> None:
    async with quick.client(strict_responses=True) as client:
        made = await client.videos.create_character(name="Otto", video=("otto.mp4", b"...."))
        assert (made.name, made.id is not None) == ("Otto", True)
        assert await client.videos.get_character(made.id or "") == made
        with pytest.raises(NotFoundError):
            await client.videos.get_character("char_none")


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"seconds": "5"}, "seconds"),
        ({"size": "10x10"}, "size"),
        ({"model": "gpt-4o"}, "model"),
        ({"input_reference": {"file_id": "file-1", "image_url": "https://x"}}, "input_reference"),
        ({"input_reference": {"file_id": "file-none"}}, "id"),
    ],
)
async def test_videos_that_are_refused(quick: Server, params: Any, param: str) -> None:
    async with quick.client() as client:
        with pytest.raises((BadRequestError, NotFoundError)) as caught:
            await client.videos.create(prompt="x", **params)
    assert caught.value.param == param


async def test_each_call_warns_once(quick: Server) -> None:
    async with quick.client() as client:
        with pytest.warns(DeprecationWarning, match="videos are deprecated") as caught:
            video = await client.videos.create_and_poll(prompt="x", poll_interval_ms=10)
        assert [warning.filename for warning in caught] == [__file__]
        with pytest.warns(DeprecationWarning, match="videos are deprecated"):
            assert (await client.videos.list()).data == [video]
        with pytest.warns(DeprecationWarning, match="videos are deprecated"):
            await client.videos.with_raw_response.retrieve(video.id)
