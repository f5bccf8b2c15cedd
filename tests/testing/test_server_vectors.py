"""Vector stores and containers as they age, and what they refuse."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import httpx
import pytest

from openai_async.testing import Server
from openai_async.testing._errors import ApiError
from openai_async.testing._filters import Filter
from openai_async.testing._vector_stores import Chunking

pytestmark = pytest.mark.anyio

DAY = 86_400


async def test_a_store_that_nobody_uses_expires(http: httpx.AsyncClient, server: Server) -> None:
    body = {"expires_after": {"anchor": "last_active_at", "days": 2}}
    path = f"/vector_stores/{(await http.post('/vector_stores', json=body)).json()['id']}"
    server.advance(1.9 * DAY)
    assert (await http.post(f"{path}/search", json={"query": "a"})).status_code == 200
    server.advance(1.9 * DAY)
    used = (await http.get(path)).json()
    assert used["status"] == "completed"
    assert used["expires_at"] == pytest.approx(used["created_at"] + 3.9 * DAY, abs=60)
    server.advance(0.2 * DAY)
    assert (await http.get(path)).json()["status"] == "expired"
    refused = await http.post(f"{path}/search", json={"query": "a"})
    assert refused.status_code == 400
    assert "expired" in refused.json()["error"]["message"]


async def test_a_container_that_nobody_uses_expires(
    http: httpx.AsyncClient, server: Server
) -> None:
    path = f"/containers/{(await http.post('/containers', json={'name': 'n'})).json()['id']}"
    for _ in range(2):
        server.advance(19 * 60)
        assert (await http.get(f"{path}/files")).status_code == 200  # it is used
    server.advance(21 * 60)
    assert (await http.get(path)).json()["status"] == "expired"
    assert (await http.get(f"{path}/files")).status_code == 404


@pytest.mark.parametrize(("size", "overlap"), [(100, 0), (100, 50), (800, 400)])
def test_chunks_overlap_and_cover_the_text(size: int, overlap: int) -> None:
    text = "".join(f" {number:04}" for number in range(2000))
    chunks = list(Chunking(size, overlap).cut(text))
    place = 0
    for before, after in pairwise(chunks):
        place = text.index(after, place)
        assert (place < text.index(before) + len(before)) is (overlap > 0)
    assert text.startswith(chunks[0])
    assert text.endswith(chunks[-1])
    assert sum(map(len, chunks)) >= len(text)


async def test_a_store_without_files_has_no_hits(http: httpx.AsyncClient) -> None:
    store = (await http.post("/vector_stores", json={})).json()
    found = await http.post(f"/vector_stores/{store['id']}/search", json={"query": "anything"})
    assert found.json()["data"] == []


DEEP: Any = {"type": "eq", "key": "a", "value": 1}
for _ in range(40):
    DEEP = {"type": "and", "filters": [DEEP]}


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"type": "eq", "key": "a"}, "filters.value"),
        ({"type": "eq", "value": 1}, "filters.key"),
        ({"key": "a", "value": 1}, "filters.type"),
        ({"type": "eq", "key": "a", "value": ["b"]}, "lists are for"),
        ({"type": "in", "key": "a", "value": "b"}, "lists are for"),
        ({"type": "in", "key": "a", "value": [{}]}, "filters.value"),
        ({"type": "or", "filters": []}, "too short"),
        ({"type": "or", "filters": ["a"]}, r"filters\[0\]"),
        ("a", "expected an object"),
        (DEEP, "too deeply"),
    ],
)
def test_filters_that_are_none(wrong: Any, match: str) -> None:
    with pytest.raises(ApiError, match=match):
        Filter().check("filters", wrong)


async def test_text_of_other_encodings_is_read(http: httpx.AsyncClient) -> None:
    for content in ("Größe".encode("utf-16"), b"\xef\xbb\xbf" + "Größe".encode()):
        given = await http.post(
            "/files", files={"file": ("a", content)}, data={"purpose": "assistants"}
        )
        store = await http.post("/vector_stores", json={"file_ids": [given.json()["id"]]})
        path = f"/vector_stores/{store.json()['id']}/files/{given.json()['id']}"
        state = (await http.get(path)).json()
        while state["status"] == "in_progress":
            state = (await http.get(path)).json()
        answer = await http.get(path + "/content")
        assert [piece["text"] for piece in answer.json()["data"]] == ["Größe"]


async def test_the_server_says_when_to_ask_again(http: httpx.AsyncClient) -> None:
    given = await http.post(
        "/files", files={"file": ("a", b"text")}, data={"purpose": "assistants"}
    )
    store = (await http.post("/vector_stores", json={})).json()
    path = f"/vector_stores/{store['id']}/files"
    put = await http.post(path, json={"file_id": given.json()["id"]})
    assert put.json()["status"] == "in_progress"
    assert 0 < int(put.headers["openai-poll-after-ms"]) <= 200
    while put.json()["status"] == "in_progress":
        put = await http.get(f"{path}/{given.json()['id']}")
    assert "openai-poll-after-ms" not in put.headers


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"file_ids": ["a"], "files": [{"file_id": "a"}]},
        {"file_ids": []},
        {"files": [{"attributes": {}}]},
        {"file_ids": ["a"], "attributes": {"k": []}},
        {"files": [{"file_id": "a", "chunking_strategy": {"type": "other"}}]},
    ],
)
async def test_batches_that_are_none(http: httpx.AsyncClient, body: Any) -> None:
    store = (await http.post("/vector_stores", json={})).json()
    answer = await http.post(f"/vector_stores/{store['id']}/file_batches", json=body)
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "n", "memory_limit": "2g"},
        {"name": "n", "network_policy": {"type": "allowlist"}},
        {"name": "n", "expires_after": {"anchor": "last_active_at", "minutes": 0}},
        {"name": "n", "skills": [{"type": "inline", "name": "a", "description": "b"}]},
        {"name": "n", "colour": "blue"},
    ],
)
async def test_containers_that_are_none(http: httpx.AsyncClient, body: Any) -> None:
    assert (await http.post("/containers", json=body)).status_code == 400
