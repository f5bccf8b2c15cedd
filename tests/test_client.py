"""A client as an object: namespaces, what it can be built with, downloads."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import stat
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from openai_async import (
    APIConnectionError,
    APIResponseError,
    APITimeoutError,
    AsyncClient,
    BinaryBody,
    ConfigurationError,
    NotFoundError,
    OpenAIError,
)
from tests.common import MODEL
from tests.scripted import KEY, Script, answer

pytestmark = pytest.mark.anyio

NAMESPACES = [
    "audio",
    "chat",
    "completions",
    "edits",
    "embeddings",
    "engines",
    "files",
    "fine_tunes",
    "images",
    "models",
    "moderations",
]


# Namespaces


@pytest.mark.parametrize("name", NAMESPACES)
def test_namespaces_are_made_once_and_listed(name: str) -> None:
    api = AsyncClient(api_key=KEY)
    assert getattr(api, name) is getattr(api, name)
    assert dir(api).count(name) == 1
    assert getattr(api, name) is not getattr(api.with_options(timeout=1), name)
    assert type(getattr(api, name)).__doc__


def test_namespaces_within_namespaces() -> None:
    api = AsyncClient(api_key=KEY)
    assert api.chat.completions is api.chat.completions
    assert api.audio.transcriptions is api.audio.transcriptions
    assert api.audio.translations is api.audio.translations


def test_no_namespace() -> None:
    api = AsyncClient(api_key=KEY)
    with pytest.raises(AttributeError, match="'AsyncClient' object has no attribute 'chats'"):
        _ = api.chats  # type: ignore[attr-defined]
    assert not hasattr(api, "responses_of_the_future")


# Its own httpx client


async def test_a_client_of_ones_own_is_used_as_it_is_and_not_closed() -> None:
    script = Script(answer(MODEL))
    own = httpx.AsyncClient(
        transport=script,
        headers={"x-own": "1", "user-agent": "mine/1"},
        cookies={"c": "2"},
        params={"p": "3"},
        timeout=7,
    )
    async with AsyncClient(api_key=KEY, base_url="http://api.test/v1?q=4", http_client=own) as api:
        await api.models.retrieve("m", extra_query={"r": 5})
    sent = script.last
    assert (sent.headers["x-own"], sent.headers["cookie"]) == ("1", "c=2")
    assert dict(sent.url.params) == {"p": "3", "q": "4", "r": "5"}
    assert sent.extensions["timeout"]["read"] == 7
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert not own.is_closed
    assert script.closed == 0
    await own.aclose()
    assert api.is_closed
    with pytest.raises(ConfigurationError, match="closed"):
        await api.models.retrieve("m")


async def test_a_timeout_of_ones_own_client_that_nobody_chose_is_not_kept() -> None:
    script = Script(answer(MODEL))
    async with httpx.AsyncClient(transport=script) as own:
        await AsyncClient(api_key=KEY, http_client=own).models.retrieve("m")
        await AsyncClient(api_key=KEY, http_client=own, timeout=3).models.retrieve("m")
    first, second = (request.extensions["timeout"]["read"] for request in script.requests)
    assert (first, second) == (600, 3)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"http_client": "x"}, "http_client must be an httpx.AsyncClient"),
        ({"http_client": object()}, "http_client must be an httpx.AsyncClient"),
        ({"http_client": httpx.Client()}, "http_client must be an httpx.AsyncClient"),
        ({"http_client": httpx.AsyncClient(), "transport": "httpx"}, "one or the other"),
        ({"http_client": httpx.AsyncClient(), "limits": httpx.Limits()}, "one or the other"),
        ({"transport": "carrier pigeon"}, "transport must be"),
        ({"transport": httpx.HTTPTransport()}, "transport must be"),
        ({"limits": 10}, "limits must be"),
        ({"transport": "aiohttp", "limits": 10}, "limits must be"),
    ],
)
def test_what_it_cannot_be_built_with(options: dict[str, Any], match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        AsyncClient(api_key=KEY, **options)


# Downloads


class Download(httpx.AsyncByteStream):
    def __init__(self, *pieces: bytes, cut: bool = False, stall: bool = False) -> None:
        self.pieces = pieces
        self.cut = cut
        self.stall = stall
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            if self.closed:
                raise httpx.StreamClosed
            yield piece
        if self.cut:
            raise httpx.RemoteProtocolError("the server hung up")
        if self.stall:
            await anyio.sleep_forever()

    async def aclose(self) -> None:
        self.closed = True


@contextlib.asynccontextmanager
async def downloading(body: Download, **headers: str) -> AsyncIterator[BinaryBody]:
    script = Script(lambda _: httpx.Response(200, stream=body, headers=headers))
    async with script.client() as api, await api.files.content("f") as found:
        yield found
    assert body.closed


async def test_a_body_read_whole() -> None:
    kind = "text/plain; charset=latin-1"
    async with downloading(Download(b"gr\xfc", b"n"), **{"content-type": kind}) as body:
        assert body.content_type == kind
        assert not body.response.is_closed
        assert await body.read() == await body.read() == b"gr\xfcn"
        assert await body.text() == "gr\u00fcn"
        assert body.response.is_closed
    async with downloading(Download(b'{"a": 1}')) as body:
        assert await body.json() == {"a": 1}
        assert body.content_type is None
    async with downloading(Download(b"<html>")) as body:
        with pytest.raises(APIResponseError, match="not JSON"):
            await body.json()


async def test_a_body_in_pieces() -> None:
    async with downloading(Download(b"abc", b"defg")) as body:
        assert [piece async for piece in body] == [b"abc", b"defg"]
    async with downloading(Download(b"abc", b"defg")) as body:
        assert [piece async for piece in body.iter_bytes(2)] == [b"ab", b"cd", b"ef", b"g"]


async def test_a_body_is_read_once_unless_it_was_read_whole(tmp_path: Path) -> None:
    async with downloading(Download(b"abc")) as body:
        await body.write_to_file(tmp_path / "a")
        with pytest.raises(OpenAIError, match="read already") as refused:
            await body.read()
        assert not isinstance(refused.value, APIConnectionError)  # nothing was cut
        with pytest.raises(OpenAIError, match="read already"):
            _ = [piece async for piece in body]
    async with downloading(Download(b"abc")) as body:
        await body.read()
        await body.write_to_file(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == b"abc"


async def test_a_body_that_is_cut() -> None:
    async with downloading(Download(b"abc", cut=True)) as body:
        with pytest.raises(APIConnectionError, match="hung up"):
            await body.read()
    async with downloading(Download(b"abc", cut=True)) as body:
        with pytest.raises(APIConnectionError, match="hung up"):
            _ = [piece async for piece in body]


async def test_a_download_of_an_error() -> None:
    async with Script(answer({"error": {"message": "gone"}}, 404)).client() as api:
        with pytest.raises(NotFoundError, match="gone"):
            await api.files.content("f")


async def test_a_deadline_counts_for_the_body_too() -> None:
    body = Download(b"abc", stall=True)
    script = Script(lambda _: httpx.Response(200, stream=body))
    async with script.client() as api:
        async with await api.files.content("f", deadline=0.3) as found:
            with pytest.raises(APITimeoutError, match="deadline") as caught:
                await found.read()
    assert caught.value.phase == "deadline"
    assert body.closed


async def test_a_download_to_a_file(tmp_path: pathlib.Path) -> None:
    target = tmp_path / "out.bin"
    told: list[tuple[int, int | None]] = []
    async with downloading(Download(b"abc", b"defg"), **{"content-length": "7"}) as body:
        await body.write_to_file(target, on_progress=lambda *done: told.append(done))
    assert target.read_bytes() == b"abcdefg"
    assert os.listdir(tmp_path) == ["out.bin"]
    assert told[-1] == (7, 7)
    plain = tmp_path / "plain"
    plain.touch()
    assert stat.S_IMODE(target.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


async def test_progress_of_a_download_whose_size_is_not_known(tmp_path: pathlib.Path) -> None:
    told: list[tuple[int, int | None]] = []
    async with downloading(Download(b"abc")) as body:
        await body.write_to_file(str(tmp_path / "x"), on_progress=lambda *done: told.append(done))
    assert told == [(3, None)]
    coded = {"content-length": "3", "content-encoding": "identity"}
    async with downloading(Download(b"abc"), **coded) as body:
        await body.write_to_file(tmp_path / "x", on_progress=lambda *done: told.append(done))
    assert told[-1] == (3, None)


@pytest.mark.parametrize("before", [None, b"the old one"])
async def test_a_download_that_is_cut_leaves_what_was_there(
    before: bytes | None, tmp_path: pathlib.Path
) -> None:
    target = tmp_path / "out.bin"
    if before is not None:
        target.write_bytes(before)
    async with downloading(Download(b"x" * 1_000_000, cut=True)) as body:
        with pytest.raises(APIConnectionError, match="hung up"):
            await body.write_to_file(target)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [before] * (before is not None)


async def test_a_download_that_is_cancelled_leaves_nothing(tmp_path: pathlib.Path) -> None:
    async with downloading(Download(b"x" * 1_000_000, stall=True)) as body:
        with anyio.move_on_after(0.1) as scope:
            await body.write_to_file(tmp_path / "out.bin")
    assert scope.cancelled_caught
    assert os.listdir(tmp_path) == []


async def test_a_progress_callback_that_fails_leaves_nothing(tmp_path: pathlib.Path) -> None:
    def fail(*_: object) -> None:
        raise LookupError

    async with downloading(Download(b"abc")) as body:
        with pytest.raises(LookupError):
            await body.write_to_file(tmp_path / "out.bin", on_progress=fail)
    assert os.listdir(tmp_path) == []


async def test_a_file_that_cannot_be_written(tmp_path: pathlib.Path) -> None:
    async with downloading(Download(b"abc")) as body:
        with pytest.raises(FileNotFoundError):
            await body.write_to_file(tmp_path / "no" / "out.bin")
    (tmp_path / "folder").mkdir()
    async with downloading(Download(b"abc")) as body:
        with pytest.raises(OSError, match="folder"):
            await body.write_to_file(tmp_path / "folder")
    assert os.listdir(tmp_path) == ["folder"]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_download_takes_no_memory(tmp_path: pathlib.Path) -> None:
    pieces = 50

    class Big(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for _ in range(pieces):
                yield bytes(1024 * 1024)

    async with Script(lambda _: httpx.Response(200, stream=Big())).client() as api:
        async with await api.files.content("f") as body:
            tracemalloc.start()
            try:
                await body.write_to_file(tmp_path / "big")
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
    assert (tmp_path / "big").stat().st_size == pieces * 1024 * 1024
    assert peak < 10 * 1024 * 1024


async def test_an_empty_download_is_an_empty_file(tmp_path: pathlib.Path) -> None:
    async with downloading(Download()) as body:
        await body.write_to_file(tmp_path / "empty")
    assert (tmp_path / "empty").read_bytes() == b""


PRELOADED = """
import asyncio, sys
import httpx
from openai_async import AsyncClient
from openai_async._response import validator

def answer(request):
    return httpx.Response(200, content=sys.argv[1])

client = AsyncClient(api_key="k", transport=httpx.MockTransport(answer)).preload("models", "chat")
before, built = set(sys.modules), validator.cache_info().misses
asyncio.run(client.models.retrieve("m"))
client.chat.completions
print([name for name in set(sys.modules) - before if name.startswith("openai_async.")])
print(validator.cache_info().misses - built)
"""


def test_what_is_preloaded_is_neither_imported_nor_built_later() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PRELOADED, json.dumps(MODEL)],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
        timeout=30,
    )
    assert done.stdout == "[]\n0\n"


def test_all_namespaces_can_be_preloaded_and_none_that_is_none() -> None:
    client = AsyncClient(api_key="k")
    assert client.preload() is client
    with pytest.raises(ConfigurationError, match="'chats'"):
        client.preload("chats")
