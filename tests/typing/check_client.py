"""What type checkers infer for a client's own methods. Checked, never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import io
import pathlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import httpx
from pydantic import BaseModel
from typing_extensions import assert_type

from openai_async import (
    NOT_GIVEN,
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncClient,
    AsyncStream,
    BinaryBody,
    FileInput,
    Middleware,
    Next,
    NotGiven,
    Page,
    Pager,
    Raw,
    Request,
    Retry,
    RetryPolicy,
    raw,
)
from openai_async.types.chat import ChatCompletion
from openai_async.types.files import FileObject


class Thing(BaseModel):
    id: str


async def endpoints(client: AsyncClient) -> None:
    assert_type(await client.get("/x"), Any)
    assert_type(await client.get("/x", cast_to=Thing), Thing)
    assert_type(await client.get("/x", cast_to=str), str)
    assert_type(await client.get("/x", cast_to=bytes), bytes)
    assert_type(await client.get("/x", cast_to=list[int]), list[int])
    assert_type(await client.get("/x", cast_to=dict[str, Any]), dict[str, Any])
    assert_type(await client.get("/x", cast_to=httpx.Response), httpx.Response)
    assert_type(await client.get("/x", cast_to=BinaryBody), BinaryBody)
    assert_type(await client.post("/x", body={"a": 1}), Any)
    assert_type(await client.post("/x", cast_to=Thing, files={"file": b"x"}), Thing)
    assert_type(await client.put("/x", cast_to=Thing, body=[1]), Thing)
    assert_type(await client.patch("/x", cast_to=Thing), Thing)
    assert_type(await client.delete("/x", cast_to=Thing, options={"timeout": 3}), Thing)
    assert_type(await client.stream("/x", cast_to=Thing, body={}), AsyncStream[Thing])


async def raw_calls(client: AsyncClient) -> None:
    found = await raw(client.files.retrieve)("f", timeout=3)
    assert_type(found, Raw[FileObject])
    assert_type(found.value, FileObject)
    assert_type(found.parse(), FileObject)
    assert_type(found.request_id, str | None)
    assert_type(found.retries_taken, int)
    assert_type(found.headers, httpx.Headers)
    assert_type(await raw(client.files.list)(), Raw[Page[FileObject]])
    # Of a method with overloads, checkers take the first.
    answer = await raw(client.chat.completions.create)(model="m", messages=[])
    assert_type(answer, Raw[ChatCompletion])
    assert_type(await client.files.with_raw_response.retrieve("f"), Raw[Any])
    async with client.files.with_streaming_response.content("f") as response:
        assert_type(response.status_code, int)
        assert_type(await response.read(), bytes)


async def pages(client: AsyncClient) -> None:
    pager = client.files.list()
    assert_type(pager, Pager[FileObject])
    page = await pager
    assert_type(page, Page[FileObject])
    assert_type(page.data, list[FileObject])
    assert_type(await page.get_next_page(), Page[FileObject] | None)
    async for item in pager:
        assert_type(item, FileObject)
    async for item in page:
        assert_type(item, FileObject)
    async for each in pager.pages():
        assert_type(each, Page[FileObject])


async def key() -> str:
    return "k"


async def middleware(request: Request, call_next: Next) -> httpx.Response:
    assert_type(request.path, str)
    response = await call_next(request.with_headers({"x-a": "1"}))
    assert_type(response, httpx.Response)
    return response


async def clients() -> None:
    chain: list[Middleware] = [middleware, Retry(RetryPolicy(initial=1)), middleware]
    async with AsyncClient(api_key=key, middleware=chain, timeout=None, deadline=3) as client:
        assert_type(client, AsyncClient)
        assert_type(client.with_options(max_retries=3, middleware=[]), AsyncClient)
        assert_type(client.copy(timeout=httpx.Timeout(3)), AsyncClient)
        assert_type(client.is_closed, bool)
    AsyncClient(transport="aiohttp", limits=httpx.Limits())
    AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    AsyncClient(http_client=httpx.AsyncClient())
    AsyncClient(tiemout=3)  # type: ignore[call-arg]
    AsyncClient("key")  # type: ignore[call-arg, arg-type]
    AsyncClient(transport="pigeon")  # type: ignore[arg-type]
    AsyncClient(max_retries="2")  # type: ignore[arg-type]
    client.with_options(tiemout=3)  # type: ignore[call-arg]


async def uploads(client: AsyncClient, starting: AsyncIterator[bytes], path: pathlib.Path) -> None:
    pieces: Iterator[bytes] = iter([b""])
    inputs: list[FileInput] = [
        b"",
        bytearray(),
        memoryview(b""),
        "text",
        path,
        io.BytesIO(),
        io.StringIO(),
        path.open("rb"),
        await anyio.open_file(path, "rb"),
        pieces,
        starting,
        [b""],
        ("name", b""),
        (None, path),
        ("name", starting, "text/plain"),
        ("name", b"", None),
    ]
    for file in inputs:
        assert_type(await client.files.create(file=file, purpose="fine-tune"), FileObject)


async def downloads(body: BinaryBody) -> None:
    assert_type(await body.read(), bytes)
    assert_type(await body.text(), str)
    async for chunk in body:
        assert_type(chunk, bytes)
    await body.write_to_file("x", on_progress=print)


def failures(error: APIError) -> None:
    assert_type(error.status_code, int | None)
    assert_type(error.response, httpx.Response | None)
    assert_type(error.request_id, str | None)
    if isinstance(error, APIStatusError):
        assert_type(error.status_code, int)
        assert_type(error.response, httpx.Response)
    if isinstance(error, APIConnectionError):
        assert_type(error.retries_taken, int)
    if isinstance(error, APITimeoutError):
        assert error.phase != "deadline"


def sentinel(value: str | NotGiven = NOT_GIVEN) -> str:
    return value if isinstance(value, str) else ""


def models(answer: ChatCompletion) -> None:
    assert_type(answer.model_dump(), dict[str, Any])
    assert_type(answer.to_dict(), dict[str, Any])
    assert_type(answer.to_json(), str)
