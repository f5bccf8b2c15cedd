"""`fine_tunes.follow`: every event once, whatever happens to the connections."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Literal

import anyio
import httpx
import pytest

from openai_async import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AsyncClient,
    InternalServerError,
    Next,
    NotFoundError,
    Request,
    RetryPolicy,
)

from .conftest import LEFT_EARLY

pytestmark = pytest.mark.anyio

AT_ONCE = RetryPolicy(initial=0.0001, maximum=0.001)

Ending = Literal["done", "cut", "ends", "stalls"]


def event(message: str, at: int) -> dict[str, Any]:
    return {"object": "fine-tune-event", "created_at": at, "level": "info", "message": message}


# Two are alike, and two have nothing but their time to tell them apart.
EVENTS = [
    event("Job enqueued.", 1),
    event("Step 10", 2),
    event("Step 10", 2),
    event("Step 10", 3),
    event("Job succeeded.", 4),
]
MESSAGES = [(found["message"], found["created_at"]) for found in EVENTS]


@dataclass
class Connection:
    """A stream: how many events it tells from the first on, and how it ends."""

    events: int
    ending: Ending = "done"
    extra_bytes: int = 0
    """How much of the next event is sent before it ends."""
    first: int = 0
    """The event that it begins with, in place of the first."""

    def body(self) -> bytes:
        blocks = [f"data: {json.dumps(found)}\n\n".encode() for found in EVENTS]
        whole = b"".join(blocks[self.first : self.events])
        partial = b"".join(blocks[self.events :])[: self.extra_bytes]
        return whole + partial + (b"data: [DONE]\n\n" if self.ending == "done" else b"")


Scripted = Connection | int | Exception
"""What opening a stream gives: a stream, an HTTP status, or an error of the network."""


@dataclass
class Job:
    """A server with one job. It is over with the last of the connections, if it has an end."""

    connections: list[Scripted]
    status: str = "succeeded"
    """What it ends in."""
    retrieve: Iterator[int | Exception] = field(default_factory=lambda: itertools.repeat(200))
    """What asking for the job gives: HTTP statuses, or errors of the network."""
    opened: int = 0
    retrieved: int = 0
    open: int = 0
    """Bodies that nobody has closed."""
    queries: list[str] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.queries.append(request.url.raw_path.decode())
        if request.url.params.get("stream") == "true":
            return self._stream()
        if request.url.path.endswith("/events"):
            return httpx.Response(200, json={"object": "list", "data": EVENTS[: self._told]})
        self.retrieved += 1
        status = next(self.retrieve)
        if isinstance(status, Exception):
            raise status
        if status != 200:
            return httpx.Response(status, json={"error": {"message": "no job today"}})
        return httpx.Response(200, json=self._job())

    @property
    def _over(self) -> bool:
        return self.opened >= len(self.connections)

    @property
    def _told(self) -> int:
        """How many events have happened."""
        return len(EVENTS) if self._over else 2

    def _job(self) -> dict[str, Any]:
        return {
            "id": "ft-1",
            "object": "fine-tune",
            "created_at": 1,
            "updated_at": 1,
            "model": "curie",
            "fine_tuned_model": None,
            "organization_id": "org-1",
            "status": self.status if self._over else "running",
            "hyperparams": {},
            "training_files": [],
            "validation_files": [],
            "result_files": [],
        }

    def _stream(self) -> httpx.Response:
        if self._over:
            raise AssertionError("the job is over, and the client still listens")
        scripted = self.connections[self.opened]
        self.opened += 1
        if isinstance(scripted, Exception):
            raise scripted
        if isinstance(scripted, int):
            return httpx.Response(scripted, json={"error": {"message": "overloaded"}})
        return httpx.Response(
            200, headers={"content-type": "text/event-stream"}, stream=Body(self, scripted)
        )


class Body(httpx.AsyncByteStream):
    def __init__(self, job: Job, connection: Connection) -> None:
        self._job = job
        self._connection = connection
        job.open += 1

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._connection.body()
        if self._connection.ending == "cut":
            raise httpx.ReadError("reset by peer")
        if self._connection.ending == "stalls":
            await anyio.sleep_forever()

    async def aclose(self) -> None:
        self._job.open -= 1


def make(*connections: Scripted, **job: Any) -> tuple[AsyncClient, Job]:
    server = Job(list(connections), **job)
    transport = httpx.MockTransport(server)
    client = AsyncClient(
        api_key="k", base_url="http://api.test/v1", transport=transport, max_retries=0
    )
    return client, server


async def followed(client: AsyncClient, **options: Any) -> list[tuple[str, int]]:
    settings: dict[str, Any] = {"reconnect": AT_ONCE, **options}
    events = client.fine_tunes.follow("ft-1", **settings)
    return [(found.message, found.created_at) async for found in events]


async def test_one_connection_is_enough() -> None:
    client, job = make(Connection(5))
    assert await followed(client) == MESSAGES
    assert job.queries == [
        "/v1/fine-tunes/ft-1/events?stream=true",
        "/v1/fine-tunes/ft-1",
        "/v1/fine-tunes/ft-1/events",
    ]
    assert job.open == 0


@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled"])
async def test_each_end_of_a_job_is_one(status: str) -> None:
    client, job = make(Connection(5), status=status)
    assert await followed(client) == MESSAGES
    assert job.opened == 1


ENDINGS: Sequence[Ending] = ("cut", "ends", "done")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("at", range(6))
async def test_a_stream_that_ends_anywhere_goes_on(at: int, ending: Ending) -> None:
    client, job = make(Connection(at, ending), Connection(5))
    assert await followed(client) == MESSAGES
    assert (job.opened, job.open) == (2, 0)


async def test_every_pair_of_cuts() -> None:
    for first, second in itertools.product(range(6), repeat=2):
        client, job = make(Connection(first, "cut"), Connection(second, "cut"), Connection(5))
        assert await followed(client) == MESSAGES, (first, second)
        assert (job.opened, job.open) == (3, 0)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("ending", ["cut", "ends"])
async def test_a_cut_at_each_byte(ending: Ending) -> None:
    for extra in range(len(Connection(5, "cut").body())):
        client, _ = make(Connection(0, ending, extra), Connection(5))
        assert await followed(client) == MESSAGES, extra


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("at", range(6))
async def test_what_happened_after_the_last_stream_is_told(at: int, ending: Ending) -> None:
    # The job is over by the time that the stream has ended.
    client, job = make(Connection(at, ending))
    assert await followed(client) == MESSAGES
    assert job.opened == 1


@pytest.mark.parametrize(
    "trouble", [500, 503, 429, httpx.ConnectError("refused"), httpx.ReadTimeout("slow")]
)
async def test_a_server_that_is_away_for_a_while(trouble: Scripted) -> None:
    client, job = make(trouble, Connection(2, "cut"), trouble, trouble, Connection(5))
    assert await followed(client) == MESSAGES
    assert job.opened == 5


async def test_a_server_that_does_not_begin_at_the_beginning() -> None:
    # What happened while nobody listened comes late, from the list, but it comes, and comes once.
    client, _ = make(Connection(2, "cut"), Connection(5, first=3))
    assert await followed(client) == [MESSAGES[number] for number in (0, 1, 3, 4, 2)]


async def test_it_gives_up_after_failures_without_a_new_event() -> None:
    client, job = make(Connection(2, "cut"), *[503] * 3, Connection(5))
    with pytest.raises(InternalServerError, match="overloaded"):
        await followed(client, max_failures=3)
    assert job.opened == 3  # the cut itself was the first failure


async def test_it_gives_up_where_nothing_new_comes_before_the_cut() -> None:
    client, job = make(*[Connection(2, "cut")] * 9)
    events = client.fine_tunes.follow("ft-1", reconnect=AT_ONCE, max_failures=4)
    assert [(await anext(events)).message for _ in range(2)] == ["Job enqueued.", "Step 10"]
    with pytest.raises(APIConnectionError, match="reset by peer"):
        await anext(events)
    assert job.opened == 4


async def test_a_new_event_starts_the_count_again() -> None:
    client, _ = make(
        Connection(1, "cut"),
        503,
        Connection(2, "cut"),
        503,
        Connection(3, "cut"),
        503,
        Connection(5),
    )
    assert await followed(client, max_failures=3) == MESSAGES


async def test_the_job_itself_may_be_out_of_reach_for_a_while() -> None:
    client, job = make(
        Connection(3, "cut"), Connection(5), retrieve=iter([500, 502, 200]), status="failed"
    )
    # The third time that the job is asked after is after a stream that the script doesn't have.
    job.connections.append(Connection(5))
    assert await followed(client) == MESSAGES
    assert job.retrieved == 3


async def test_a_server_that_ends_its_streams_early_is_asked_again_for_ever() -> None:
    client, job = make(*[Connection(2, "done")] * 20, Connection(5))
    assert await followed(client, max_failures=2) == MESSAGES
    assert job.opened == 21


async def test_a_stream_that_ends_well_starts_the_count_again() -> None:
    early = Connection(2, "done")
    client, job = make(early, 503, early, 503, early, 503, Connection(5))
    assert await followed(client, max_failures=2) == MESSAGES
    assert job.opened == 7


async def test_what_no_waiting_mends_is_raised_at_once() -> None:
    client, job = make(404, Connection(5))
    with pytest.raises(NotFoundError):
        await followed(client)
    assert (job.opened, job.retrieved) == (1, 0)


@LEFT_EARLY
async def test_an_error_event_is_raised() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        text = 'data: {"error": {"message": "no more"}}\n\n'
        return httpx.Response(200, text=text, headers={"content-type": "text/event-stream"})

    transport = httpx.MockTransport(answer)
    client = AsyncClient(api_key="k", base_url="http://api.test", transport=transport)
    with pytest.raises(APIError, match="no more"):
        await followed(client)


async def test_a_silent_stream_is_opened_anew() -> None:
    client, job = make(*[Connection(2, "stalls")] * 4, Connection(5))
    # Silence is no failure: a queue may be long.
    assert await followed(client, max_failures=1, idle_timeout=0.01) == MESSAGES
    assert (job.opened, job.open) == (5, 0)


async def test_a_job_that_nobody_answers_for_is_a_failure() -> None:
    slow = itertools.repeat(httpx.ReadTimeout("slow"))
    client, job = make(*[Connection(2, "stalls")] * 4, retrieve=slow)
    with pytest.raises(APITimeoutError) as caught:
        await followed(client, max_failures=3, idle_timeout=0.01)
    assert caught.value.phase == "read"
    assert (job.opened, job.open) == (3, 0)


async def test_how_long_a_stream_may_be_silent() -> None:
    seen: list[float | None] = []

    async def look(request: Request, call_next: Next) -> httpx.Response:
        if request.stream:
            seen.append(request.idle_timeout)
        return await call_next(request)

    for settings in ({}, {"idle_timeout": 7.0}):
        client, _ = make(Connection(5))
        await followed(client.with_options(middleware=[look], **settings))
    for options in ({"idle_timeout": 8.0}, {"idle_timeout": None}, {"timeout": 9.0}):
        client, _ = make(Connection(5))
        await followed(client.with_options(middleware=[look]), **options)
    # With a timeout of the call's own, it is the read timeout that bounds the silence.
    assert seen == [300.0, 7.0, 8.0, None, None]


async def test_a_stream_that_never_begins_is_a_failure() -> None:
    client, job = make(*[Connection(0, "stalls")] * 4)
    with pytest.raises(APITimeoutError) as caught:
        await followed(client, max_failures=2, first_event_timeout=0.01)
    assert caught.value.phase == "first_event"
    assert (job.opened, job.open) == (2, 0)


async def test_the_deadline_bounds_the_whole() -> None:
    client, job = make(Connection(2, "stalls"), Connection(5))
    started = time.monotonic()
    with pytest.raises(APITimeoutError) as caught:
        await followed(client, deadline=0.1)
    assert caught.value.phase == "deadline"
    assert 0.05 < time.monotonic() - started < 5
    assert job.open == 0


async def test_the_deadline_bounds_the_pauses_too() -> None:
    client, job = make(503, 503, 503)
    slowly = RetryPolicy(initial=1e6, maximum=1e6)
    started = time.monotonic()
    with pytest.raises(APITimeoutError) as caught:
        await followed(client, deadline=5, reconnect=slowly)
    assert caught.value.phase == "deadline"
    assert isinstance(caught.value.__cause__, InternalServerError)
    assert time.monotonic() - started < 4
    assert job.opened == 1


@LEFT_EARLY
async def test_leaving_closes_the_connection() -> None:
    client, job = make(Connection(3, "stalls"), Connection(5))
    async with aclosing(client.fine_tunes.follow("ft-1")) as events:
        async for found in events:
            assert found.message == "Job enqueued."
            assert job.open == 1
            break
    assert job.open == 0


async def test_cancellation_closes_the_connection() -> None:
    client, job = make(Connection(3, "stalls"), Connection(5))
    with anyio.move_on_after(0.05) as scope:
        await followed(client)
    assert scope.cancelled_caught
    assert job.open == 0


async def test_a_server_that_does_not_stream_is_asked_again_and_again() -> None:
    happened = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal happened
        if request.url.path.endswith("/events"):
            happened = min(happened + 1, len(EVENTS))
            return httpx.Response(200, json={"object": "list", "data": EVENTS[:happened]})
        job = Job([])._job() if happened >= 4 else Job([Connection(5)])._job()
        return httpx.Response(200, json=job)

    transport = httpx.MockTransport(answer)
    client = AsyncClient(api_key="k", base_url="http://api.test", transport=transport)
    assert await followed(client) == MESSAGES
