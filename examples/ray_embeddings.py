"""An embedding job over several machines: Parquet or text files to Parquet, with Ray Data.

Each actor has a client of its own. A gate over Redis keeps all of them together within the
account's limits, which are those of the key, and not of a machine. The key and the address of
Redis are in the environment of the machines.

Run it:  python examples/ray_embeddings.py texts/ vectors/
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import ray

from openai_async import AsyncClient
from openai_async.bulk.ray import EmbedColumn
from openai_async.limits import Gate
from openai_async.limits.redis import RedisStore

MODEL = os.environ.get("MODEL", "text-embedding-3-small")
ACTORS = int(os.environ.get("ACTORS", "4"))
REQUESTS_PER_MINUTE = float(os.environ.get("REQUESTS_PER_MINUTE", "3000"))


def client() -> AsyncClient:
    """Made in each actor."""
    store = RedisStore(os.environ["REDIS_URL"], requests_per_minute=REQUESTS_PER_MINUTE)
    return AsyncClient(gate=Gate(store=store), max_retries=5)


def main(source: str, target: str) -> None:
    is_parquet = any(Path(source).glob("*.parquet"))
    dataset = ray.data.read_parquet(source) if is_parquet else ray.data.read_text(source)
    embedded = dataset.map_batches(
        EmbedColumn,
        fn_constructor_kwargs={"client": client, "model": MODEL, "errors": "error"},
        batch_size=1024,
        num_cpus=0.1,  # an actor waits for the network, nearly always
        compute=ray.data.ActorPoolStrategy(size=ACTORS),
    )
    embedded.write_parquet(target)
    print(f"{ray.data.read_parquet(target).count()} rows in {target}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
