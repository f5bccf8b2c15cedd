"""Batches, by hand and as jobs: every request gets its result, in order, whatever has happened."""

from __future__ import annotations

import gc
import json
import logging
import tempfile
from collections.abc import AsyncIterator, Iterator
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
    BadRequestError,
    BatchFailedError,
    BatchLineError,
    ConfigurationError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
)
from openai_async.testing import Server
from openai_async.types.batches import Batch
from openai_async.types.chat import ChatCompletion
from openai_async.types.embeddings import EmbeddingList
from tests.scripted import AT_ONCE

pytestmark = pytest.mark.anyio

CHAT = "/v1/chat/completions"


@pytest.fixture
def server() -> Server:
    return Server(seed=1, job_seconds=0.02)


@pytest.fixture
async def client(server: Server) -> AsyncIterator[AsyncClient]:
    async with server.client(strict_responses=True, middleware=[AT_ONCE]) as client:
        yield client


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary files go; a test that leaves one fails."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield place
    assert not list(place.iterdir())


def body(text: str, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}], "max_tokens": 4, **more}


def bodies(count: int) -> Iterator[dict[str, Any]]:
    return (body(f"Number {number}?") for number in range(count))


def paths(server: Server) -> list[str]:
    return [f"{call.method} {call.path}" for call in server.calls]


async def test_every_request_gets_its_answer_in_order(client: AsyncClient, server: Server) -> None:
    seen: list[Batch] = []
    async with client.batches.run(
        bodies(30), endpoint=CHAT, model="gpt-4o-mini", metadata={"k": "v"}, progress=seen.append
    ) as job:
        assert not server.calls
        results = [result async for result in job]
        assert job.batch is not None
    assert [result.index for result in results] == list(range(30))
    assert [result.custom_id for result in results] == [f"request-{n}" for n in range(30)]
    for number, result in enumerate(results):
        assert result.input == {**body(f"Number {number}?"), "model": "gpt-4o-mini"}
        assert isinstance(result.value, ChatCompletion)
        assert result.request_id is not None
        assert result.request_id.startswith("req_")
    # The server answers in an order of its own; the same question has the same answer by itself.
    alone = await client.chat.completions.create(**results[7].input)
    assert results[7].unwrap().choices == alone.choices
    assert job.batch.metadata == {"k": "v"}
    assert seen[-1].status == "completed"
    assert seen[-1].request_counts is not None
    assert seen[-1].request_counts.completed == 30
    assert seen[-1].usage is not None
    assert seen[-1].usage.output_tokens > 0


async def test_errors_are_those_of_the_calls_by_themselves(client: AsyncClient) -> None:
    async def requests() -> AsyncIterator[Any]:
        yield ("good", body("Hello"))
        yield ("no-model", body("Hello", model="none-such"))
        yield ("wrong", body("Hello", temperature=17))

    job = client.batches.run(requests(), endpoint=CHAT, defaults={"model": "gpt-4o-mini"})
    results = {result.custom_id: result async for result in job}
    assert results["good"].ok
    missing, wrong = results["no-model"].error, results["wrong"].error
    assert isinstance(missing, NotFoundError)
    assert missing.code == "model_not_found"
    assert missing.request_id == results["no-model"].request_id
    assert isinstance(wrong, BadRequestError)
    assert wrong.param == "temperature"
    with pytest.raises(BadRequestError):
        results["wrong"].unwrap()


@pytest.mark.parametrize(
    ("endpoint", "request_body", "kind"),
    [
        ("/v1/responses", {"model": "gpt-4o-mini", "input": "a"}, "Response"),
        ("/v1/embeddings", {"model": "text-embedding-3-small", "input": "a"}, "EmbeddingList"),
        ("/v1/completions", {"model": "davinci", "prompt": "a"}, "Completion"),
        ("/v1/moderations", {"input": "a"}, "Moderation"),
    ],
)
async def test_answers_have_the_type_of_their_endpoint(
    endpoint: str, request_body: dict[str, Any], kind: str, client: AsyncClient
) -> None:
    (result,) = [r async for r in client.batches.run([request_body], endpoint=endpoint)]
    assert type(result.unwrap()).__name__ == kind
    if isinstance(result.value, EmbeddingList):
        assert len(result.value.data[0].embedding) == 1536


async def test_a_batch_is_picked_up_by_its_id(client: AsyncClient, server: Server) -> None:
    async with client.batches.run(bodies(5), endpoint=CHAT, model="gpt-4o-mini") as job:
        batch = await job.submit()
        assert batch.status == "validating"
        assert await job.submit() is batch
    server.clear()
    again = client.batches.results(batch.id, into=ChatCompletion)
    results = [result async for result in again]
    assert [result.input["messages"][0]["content"] for result in results] == [
        f"Number {number}?" for number in range(5)
    ]
    assert all(result.ok for result in results)
    assert not [path for path in paths(server) if path.startswith("POST")]


async def test_an_expired_batch_gives_what_was_answered() -> None:
    server = Server(seed=1, job_seconds=1000, batch_seconds=500)
    async with server.client() as client:
        job = client.batches.run(
            bodies(40),
            endpoint=CHAT,
            model="gpt-4o-mini",
            progress=lambda _: server.advance(100),
            poll_interval=0.001,
        )
        results = [result async for result in job]
    answered = [result for result in results if result.ok]
    assert 0 < len(answered) < 40
    assert len(results) == 40
    for result in results:
        if not result.ok:
            assert isinstance(result.error, BatchLineError)
            assert result.error.code == "batch_expired"


async def test_a_cancelled_batch_gives_what_was_answered() -> None:
    server = Server(seed=1, job_seconds=1000)
    async with server.client() as client:
        job = client.batches.run(
            bodies(40),
            endpoint=CHAT,
            model="gpt-4o-mini",
            progress=lambda _: server.advance(1000),
            poll_interval=0.001,
        )
        batch = await job.submit()
        server.advance(500)
        assert (await client.batches.retrieve(batch.id)).status == "in_progress"
        assert (await job.cancel()).status == "cancelling"
        codes = {
            result.error.code if isinstance(result.error, BatchLineError) else None
            async for result in job
        }
        assert "batch_cancelled" in codes
        assert job.batch is not None
        assert job.batch.status == "cancelled"
        with pytest.raises(BadRequestError):
            await job.cancel()


async def test_a_batch_that_is_refused_says_why(client: AsyncClient) -> None:
    lines = b'{"method": "POST"}\nno json\n'
    file = await client.files.create(file=("in.jsonl", lines), purpose="batch")
    batch = await client.batches.create(
        input_file_id=file.id, endpoint=CHAT, completion_window="24h"
    )
    with pytest.raises(BatchFailedError, match="line 2: This line is not a JSON object") as caught:
        await client.batches.results(batch.id).wait()
    errors = caught.value.batch.errors
    assert errors is not None
    assert errors.data is not None
    assert [(error.line, error.code) for error in errors.data] == [
        (1, "missing_required_parameter"),
        (2, "invalid_json_line"),
    ]


@pytest.mark.parametrize("fault", ["drop", "cut", "bad-json", "500"])
async def test_a_batch_is_begun_once_whatever_happens_to_the_answer(
    fault: str, client: AsyncClient, server: Server
) -> None:
    server.fault(fault, on="POST /batches")
    job = client.batches.run(bodies(2), endpoint=CHAT, model="gpt-4o-mini")
    assert len([result async for result in job]) == 2
    assert len((await client.batches.list()).data) == 1


async def test_a_refusal_is_not_tried_again(client: AsyncClient, server: Server) -> None:
    server.fault("403", on="POST /batches", times=None)
    async with client.batches.run(bodies(2), endpoint=CHAT) as job:
        with pytest.raises(PermissionDeniedError):
            await job.submit()
    assert paths(server) == ["POST /files", "POST /batches"]


async def test_after_an_error_it_goes_on_where_it_was(client: AsyncClient, server: Server) -> None:
    async with client.batches.run(
        bodies(3), endpoint=CHAT, model="gpt-4o-mini", max_retries=0
    ) as job:
        with server.fault("403", on="POST /files"), pytest.raises(PermissionDeniedError):
            await job.submit()
        with server.fault("drop", on="POST /batches", times=None):
            with pytest.raises(APIConnectionError):
                await job.submit()
        results = [result async for result in job]
    assert len(results) == 3
    assert paths(server).count("POST /files") == 2


async def test_cancelling_the_wait_loses_nothing(server: Server) -> None:
    async with server.client() as client:
        job = client.batches.run(bodies(20), endpoint=CHAT, model="gpt-4o-mini")
        results: list[Any] = []
        rounds = 0
        await job.submit()
        while True:
            rounds += 1
            with anyio.move_on_after(0.005 * rounds):
                async for result in job:
                    results.append(result)  # noqa: PERF401 - those before the end count
                break
        assert server.open_calls == 0
    assert rounds > 1
    assert [result.index for result in results] == list(range(20))
    assert len([path for path in paths(server) if path == "POST /batches"]) == 1


async def test_leaving_early_leaves_the_batch_and_no_files(
    client: AsyncClient, folder: Path
) -> None:
    async with client.batches.run(bodies(5), endpoint=CHAT, model="gpt-4o-mini") as job:
        async for result in job:
            assert list(folder.iterdir())
            assert result.index == 0
            break
    assert [result async for result in job] == []
    assert job.batch is not None
    assert (await client.batches.retrieve(job.batch.id)).status == "completed"


async def test_a_job_that_is_dropped_leaves_no_files(client: AsyncClient, folder: Path) -> None:
    job = client.batches.run(bodies(5), endpoint=CHAT, model="gpt-4o-mini")
    assert (await anext(job)).index == 0
    assert list(folder.iterdir())
    del job
    gc.collect()  # a ResourceWarning here would be an error
    assert not list(folder.iterdir())


async def test_the_deadline_is_for_the_whole_and_says_how_to_go_on(client: AsyncClient) -> None:
    async with Server(job_seconds=60).client() as slow:
        job = slow.batches.run(bodies(1), endpoint=CHAT, deadline=2, poll_interval=0.02)
        with pytest.raises(APITimeoutError, match=r"client.batches.results\('batch_") as caught:
            await job.wait()
        await job.aclose()
    assert caught.value.phase == "deadline"


@pytest.mark.parametrize(
    ("requests", "told"),
    [
        ([], "no requests"),
        (["text"], "request 0 must be a body"),
        ([("a", body("x")), ("a", body("y"))], "'a' came before"),
        ([("", body("x"))], "request 0"),
        ([{"custom_id": "a", "url": CHAT, "body": body("x")}], "a line of a batch's file"),
        ([body("x", temperature=float("nan"))], "JSON"),
        ([{}] * 50_001, "50,000"),
        ([body("x" * 10**7)] * 21, "200 MB"),
    ],
)
async def test_requests_that_can_not_be_sent(
    requests: Any, told: str, client: AsyncClient, server: Server
) -> None:
    async with client.batches.run(requests, endpoint=CHAT) as job:
        with pytest.raises((ConfigurationError, TypeError), match=told):
            await job.submit()
    assert not server.calls


async def test_what_raises_while_requests_are_read_is_raised(
    client: AsyncClient, server: Server
) -> None:
    def failing() -> Iterator[Any]:
        yield body("x")
        raise OSError("the disk is gone")

    async with client.batches.run(failing(), endpoint=CHAT) as job:
        with pytest.raises(OSError, match="the disk is gone"):
            await job.submit()
        with pytest.raises(RuntimeError, match="read its requests"):
            await job.submit()
    assert not server.calls


async def test_wrong_keywords_are_told_at_once(client: AsyncClient) -> None:
    with pytest.raises(TypeError, match="completion_windw"):
        client.batches.run([], endpoint=CHAT, completion_windw="24h")  # type: ignore[call-arg]
    with pytest.raises(ConfigurationError, match="batch_id"):
        client.batches.results("")
    with pytest.raises(ConfigurationError, match="poll_interval"):
        client.batches.results("b", poll_interval=0)


# What a real server would hardly do


def finished(**more: Any) -> dict[str, Any]:
    return {"id": "batch_1", "object": "batch", "endpoint": CHAT, "input_file_id": "file-in",
            "completion_window": "24h", "created_at": 1, "status": "completed", **more}  # fmt: skip


def jsonl(*rows: Any) -> httpx.Response:
    return httpx.Response(200, text="".join(json.dumps(row) + "\n" for row in rows))


def request(custom_id: str) -> dict[str, Any]:
    return {"custom_id": custom_id, "method": "POST", "url": CHAT, "body": body(custom_id)}


async def test_lines_that_nobody_has_answered_or_asked(
    answering: Any, caplog: pytest.LogCaptureFixture
) -> None:
    inputs = jsonl(*(request(name) for name in "abcd"))
    rows = jsonl(
        {"id": "1", "custom_id": "z", "response": {"status_code": 200, "body": {}}},
        {"id": "2", "custom_id": "b", "response": None, "error": {"code": "odd", "message": "Hm"}},
        {"id": "3", "custom_id": "c", "response": {"status_code": 200, "body": {"error": "no"}}},
        {"id": "4", "custom_id": "d", "response": {"status_code": 429, "body": None}},
    )
    client, _ = answering(finished(output_file_id="file-out"), inputs, rows)
    with caplog.at_level(logging.WARNING):
        results = [result async for result in client.batches.results("batch_1")]
    lost, odd, bad, limited = (result.error for result in results)
    assert isinstance(lost, BatchLineError)
    assert lost.code == "missing"
    assert isinstance(odd, BatchLineError)
    assert (odd.code, str(odd)) == ("odd", "Hm")
    assert "with an error in it" in str(bad)
    assert type(limited).__name__ == "RateLimitError"
    assert "1 answers belong to none" in caplog.text


async def test_a_download_that_is_cut_begins_again(client: AsyncClient, server: Server) -> None:
    batch = await client.batches.run(bodies(3), endpoint=CHAT, model="gpt-4o-mini").submit()
    await client.batches.results(batch.id).wait()
    server.fault("cut", value=0, on="GET /files/*/content")
    results = [result async for result in client.batches.results(batch.id)]
    assert [result.ok for result in results] == [True] * 3


async def test_a_batch_by_hand(client: AsyncClient) -> None:
    file = await client.files.create(file=("in.jsonl", b"{}"), purpose="batch")
    ids = [
        (
            await client.batches.create(
                input_file_id=file.id, endpoint=CHAT, completion_window="24h"
            )
        ).id
        for _ in range(3)
    ]
    assert [batch.id async for batch in client.batches.list(limit=2)] == ids[::-1]
    with pytest.raises(NotFoundError):
        await client.batches.retrieve("batch_none")
    with pytest.raises(BadRequestError, match="No such File"):
        await client.batches.create(
            input_file_id="file-none", endpoint=CHAT, completion_window="24h"
        )
    other = await client.files.create(file=b"{}", purpose="user_data")
    with pytest.raises(BadRequestError, match="expected 'batch'"):
        await client.batches.create(input_file_id=other.id, endpoint=CHAT, completion_window="24h")


ANSWER = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": []}


def answered(custom_id: Any, **more: Any) -> dict[str, Any]:
    told = {"status_code": 200, "request_id": "req_1", "body": ANSWER, **more}
    return {"id": "1", "custom_id": custom_id, "response": told, "error": None}


async def test_one_line_that_can_not_be_read_costs_no_other(
    answering: Any, caplog: pytest.LogCaptureFixture
) -> None:
    inputs = jsonl(*(request(name) for name in "abc"))
    text = jsonl(answered("a")).text + "garbage\n" + jsonl(answered("c")).text
    client, _ = answering(finished(output_file_id="f"), inputs, "\ufeff" + text)
    with caplog.at_level(logging.WARNING):
        results = [result async for result in client.batches.results("batch_1")]
    assert [result.ok for result in results] == [True, False, True]
    assert "1 lines of its answers are no JSON" in caplog.text


async def test_a_file_that_is_something_else_is_an_error(answering: Any) -> None:
    page = "<html>\nPlease sign in\n</html>"
    client, _ = answering(finished(output_file_id="f"), jsonl(request("a")), page)
    async with client.batches.results("batch_1") as job:
        with pytest.raises(APIResponseError, match="no JSON object"):
            await anext(job)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (answered("a", status_code="200"), None),
        (answered("a", status_code=None), None),
        (answered("a", request_id="\u00fc\u2603"), None),
        (answered("a", request_id="\ud800"), None),
        (answered("a", status_code="429", body={"error": {"message": "slow"}}), "RateLimitError"),
        (answered("a", status_code=400, body={"error": {"message": "\ud800"}}), "BadRequestError"),
        ({"custom_id": "a", "response": None, "error": "gone"}, "BatchLineError"),
    ],
    ids=range(7),
)
async def test_lines_of_other_servers(line: Any, error: str | None, answering: Any) -> None:
    client, _ = answering(finished(output_file_id="f"), jsonl(request("a")), jsonl(line))
    (result,) = [result async for result in client.batches.results("batch_1")]
    assert (None if result.ok else type(result.error).__name__) == error


@pytest.mark.parametrize("status", [400, None])
@pytest.mark.parametrize("told", ["boom", {"object": "error", "message": "boom", "code": 400}])
async def test_an_error_beside_a_status(told: Any, status: Any, answering: Any) -> None:
    """As vLLM writes it: the answer has no body."""
    line = {**answered("a", status_code=status, body=None), "error": told}
    client, _ = answering(finished(output_file_id="f"), jsonl(request("a")), jsonl(line))
    (result,) = [result async for result in client.batches.results("batch_1")]
    assert not result.ok
    assert status is None or "boom" in str(result.error)


@pytest.mark.parametrize("endpoint", [CHAT, "/chat/completions", None])
async def test_an_endpoint_told_in_other_ways(endpoint: str | None, answering: Any) -> None:
    batch = finished(output_file_id="f", endpoint=endpoint)
    client, _ = answering(batch, jsonl(request("a")), jsonl(answered("a")), strict_responses=False)
    (result,) = [result async for result in client.batches.results("batch_1")]
    kind = "dict" if endpoint is None else "ChatCompletion"  # nobody knows what it is of
    assert type(result.unwrap()).__name__ == kind


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        ("no credit", "no credit"),
        ([{"message": "bad", "line": 1}], "line 1: bad"),
        ({"data": ["odd"]}, "odd"),
        ({"data": None}, "no reason"),
    ],
    ids=str,
)
async def test_reasons_in_other_forms(errors: Any, told: str, answering: Any) -> None:
    batch = finished(status="failed", errors=errors)
    client, _ = answering(batch, strict_responses=False)
    with pytest.raises(BatchFailedError, match=told):
        await client.batches.results("batch_1").wait()


async def test_two_that_wait_for_one_job_begin_one_batch(
    client: AsyncClient, server: Server
) -> None:
    async with client.batches.run(bodies(3), endpoint=CHAT, model="gpt-4o-mini") as job:
        results: list[Any] = []

        async def take() -> None:
            results.extend([result async for result in job])

        async with anyio.create_task_group() as group:
            for begin in (take, job.submit, job.wait, take):
                group.start_soon(begin)
    assert sorted(result.index for result in results) == [0, 1, 2]
    assert [call.path for call in server.calls if call.method == "POST"] == ["/files", "/batches"]


async def test_where_nobody_can_say_whether_it_has_begun_the_failure_is_raised(
    client: AsyncClient, server: Server
) -> None:
    server.fault("500", on="POST /batches")
    server.fault("404", on="GET /batches", times=9)
    async with client.batches.run(bodies(1), endpoint=CHAT, model="gpt-4o-mini") as job:
        with pytest.raises(InternalServerError, match="may have begun"):
            await job.submit()


async def test_a_body_that_is_no_json_is_named(client: AsyncClient) -> None:
    async with client.batches.run([body("x"), {"x": object()}], endpoint=CHAT) as job:
        with pytest.raises(TypeError, match="request 1: "):
            await job.submit()


async def test_a_batch_whose_requests_were_deleted_gives_what_was_answered(
    client: AsyncClient, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    batch = await client.batches.run(bodies(3), endpoint=CHAT, model="gpt-4o-mini").submit()
    await client.batches.results(batch.id).wait()
    await client.files.delete(batch.input_file_id)
    with caplog.at_level(logging.WARNING):
        results = [result async for result in client.batches.results(batch.id)]
    assert sorted(result.custom_id for result in results) == [f"request-{n}" for n in range(3)]
    assert all(result.ok and result.input == {} for result in results)
    assert "its requests are gone" in caplog.text
