"""Our methods, parameters and models beside the OpenAPI document: nothing missing, nothing made up.

A newer document put beside it (the last `openapi-*.yaml` by name, or the one that OPENAI_SPEC names)
tells by its findings how to keep up. `python -m tests.contract chat` prints those of a namespace.
"""

from __future__ import annotations

import pytest

from openai_async._client import NAMESPACES

from .documents import all_documents
from .findings import findings_of, matches
from .helpers import is_helper
from .known import gathered, modules
from .surface import methods


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_namespace(namespace: str) -> None:
    found = findings_of(namespace).beside(gathered("KNOWN"))
    assert not found, "\n".join([f"{len(found)} findings:", *found])


@pytest.mark.parametrize("namespace", [name for name, _ in modules()])
def test_exceptions_are_needed(namespace: str) -> None:
    [module] = [module for name, module in modules() if name == namespace]
    waiting = set(module.KNOWN)
    # They are mostly of the namespace that they are named after.
    for name in sorted(NAMESPACES, key=lambda name: name != namespace):
        if waiting:
            found = findings_of(name).lines
            waiting = {one for one in waiting if not any(matches(line, one) for line in found)}
    assert not waiting, "no finding is like these any more"
    unused = set(getattr(module, "VALUES", {})) - {
        f"{method.name}.{name}" for method in methods().values() for name in method.parameters
    }
    assert not unused, "there are no such parameters"


def test_every_operation_belongs_to_a_namespace() -> None:
    belonging = {operation.namespace for operation in all_documents()[0].operations}
    assert belonging <= NAMESPACES.keys()


def test_helpers_are_methods() -> None:
    assert any(map(is_helper, methods()))
