"""`create_many`: every vector right and in its place, whatever the inputs and the server are like."""

from __future__ import annotations

import array
import base64
import itertools
import json
import math
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openai_async import (
    APIConnectionError,
    APIResponseError,
    APIStatusError,
    AsyncClient,
    AuthenticationError,
    BadRequestError,
    BulkError,
    ConfigurationError,
    InternalServerError,
    NotFoundError,
    RetryPolicy,
    bulk,
)
from openai_async.testing import Server as BuiltIn

pytestmark = pytest.mark.anyio

MODEL = "text-embedding-3-small"
SOON = RetryPolicy(initial=0.01, maximum=0.01)


def vector(body: Any, dimensions: int = 4) -> array.array[float]:
    """Numbers that say what they are of."""
    text = body if isinstance(body, str) else json.dumps(body)
    seed = sum((number + 1) * ord(sign) for number, sign in enumerate(text[:20])) + len(text)
    return array.array("f", [math.sin(seed * (place + 1)) for place in range(dimensions)])


def encoded(numbers: array.array[float]) -> str:
    if sys.byteorder == "big":
        numbers.byteswap()
    return base64.b64encode(numbers.tobytes()).decode()


class Server:
    """Embeds with `vector`; refuses, or fails, as it is told."""

    def __init__(self, respond: Callable[[list[Any]], httpx.Response | None] | None = None) -> None:
        self.respond = respond or (lambda _: None)
        self.requests: list[dict[str, Any]] = []
        self.answering: dict[str, Any] = {}
        """What is being responded to: other requests may have come behind it."""
        self.active = 0
        self.most = 0
        self.hold: anyio.Event | None = None

    @property
    def batches(self) -> list[list[Any]]:
        return [request["input"] for request in self.requests]

    @property
    def embedded(self) -> Counter[str]:
        return Counter(json.dumps(body) for batch in self.batches for body in batch)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        self.requests.append(asked)
        self.active += 1
        self.most = max(self.most, self.active)
        try:
            await anyio.lowlevel.checkpoint()
            if self.hold is not None:
                await self.hold.wait()
            self.answering = asked
            return self.respond(asked["input"]) or self.answer(asked)
        finally:
            self.active -= 1

    def answer(self, asked: dict[str, Any]) -> httpx.Response:
        write = encoded if asked.get("encoding_format") == "base64" else array.array.tolist
        dimensions = asked.get("dimensions", 4)
        data = [
            {"object": "embedding", "index": index, "embedding": write(vector(body, dimensions))}
            for index, body in enumerate(asked["input"])
        ]
        usage = {"prompt_tokens": len(data), "total_tokens": len(data)}
        body = {"object": "list", "data": data, "model": MODEL, "usage": usage}
        return httpx.Response(200, json=body)

    def client(self, **options: Any) -> AsyncClient:
        """Without a gate, which all tests would share."""
        settings = {"max_retries": 0, "gate": False, **options}
        given: Any = {"api_key": "k", "base_url": "http://api.test/v1", **settings}
        return AsyncClient(transport=httpx.MockTransport(self), **given)

    def job(self, inputs: Any, **options: Any) -> bulk.EmbeddingJob:
        given: Any = {"model": MODEL, "retry": SOON, **options}
        return self.client().embeddings.create_many(inputs, **given)

    async def run(self, inputs: Any, **options: Any) -> list[bulk.Result[Any, bulk.Vector]]:
        return [result async for result in self.job(inputs, **options)]


def refusal(status: int, message: str = "no") -> httpx.Response:
    return httpx.Response(status, json={"error": {"message": message}})


async def collect(job: bulk.Job[Any, Any], results: list[Any]) -> None:
    async for result in job:
        results.append(result)  # noqa: PERF401


def texts(count: int) -> list[str]:
    return [f"text {number}" for number in range(count)]


# Vectors


async def test_every_text_has_its_vector_in_order() -> None:
    server = BuiltIn(seed=1)
    inputs = texts(600)
    async with server.client() as client:
        job = client.embeddings.create_many(inputs, model=MODEL, dimensions=16, batch=100)
        results = [result async for result in job]
        alone = await client.embeddings.create(input=inputs, model=MODEL, dimensions=16)
    assert [result.index for result in results] == list(range(600))
    assert [result.input for result in results] == inputs
    assert [result.unwrap().tolist() for result in results] == [
        item.embedding for item in alone.data
    ]
    assert alone.usage
    assert job.progress.tokens == alone.usage.total_tokens
    assert job.progress.done == job.progress.total == 600


async def test_what_a_vector_is() -> None:
    [result] = await Server().run(["a"])
    found, numbers = result.unwrap(), vector("a")
    assert len(found) == 4
    assert list(found) == found.tolist() == numbers.tolist()
    assert found[1] == numbers[1]
    assert found[-2:] == numbers.tolist()[-2:]
    assert bytes(found) == numbers.tobytes()
    assert found == bulk.Vector(numbers.tobytes())
    assert found != bulk.Vector(vector("b").tobytes())
    assert found != numbers.tolist()
    assert hash(found) == hash(bulk.Vector(numbers.tobytes()))
    assert numbers[0] in found
    assert repr(found).startswith("<Vector of 4: ")
    with pytest.raises(IndexError):
        found[4]


async def test_vectors_as_numpy() -> None:
    numpy = pytest.importorskip("numpy")
    [result] = await Server().run(["a"])
    found = result.unwrap()
    for made in (found.to_numpy(), numpy.asarray(found)):
        assert made.dtype == numpy.float32
        assert made.tolist() == found.tolist()
        made[0] = 7.0  # it is the caller's own
    assert numpy.asarray(found, dtype=float).dtype == float
    assert found.tolist() == vector("a").tolist()


async def test_a_server_that_knows_no_base64() -> None:
    server = Server(lambda _: refusal(400) if "encoding_format" in server.answering else None)
    results = await server.run(texts(100), batch=10)
    assert [list(result.unwrap()) for result in results] == [
        vector(text).tolist() for text in texts(100)
    ]


async def test_vectors_that_come_in_another_order() -> None:
    def shuffled(_: Any) -> httpx.Response:
        body = json.loads(server.answer(server.answering).content)
        return httpx.Response(200, json={**body, "data": body["data"][::-1]})

    server = Server(shuffled)
    results = await server.run(texts(20))
    assert [list(result.unwrap()) for result in results] == [
        vector(text).tolist() for text in texts(20)
    ]


@pytest.mark.parametrize("known", [True, False])
async def test_one_array(known: bool) -> None:
    numpy = pytest.importorskip("numpy")
    inputs = texts(5000)
    found = await Server().job(inputs if known else iter(inputs)).to_numpy()
    assert found.dtype == numpy.float32
    assert found.shape == (5000, 4)
    assert found.tolist() == [vector(text).tolist() for text in inputs]


async def test_one_array_with_failures() -> None:
    pytest.importorskip("numpy")
    inputs = ["a", "", "b", None]
    with pytest.raises(BulkError, match="2 of 4 items failed; the first, item 1"):
        await Server().job(inputs).to_numpy()
    found = await Server().job(inputs).to_numpy(errors="nan")
    assert found.shape == (4, 4)
    assert found[[0, 2]].tolist() == [vector("a").tolist(), vector("b").tolist()]
    assert all(math.isnan(number) for row in (1, 3) for number in found[row])
    assert (await Server().job([]).to_numpy()).shape == (0, 0)
    assert (await Server().job([""]).to_numpy(errors="nan")).shape == (1, 0)


async def test_one_array_with_a_word_for_errors_that_means_nothing() -> None:
    numpy_errors: Any = "ignore"
    with pytest.raises(ValueError, match='"raise" or "nan"'):
        await Server().job(["", "a"]).to_numpy(errors=numpy_errors)


async def test_one_array_of_a_job_that_has_been_begun() -> None:
    pytest.importorskip("numpy")
    async with Server().job(texts(3)) as job:
        await anext(job)
        with pytest.raises(RuntimeError, match="begun"):
            await job.to_numpy()


# What is sent

INPUTS = st.lists(st.text(st.sampled_from("abé"), min_size=0, max_size=12), max_size=40)


@settings(max_examples=60)
@given(INPUTS, st.integers(1, 7), st.integers(1, 12))
async def test_requests_are_as_full_as_may_be_and_no_fuller(
    inputs: list[str], most: int, tokens: int
) -> None:
    server = Server()
    results = await server.run(inputs, batch=most, tokens_per_request=tokens)
    assert [result.input for result in results] == inputs
    for result in results:
        assert result.ok == bool(result.input)
        assert result.value is None or list(result.value) == vector(result.input).tolist()

    def size(text: str) -> int:
        return -(-len(text.encode()) // 3)

    in_order = list(dict.fromkeys(filter(None, inputs)))
    assert sorted(text for batch in server.batches for text in batch) == sorted(in_order)
    batches = sorted(server.batches, key=lambda batch: in_order.index(batch[0]))
    assert [text for batch in batches for text in batch] == in_order
    for place, batch in enumerate(batches):
        assert len(batch) <= most
        assert sum(map(size, batch)) <= tokens or len(batch) == 1
        # One that holds many that need no sending may be sent before it is full.
        if batch is not batches[-1] and len(inputs) == len(in_order):
            following = batches[place + 1][0]
            assert len(batch) == most or sum(map(size, [*batch, following])) > tokens


async def test_equal_inputs_are_sent_once() -> None:
    server = Server()
    inputs = [f"text {number % 50}" for number in range(5000)]
    results = await server.run(inputs, batch=20)
    assert [list(result.unwrap()) for result in results] == [
        vector(text).tolist() for text in inputs
    ]
    assert set(server.embedded.values()) == {1}
    assert len(server.requests) == 3


async def test_an_input_that_comes_again_while_it_is_on_its_way_waits_for_it() -> None:
    server = Server()
    server.hold = anyio.Event()
    results: list[Any] = []
    async with anyio.create_task_group() as group:
        group.start_soon(collect, server.job(["a", "b"] * 3 + ["c", "a"], batch=2), results)
        with anyio.fail_after(20):
            while server.active < 2:
                await anyio.sleep(0.001)
        server.hold.set()
    assert sorted(map(sorted, server.batches)) == [["a", "b"], ["c"]]
    assert [list(result.unwrap()) for result in results] == [
        vector(text).tolist() for text in ["a", "b"] * 3 + ["c", "a"]
    ]


async def test_texts_and_tokens_are_sent_apart() -> None:
    server = Server()
    inputs: list[Any] = ["a", [1, 2], "b", (3,), range(3), [1, 2]]
    results = await server.run(inputs)
    assert server.batches == [["a", "b"], [[1, 2], [3], [0, 1, 2]]]
    assert [list(result.unwrap()) for result in results] == [
        vector(body).tolist() for body in ("a", [1, 2], "b", [3], [0, 1, 2], [1, 2])
    ]
    assert [result.input for result in results] == inputs


async def test_parameters_and_options_go_with_every_request() -> None:
    server = Server()
    await server.run(
        texts(4), batch=2, dimensions=8, user="me", extra_body={"kind": "query"}, timeout=5
    )
    for request in server.requests:
        assert request.pop("input")
        assert request == {
            "model": MODEL,
            "dimensions": 8,
            "user": "me",
            "kind": "query",
            "encoding_format": "base64",
        }
    assert len(server.requests) == 2


async def test_how_many_requests_are_on_their_way() -> None:
    for options, most in (({}, 16), ({"concurrency": 3}, 3), ({"dimensions": 3072}, 16)):
        server = Server()
        await server.run(texts(2000), batch=10, **options)
        assert 1 < server.most <= most


async def test_long_vectors_are_fewer_at_a_time() -> None:
    """24 MB of 3,072 numbers are 2,048 vectors."""
    server = Server()
    server.hold = anyio.Event()
    async with server.job(texts(10_000), batch=500, dimensions=3072) as job:
        async with anyio.create_task_group() as group:
            group.start_soon(anext, job)
            with anyio.fail_after(20):
                while not server.active:
                    await anyio.sleep(0.001)
            for _ in range(50):
                await anyio.sleep(0)
            assert server.active <= 4
            group.cancel_scope.cancel()


async def test_a_source_that_waits_has_its_items_sent() -> None:
    """A request is not held back for ever until it is full."""
    answered = anyio.Event()

    async def source() -> AsyncIterator[str]:
        yield "a"
        await answered.wait()
        yield "b"

    seen: list[str] = []
    with anyio.fail_after(20):
        async for result in Server().job(source()):
            seen.append(result.input)
            answered.set()
    assert seen == ["a", "b"]


async def test_a_source_that_blocks_has_its_items_sent() -> None:
    """A request waits a quarter of a second to be filled, and not until it is full."""
    pulled = 0

    def slow() -> Iterator[str]:
        nonlocal pulled
        for text in texts(2000):
            time.sleep(0.005)
            pulled += 1
            yield text

    job = Server().job(slow(), batch=2000)
    assert (await anext(job)).ok
    assert pulled < 1000
    await job.aclose()


async def test_what_the_source_raises_comes_after_the_results_before_it() -> None:
    def source() -> Iterator[str]:
        yield from texts(25)
        raise LookupError("gone")

    results: list[Any] = []
    with pytest.raises(LookupError):
        await collect(Server().job(source(), batch=10), results)
    assert [result.index for result in results if result.ok] == list(range(25))


# Inputs that can't be embedded


async def test_bad_inputs_are_errors_of_their_own() -> None:
    inputs: list[Any] = [
        *("a", "", None, "half \ud83d", b"bytes", 5, [], [1, -1], [True], ["a"], {"a": 1}, [0.5]),
        *([7] * 8193, "b"),
    ]
    inputs = [*inputs[:12], [7] * 8193, "b"]
    server = Server()
    results = await server.run(inputs)
    assert [result.index for result in results if result.ok] == [0, 13]
    assert server.embedded == {'"a"': 1, '"b"': 1}
    for result in results[1:13]:
        assert isinstance(result.error, ConfigurationError)
    told = [str(result.error) for result in results[1:13]]
    assert told[0] == "the text is empty"
    assert told[1] == "NoneType is neither a text nor tokens"
    assert "half a character" in told[2]
    assert told[11] == f"the input has 8,193 tokens; {MODEL} takes 8,192"


async def test_tokens_may_be_in_numpys_arrays() -> None:
    numpy = pytest.importorskip("numpy")
    server = Server()
    inputs = [numpy.array([1, 2]), [numpy.int64(3)], array.array("i", [4])]
    results = await server.run(inputs)
    assert [list(result.unwrap()) for result in results] == [
        vector(tokens).tolist() for tokens in ([1, 2], [3], [4])
    ]
    (result,) = await server.run([numpy.array([0.5])])
    assert "is no token" in str(result.error)


async def test_a_client_that_is_closed_ends_the_job() -> None:
    """Else every text to come would have failed."""
    server = Server()
    client = server.client()
    job = client.embeddings.create_many(texts(5000), model=MODEL, batch=10, concurrency=2)
    assert (await anext(job)).ok
    await client.aclose()
    seen: list[Any] = []
    with pytest.raises(ConfigurationError, match="closed"):
        await collect(job, seen)
    assert all(result.ok for result in seen)


async def test_very_long_texts_are_not_pulled_by_the_hundred() -> None:
    pulled = 0

    def long() -> Iterator[str]:
        nonlocal pulled
        for number in range(300):
            pulled += 1
            yield f"{number} " + "x" * 2_000_000

    job = Server().job(long())
    await anext(job)
    assert pulled < 30
    await job.aclose()


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_what_a_server_refuses_is_found(status: int) -> None:
    def respond(inputs: list[Any]) -> httpx.Response | None:
        return refusal(status, "bad text") if any("bad" in text for text in inputs) else None

    server = Server(respond)
    inputs = [f"{'bad' if number in (3, 4, 150) else 'text'} {number}" for number in range(256)]
    results = await server.run(inputs)
    assert [result.index for result in results if not result.ok] == [3, 4, 150]
    for result in results:
        if result.ok:
            assert list(result.unwrap()) == vector(result.input).tolist()
        else:
            assert getattr(result.error, "status_code", None) == status
    assert len(server.requests) < 80


async def test_texts_that_are_too_long_are_found_together() -> None:
    def respond(inputs: list[Any]) -> httpx.Response | None:
        return refusal(400, "too long") if any(len(text) > 1000 for text in inputs) else None

    server = Server(respond)
    inputs = [f"{'long ' * 300 if number % 20 == 7 else 'text'} {number}" for number in range(256)]
    results = await server.run(inputs)
    assert [result.index for result in results if not result.ok] == list(range(7, 256, 20))
    assert len(server.requests) < 50  # 13 that are spread would take more than 100


async def test_parameters_that_are_refused_end_the_job() -> None:
    """And are not taken for the fault of each of many texts."""
    server = Server(lambda _: refusal(400, "no such dimensions"))
    results: list[Any] = []
    with pytest.raises(BadRequestError, match=r"no such dimensions.*one plain word"):
        await collect(server.job(texts(10_000), batch=100), results)
    assert results == []
    assert len(server.requests) < 50


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, AuthenticationError),
        (402, APIStatusError),
        (404, NotFoundError),
        (405, APIStatusError),
        (301, APIStatusError),
    ],
)
async def test_what_every_request_would_meet_ends_the_job(
    status: int, kind: type[Exception]
) -> None:
    server = Server(lambda _: refusal(status) if len(server.requests) > 3 else None)
    results: list[Any] = []
    with pytest.raises(kind):
        await collect(server.job(texts(1000), batch=10, concurrency=1), results)
    assert [result.index for result in results] == list(range(30))


async def test_a_server_that_does_not_heed_dimensions_ends_the_job() -> None:
    class Deaf(Server):
        def answer(self, asked: dict[str, Any]) -> httpx.Response:
            return super().answer({**asked, "dimensions": 6})

    with pytest.raises(ConfigurationError, match="vectors of 6 numbers, and not of dimensions=3"):
        await Deaf().run(texts(10), dimensions=3)


async def test_what_is_too_long_is_cut_where_that_is_asked_for() -> None:
    def respond(inputs: list[Any]) -> httpx.Response | None:
        return refusal(400, "too long") if any(len(text) > 1000 for text in inputs) else None

    inputs: list[Any] = [*texts(20), "long " * 1000, "x" * 1001, [7] * 9000]
    refused = await Server(respond).run([*inputs[:-1], [7] * 900])
    assert [result.index for result in refused if not result.ok] == [20, 21]

    def also_tokens(inputs: list[Any]) -> httpx.Response | None:
        limit = 1000 if isinstance(inputs[0], str) else 8192
        return refusal(400, "too long") if any(len(text) > limit for text in inputs) else None

    server = Server(also_tokens)
    results = await server.run(inputs, too_long="truncate")
    assert all(result.ok for result in results)
    sent = [body for batch in server.batches for body in batch]
    cut = [body for body in sent if "long" in body and body != inputs[20]]
    assert 750 < len(min(cut, key=len)) <= 1000  # no shorter than need be
    assert [len(body) for body in sent if isinstance(body, list)] == [8192]


async def test_a_short_text_is_not_cut() -> None:
    """That it is refused has another reason."""
    server = Server(lambda inputs: refusal(400) if "bad" in inputs else None)
    results = await server.run(["good", "bad"], too_long="truncate")
    assert [result.ok for result in results] == [True, False]


@pytest.mark.parametrize("inputs", ["one text", b"bytes", 5, None])
async def test_inputs_that_are_none(inputs: Any) -> None:
    with pytest.raises(TypeError):
        Server().job(inputs)


@pytest.mark.parametrize(
    "options",
    [
        {"batch": 0},
        {"batch": 2049},
        {"tokens_per_request": 0},
        {"concurrency": 0},
        {"too_long": "cut"},
        {"timeout": -1},
        {"extra_headers": {"a": "b\n"}},
        {"extra_body": {"a": {1}}},
        {"batch": "5"},
        {"concurrency": "many"},
        {"prices": 5},
        {"prices": {MODEL: "cheap"}},
    ],
    ids=str,
)
async def test_settings_that_can_not_be_used_are_told_at_once(options: Any) -> None:
    with pytest.raises(ConfigurationError):
        Server().job(["a"], **options)


async def test_an_unknown_keyword() -> None:
    with pytest.raises(TypeError, match="dimension"):
        Server().job(["a"], dimension=5)


# Faults


async def test_passing_faults_are_outlived() -> None:
    turns = itertools.cycle([0, 0, 429, 0, 0, 500, 0, 0, 503, 0, 0, 408])

    def respond(_: Any) -> httpx.Response | None:
        status = next(turns)
        return refusal(status) if status else None

    server = Server(respond)
    inputs = texts(1000)
    results = await server.run(inputs, batch=20, concurrency=4)
    assert [list(result.unwrap()) for result in results] == [
        vector(text).tolist() for text in inputs
    ]
    assert len(server.requests) > 60


async def test_a_text_that_breaks_the_server_is_found() -> None:
    def respond(inputs: list[Any]) -> httpx.Response | None:
        return refusal(500, "crashed") if "bad" in inputs else None

    server = Server(respond)
    inputs = [*texts(100), "bad", *texts(300)[100:]]
    results = await server.run(inputs, batch=32, concurrency=2, retry=RetryPolicy(0.001, 0.001))
    assert [result.index for result in results if not result.ok] == [100]
    assert isinstance(results[100].error, InternalServerError)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda body: {**body, "data": body["data"][1:]}, "vectors were asked for, and"),
        (lambda body: {**body, "data": [{**item, "index": 5} for item in body["data"]]}, "don't say"),
        (lambda body: {**body, "data": [*body["data"][1:], {**body["data"][0], "index": None}]}, "say"),
        (lambda body: {**body, "data": [{**item, "embedding": ""} for item in body["data"]]}, "empty"),
        (lambda body: {**body, "data": [{**item, "embedding": "!"} for item in body["data"]]}, "64"),
        (lambda body: {**body, "data": [{**item, "embedding": {}} for item in body["data"]]}, "no v"),
    ],
)  # fmt: skip
async def test_answers_that_can_not_be_used_are_asked_for_again(
    spoil: Callable[[Any], Any], told: str
) -> None:
    bad = 3

    def respond(_: Any) -> httpx.Response | None:
        if len(server.requests) > bad:
            return None
        return httpx.Response(200, json=spoil(json.loads(server.answer(server.answering).content)))

    server = Server(respond)
    results = await server.run(texts(50))
    assert [list(result.unwrap()) for result in results] == [
        vector(text).tolist() for text in texts(50)
    ]
    bad = 1000
    server.requests.clear()
    results = await server.run(texts(2))
    assert isinstance(results[0].error, APIResponseError)
    assert told in str(results[0].error)
    assert len(server.requests) == 5


async def test_a_server_that_is_down_for_a_while() -> None:
    def respond(_: Any) -> httpx.Response | None:
        if 5 < len(server.requests) < 60:
            raise httpx.ConnectError("refused")
        return None

    server = Server(respond)
    inputs = texts(1000)
    results = await server.run(inputs, batch=20)
    assert [list(result.unwrap()) for result in results] == [
        vector(text).tolist() for text in inputs
    ]


@pytest.mark.parametrize("proxy", [False, True])
async def test_a_text_that_was_on_its_way_when_the_server_went_down_is_not_lost(
    proxy: bool,
) -> None:
    """It was sent before the last success, which is no sign that the server is there."""
    succeeded = anyio.Event()

    class Late(Server):
        async def __call__(self, request: httpx.Request) -> httpx.Response:
            if b"text 0" in request.content:
                await succeeded.wait()
            return await super().__call__(request)

    def respond(_: Any) -> httpx.Response | None:
        if 1 < len(server.requests) < 60:
            if proxy:
                return refusal(503)
            raise httpx.ConnectError("refused")
        succeeded.set()
        return None

    server = Late(respond)
    results = await server.run(texts(20), batch=1, concurrency=2)
    assert [result.error for result in results] == [None] * 20


async def test_a_server_that_stays_away() -> None:
    def respond(_: Any) -> httpx.Response | None:
        raise httpx.ConnectError("refused")

    with pytest.raises(APIConnectionError, match="patience"):
        await Server(respond).run(texts(10), patience=0.1)


# The journal


async def test_what_has_been_paid_for_is_not_paid_for_again(tmp_path: Path) -> None:
    server = Server()
    inputs = texts(500)
    options: Any = {"journal": tmp_path / "j", "batch": 20, "dimensions": 8}
    async with server.job(inputs, **options) as job:
        async for result in job:
            assert not result.cached
            if result.index == 200:
                break
    first = server.embedded
    server.requests.clear()
    results = await server.run(inputs, **options)
    assert [list(result.unwrap()) for result in results] == [
        vector(text, 8).tolist() for text in inputs
    ]
    assert all(result.cached for result in results[:201])
    assert not {json.dumps(text) for text in inputs[:201]} & set(server.embedded)
    # At most what was on its way is sent twice.
    assert sum((first + server.embedded).values()) <= 500 + 16 * 20
    server.requests.clear()
    assert all(result.cached for result in await server.run(inputs, **options))
    assert server.requests == []


async def test_another_parameter_is_another_key(tmp_path: Path) -> None:
    server = Server()
    variants: list[Any] = [
        {},
        {"dimensions": 8},
        {"model": "other"},
        {"extra_body": {"kind": "query"}},
    ]
    for options in [*variants, *variants]:
        results = await server.run(["a", [1]], journal=tmp_path / "j", user="me", **options)
        assert len(results[0].unwrap()) == options.get("dimensions", 4)
    assert len(server.requests) == 2 * len(variants)


async def test_a_job_resumed_in_the_middle_fills_its_requests(tmp_path: Path) -> None:
    server = Server()
    inputs = texts(1000)
    await server.run(inputs[::2], journal=tmp_path / "j", batch=50)
    server.requests.clear()
    results = await server.run(inputs, journal=tmp_path / "j", batch=50)
    assert [result.cached for result in results] == [True, False] * 500
    assert len(server.requests) <= 12
    assert set(server.embedded.values()) == {1}


async def test_what_was_cut_is_kept_as_cut(tmp_path: Path) -> None:
    def respond(inputs: list[Any]) -> httpx.Response | None:
        return refusal(400, "too long") if any(len(text) > 1000 for text in inputs) else None

    server = Server(respond)
    inputs = ["short", "long " * 1000]
    cut = await server.run(inputs, journal=tmp_path / "j", too_long="truncate")
    server.requests.clear()
    again = await server.run(inputs, journal=tmp_path / "j", too_long="truncate")
    assert [result.value for result in again] == [result.value for result in cut]
    assert server.requests == []
    refused = await server.run(inputs, journal=tmp_path / "j")
    assert [result.ok for result in refused] == [True, False]
    assert refused[0].cached


# All of it


async def test_five_thousand_texts_with_faults() -> None:
    """The acceptance in small; in full it is in `test_bulk_acceptance.py`."""
    faults = "429:0.02,500:0.02,cut:0.02,drop:0.02,slow=0.02:0.02,bad-json:0.02"
    server = BuiltIn(seed=3, faults=faults)
    inputs = texts(5000)
    async with server.client(max_retries=0, gate=False) as client:
        job = client.embeddings.create_many(
            iter(inputs), model=MODEL, dimensions=8, batch=20, retry=SOON
        )
        results = [result async for result in job]
        expected = await client.with_options(max_retries=9).embeddings.create(
            input=inputs[:500], model=MODEL, dimensions=8
        )
    assert [result.input for result in results] == inputs
    assert all(result.ok for result in results)
    assert [bytes(result.unwrap()) for result in results[:500]] == [
        item.to_bytes() for item in expected.data
    ]
    assert sum(call.status != 200 for call in server.calls) > 10


@pytest.mark.parametrize("ordered", [True, False])
async def test_memory_does_not_grow_with_the_job(ordered: bool) -> None:
    """Vectors of 1,536 numbers, four times as many as may be outstanding."""
    blob = base64.b64encode(bytes(4 * 1536)).decode()

    def respond(inputs: list[Any]) -> httpx.Response:
        data = [{"index": index, "embedding": blob} for index in range(len(inputs))]
        return httpx.Response(200, json={"object": "list", "data": data, "model": MODEL})

    async def read(count: int) -> int:
        tracemalloc.start()
        try:
            source = (f"text {number}" for number in range(count))
            async for result in Server(respond).job(source, batch=64, ordered=ordered):
                assert len(result.unwrap()) == 1536
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few = await read(1000)
    many = await read(12_000)  # 70 MB of vectors
    assert many < max(few, 30 * 2**20) + 20 * 2**20
