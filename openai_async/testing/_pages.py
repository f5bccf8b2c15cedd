"""Lists that are cut into pages: `limit`, `order`, `after` and `before`, for every endpoint that has
them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ._errors import no_such
from ._http import Answer, Exchange, as_json
from ._params import Integer, Json, Spec, Text, one_of, optional

__all__ = ["PAGES", "as_page", "pages"]


def pages(limit: int = 20, most: int = 100, *, order: str = "desc") -> Spec:
    """What an endpoint takes whose list is cut into pages."""
    return {
        "limit": optional(Integer(0, most), default=limit),
        "order": optional(one_of("asc", "desc"), default=order),
        "after": optional(Text()),
        "before": optional(Text()),
    }


PAGES = pages()


def as_page(exchange: Exchange, found: Sequence[Json], **more: Any) -> Answer:
    """The page that the call's parameters ask for.

    `found` are all the items, oldest first, each with an `id`; `more` goes into the answer beside
    the list. Raises the 404 for a cursor that names no item.
    """
    query = exchange.params
    items = list(found) if query["order"] == "asc" else list(reversed(found))
    start, end = 0, len(items)
    if query["after"] is not None:
        start = _place(items, query["after"], "after") + 1
    if query.get("before") is not None:
        end = _place(items, query["before"], "before")
        start = max(start, end - query["limit"])
    page = items[start:end][: query["limit"]]
    return as_json(
        {
            "object": "list",
            "data": page,
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
            "has_more": start + len(page) < end,
            **more,
        }
    )


def _place(items: Sequence[Json], cursor: str, param: str) -> int:
    for place, item in enumerate(items):
        if item["id"] == cursor:
            return place
    raise no_such("List item", cursor, param)
