from __future__ import annotations

import functools
import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from openai_async import (
    APITimeoutError,
    AsyncClient,
    BadRequestError,
    ConfigurationError,
    InternalServerError,
    NotFoundError,
)
from openai_async.testing import Server
from openai_async.types.vector_stores import (
    CompoundFilterParam,
    StaticChunkingStrategy,
    StaticChunkingStrategyParam,
    VectorStore,
    VectorStoreSearchPage,
)

from .conftest import Answering

pytestmark = pytest.mark.anyio

TEXTS = {
    "whales.txt": "Whales are large mammals that live in the ocean and breathe air.",
    "bread.txt": "Bread is baked from flour, water, yeast and a little salt.",
    "trains.txt": "Trains run on rails and are pulled by electric locomotives.",
}


@pytest.fixture
def server() -> Server:
    return Server(seed=3, job_seconds=0)


@pytest.fixture
async def client(server: Server) -> AsyncIterator[AsyncClient]:
    async with server.client(strict_responses=True, max_retries=0) as client:
        yield client


async def upload(client: AsyncClient, name: str, content: str | bytes | None = None) -> str:
    content = TEXTS[name] if content is None else content
    data = content.encode() if isinstance(content, str) else content
    return (await client.files.create(file=(name, data), purpose="assistants")).id


async def filled(client: AsyncClient) -> VectorStore:
    """A store of all texts, each with its topic and a number."""
    store = await client.vector_stores.create(name="things")
    for number, name in enumerate(TEXTS):
        await client.vector_stores.files.create(
            store.id,
            file_id=await upload(client, name),
            attributes={"topic": name.removesuffix(".txt"), "number": number, "old": number > 1},
        )
    return store


# Stores


async def test_the_life_of_a_store(client: AsyncClient, server: Server) -> None:
    store = await client.vector_stores.create(
        name="things",
        description="of all kinds",
        metadata={"a": "b"},
        expires_after={"anchor": "last_active_at", "days": 2},
    )
    assert (store.name, store.metadata, store.status) == ("things", {"a": "b"}, "completed")
    assert store.expires_after is not None
    assert store.last_active_at is not None
    assert store.expires_at in range(store.last_active_at + 172_800, store.last_active_at + 172_802)
    assert await client.vector_stores.retrieve(store.id) == store

    changed = await client.vector_stores.update(store.id, name="others", expires_after=None)
    assert (changed.name, changed.expires_at) == ("others", None)
    assert server.calls[-1].json == {"name": "others", "expires_after": None}

    gone = await client.vector_stores.delete(store.id)
    assert (gone.id, gone.deleted) == (store.id, True)
    with pytest.raises(NotFoundError, match=store.id):
        await client.vector_stores.retrieve(store.id)


async def test_a_store_is_made_without_any_parameter(client: AsyncClient, server: Server) -> None:
    assert (await client.vector_stores.create()).file_counts.total == 0
    assert server.calls[-1].json == {}


async def test_stores_are_listed_page_by_page(client: AsyncClient) -> None:
    ids = [(await client.vector_stores.create(name=str(n))).id for n in range(5)]
    assert [store.id async for store in client.vector_stores.list(limit=2)] == ids[::-1]
    page = await client.vector_stores.list(order="asc", before=ids[2])
    assert [store.id for store in page.data] == ids[:2]


async def test_every_call_sends_the_beta_header_unless_told_otherwise(
    client: AsyncClient, server: Server
) -> None:
    stores = client.vector_stores
    store = await filled(client)
    (file, *_) = [file async for file in stores.files.list(store.id)]
    of = {"vector_store_id": store.id}
    server.clear()
    await stores.retrieve(store.id)
    await stores.update(store.id, name="n")
    await stores.list()
    await stores.search(store.id, query="q")
    await stores.files.retrieve(file.id, **of)
    await stores.files.update(file.id, **of, attributes=None)
    await stores.files.content(file.id, **of)
    batch = await stores.file_batches.create(store.id, file_ids=[file.id])
    await stores.file_batches.retrieve(batch.id, **of)
    await stores.file_batches.list_files(batch.id, **of)
    await stores.files.delete(file.id, **of)
    await stores.delete(store.id)
    assert len(server.calls) == 12
    assert {call.headers.get("openai-beta") for call in server.calls} == {"assistants=v2"}

    await stores.list(extra_headers={"openai-beta": "newer"})
    await stores.list(extra_headers={"OpenAI-Beta": None, "x-mine": "1"})
    assert [call.headers.get("openai-beta") for call in server.calls[-2:]] == ["newer", None]
    assert server.calls[-1].headers["x-mine"] == "1"


# Search


async def test_search_finds_what_is_most_similar(client: AsyncClient, server: Server) -> None:
    store = await filled(client)
    page = await client.vector_stores.search(
        store.id, query="Which mammals live in the ocean?", max_num_results=2
    )
    assert isinstance(page, VectorStoreSearchPage)
    assert page.search_query == ["Which mammals live in the ocean?"]
    best, second = page.data
    assert best.filename == "whales.txt"
    assert [piece.text for piece in best.content] == [TEXTS["whales.txt"]]
    assert 1 >= best.score > second.score >= 0
    assert best.attributes == {"topic": "whales", "number": 0, "old": False}
    assert server.calls[-1].json == {
        "query": "Which mammals live in the ocean?",
        "max_num_results": 2,
    }
    assert not page.has_next_page()
    found = client.vector_stores.search(store.id, query=["flour and water", "rails"])
    assert [hit.filename async for hit in found][:2] in (
        ["bread.txt", "trains.txt"],
        ["trains.txt", "bread.txt"],
    )


async def test_search_takes_a_threshold_and_rewrites(client: AsyncClient) -> None:
    store = await filled(client)
    search = functools.partial(client.vector_stores.search, store.id)
    everything = [hit.score async for hit in search(query="baked from flour")]
    assert len(everything) == 3
    some = [
        hit.score
        async for hit in search(
            query="baked from flour", ranking_options={"score_threshold": everything[1]}
        )
    ]
    assert some == everything[:2]
    page = await search(query="What is bread?", rewrite_query=True)
    assert page.model_dump()["search_query"] == ["bread"]


COMPARISONS: list[tuple[str, str, Any, set[str]]] = [
    ("eq", "topic", "bread", {"bread"}),
    ("ne", "topic", "bread", {"whales", "trains"}),
    ("gt", "number", 0, {"bread", "trains"}),
    ("gte", "number", 1.0, {"bread", "trains"}),
    ("lt", "number", 1, {"whales"}),
    ("lte", "number", 1.5, {"whales", "bread"}),
    ("in", "topic", ["bread", "cake"], {"bread"}),
    ("nin", "number", [0, 1], {"trains"}),
    ("eq", "old", True, {"trains"}),
    ("eq", "number", True, set()),  # true is not 1
    ("gt", "topic", 3, set()),
    ("ne", "nothing", "x", {"whales", "bread", "trains"}),
]


@pytest.mark.parametrize(("kind", "key", "value", "expected"), COMPARISONS)
async def test_search_with_a_comparison(
    client: AsyncClient, kind: Any, key: str, value: Any, expected: set[str]
) -> None:
    store = await filled(client)
    found = client.vector_stores.search(
        store.id, query="a", filters={"type": kind, "key": key, "value": value}
    )
    assert {hit.filename.removesuffix(".txt") async for hit in found} == expected


async def test_search_with_filters_within_filters(client: AsyncClient) -> None:
    store = await filled(client)
    wanted: CompoundFilterParam = {
        "type": "or",
        "filters": [
            {"type": "eq", "key": "topic", "value": "whales"},
            {
                "type": "and",
                "filters": [
                    {"type": "gte", "key": "number", "value": 1},
                    {"type": "eq", "key": "old", "value": True},
                ],
            },
        ],
    }
    found = client.vector_stores.search(store.id, query="a", filters=wanted)
    assert {hit.filename async for hit in found} == {"whales.txt", "trains.txt"}
    bad: Any = {"type": "and", "filters": [{"type": "like", "key": "topic", "value": "w"}]}
    with pytest.raises(BadRequestError, match="like"):
        await client.vector_stores.search(store.id, query="a", filters=bad)


# Files


async def test_the_life_of_a_file_in_a_store(client: AsyncClient, server: Server) -> None:
    store = await client.vector_stores.create()
    files = client.vector_stores.files
    file_id = await upload(client, "whales.txt")
    put = await files.create(store.id, file_id=file_id, attributes={"a": 1.5})
    assert (put.id, put.vector_store_id, put.status) == (file_id, store.id, "completed")
    assert isinstance(put.chunking_strategy, StaticChunkingStrategy)
    assert put.chunking_strategy.static.max_chunk_size_tokens == 800
    assert server.calls[-1].json == {"file_id": file_id, "attributes": {"a": 1.5}}

    changed = await files.update(file_id, vector_store_id=store.id, attributes={"b": "c"})
    assert changed.attributes == {"b": "c"}
    assert server.calls[-1].json == {"attributes": {"b": "c"}}
    assert await files.retrieve(file_id, vector_store_id=store.id) == changed

    pieces = [piece async for piece in files.content(file_id, vector_store_id=store.id)]
    assert [(piece.type, piece.text) for piece in pieces] == [("text", TEXTS["whales.txt"])]
    assert (await client.vector_stores.retrieve(store.id)).usage_bytes == put.usage_bytes > 0

    gone = await files.delete(file_id, vector_store_id=store.id)
    assert (gone.id, gone.deleted) == (file_id, True)
    with pytest.raises(NotFoundError):
        await files.retrieve(file_id, vector_store_id=store.id)
    assert (await client.files.retrieve(file_id)).id == file_id  # it is still a file


async def test_attributes_keep_their_kinds(client: AsyncClient) -> None:
    store = await client.vector_stores.create()
    given = {"id": 2**60 + 1, "one": 1, "yes": True, "half": 0.5, "text": "1"}
    file = await client.vector_stores.files.upload_and_poll(
        vector_store_id=store.id, file=("a", b"text"), attributes=given
    )
    assert file.attributes is not None
    assert [*map(repr, file.attributes.values())] == [*map(repr, given.values())]


async def test_a_file_that_is_deleted_leaves_its_stores(client: AsyncClient) -> None:
    store = await filled(client)
    (file, *_) = [file async for file in client.vector_stores.files.list(store.id)]
    await client.files.delete(file.id)
    assert (await client.vector_stores.retrieve(store.id)).file_counts.total == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"\x89PNG\r\n\x1a\n\xff\xfe", "unsupported_file"), (b" \n ", "invalid_file")],
)
async def test_what_is_no_text_fails(client: AsyncClient, content: bytes, code: str) -> None:
    store = await client.vector_stores.create()
    file = await client.vector_stores.files.upload_and_poll(
        vector_store_id=store.id, file=("f", content)
    )
    assert file.status == "failed"
    assert file.last_error is not None
    assert file.last_error.code == code
    assert (await client.vector_stores.retrieve(store.id)).file_counts.failed == 1
    failed = client.vector_stores.files.list(store.id, filter="failed")
    assert [one.id async for one in failed] == [file.id]
    completed = client.vector_stores.files.list(store.id, filter="completed")
    assert [one.id async for one in completed] == []


async def test_chunks_are_of_the_size_that_was_asked_for(client: AsyncClient) -> None:
    store = await client.vector_stores.create()
    text = " ".join(f"word{number}" for number in range(600))
    strategy: StaticChunkingStrategyParam = {
        "type": "static",
        "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50},
    }
    file = await client.vector_stores.files.upload(
        vector_store_id=store.id, file=("words.txt", text), chunking_strategy=strategy
    )
    assert file.chunking_strategy is not None
    assert file.chunking_strategy.model_dump() == strategy
    found = client.vector_stores.search(store.id, query="word300", max_num_results=50)
    chunks = [hit.content[0].text async for hit in found]
    assert len(chunks) > 3
    assert all(chunk in text for chunk in chunks)
    assert "word300" in chunks[0]
    bad: Any = {**strategy, "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 101}}
    with pytest.raises(BadRequestError, match="half"):
        await client.vector_stores.files.create(store.id, file_id=file.id, chunking_strategy=bad)


async def test_waiting_for_a_file() -> None:
    server = Server(job_seconds=1000)
    async with server.client(strict_responses=True) as client:
        store = await client.vector_stores.create()
        file_id = await upload(client, "bread.txt")
        files = client.vector_stores.files
        put = await files.create(store.id, file_id=file_id)
        assert put.status == "in_progress"
        assert (await client.vector_stores.retrieve(store.id)).status == "in_progress"
        server.advance(1000)
        done = await files.poll(file_id, vector_store_id=store.id)
        assert done.status == "completed"


async def test_the_server_says_when_to_ask_again() -> None:
    server = Server(job_seconds=0.05)
    async with server.client(strict_responses=True) as client:
        store = await client.vector_stores.create()
        file_id = await upload(client, "bread.txt")
        file = await client.vector_stores.files.create_and_poll(
            file_id, vector_store_id=store.id, attributes={"n": 1}, poll_interval_ms=1
        )
        assert (file.status, file.attributes) == ("completed", {"n": 1})
    looks = [call for call in server.calls if call.method == "GET" and "/files/" in call.path]
    assert len(looks) < 60  # it is not asked all the time


async def test_waiting_has_an_end(answering: Answering) -> None:
    file = {
        "id": "file-1",
        "object": "vector_store.file",
        "usage_bytes": 0,
        "created_at": 1,
        "vector_store_id": "vs_1",
        "status": "in_progress",
        "last_error": None,
    }
    client, script = answering(file)
    poll = functools.partial(
        client.vector_stores.files.poll, "file-1", vector_store_id="vs_1", poll_interval_ms=1
    )
    with anyio.fail_after(5):
        for bound in (
            {"max_wait_seconds": 0.05},
            {"deadline": 0.05},
            {"max_wait_seconds": 0.05, "deadline": 60},
            {"max_wait_seconds": 60, "deadline": 0.05},
        ):
            with pytest.raises(APITimeoutError) as caught:
                await poll(**bound)
            assert caught.value.phase == "deadline"
        with pytest.raises(APITimeoutError):
            await client.vector_stores.files.create_and_poll(
                "file-1", vector_store_id="vs_1", poll_interval_ms=1, deadline=1
            )
    assert script.line == "GET /v1/vector_stores/vs_1/files/file-1"
    assert len(script.requests) > 3


# Batches


async def test_the_life_of_a_batch(client: AsyncClient, server: Server) -> None:
    store = await client.vector_stores.create()
    batches = client.vector_stores.file_batches
    ids = [await upload(client, name) for name in TEXTS]
    batch = await batches.create(store.id, file_ids=ids, attributes={"all": True})
    assert server.calls[-1].json == {"file_ids": ids, "attributes": {"all": True}}
    assert (batch.status, batch.file_counts.completed) == ("completed", 3)
    assert await batches.retrieve(batch.id, vector_store_id=store.id) == batch
    listed = [
        file async for file in batches.list_files(batch.id, vector_store_id=store.id, limit=2)
    ]
    assert [file.id for file in listed] == ids[::-1]
    assert all(file.attributes == {"all": True} for file in listed)
    with pytest.raises(BadRequestError, match="already has status 'completed'"):
        await batches.cancel(batch.id, vector_store_id=store.id)


async def test_each_file_of_a_batch_may_have_its_own_attributes(client: AsyncClient) -> None:
    store = await client.vector_stores.create()
    one, other = [await upload(client, name) for name in ("bread.txt", "trains.txt")]
    await client.vector_stores.file_batches.create(
        store.id,
        files=[
            {
                "file_id": one,
                "attributes": {"n": 1},
                "chunking_strategy": {
                    "type": "static",
                    "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0},
                },
            },
            {"file_id": other, "attributes": {"n": 2}},
        ],
    )
    files = [file async for file in client.vector_stores.files.list(store.id, order="asc")]
    assert [file.attributes for file in files] == [{"n": 1}, {"n": 2}]
    assert files[0].chunking_strategy != files[1].chunking_strategy


async def test_a_batch_is_cancelled() -> None:
    async with Server(job_seconds=600).client(strict_responses=True) as client:
        store = await client.vector_stores.create()
        ids = [await upload(client, name) for name in TEXTS]
        batch = await client.vector_stores.file_batches.create(store.id, file_ids=ids)
        assert (batch.status, batch.file_counts.in_progress) == ("in_progress", 3)
        stopped = await client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)
        assert (stopped.status, stopped.file_counts.cancelled) == ("cancelled", 3)
        assert [hit async for hit in client.vector_stores.search(store.id, query="a")] == []
        done = await client.vector_stores.file_batches.poll(batch.id, vector_store_id=store.id)
        assert done == stopped


async def test_waiting_for_a_batch_tells_how_far_it_is() -> None:
    async with Server(job_seconds=0.05).client(strict_responses=True) as client:
        store = await client.vector_stores.create()
        ids = [await upload(client, name) for name in TEXTS]
        ids.append(await upload(client, "picture", b"\xff\xd8\xff"))
        seen: list[int] = []
        batch = await client.vector_stores.file_batches.create_and_poll(
            store.id,
            file_ids=ids,
            poll_interval_ms=1,
            notify=lambda state: seen.append(state.file_counts.in_progress),
        )
        assert batch.status == "completed"
        assert (batch.file_counts.completed, batch.file_counts.failed) == (3, 1)
        assert seen == sorted(seen, reverse=True)
        assert seen[-1] == 0


async def test_uploads_run_side_by_side_within_a_bound(server: Server) -> None:
    async with server.client(strict_responses=True) as client:
        store = await client.vector_stores.create()
        there = await upload(client, "bread.txt")
        open_now: list[int] = []
        together = anyio.Event()

        def content(number: int) -> Any:
            async def chunks() -> AsyncIterator[bytes]:
                open_now.append(number)
                if len(open_now) == 3:
                    together.set()
                await together.wait()
                yield f"text number {number}".encode()
                open_now.remove(number)

            return (f"{number}.txt", chunks())

        asked = 0

        def files() -> Iterator[Any]:
            nonlocal asked
            for number in range(8):
                assert len(open_now) < 3
                asked += 1
                yield content(number)

        with anyio.fail_after(10):
            batch = await client.vector_stores.file_batches.upload_and_poll(
                store.id,
                files=files(),
                max_concurrency=3,
                file_ids=[there],
                attributes={"kind": "text"},
                extra_headers={"x-mine": "1"},
            )
        assert asked == 8
        assert (batch.status, batch.file_counts.total) == ("completed", 9)
        created = next(call for call in server.calls if call.path.endswith("/file_batches"))
        assert created.json["file_ids"][0] == there
        assert created.json["attributes"] == {"kind": "text"}
        assert all(call.headers.get("x-mine") == "1" for call in server.calls[2:11])


async def test_uploads_keep_their_order_whichever_is_done_first(
    client: AsyncClient, server: Server
) -> None:
    store = await client.vector_stores.create()

    async def slow() -> AsyncIterator[bytes]:
        while not any(call.path == "/files" and call.status for call in server.calls):
            await anyio.sleep(0)
        yield b"the first"

    with anyio.fail_after(10):
        await client.vector_stores.file_batches.upload_and_poll(
            store.id, files=[("1", slow()), ("2", b"the second"), ("3", b"the third")]
        )
    (created,) = [call for call in server.calls if call.path.endswith("/file_batches")]
    names = [(await client.files.retrieve(one)).filename for one in created.json["file_ids"]]
    assert names == ["1", "2", "3"]


async def never_ending() -> AsyncIterator[bytes]:
    yield b"a beginning"
    await anyio.sleep_forever()


async def test_one_failing_upload_stops_the_others(client: AsyncClient, server: Server) -> None:
    store = await client.vector_stores.create()
    server.fault("500", on="POST /files")  # what is sent whole fails first

    def files() -> Iterator[Any]:
        yield ("slow.txt", never_ending())
        yield ("bad.txt", b"text")
        yield ("slow too.txt", never_ending())
        yield ("never.txt", b"text")

    waiting = files()
    with anyio.fail_after(10):
        with pytest.raises(InternalServerError):
            await client.vector_stores.file_batches.upload_and_poll(
                store.id, files=waiting, max_concurrency=3
            )
        while server.open_calls:
            await anyio.sleep(0)
    sent = [call.outcome for call in server.calls if call.path == "/files"]
    assert sorted(sent) == ["answered", "disconnected", "disconnected"]
    assert [name for name, _ in waiting] == ["never.txt"]
    assert not any(call.path.endswith("/file_batches") for call in server.calls)


async def test_uploads_over_sockets_are_stopped_too(server: Server) -> None:
    async with server.listen() as base_url:
        async with AsyncClient(base_url=base_url, api_key="k", max_retries=0) as client:
            store = await client.vector_stores.create()
            files: list[Any] = [(str(n), never_ending()) for n in range(4)]
            with anyio.fail_after(20):
                with pytest.raises(ConfigurationError, match="missing"):
                    await client.vector_stores.file_batches.upload_and_poll(
                        store.id, files=[*files, Path("missing")]
                    )
                while server.open_calls:
                    await anyio.sleep(0)
            # The connections are free, or closed: there are more calls to be made.
            assert (await client.vector_stores.retrieve(store.id)).file_counts.total == 0


async def test_a_file_that_cannot_be_read_stops_the_others(
    client: AsyncClient, server: Server
) -> None:
    store = await client.vector_stores.create()

    def files() -> Iterator[Any]:
        yield ("slow.txt", never_ending())
        raise OSError("the folder is gone")

    with anyio.fail_after(10), pytest.raises(OSError, match="the folder is gone"):
        await client.vector_stores.file_batches.upload_and_poll(store.id, files=files())


async def test_cancelled_uploads_leave_nothing_running(client: AsyncClient, server: Server) -> None:
    store = await client.vector_stores.create()
    started = 0
    all_started = anyio.Event()

    async def slow() -> AsyncIterator[bytes]:
        nonlocal started
        yield b"a beginning"
        started += 1
        if started == 2:
            all_started.set()
        await anyio.sleep_forever()

    async def work() -> None:
        await client.vector_stores.file_batches.upload_and_poll(
            store.id, files=[("a", slow()), ("b", slow()), ("c", slow())], max_concurrency=2
        )

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(work)
            await all_started.wait()
            tasks.cancel_scope.cancel()
        while server.open_calls:
            await anyio.sleep(0)
    assert started == 2
    assert (await client.vector_stores.retrieve(store.id)).file_counts.total == 0


async def test_a_deadline_bounds_uploads_and_waiting_together(server: Server) -> None:
    async with server.client() as client:
        store = await client.vector_stores.create()
        with anyio.fail_after(10), pytest.raises(APITimeoutError) as caught:
            await client.vector_stores.file_batches.upload_and_poll(
                store.id, files=[("a", never_ending())], deadline=0.1
            )
        assert caught.value.phase == "deadline"


async def test_a_deadline_is_not_begun_again_with_each_step() -> None:
    async with Server(job_seconds=600).client() as client:
        store = await client.vector_stores.create()

        async def slow() -> AsyncIterator[bytes]:
            await anyio.sleep(0.05)
            yield b"text"

        with pytest.raises(APITimeoutError) as caught:
            await client.vector_stores.files.upload_and_poll(
                vector_store_id=store.id,
                file=("a", slow()),
                poll_interval_ms=600_000,  # there is no time for another look: it ends at once
                deadline=300,
            )
        left = float(str(caught.value).split("within ")[1].split()[0])
        assert 200 < left < 299.96


async def test_nothing_to_upload_is_told_at_once(client: AsyncClient, server: Server) -> None:
    batches = client.vector_stores.file_batches
    with pytest.raises(ConfigurationError, match="files"):
        await batches.upload_and_poll("vs_1", files=[])
    with pytest.raises(ConfigurationError, match="max_concurrency"):
        await batches.upload_and_poll("vs_1", files=[b"a"], max_concurrency=0)
    with pytest.raises(ConfigurationError, match="vector_store_id"):
        await batches.upload_and_poll("", files=[b"a"])
    with pytest.raises(ConfigurationError, match="vector_store_id"):
        await client.vector_stores.files.upload(vector_store_id="", file=b"a")
    one: Any
    for one in ("report.txt", b"text", Path("report.txt"), io.BytesIO(b"a\nb"), None):
        with pytest.raises(ConfigurationError, match="files must be a list"):
            await batches.upload_and_poll("vs_1", files=one)
    with pytest.raises(ConfigurationError, match="file_ids must be a list"):
        await batches.upload_and_poll("vs_1", files=[b"a"], file_ids="file-1")
    assert server.calls == []


async def test_waiting_that_can_not_be_is_told_before_anything_is_sent(
    client: AsyncClient, server: Server
) -> None:
    files, batches = client.vector_stores.files, client.vector_stores.file_batches
    in_store: dict[str, Any] = {"vector_store_id": "vs_1"}
    wrong: dict[str, Any]
    for wrong in ({"poll_interval_ms": 0}, {"max_wait_seconds": 0}):
        (name,) = wrong
        with pytest.raises(ConfigurationError, match=f"{name} must be"):
            await files.poll("file-1", **in_store, **wrong)
        with pytest.raises(ConfigurationError, match=f"{name} must be"):
            await files.create_and_poll("file-1", **in_store, **wrong)
        with pytest.raises(ConfigurationError, match=f"{name} must be"):
            await files.upload_and_poll(file=b"a", **in_store, **wrong)
    with pytest.raises(ConfigurationError, match="poll_interval_ms must be"):
        await batches.create_and_poll("vs_1", file_ids=["file-1"], poll_interval_ms=-1)
    with pytest.raises(ConfigurationError, match="poll_interval_ms must be"):
        await batches.upload_and_poll("vs_1", files=[b"a"], poll_interval_ms=-1)
    assert server.calls == []


async def test_any_number_at_a_time(client: AsyncClient, server: Server) -> None:
    store = await client.vector_stores.create()
    with anyio.fail_after(10):  # no task is begun without a file
        batch = await client.vector_stores.file_batches.upload_and_poll(
            store.id, files=[b"text"], max_concurrency=10**9
        )
    assert batch.file_counts.total == 1


async def test_what_raises_while_files_are_named_stops_the_others(
    client: AsyncClient, server: Server
) -> None:
    def failing() -> Iterator[bytes]:
        yield b"a"
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        await client.vector_stores.file_batches.upload_and_poll("vs_1", files=failing())


@pytest.mark.parametrize("status", ["queued", "pending"])
async def test_what_waits_for_its_turn_is_not_over(status: str, answering: Answering) -> None:
    file = {"id": "file-1", "object": "vector_store.file", "usage_bytes": 0, "created_at": 1,
            "vector_store_id": "vs_1", "last_error": None}  # fmt: skip
    client, script = answering({**file, "status": status}, {**file, "status": "completed"})
    found = await client.vector_stores.files.poll(
        "file-1", vector_store_id="vs_1", poll_interval_ms=1
    )
    assert (found.status, len(script.requests)) == ("completed", 2)


async def test_extra_body_goes_into_the_store_only(client: AsyncClient, server: Server) -> None:
    store = await client.vector_stores.create()
    with pytest.raises(BadRequestError, match="novelty"):
        await client.vector_stores.files.upload_and_poll(
            vector_store_id=store.id, file=("a", b"text"), extra_body={"novelty": 1}
        )
    sent, put = server.calls[-2:]
    assert sent.form is not None
    assert "novelty" not in sent.form
    assert put.json["novelty"] == 1


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"metadata": {"k" * 65: "v"}}, "metadata"),
        ({"metadata": {str(n): "v" for n in range(17)}}, "16"),
        ({"expires_after": {"anchor": "last_active_at", "days": 366}}, "days"),
        ({"chunking_strategy": {"type": "static"}}, "static"),
    ],
)
async def test_the_server_refuses_what_the_api_does(
    client: AsyncClient, params: Any, match: str
) -> None:
    with pytest.raises(BadRequestError, match=match):
        await client.vector_stores.create(**params)


async def test_what_is_not_there_is_a_404(client: AsyncClient) -> None:
    store = await client.vector_stores.create()
    for calling in (
        client.vector_stores.create(file_ids=["file-nowhere"]),
        client.vector_stores.files.create(store.id, file_id="file-nowhere"),
        client.vector_stores.file_batches.retrieve("vsfb_nowhere", vector_store_id=store.id),
        client.vector_stores.update("vs_nowhere", name="a"),
        client.vector_stores.list(after="vs_nowhere"),
    ):
        with pytest.raises(NotFoundError, match="nowhere"):
            await calling
