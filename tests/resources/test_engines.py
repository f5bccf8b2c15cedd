from __future__ import annotations

import pytest

from openai_async import raw

from .conftest import Answering

pytestmark = pytest.mark.anyio

ENGINE = {"id": "ada", "object": "engine", "owner": "openai", "created": None, "ready": True}


async def test_list_is_deprecated(answering: Answering) -> None:
    client, script = answering({"object": "list", "data": [ENGINE]})
    with pytest.warns(DeprecationWarning, match=r"use client\.models\.list\(\)") as caught:
        engines = await client.engines.list()
    assert [str(warning.filename) for warning in caught] == [__file__]
    assert script.line == "GET /v1/engines"
    assert engines.data[0].to_dict() == ENGINE


async def test_retrieve_is_deprecated(answering: Answering) -> None:
    client, script = answering(ENGINE)
    with pytest.warns(DeprecationWarning, match=r"use client\.models\.retrieve\(\)") as caught:
        engine = await client.engines.retrieve("ada/1")
    assert [str(warning.filename) for warning in caught] == [__file__]
    assert script.line == "GET /v1/engines/ada%2F1"
    assert (engine.id, engine.ready, engine.owner, engine.created) == ("ada", True, "openai", None)


async def test_the_warning_comes_with_the_call_not_with_the_await(answering: Answering) -> None:
    client, _ = answering({"object": "list", "data": [ENGINE]})
    with pytest.warns(DeprecationWarning, match="deprecated"):
        pager = client.engines.list()
    assert [engine.id async for engine in pager] == ["ada"]


async def test_raw(answering: Answering) -> None:
    client, _ = answering(ENGINE)
    with pytest.warns(DeprecationWarning, match="deprecated"):
        answer = await raw(client.engines.retrieve)("ada")
    assert answer.value.id == "ada"
