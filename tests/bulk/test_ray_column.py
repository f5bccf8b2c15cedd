"""`EmbedColumn` without Ray: what it makes of a batch. On Ray: `test_ray.py`."""

from __future__ import annotations

from typing import Any

import pytest

from openai_async import APIError, ConfigurationError, OpenAIError
from openai_async.bulk.ray import EmbedColumn
from openai_async.testing import Server

np = pytest.importorskip("numpy")
pytestmark = pytest.mark.anyio
MODEL = "text-embedding-3-small"


def column(server: Server, *args: str, **options: Any) -> EmbedColumn:
    options = {"model": MODEL, "dimensions": 8, "max_retries": 0, **options}
    return EmbedColumn(*args, client=server.client, **options)


def batch(*texts: str | None) -> dict[str, Any]:
    return {"text": np.array(texts, dtype=object), "id": np.arange(len(texts))}


async def test_a_batch_gets_its_vectors_and_keeps_its_columns() -> None:
    server = Server(seed=1)
    rows = await column(server)(batch("one", "two", "one"))
    assert list(rows) == ["text", "id", "embedding"]
    assert rows["id"].tolist() == [0, 1, 2]
    assert rows["embedding"].shape == (3, 8)
    assert rows["embedding"].dtype == np.float32
    async with server.client() as client:
        answer = await client.embeddings.create(
            model=MODEL, input=["one", "two", "one"], dimensions=8
        )
    assert np.allclose(rows["embedding"], answer.to_numpy(), atol=1e-6)


async def test_columns_by_other_names() -> None:
    rows = await column(Server(seed=1), "title", into="vector")({"title": np.array(["a", "b"])})
    assert list(rows) == ["title", "vector"]


async def test_a_row_that_fails_says_why_and_the_others_go_on() -> None:
    rows = await column(Server(seed=1), errors="error")(batch("fine", "", None))
    assert np.isnan(rows["embedding"]).all(axis=1).tolist() == [False, True, True]
    assert rows["error"][0] == ""
    assert "empty" in rows["error"][1]
    assert rows["error"][2]


async def test_the_first_error_ends_it_where_there_is_no_column_for_errors() -> None:
    with pytest.raises(OpenAIError, match="empty"):
        await column(Server(seed=1))(batch("fine", ""))


async def test_a_batch_of_nothing_but_errors() -> None:
    """The length of a vector is known from `dimensions`, or from a batch before."""
    rows = await column(Server(seed=1), errors="error")(batch("", ""))
    assert rows["embedding"].shape == (2, 8)
    unknown = EmbedColumn(model=MODEL, errors="error", client=Server(seed=1).client)
    with pytest.raises(OpenAIError, match="empty"):
        await unknown(batch("", ""))
    length = (await unknown(batch("fine")))["embedding"].shape[1]
    assert (await unknown(batch("")))["embedding"].shape == (1, length)


async def test_what_ends_a_job_ends_it() -> None:
    with pytest.raises(APIError, match="not exist"):
        await column(Server(seed=1), model="no-such-model", errors="error")(batch("fine"))


@pytest.mark.parametrize("option", ["journal", "ordered", "progress"])
def test_options_that_are_not_for_one_batch_of_many(option: str) -> None:
    with pytest.raises(ConfigurationError, match=option):
        column(Server(seed=1), **{option: None})
