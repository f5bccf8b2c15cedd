"""Imported where scenarios are forked from: both clients, with the parts that they import late."""

from __future__ import annotations

import contextlib

from .peers import PEERS
from .run import SCENARIOS  # noqa: F401 - and all that they import

for _peer in PEERS.values():
    with contextlib.suppress(ImportError):  # then each of its scenarios says so
        _client = _peer().client("http://127.0.0.1:1/v1")
        for _name in ("chat", "files", "models"):
            getattr(_client, _name)
        _client.chat.completions  # noqa: B018
        del _client
