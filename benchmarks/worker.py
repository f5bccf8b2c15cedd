"""The process of one peer: does scenarios as it is told on standard input.

`python -m benchmarks.worker PEER URL` reads lines such as `{"scenario": "chat_1", "size": {}}` and
answers each with a line of figures.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

from .measure import raise_file_limit
from .peers import load
from .scenarios import SCENARIOS

__all__ = ["main"]


async def _run(peer_name: str, url: str, task: dict[str, Any]) -> None:
    scenario = SCENARIOS[task["scenario"]]
    assert scenario.run is not None
    peer = load(peer_name, url)
    figures = await scenario.run(peer, url, task["size"])
    print(json.dumps(figures), flush=True)
    if scenario.fresh:
        os._exit(0)  # calls may be under way that take minutes to cancel
    await peer.close()


def main() -> None:
    """Do what comes, until there is no more."""
    raise_file_limit()
    peer_name, url = sys.argv[1:]
    for line in sys.stdin:
        asyncio.run(_run(peer_name, url, json.loads(line)))


if __name__ == "__main__":
    main()
