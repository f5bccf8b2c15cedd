"""The way from sync code, which Typer calls, to async code."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from typing_extensions import TypeVarTuple, Unpack

__all__ = ["run_async"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


def run_async(function: Callable[[Unpack[Ts]], Awaitable[T]], *args: Unpack[Ts]) -> T:
    """Run it in an event loop of its own. Ctrl-C cancels it, and is then a `KeyboardInterrupt`."""
    try:
        return anyio.run(function, *args)
    except asyncio.CancelledError:
        # Nobody else cancels the outermost task; Python 3.10 does not tell it from Ctrl-C.
        raise KeyboardInterrupt from None
