"""Embeddings: base64 over the wire, floats to the reader, numpy arrays without Python floats."""

from __future__ import annotations

import array
import base64
import copy
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openai_async import (
    APIResponseError,
    AsyncClient,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
)
from openai_async.types.embeddings import Embedding, EmbeddingList, EncodedEmbeddingList

pytestmark = pytest.mark.anyio

VECTORS = [[0.5, -1.25, 3.0], [1e-8, 0.0, -0.0]]
ASK: Any = {"model": "m", "input": ["a", "b"]}


def encoded(vector: list[float]) -> str:
    floats = array.array("f", vector)
    if sys.byteorder == "big":
        floats.byteswap()
    return base64.b64encode(floats.tobytes()).decode()


def as_read(vector: list[float]) -> list[float]:
    """What is left of a vector in 32 bits."""
    return array.array("f", vector).tolist()


def answer(embeddings: list[Any]) -> dict[str, Any]:
    data = [
        {"object": "embedding", "index": index, "embedding": embedding}
        for index, embedding in enumerate(embeddings)
    ]
    usage = {"prompt_tokens": 2, "total_tokens": 2}
    return {"object": "list", "data": data, "model": "m", "usage": usage}


class Server:
    """Answers as asked: in base64, in floats; or refuses."""

    def __init__(
        self,
        vectors: list[list[float]] | None = None,
        refuses: Callable[[dict[str, Any]], int] = lambda _: 200,
        only: str | None = None,
    ) -> None:
        self.vectors = VECTORS if vectors is None else vectors
        self.refuses = refuses
        self.only = only
        self.asked: list[dict[str, Any]] = []

    @property
    def formats(self) -> list[str | None]:
        return [asked.get("encoding_format") for asked in self.asked]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        self.asked.append(asked)
        if (status := self.refuses(asked)) != 200:
            return httpx.Response(status, json={"error": {"message": f"no, for the {status}"}})
        wanted = self.only or asked.get("encoding_format", "float")
        encode = encoded if wanted == "base64" else list
        return httpx.Response(200, json=answer([encode(vector) for vector in self.vectors]))

    def client(self, **options: Any) -> AsyncClient:
        given: Any = {"api_key": "k", "base_url": "http://api.test/v1", "max_retries": 0, **options}
        return AsyncClient(transport=httpx.MockTransport(self), **given)


async def ask(embeddings: list[Any], **options: Any) -> EmbeddingList:
    """What the client makes of these embeddings, as the server writes them."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=answer(embeddings)))
    client = AsyncClient(
        api_key="k", base_url="http://api.test/v1", transport=transport, max_retries=0, **options
    )
    return await client.embeddings.create(**ASK)


# Over the wire.


async def test_base64_travels_and_floats_are_read(caplog: pytest.LogCaptureFixture) -> None:
    server = Server()
    found = await server.client(strict_responses=True).embeddings.create(**ASK, dimensions=3)
    assert server.asked == [{**ASK, "dimensions": 3, "encoding_format": "base64"}]
    assert [item.embedding for item in found.data] == [as_read(vector) for vector in VECTORS]
    assert [item.index for item in found.data] == [0, 1]
    assert found.usage is not None
    assert found.usage.total_tokens == 2
    assert caplog.records == []


async def test_floats_all_the_same_are_read_as_such(caplog: pytest.LogCaptureFixture) -> None:
    server = Server(only="float")
    found = await server.client(strict_responses=True).embeddings.create(**ASK)
    assert server.formats == ["base64"]
    assert [item.embedding for item in found.data] == VECTORS
    assert caplog.records == []


@pytest.mark.parametrize("status", [400, 404, 415, 422])
async def test_a_server_that_refuses_base64_is_asked_for_floats_and_remembered(status: int) -> None:
    server = Server(refuses=lambda asked: status if "encoding_format" in asked else 200)
    client = server.client()
    found = await client.embeddings.create(**ASK)
    assert found.data[0].embedding == VECTORS[0]
    assert server.formats == ["base64", None]

    await client.embeddings.create(**ASK)
    assert server.formats == ["base64", None, None]

    # Clients of the same server know it too; of another they don't.
    await client.with_options(timeout=5).embeddings.create(**ASK)
    assert server.formats == ["base64", None, None, None]
    await client.with_options(base_url="http://other.test/v1").embeddings.create(**ASK)
    assert server.formats == ["base64", None, None, None, "base64", None]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, AuthenticationError), (429, RateLimitError), (500, InternalServerError)],
)
async def test_other_errors_have_nothing_to_do_with_it(status: int, kind: type[Exception]) -> None:
    server = Server(refuses=lambda _: status)
    with pytest.raises(kind):
        await server.client().embeddings.create(**ASK)
    assert server.formats == ["base64"]


@pytest.mark.parametrize(("status", "kind"), [(400, BadRequestError), (404, NotFoundError)])
async def test_a_refusal_for_another_reason_is_told_and_not_remembered(
    status: int, kind: type[Exception]
) -> None:
    refusing = True
    server = Server(refuses=lambda _: status if refusing else 200)
    client = server.client()
    with pytest.raises(kind, match=f"no, for the {status}"):
        await client.embeddings.create(**ASK)
    refusing = False
    await client.embeddings.create(**ASK)
    assert server.formats == ["base64", None, "base64"]


@pytest.mark.parametrize("wanted", ["float", "base64"])
async def test_an_explicit_format_is_sent_as_given(wanted: Any) -> None:
    server = Server()
    found = await server.client(strict_responses=True).embeddings.create(
        **ASK, encoding_format=wanted
    )
    assert server.formats == [wanted]
    if wanted == "float":
        assert [item.embedding for item in found.data] == VECTORS
    else:
        assert isinstance(found, EncodedEmbeddingList)
        assert [item.embedding for item in found.data] == [encoded(v) for v in VECTORS]
        assert found.to_dict() == answer([encoded(vector) for vector in VECTORS])


@pytest.mark.parametrize("wanted", ["float", "base64"])
async def test_a_refused_explicit_format_is_the_callers_to_know(wanted: Any) -> None:
    server = Server(refuses=lambda _: 400)
    with pytest.raises(BadRequestError):
        await server.client().embeddings.create(**ASK, encoding_format=wanted)
    assert server.formats == [wanted]


async def test_none_means_that_the_client_chooses() -> None:
    server = Server()
    await server.client().embeddings.create(**ASK, encoding_format=None)
    assert server.formats == ["base64"]


# Vectors.

FLOATS = st.lists(st.floats(width=32, allow_nan=False), max_size=20)


@settings(deadline=None, max_examples=50)
@given(FLOATS)
async def test_both_forms_are_the_same_vector(vector: list[float]) -> None:
    by_base64 = (await ask([encoded(vector)])).data[0]
    assert by_base64.embedding == vector
    assert by_base64.to_numpy().tolist() == vector
    assert by_base64 == (await ask([encoded(vector)])).data[0]


async def test_the_vector_is_decoded_once_and_can_be_changed() -> None:
    item = (await ask([encoded(VECTORS[0])])).data[0]
    assert item.embedding is item.embedding
    item.embedding[0] = 7.0
    assert item.embedding[0] == 7.0
    item.embedding = [1.0]
    assert item.embedding == [1.0]


@pytest.mark.parametrize("write", [encoded, list])
async def test_numpy(write: Callable[[list[float]], Any]) -> None:
    numpy = pytest.importorskip("numpy")
    found = await ask([write(vector) for vector in VECTORS])
    one = found.data[0].to_numpy()
    assert one.dtype == numpy.float32
    assert one.tolist() == as_read(VECTORS[0])
    one /= 2  # it is the caller's own
    whole = found.to_numpy()
    assert whole.dtype == numpy.float32
    assert whole.shape == (2, 3)
    assert whole.tolist() == [as_read(vector) for vector in VECTORS]
    whole *= 2
    # Also after the floats have been looked at.
    assert found.data[0].embedding == as_read(VECTORS[0])
    assert found.data[0].to_numpy().tolist() == as_read(VECTORS[0])
    assert (await ask([])).to_numpy().shape[0] == 0


async def test_vectors_of_several_lengths_are_no_array() -> None:
    """Least of all where their numbers would fill one."""
    pytest.importorskip("numpy")
    found = await ask([encoded([1.0, 2.0]), encoded([1.0, 2.0, 3.0, 4.0])])
    with pytest.raises(ValueError, match="same shape"):
        found.to_numpy()


BARE = """
import sys
sys.modules["pybase64"] = sys.modules["numpy"] = None
from openai_async import APIResponseError
from openai_async.types.embeddings import Embedding
print(Embedding(object="embedding", index=0, embedding="AACAPwAAAMA=").embedding)
try:
    Embedding(object="embedding", index=0, embedding="AA%%").embedding
except APIResponseError:
    print("refused")
"""


def test_vectors_are_decoded_without_numpy_and_pybase64() -> None:
    done = subprocess.run([sys.executable, "-c", BARE], check=True, capture_output=True, text=True)
    assert done.stdout == "[1.0, -2.0]\nrefused\n"


async def test_a_vector_for_each_token() -> None:
    many = [[1.0, 2.0], [3.0, 4.0]]
    found = await ask([many], strict_responses=True)
    assert found.data[0].embedding == many
    assert found.to_dict()["data"][0]["embedding"] == many
    assert json.loads(found.to_json())["data"][0]["embedding"] == many
    pytest.importorskip("numpy")
    assert found.data[0].to_numpy().shape == (2, 2)


@pytest.mark.parametrize("looked_at", [False, True])
async def test_equality_dumps_and_pickles_hold_before_and_after_a_look(looked_at: bool) -> None:
    found = await ask([encoded(vector) for vector in VECTORS])
    other = await ask([encoded(vector) for vector in VECTORS])
    different = await ask([encoded(vector) for vector in reversed(VECTORS)])
    if looked_at:
        assert found.data[0].embedding
    assert found == other
    assert other == found
    assert found != different
    assert found.data[0] != "something else"
    again = pickle.loads(pickle.dumps(found))
    assert again == other
    assert again.data[1].embedding == as_read(VECTORS[1])
    for twin in (copy.copy(found), copy.deepcopy(found), found.model_copy(deep=True)):
        assert twin == other
        assert twin.data[0].embedding == as_read(VECTORS[0])
    expected = answer([as_read(vector) for vector in VECTORS])
    assert found.to_dict() == expected
    assert json.loads(found.to_json()) == expected
    assert found.model_dump() == expected
    assert json.loads(json.dumps(found.model_dump())) == expected
    assert EmbeddingList.model_validate(found.model_dump()) == other
    assert EmbeddingList.model_validate_json(found.model_dump_json()) == other
    assert repr(found)


async def test_an_embedding_in_bytes_pickles_small() -> None:
    found = await ask([encoded([0.1] * 1536)])
    assert len(pickle.dumps(found)) < 10_000


@pytest.mark.parametrize(
    ("bad", "said"), [("%%%", "base64"), ("AAA", "base64"), ("AAAA", "3 bytes"), ("é", "base64")]
)
async def test_base64_that_is_none_is_a_typed_error_when_looked_at(bad: str, said: str) -> None:
    found = await ask([bad, encoded(VECTORS[0])])
    item = found.data[0]
    pytest.importorskip("numpy")
    for look in (lambda: item.embedding, item.to_numpy, found.to_numpy):
        with pytest.raises(APIResponseError, match=said):
            look()
    # What came is still there, and the others are as good as ever.
    assert found == await ask([bad, encoded(VECTORS[0])])
    assert found.to_dict()["data"][0]["embedding"] == bad
    assert json.loads(found.to_json())["data"][0]["embedding"] == bad
    assert found.data[1].embedding == as_read(VECTORS[0])
    assert repr(found)
    assert pickle.loads(pickle.dumps(found)).to_dict() == found.to_dict()


@pytest.mark.parametrize("odd", [None, 5, {"a": 1}, ["x"]])
async def test_what_is_no_vector_is_given_as_it_came(odd: Any) -> None:
    found = await ask([odd])
    assert found.data[0].embedding == odd
    assert found.to_dict()["data"][0]["embedding"] == odd
    assert json.loads(found.to_json())["data"][0]["embedding"] == odd
    pytest.importorskip("numpy")
    with pytest.raises(APIResponseError, match="no vector"):
        found.data[0].to_numpy()


def test_an_embedding_made_by_hand() -> None:
    by_hand = Embedding(index=0, embedding=[1.0, 2.0])
    assert by_hand.embedding == [1.0, 2.0]
    assert by_hand == Embedding(index=0, embedding=[1.0, 2.0])
    assert by_hand.to_dict() == {"index": 0, "embedding": [1.0, 2.0]}
