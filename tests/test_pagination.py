"""Lists: a pager before anything is asked, pages, and going from one to the next."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_async import AsyncClient, NotFoundError, Page, raw
from openai_async.types.files import FileObject
from tests.common import FILE
from tests.scripted import Script, answer

pytestmark = pytest.mark.anyio


def file(name: str) -> dict[str, Any]:
    return {**FILE, "id": name}


def page(*names: str, more: bool = False, **rest: Any) -> dict[str, Any]:
    return {"object": "list", "data": [file(name) for name in names], "has_more": more, **rest}


def ids(found: list[FileObject]) -> list[str]:
    return [item.id for item in found]


class Shelf(httpx.AsyncBaseTransport):
    """A server that keeps to the cursor."""

    def __init__(self, names: list[str], size: int, *, last_ids: bool = True) -> None:
        self.names = names
        self.size = size
        self.last_ids = last_ids
        self.asked: list[dict[str, str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        query = dict(request.url.params)
        self.asked.append(query)
        start = self.names.index(query["after"]) + 1 if "after" in query else 0
        found = self.names[start : start + self.size]
        rest: dict[str, Any] = {"last_id": found[-1] if found else None} if self.last_ids else {}
        more = start + self.size < len(self.names)
        return httpx.Response(200, json=page(*found, more=more, **rest))


SHELF = ["a", "b", "c", "d", "e"]


def client(transport: Any) -> AsyncClient:
    return AsyncClient(api_key="k", base_url="http://api.test", transport=transport)


async def test_awaited_it_is_the_first_page() -> None:
    shelf = Shelf(SHELF, 2)
    async with client(shelf) as api:
        first = await api.files.list()
    assert isinstance(first, Page)
    assert (ids(first.data), first.has_more, first.last_id) == (["a", "b"], True, "b")
    assert first.has_next_page()
    assert shelf.asked == [{}]


async def test_iterated_over_it_is_every_item() -> None:
    shelf = Shelf(SHELF, 2)
    async with client(shelf) as api:
        assert [item.id async for item in api.files.list()] == SHELF
    assert shelf.asked == [{}, {"after": "b"}, {"after": "d"}]


async def test_pages_come_one_at_a_time() -> None:
    shelf = Shelf(SHELF, 2)
    async with client(shelf) as api:
        sizes = []
        async for one in api.files.list().pages():
            sizes.append(len(one.data))
            assert len(shelf.asked) == len(sizes)
    assert sizes == [2, 2, 1]


async def test_a_page_goes_on_from_itself() -> None:
    async with client(Shelf(SHELF, 2)) as api:
        second = await (await api.files.list()).get_next_page()
        assert [item.id async for item in second] == ["c", "d", "e"]
        assert [item.id async for item in second] == ["c", "d", "e"]
        third = await second.get_next_page()
        assert [ids(page.data) async for page in second.iter_pages()] == [["c", "d"], ["e"]]
        assert second.next_page_info() == {"after": "d"}
        assert not third.has_next_page()
        assert third.next_page_info() is None
        assert await third.get_next_page() is None


async def test_the_rest_of_the_query_is_kept() -> None:
    shelf = Shelf(SHELF, 2)
    async with client(shelf) as api:
        found = api.files.list(extra_query={"purpose": "x", "after": "a"})
        assert [item.id async for item in found] == SHELF[1:]
    assert shelf.asked == [{"purpose": "x", "after": "a"}, {"purpose": "x", "after": "c"}]


async def test_a_pager_may_be_used_again() -> None:
    shelf = Shelf(SHELF, 5)
    async with client(shelf) as api:
        pager = api.files.list()
        assert shelf.asked == []
        assert await pager == await pager
        assert len(shelf.asked) == 2


@given(st.lists(st.text("abc", min_size=1), unique=True), st.integers(1, 4), st.booleans())
def test_every_item_comes_once_whatever_the_size(
    names: list[str], size: int, last_ids: bool
) -> None:
    shelf = Shelf(names, size, last_ids=last_ids)

    async def collect() -> list[str]:
        async with client(shelf) as api:
            return [item.id async for item in api.files.list()]

    assert anyio.run(collect) == names
    assert len(shelf.asked) == max(1, -(-len(names) // size))


async def test_a_failure_on_a_later_page_is_raised_after_the_items_before_it() -> None:
    script = Script(answer(page("a", more=True)), answer({"error": {"message": "gone"}}, 404))
    async with script.client() as api:
        items = aiter(api.files.list())
        assert (await anext(items)).id == "a"
        with pytest.raises(NotFoundError, match="gone"):
            await anext(items)


@pytest.mark.parametrize(
    "answered",
    [
        page("a", "b", more=True),
        page("a", "b", more=True, last_id="b"),
        page("a", "b", more=True, first_id="a", last_id="b"),
    ],
)
async def test_a_server_that_ignores_the_cursor_is_not_read_for_ever(answered: Any) -> None:
    async with Script(answer(answered)).client() as api:
        with anyio.fail_after(5):
            assert [item.id async for item in api.files.list()] == ["a", "b"]
            assert [ids(one.data) async for one in api.files.list().pages()] == [["a", "b"]]
            assert await (await api.files.list()).get_next_page() is None


@pytest.mark.parametrize(
    "answered",
    [
        {"data": []},
        {"object": "list", "data": [], "has_more": True},
        {"object": "list", "data": None},
        {},
    ],
)
async def test_an_empty_list(answered: Any) -> None:
    async with Script(answer(answered)).client() as api:
        assert [item async for item in api.files.list()] == []
        assert (await api.files.list()).data == []


@pytest.mark.parametrize("unsaid", [{}, {"has_more": None}])
async def test_a_server_that_does_not_say_whether_there_is_more_is_asked(unsaid: Any) -> None:
    answers = [
        answer({"data": [file(name) for name in names], **unsaid}) for names in ("ab", "cd", "")
    ]
    script = Script(*answers, answers[0], answers[1], answers[2], answers[0], answers[0])
    async with script.client() as api:
        assert [item.id async for item in api.files.list()] == ["a", "b", "c", "d"]
        assert [ids(one.data) async for one in api.files.list().pages()] == [["a", "b"], ["c", "d"]]
        first = await api.files.list()
        assert first.has_next_page()
        assert first.next_page_info() == {"after": "b"}
        again = pickle.loads(pickle.dumps(first))
        assert again.has_next_page()
        # One that doesn't know of pages at all.
        assert [item.id async for item in first] == ["a", "b"]


async def test_a_list_that_has_no_pages_is_asked_for_once() -> None:
    models = {"object": "list", "data": [{"id": "a", "object": "model"}]}
    script = Script(answer(models))
    async with script.client() as api:
        first = await api.models.list()
        assert not first.has_next_page()
        assert first.next_page_info() is None
        assert [model.id async for model in api.models.list()] == ["a"]
    assert len(script.requests) == 2


# Pages as values


async def test_pages_are_equal_by_what_is_in_them() -> None:
    one = page("a", more=True, extra=1)
    answers = [answer(one), answer(one), answer(page("b")), answer({**one, "extra": 2})]
    async with Script(*answers).client() as api:
        first, same, other, elsewhere = [await api.files.list() for _ in answers]
        assert first == same
        assert first != other
        assert first != elsewhere
        assert first != [*first.data]
        assert first != 1


async def test_pages_pickle_and_copy_without_their_connection() -> None:
    async with client(Shelf(SHELF, 2)) as api:
        first = await api.files.list()
        for again in (pickle.loads(pickle.dumps(first)), copy.copy(first), copy.deepcopy(first)):
            assert again == first
            assert type(again) is type(first)
            assert type(again.data[0]) is FileObject
        assert first.model_dump()["data"][0]["id"] == "a"
        assert pickle.loads(pickle.dumps(Page(data=[1]))) == Page(data=[1])


async def test_a_page_that_came_from_a_pickle_does_not_pretend_to_be_the_last() -> None:
    async with client(Shelf(SHELF, 2)) as api:
        again = pickle.loads(pickle.dumps(await api.files.list()))
    assert again.has_next_page()
    items = aiter(again)
    assert [(await anext(items)).id for _ in range(2)] == ["a", "b"]
    with pytest.raises(RuntimeError, match="can't ask for more"):
        await anext(items)


# Raw


async def test_raw_and_streamed_pages_go_on_too() -> None:
    shelf = Shelf(SHELF, 2)
    async with client(shelf) as api:
        found = await raw(api.files.list)()
        assert found.status_code == 200
        assert [item.id async for item in found.value] == SHELF
        again = await api.files.with_raw_response.list()
        assert [item.id async for item in again.parse()] == SHELF
        async with api.files.with_streaming_response.list() as response:
            assert response.status_code == 200
            first = await response.parse()
        assert [item.id async for item in first] == SHELF
