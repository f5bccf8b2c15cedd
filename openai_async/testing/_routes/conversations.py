"""`/conversations`: items that stay, for several responses."""

from __future__ import annotations

from .._http import Answer, Endpoint, Exchange, as_json
from .._metadata import Metadata
from .._pages import as_page, pages
from .._params import Many, Spec, optional, required
from .._responses_items import as_list, kept, shown
from .._responses_params import Item
from .._responses_store import Conversation
from .responses import included

_ITEMS = Many(Item(), longest=20)

CREATE: Spec = {"items": optional(_ITEMS), "metadata": optional(Metadata())}
UPDATE: Spec = {"metadata": optional(Metadata())}
ADD: Spec = {"items": required(_ITEMS)}


def _named(exchange: Exchange) -> Conversation:
    return exchange.state.responses.conversation(exchange.path_params["conversation_id"])


async def create(exchange: Exchange) -> Answer:
    """Begin a conversation, perhaps with items."""
    params, state = exchange.params, exchange.state
    conversation = Conversation("conv_" + state.new_id(32), params["metadata"] or {}, exchange.now)
    conversation.add(kept(state, params["items"] or (), state.responses.find_item))
    state.responses.conversations[conversation.id] = conversation
    return as_json(conversation.describe())


async def retrieve(exchange: Exchange) -> Answer:
    """One conversation, without its items."""
    return as_json(_named(exchange).describe())


async def update(exchange: Exchange) -> Answer:
    """Set the metadata."""
    conversation = _named(exchange)
    conversation.metadata = exchange.params["metadata"] or {}
    return as_json(conversation.describe())


async def delete(exchange: Exchange) -> Answer:
    """Forget a conversation and its items."""
    conversation = _named(exchange)
    del exchange.state.responses.conversations[conversation.id]
    return as_json({"id": conversation.id, "object": "conversation.deleted", "deleted": True})


async def add_items(exchange: Exchange) -> Answer:
    """Append items, 20 at most at a time."""
    conversation, state = _named(exchange), exchange.state
    items = kept(state, exchange.params["items"], state.responses.find_item)
    conversation.add(items)
    include = included(exchange)
    return as_json(as_list([shown(item, include) for item in items]))


async def list_items(exchange: Exchange) -> Answer:
    """The items, newest first, page by page."""
    include = included(exchange)
    items = _named(exchange).items.values()
    return as_page(exchange, [shown(item, include) for item in items])


async def retrieve_item(exchange: Exchange) -> Answer:
    """One item."""
    item = _named(exchange).item(exchange.path_params["item_id"])
    return as_json(shown(item, included(exchange)))


async def delete_item(exchange: Exchange) -> Answer:
    """Take an item out; the answer is the conversation."""
    conversation = _named(exchange)
    item = conversation.item(exchange.path_params["item_id"])
    del conversation.items[item["id"]]
    return as_json(conversation.describe())


ENDPOINTS = (
    Endpoint("POST", "/conversations", create, CREATE, "json"),
    Endpoint("GET", "/conversations/{conversation_id}", retrieve),
    Endpoint("POST", "/conversations/{conversation_id}", update, UPDATE, "json"),
    Endpoint("DELETE", "/conversations/{conversation_id}", delete),
    Endpoint("GET", "/conversations/{conversation_id}/items", list_items, pages()),
    Endpoint("POST", "/conversations/{conversation_id}/items", add_items, ADD, "json"),
    Endpoint("GET", "/conversations/{conversation_id}/items/{item_id}", retrieve_item),
    Endpoint("DELETE", "/conversations/{conversation_id}/items/{item_id}", delete_item),
)
