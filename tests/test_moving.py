"""What code from the official client looks for and finds here, and what it is told where it doesn't."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock, create_autospec

import httpx
import pytest

import openai_async
from openai_async import (
    NOT_GIVEN,
    APIConnectionError,
    APIError,
    APITimeoutError,
    AsyncClient,
    ConfigurationError,
    NotGiven,
    OpenAIError,
    Raw,
)
from openai_async.types.chat import ChatCompletion
from tests.common import CHAT, HELLO, MODEL
from tests.scripted import KEY, Script, answer

pytestmark = pytest.mark.anyio

BODY = b'{"a": 1}\n{"a": 2}\n'


def download(_: httpx.Request) -> httpx.Response:
    """A body that is still on its way."""
    return httpx.Response(
        200, stream=httpx.ByteStream(BODY), headers={"content-type": "text/plain"}
    )


# The client


def test_the_name_of_the_client() -> None:
    assert openai_async.AsyncOpenAI is AsyncClient


@pytest.mark.parametrize("name", ["chat.ChatCompletion", "responses.Response", "FileObject"])
def test_types_are_there_without_an_import_of_them(name: str) -> None:
    code = f"import openai_async as openai; print(openai.types.{name})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f".{name.rpartition('.')[2]}'" in done.stdout


async def key() -> str:
    return KEY


def test_its_settings_can_be_read() -> None:
    api = AsyncClient(
        api_key=KEY, organization="o", project="p", timeout=3, max_retries=5, webhook_secret="w"
    )
    assert (api.api_key, api.organization, api.project) == (KEY, "o", "p")
    assert (api.timeout.read, api.max_retries, api.webhook_secret) == (3, 5, "w")
    other = api.with_options(max_retries=0, webhook_secret=None, timeout=None, api_key=key)
    assert (other.max_retries, other.webhook_secret, other.timeout.read) == (0, None, None)
    assert other.api_key is key


@pytest.mark.parametrize("name", ["api_key", "base_url", "timeout", "max_retries", "deadline"])
def test_its_settings_cannot_be_set(name: str) -> None:
    """Else calls would go on with the old key, say, without a word."""
    api = AsyncClient(api_key=KEY)
    with pytest.raises(AttributeError, match=rf"with_options\({name}=\.\.\.\) gives a client"):
        setattr(api, name, "other")
    assert api.api_key == KEY


def test_anything_else_of_it_can_be_set() -> None:
    class Ours(AsyncClient):
        def __init__(self) -> None:
            super().__init__(api_key=KEY)
            self.calls = 3

    api = Ours()
    api.chat.completions.create = print  # type: ignore[method-assign, assignment]
    assert (api.calls, api.chat.completions.create) == (3, print)


async def test_with_options_takes_connections_of_ones_own() -> None:
    first, second = Script(answer(MODEL)), Script(answer(MODEL))
    own = httpx.AsyncClient(transport=second)
    async with first.client(max_retries=7) as api:
        other = api.with_options(http_client=own)
        assert (await other.models.retrieve("m")).id == "m"
        assert (len(first.requests), len(second.requests)) == (0, 1)
        assert second.last.headers["authorization"] == f"Bearer {KEY}"
        assert other.max_retries == 7
        await other.close()
        assert (own.is_closed, api.is_closed) == (False, False)
        with pytest.raises(ConfigurationError):
            api.with_options(http_client=3)  # type: ignore[arg-type]
    await own.aclose()


@pytest.mark.parametrize("spec", [AsyncClient, AsyncClient(api_key=KEY)])
def test_a_mock_of_it_has_the_namespaces(spec: Any) -> None:
    mock = MagicMock(spec=spec)
    assert isinstance(mock, AsyncClient)
    mock.chat.completions.create.return_value = 3
    assert mock.chat.completions.create() == 3
    with pytest.raises(AttributeError):
        _ = mock.chats
    assert create_autospec(spec).responses


# What is not given


@pytest.mark.parametrize(
    "another",
    [
        NotGiven(),
        openai_async.Omit(),
        openai_async.omit,
        openai_async.not_given,
        copy.deepcopy(NOT_GIVEN),
        pickle.loads(pickle.dumps(NOT_GIVEN)),
    ],
)
async def test_there_is_one_not_given(another: Any) -> None:
    script = Script(answer(CHAT))
    async with script.client() as api:
        await api.chat.completions.create(**HELLO, seed=another, timeout=another)
    assert script.sent == HELLO
    assert another is NOT_GIVEN


async def test_a_header_that_is_not_given_is_left_out() -> None:
    omit = openai_async.Omit()
    script = Script(answer(MODEL))
    async with script.client(default_headers={"X-A": "1", "User-Agent": omit}) as api:
        await api.models.retrieve("m", extra_headers={"x-a": omit, "Authorization": omit})
    assert not {"x-a", "user-agent", "authorization"} & script.last.headers.keys()


# Downloads


async def test_the_content_of_a_download_once_it_is_read() -> None:
    async with Script(download).client() as api:
        body = await api.files.content("file-1")
        with pytest.raises(OpenAIError, match=r"await body\.read\(\)"):
            _ = body.content
        assert await body.aread() == body.content == BODY


async def test_iterating_over_a_download_as_the_official_client_does() -> None:
    async with Script(download).client() as api:
        body = await api.files.content("file-1")
        assert b"".join([chunk async for chunk in await body.aiter_bytes(4)]) == BODY


async def test_the_lines_of_a_download() -> None:
    async with Script(download).client() as api:
        body = await api.files.content("file-1")
        assert [line async for line in body.iter_lines()] == ['{"a": 1}', '{"a": 2}']


@pytest.mark.parametrize("how", ["astream_to_file", "write_to_file", "with_streaming_response"])
async def test_chunks_on_their_way_to_a_file(how: str, tmp_path: Path) -> None:
    async with Script(download).client() as api:
        if how == "with_streaming_response":
            async with api.files.with_streaming_response.content("file-1") as response:
                await response.stream_to_file(tmp_path / "copy", chunk_size=5)
        else:
            body = await api.files.content("file-1")
            told: list[int] = []
            await getattr(body, how)(
                tmp_path / "copy", chunk_size=5, on_progress=lambda done, _: told.append(done)
            )
            assert told == [5, 10, 15, 18]
    assert (tmp_path / "copy").read_bytes() == BODY


async def test_with_raw_response_reads_a_download() -> None:
    async with Script(download).client() as api:
        found: Raw[Any] = await api.files.with_raw_response.content("file-1")
        assert (found.content, found.text) == (BODY, BODY.decode())
        assert found.parse().content == BODY
        assert await found.parse().read() == BODY


# Answers and errors


async def test_how_an_answer_is_written() -> None:
    async with Script(answer(CHAT)).client() as api:
        found: ChatCompletion = await api.chat.completions.create(**HELLO)
    whole = found.to_dict(mode="python", exclude_unset=False)
    assert whole == found.model_dump()
    assert "usage" not in found.to_dict(exclude_unset=False, exclude_none=True)
    assert found.to_json(indent=None, exclude={"choices", "id"}) == (
        '{"object":"chat.completion","created":1,"model":"m"}'
    )
    assert '"usage":null' in found.to_json(indent=None, exclude_unset=False)


def test_the_names_on_the_wire_are_optional() -> None:
    from openai_async.types.moderations import ModerationCategories

    found = ModerationCategories.model_validate({"hate/threatening": True})
    assert found.to_dict() == {"hate/threatening": True}
    assert found.to_dict(use_api_names=False) == {"hate_threatening": True}
    assert found.to_json(indent=None, use_api_names=False) == '{"hate_threatening":true}'


async def test_an_answer_says_where_its_request_id_is() -> None:
    async with Script(answer(CHAT, headers={"x-request-id": "r1"})).client() as api:
        found = await api.chat.completions.create(**HELLO)
        with pytest.raises(AttributeError, match=r"raw\(method\)"):
            _ = found._request_id  # type: ignore[attr-defined]
        assert not hasattr(found, "_request_id")
        assert (await openai_async.raw(api.chat.completions.create)(**HELLO)).request_id == "r1"


def test_errors_that_tests_make_by_hand() -> None:
    request = httpx.Request("POST", "http://api.test/v1/x")
    for error in (APITimeoutError(request=request), APIConnectionError(request=request)):
        assert error.request is request
        assert "POST http://api.test/v1/x" in str(error)
        assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert APIConnectionError(message="boom", request=request).message == "boom"
    assert APIError("boom", request, body={"code": "c"}).code == "c"
