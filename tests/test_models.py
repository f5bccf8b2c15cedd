"""Response models: what came is there, also where it departs from its documented shape."""

from __future__ import annotations

import contextlib
import copy
import itertools
import json
import logging
import math
import pickle
from typing import Any, Literal

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from openai_async import AsyncClient, Model, Page, ResponseValidationError
from openai_async.types.chat import ChatCompletion

pytestmark = pytest.mark.anyio

HOSTS = (f"http://host-{number}.test/v1" for number in itertools.count())
"""A warning is given once per model and server: each test has a server of its own."""


class Inner(Model):
    name: str
    size: int = 7


class Other(Model):
    kind: str
    weight: float


class Outer(Model):
    id: str
    count: int
    status: Literal["on", "off"] | str
    exact: Literal["a", "b"] = "a"
    inner: Inner
    maybe: Inner | None = None
    many: list[Inner]
    few: list[Inner] | None = None
    either: Inner | Other | None = None
    by_name: dict[str, Inner] = Field(default_factory=dict[str, Inner])
    wire: bool | None = Field(default=None, alias="on/the-wire")
    bytes: int = 0


GOOD: dict[str, Any] = {
    "id": "x",
    "count": 2,
    "status": "on",
    "inner": {"name": "i", "size": 1},
    "many": [{"name": "a", "size": 1}],
    "on/the-wire": True,
}


def client_of(body: Any, base_url: str | None = None, **options: Any) -> AsyncClient:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=content))
    return AsyncClient(
        api_key="k", base_url=base_url or next(HOSTS), transport=transport, max_retries=0, **options
    )


async def ask(body: Any, **options: Any) -> Outer:
    return await client_of(body, **options).get("/x", cast_to=Outer)


async def test_a_good_answer_is_read_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    outer = await ask(GOOD)
    assert outer.inner.name == "i"
    assert outer.wire is True
    assert outer.to_dict() == GOOD
    assert json.loads(outer.to_json()) == GOOD
    assert outer.maybe is None
    assert outer.bytes == 0
    assert caplog.records == []


async def test_unknown_fields_are_kept(caplog: pytest.LogCaptureFixture) -> None:
    more = {**GOOD, "new": {"of": [1, None]}, "model_x": 1, "inner": {"name": "i", "also": 2}}
    outer = await ask(more, strict_responses=True)
    found: Any = outer
    assert found.new == {"of": [1, None]}
    assert found.model_x == 1
    assert found.inner.also == 2
    assert outer.to_dict() == more
    assert caplog.records == []


@pytest.mark.parametrize(
    ("change", "read"),
    [
        ({"id": 5}, lambda o: o.id == 5),
        ({"id": None}, lambda o: o.id is None),
        ({"count": "many"}, lambda o: o.count == "many"),
        ({"count": 2.5}, lambda o: o.count == 2.5),
        ({"count": None, "inner": {"name": "i", "size": 3}}, lambda o: o.inner.size == 3),
        ({"exact": "c"}, lambda o: o.exact == "c"),
        ({"inner": {}}, lambda o: o.inner.name is None and o.inner.size == 7),
        ({"inner": {"size": "big"}}, lambda o: o.inner.size == "big"),
        ({"inner": {"name": 1, "more": 2}}, lambda o: o.inner.more == 2),
        ({"inner": "text"}, lambda o: o.inner == "text"),
        ({"inner": [1]}, lambda o: o.inner == [1]),
        ({"maybe": {"size": 2}}, lambda o: o.maybe.size == 2),
        ({"many": [{"size": 1}, {"name": "b"}]}, lambda o: o.many[1].name == "b"),
        ({"many": [{"name": 1}, 5, "x"]}, lambda o: o.many[1:] == [5, "x"]),
        ({"many": {"a": 1}}, lambda o: o.many == {"a": 1}),
        ({"few": [{"size": 1}]}, lambda o: o.few[0].size == 1),
        ({"few": None, "id": 5}, lambda o: o.few is None),
        ({"either": {"weight": 1.5}}, lambda o: isinstance(o.either, Other)),
        ({"either": {"name": 5}}, lambda o: isinstance(o.either, Inner)),
        ({"by_name": {"a": {"size": 1}}}, lambda o: o.by_name["a"].size == 1),
        ({"by_name": [1]}, lambda o: o.by_name == [1]),
        ({"on/the-wire": "perhaps"}, lambda o: o.wire == "perhaps"),
        ({"bytes": "3 KB"}, lambda o: o.bytes == "3 KB"),
    ],
)
async def test_what_departs_from_the_shape_is_kept(
    change: dict[str, Any], read: Any, caplog: pytest.LogCaptureFixture
) -> None:
    changed = {**GOOD, **change}
    outer = await ask(changed)
    assert isinstance(outer, Outer)
    assert read(outer)
    assert outer.to_dict() == changed
    assert json.loads(outer.to_json()) == changed
    assert json.loads(outer.model_dump_json(by_alias=True, exclude_unset=True)) == changed
    assert len(caplog.records) == 1
    assert pickle.loads(pickle.dumps(outer)) == outer
    assert copy.deepcopy(outer) == outer
    assert repr(outer)

    with pytest.raises(ResponseValidationError, match="Outer"):
        await ask(changed, strict_responses=True)


@pytest.mark.parametrize("missing", ["id", "inner", "many"])
@pytest.mark.parametrize("how", ["left out", "null"])
async def test_loops_and_looks_hold_where_something_is_missing(missing: str, how: str) -> None:
    without = {key: value for key, value in GOOD.items() if key != missing}
    outer = await ask(without if how == "left out" else {**GOOD, missing: None})
    assert [item.name for item in outer.many] == ([] if missing == "many" else ["a"])
    assert outer.inner.name == (None if missing == "inner" else "i")
    assert outer.id == (None if missing == "id" else "x")
    if how == "left out":
        assert outer.to_dict() == without


async def test_null_for_a_list_and_no_choices_at_all() -> None:
    chat = await client_of({"id": "c", "choices": None}).get("/x", cast_to=ChatCompletion)
    assert [choice for choice in chat.choices if choice] == []
    chat = await client_of({"id": "c"}).get("/x", cast_to=ChatCompletion)
    assert list(chat.choices) == []


async def test_one_warning_per_model_and_server(caplog: pytest.LogCaptureFixture) -> None:
    class Once(Model):
        id: str
        count: int

    class Twice(Once):
        pass

    one, other = next(HOSTS), next(HOSTS)
    with caplog.at_level(logging.WARNING, "openai_async"):
        for body in ({"id": 1}, {"count": "x"}, {"id": "x", "count": "y"}):
            await client_of(body, one).get("/x", cast_to=Once)
        assert len(caplog.records) == 1
        await client_of({"id": 1}, one).get("/x", cast_to=Twice)
        assert len(caplog.records) == 2
        await client_of({"id": 1}, other).get("/x", cast_to=Once)
        assert len(caplog.records) == 3
        await client_of({"id": 1}, other.replace(".test", ".test:81")).get("/x", cast_to=Once)
        assert len(caplog.records) == 4
    first = caplog.records[0].getMessage()
    assert "Once" in first
    assert one.split("/")[2] in first
    assert "count" in first


async def test_a_warning_does_not_tell_what_was_said(caplog: pytest.LogCaptureFixture) -> None:
    await ask({**GOOD, "id": ["something private"], "inner": {"size": "private too"}})
    assert "private" not in caplog.text
    with pytest.raises(ResponseValidationError) as caught:
        await ask({**GOOD, "id": ["something private"]}, strict_responses=True)
    assert "private" not in str(caught.value)


async def test_a_page_whose_items_depart() -> None:
    page = await client_of({"data": [{"name": 5}, {"name": "b"}]}).get("/x", cast_to=Page[Inner])
    assert [item.name for item in page.data] == [5, "b"]
    empty = await client_of({"object": "list", "data": None}).get("/x", cast_to=Page[Inner])
    assert empty.data == []


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "size", "kind", "weight", "z"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)
FIELDS = ["id", "count", "status", "inner", "maybe", "many", "either", "by_name", "more"]


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(st.sampled_from(FIELDS), VALUES, min_size=1))
async def test_nothing_is_lost_whatever_comes(body: dict[str, Any]) -> None:
    outer = await ask(body)
    dumped = outer.to_dict()
    assert dumped.keys() == body.keys()
    assert _without_nothing(dumped) == _without_nothing(body)
    outer.to_json()
    assert pickle.loads(pickle.dumps(outer)) == outer


def _without_nothing(value: Any) -> Any:
    """With None for what stands for it where a list or a model had to be, and numbers as numbers."""
    if isinstance(value, dict):
        return {key: _without_nothing(inner) for key, inner in value.items()} or None
    if isinstance(value, list):
        return [_without_nothing(inner) for inner in value] or None
    with contextlib.suppress(TypeError, ValueError):
        return float(value) if math.isfinite(float(value)) else value
    return value
