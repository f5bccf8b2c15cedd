"""Files: pages of them, their expiry, and waiting until one is processed."""

from __future__ import annotations

from typing import Any

import pytest

from openai_async import APITimeoutError, ConfigurationError
from openai_async.testing import Server

pytestmark = pytest.mark.anyio


async def test_pages_and_purposes() -> None:
    server = Server(seed=1)
    async with server.client(strict_responses=True) as client:
        ids = [
            (await client.files.create(file=("a.txt", b"text"), purpose=purpose)).id
            for purpose in ("user_data", "vision", "user_data", "user_data")
        ]
        assert [file.id async for file in client.files.list(limit=2)] == ids[::-1]
        page = await client.files.list(purpose="user_data", order="asc", limit=2)
        assert [file.id for file in page.data] == [ids[0], ids[2]]
        assert page.has_more
        behind = await client.files.list(after=ids[2])
        assert [file.id for file in behind.data] == [ids[1], ids[0]]
    assert server.calls[-2].query == {"purpose": "user_data", "order": "asc", "limit": "2"}


async def test_expiry_is_sent_as_fields_of_the_form(answering: Any) -> None:
    client, script = answering(
        {"id": "f", "object": "file", "bytes": 1, "created_at": 1, "filename": "a",
         "purpose": "batch", "status": "processed", "expires_at": 3601}
    )  # fmt: skip
    after: Any = {"anchor": "created_at", "seconds": 3600}
    file = await client.files.create(file=b"x", purpose="batch", expires_after=after)
    assert file.expires_at == 3601
    assert script.form["expires_after[anchor]"] == "created_at"
    assert script.form["expires_after[seconds]"] == "3600"


async def test_the_server_keeps_the_expiry() -> None:
    async with Server(seed=1).client() as client:
        after: Any = {"anchor": "created_at", "seconds": 3600}
        file = await client.files.create(file=b"x", purpose="user_data", expires_after=after)
        assert file.expires_at == file.created_at + 3600
        assert (await client.files.create(file=b"x", purpose="user_data")).expires_at is None
        batch = await client.files.create(file=b"{}", purpose="batch")
        assert batch.expires_at == batch.created_at + 30 * 86_400


def states(*statuses: str) -> list[dict[str, Any]]:
    file = {"id": "f", "object": "file", "bytes": 1, "created_at": 1, "filename": "a",
            "purpose": "assistants"}  # fmt: skip
    return [{**file, "status": status} for status in statuses]


@pytest.mark.parametrize("end", ["processed", "error"])
async def test_waiting_until_a_file_is_processed(end: str, answering: Any) -> None:
    client, script = answering(*states("uploaded", "uploaded", end))
    file = await client.files.wait_for_processing("f", poll_interval=0.001)
    assert file.status == end
    assert len(script.requests) == 3


async def test_waiting_has_a_bound(answering: Any) -> None:
    client, _ = answering(*states("uploaded"))
    with pytest.raises(APITimeoutError) as caught:
        await client.files.wait_for_processing("f", max_wait_seconds=0.05, poll_interval=0.01)
    assert caught.value.phase == "deadline"


async def test_the_server_says_when_to_look_again(answering: Any) -> None:
    import httpx

    first = httpx.Response(200, json=states("uploaded")[0], headers={"openai-poll-after-ms": "1"})
    client, script = answering(first, *states("processed"))
    # By itself it would look after five seconds, and that is too late.
    await client.files.wait_for_processing("f", max_wait_seconds=2)
    assert len(script.requests) == 2


async def test_where_no_status_is_told_there_is_nothing_to_wait_for(answering: Any) -> None:
    client, script = answering({**states("")[0], "status": None})
    assert (await client.files.wait_for_processing("f")).id == "f"
    assert len(script.requests) == 1


@pytest.mark.parametrize("said", ["0.00001", "-1", "nan", "soon", "1e-300"])
async def test_a_server_that_talks_nonsense_is_not_flooded(said: str, answering: Any) -> None:
    import httpx

    answer = httpx.Response(200, json=states("uploaded")[0], headers={"openai-poll-after-ms": said})
    client, script = answering(answer)
    with pytest.raises(APITimeoutError):
        await client.files.wait_for_processing("f", max_wait_seconds=0.2)
    assert len(script.requests) <= 21


async def test_what_is_wrong_is_told_by_its_name(answering: Any) -> None:
    client, script = answering(*states("processed"))
    for name in ("poll_interval", "max_wait_seconds"):
        with pytest.raises(ConfigurationError, match=f"{name} must be"):
            await client.files.wait_for_processing("f", **{name: 0})
    assert not script.requests


async def test_waiting_has_a_raw_answer_too(answering: Any) -> None:
    client, _ = answering(*states("uploaded", "processed"))
    found = await client.files.with_raw_response.wait_for_processing("f", poll_interval=0.001)
    assert (found.status_code, found.value.status) == (200, "processed")
    assert found.json()["status"] == "processed"
