"""Lists: a `Pager` before anything is asked, a `Page` of what came."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pydantic import PrivateAttr

from ._models import Model

if TYPE_CHECKING:
    from ._response import StreamingResponse

__all__ = ["Page", "Pager"]

T = TypeVar("T")


class Page(Model, Generic[T]):
    """One page of a list. `async for` goes on from its first item through all later pages."""

    object: str = "list"
    data: list[T]
    """The items of this page."""
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool = False
    """Whether there is a page behind this one."""

    _fetch: Callable[[str], Awaitable[Page[T]]] | None = PrivateAttr(default=None)
    _goes_on: bool = PrivateAttr(default=False)

    def continue_with(
        self, fetch: Callable[[str], Awaitable[Page[T]]], *, by_cursor: bool = True
    ) -> None:
        """Set how the page behind an id is fetched, and whether the list has such pages at all."""
        self._fetch = fetch
        self._goes_on = by_cursor

    def has_next_page(self) -> bool:
        """Whether there is one; where the server doesn't say, whether `get_next_page` would ask."""
        if self.cursor is None:
            return False
        told: bool | None = self.has_more if "has_more" in self.model_fields_set else None
        return self._goes_on if told is None else told  # some servers send null

    def next_page_info(self) -> dict[str, str] | None:
        """What the next page is asked for with, for logs; None where there is none."""
        return {"after": str(self.cursor)} if self.has_next_page() else None

    async def get_next_page(self) -> Page[T] | None:
        """The page behind this one, or None."""
        cursor = self.cursor
        if cursor is None or not self.has_next_page():
            return None
        if self._fetch is None:
            raise RuntimeError("a page that was pickled, or not made by a list, can't ask for more")
        following = await self._fetch(cursor)
        if following.cursor == cursor:
            return None  # a server that ignores the cursor would send the same page for ever
        return following if following.data or following.has_next_page() else None

    @property
    def cursor(self) -> str | None:
        """Behind which id the next page begins."""
        return self.last_id or (getattr(self.data[-1], "id", None) if self.data else None)

    async def iter_pages(self) -> AsyncIterator[Page[T]]:
        """This page and all later ones."""
        page: Page[T] | None = self
        while page is not None:
            yield page
            page = await page.get_next_page()

    async def _items(self) -> AsyncIterator[T]:
        page: Page[T] | None = self
        while page is not None:
            for item in page.data:
                yield item
            page = await page.get_next_page()

    def __aiter__(self) -> AsyncIterator[T]:
        return self._items()

    # How a page finds the next one is no part of what it is: it stays out of == and of pickles.

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, Page):
            return NotImplemented
        return (self.__dict__, self.model_extra) == (other.__dict__, other.model_extra)

    __hash__ = None  # type: ignore[assignment]

    def __getstate__(self) -> dict[Any, Any]:
        return super().__getstate__() | {
            "__pydantic_private__": {"_fetch": None, "_goes_on": self._goes_on}
        }

    def __reduce__(self) -> tuple[Any, ...]:
        # `Page[FileObject]` is made at run time: pickle can't look it up by its name.
        made = self.__pydantic_generic_metadata__
        return _blank, (made["origin"] or type(self), made["args"]), self.__getstate__()


def _blank(kind: Any, args: tuple[Any, ...]) -> Page[Any]:
    """A page of a type, before its state is set."""
    made: type[Page[Any]] = kind[args] if args else kind
    return made.__new__(made)


class Pager(Generic[T]):
    """A list that has not been asked for yet: await it for the first page, iterate for all items."""

    def __init__(
        self, fetch: Callable[[str | None], Awaitable[Page[T]]], *, by_cursor: bool = True
    ) -> None:
        self._fetch = fetch
        self._by_cursor = by_cursor

    def __await__(self) -> Generator[Any, Any, Page[T]]:
        return self._first().__await__()

    async def _first(self) -> Page[T]:
        return await self._page(None)

    async def _page(self, after: str | None) -> Page[T]:
        page: Any = await self._fetch(after)
        if isinstance(page, Page):
            return self._joined(cast("Page[T]", page))
        # In `with_streaming_response`, which knows what it gets.
        cast("StreamingResponse[Page[T]]", page).complete_with(self._joined)
        return cast("Page[T]", page)

    def _joined(self, page: Page[T]) -> Page[T]:
        page.continue_with(self._page, by_cursor=self._by_cursor)
        return page

    async def __aiter__(self) -> AsyncIterator[T]:
        async for item in await self._first():
            yield item

    def pages(self) -> AsyncIterator[Page[T]]:
        """The pages, one at a time."""
        return self._pages()

    async def _pages(self) -> AsyncIterator[Page[T]]:
        page: Page[T] | None = await self._first()
        while page is not None:
            yield page
            page = await page.get_next_page()
