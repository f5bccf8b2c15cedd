"""A process that closes nothing: `python -m tests.never_closed URL BACKEND OPTIONS`.

Its client, whose options are given as JSON, is made outside of any event loop, used in two of them,
one after the other, and dropped with streams that are open. `exit_of` runs it.
"""

from __future__ import annotations

import gc
import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio

from openai_async import AsyncClient
from tests.common import HELLO

ROOT = Path(__file__).parents[1]


def exit_of(url: str, backend: str, **options: Any) -> tuple[int, str, str]:
    """The code with which it exits under `-X dev -W error`, and all that it says.

    It is to be `QUIET`.
    """
    command = [sys.executable, "-X", "dev", "-W", "error", "-m", __name__]
    done = subprocess.run(
        [*command, url, backend, json.dumps(options)],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
        cwd=ROOT,
    )
    return done.returncode, done.stdout, done.stderr


QUIET = (0, "done\n", "")


async def use(client: AsyncClient, kept: list[Any]) -> None:
    await client.models.retrieve("m")
    kept.append(await client.chat.completions.create(**HELLO, stream=True))
    stream = await client.chat.completions.create(**HELLO, stream=True)
    await anext(stream)
    kept.append(stream)


def main(url: str, backend: str, options: str) -> None:
    settings: Any = {"api_key": "k", "base_url": url, **json.loads(options)}
    client = AsyncClient(**settings)
    for _ in range(2):
        kept: list[Any] = []
        anyio.run(use, client, kept, backend=backend)
    del kept, client
    gc.collect()


if __name__ == "__main__":
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # it tells of slow imports, too
    main(*sys.argv[1:])
    print("done")
