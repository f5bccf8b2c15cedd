"""Limits that calls share: the gate that holds them back, and budgets."""

import importlib
from typing import TYPE_CHECKING, Any

from ._gate import Gate
from ._lane import LaneSnapshot
from ._tokens import count_tokens, estimate_tokens

if TYPE_CHECKING:
    from ._budget import Budget, Price
    from ._store import Reservation, Store

__all__ = [
    "Budget",
    "Gate",
    "LaneSnapshot",
    "Price",
    "Reservation",
    "Store",
    "count_tokens",
    "estimate_tokens",
]


_LATER = {"Budget": "_budget", "Price": "_budget", "Reservation": "_store", "Store": "_store"}
"""What not every client needs is imported when it is first looked at."""


if not TYPE_CHECKING:  # which would take any name for one that is there

    def __getattr__(name: str) -> Any:
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f".{_LATER[name]}", __name__), name)
