"""`/models`: the catalog, and what fine-tunes have added to it."""

from __future__ import annotations

from .._errors import ApiError
from .._http import Answer, Endpoint, Exchange, as_json
from .._models import OWNER


async def list_models(exchange: Exchange) -> Answer:
    """All models."""
    exchange.state.settle()
    data = [model.describe() for model in exchange.state.models.values()]
    return as_json({"object": "list", "data": data})


async def retrieve(exchange: Exchange) -> Answer:
    """One model."""
    return as_json(exchange.state.model(exchange.path_params["model"]).describe())


async def delete(exchange: Exchange) -> Answer:
    """Delete a fine-tuned model; the others are not the caller's."""
    model = exchange.state.model(exchange.path_params["model"])
    if model.owned_by in (OWNER, "system"):
        message = "You have insufficient permissions: only fine-tuned models can be deleted."
        raise ApiError(403, message, param="model")
    del exchange.state.models[model.id]
    return as_json({"id": model.id, "object": "model", "deleted": True})


ENDPOINTS = (
    Endpoint("GET", "/models", list_models),
    Endpoint("GET", "/models/{model:path}", retrieve),
    Endpoint("DELETE", "/models/{model:path}", delete),
)
