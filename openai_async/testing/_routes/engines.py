"""`/engines`: the models under their old name (deprecated)."""

from __future__ import annotations

from .._http import Answer, Endpoint, Exchange, as_json
from .._models import Model
from .._params import Json


def _describe(model: Model) -> Json:
    """The API's `engine` object."""
    return {
        "id": model.id,
        "object": "engine",
        "owner": model.owned_by,
        "created": None,
        "ready": True,
    }


async def list_engines(exchange: Exchange) -> Answer:
    """All engines."""
    exchange.state.settle()
    data = [_describe(model) for model in exchange.state.models.values()]
    return as_json({"object": "list", "data": data})


async def retrieve(exchange: Exchange) -> Answer:
    """One engine."""
    return as_json(_describe(exchange.state.model(exchange.path_params["engine"])))


ENDPOINTS = (
    Endpoint("GET", "/engines", list_engines),
    Endpoint("GET", "/engines/{engine:path}", retrieve),
)
