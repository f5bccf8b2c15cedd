"""The built-in server answers what the documents have: each path and method, with its parameters."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from openai_async.testing import Server
from openai_async.testing._http import Endpoint
from openai_async.testing._routes import ENDPOINTS

from .documents import Document, Operation, Schema, all_documents, newest

pytestmark = pytest.mark.anyio

REMOVED = {"POST /engines/{engine_id}/search", "POST /answers", "POST /classifications"}
"""Removed from the API in 2022; the client has no method for them."""

BY_HAND = {
    "GET /chat/completions": {"metadata"},
    "GET /conversations/{conversation_id}/items": {"include"},
    "GET /conversations/{conversation_id}/items/{item_id}": {"include"},
    "POST /conversations/{conversation_id}/items": {"include"},
    "GET /responses/{response_id}": {"include"},
    "GET /responses/{response_id}/input_items": {"include"},
    "POST /containers/{container_id}/files": {"file", "file_id"},
}
"""What handlers look at themselves: lists and objects in a query, and what comes as JSON or a form."""


def endpoint_of(operation: Operation) -> Endpoint | None:
    """Which endpoint answers an operation, by the dispatcher's own rule: the first that fits."""
    path = operation.path.replace("{", "").replace("}", "")
    for endpoint in ENDPOINTS:
        if endpoint.method == operation.method and endpoint.match(path) is not None:
            return endpoint
    return None


def names_of(operation: Operation, document: Document) -> set[str]:
    """What an operation takes beside the path."""
    names = {name for name, parameter in operation.located.items() if parameter.place == "query"}
    for schema in operation.bodies.values():
        names.update(_properties(schema, document))
    return names


def _properties(schema: Schema, document: Document) -> Iterator[str]:
    schema = document.resolve(schema)
    yield from schema.get("properties", {})
    for kind in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(kind, ()):
            yield from _properties(part, document)


def _models(schema: Schema, document: Document) -> Iterator[str]:
    """The values that a schema of a model's name has."""
    schema = document.resolve(schema)
    yield from schema.get("enum", ())
    for kind in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(kind, ()):
            yield from _models(part, document)


async def test_the_models_that_the_document_names() -> None:
    document = Document.read(newest())
    named = {
        model
        for operation in document.operations
        for body in operation.bodies.values()
        for model in _models(
            document.resolve(body).get("properties", {}).get("model", {}), document
        )
        if not operation.path.startswith("/realtime")
    }
    assert len(named) > 90
    async with Server().client() as client:
        for model in sorted(named):
            assert (await client.models.retrieve(model)).id == model


def test_an_endpoint_for_each_operation() -> None:
    # The documents are read here and not before: a clone without them has to be able to skip.
    wrong: list[str] = []
    for document in all_documents():
        for operation in document.operations:
            if operation.line in REMOVED:
                continue
            endpoint = endpoint_of(operation)
            if endpoint is None:
                wrong.append(f"{operation.line}: there is no endpoint")
                continue
            unknown = names_of(operation, document) - set(endpoint.spec)
            if unknown != BY_HAND.get(operation.line, set()):
                wrong.append(
                    f"{operation.line}: {sorted(unknown)} would be refused, or passed over"
                )
    assert not wrong, "\n".join(wrong)
