"""What first calls do once, done ahead of them."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from ._direct import DirectClient
from ._response import validator

if TYPE_CHECKING:
    from ._client import AsyncClient

__all__ = ["preload"]


def preload(client: AsyncClient, namespaces: Iterable[str], http: Any) -> None:
    """Import namespaces, build the validators of their models, and read TLS's certificates."""
    for name in namespaces:
        # What it imports are the models that its calls give.
        namespace: object = getattr(client, name)
        for value in vars(importlib.import_module(type(namespace).__module__)).values():
            if isinstance(value, type) and issubclass(value, BaseModel):
                validator(value)
    if isinstance(http, DirectClient) and client.base_url.startswith("https:"):
        http.read_certificates()
