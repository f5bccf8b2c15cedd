"""Where we part from the document, and why: a module for each namespace, with

    KNOWN: Mapping[str, str]    a finding's line, with `*` for any text, to the reason
    HELPERS: Mapping[str, str]  methods that are for no operation of their own, to the reason
    VALUES: Mapping[str, list]  "method.parameter" to what it is called with, where that matters

KNOWN is needed, the others are where they are needed. An exception that nothing needs is a failure.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Any


def modules() -> Iterator[tuple[str, Any]]:
    """The modules, by namespace."""
    for module in pkgutil.iter_modules(__path__):
        yield module.name, importlib.import_module(f"{__name__}.{module.name}")


def gathered(what: str) -> Mapping[str, Any]:
    """One of the mappings, of all namespaces."""
    found: dict[str, Any] = {}
    for _, module in modules():
        found |= getattr(module, what, {})
    return found
