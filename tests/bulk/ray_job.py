"""Embeds numbered texts on a local Ray: two actors, whose clients share a limit over Redis.

Reads its orders as JSON from its arguments, and prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import numpy as np
import ray

from openai_async import AsyncClient
from openai_async.bulk.ray import EmbedColumn
from openai_async.limits import Gate
from openai_async.limits.redis import RedisStore

orders: dict[str, Any] = json.loads(sys.argv[1])


def client() -> AsyncClient:
    store = RedisStore(orders["redis"], requests_per_second=orders["requests_per_second"])
    return AsyncClient(gate=Gate(store=store))


def embedded(texts: list[str | None], **options: Any) -> list[dict[str, Any]]:
    rows = [{"number": number, "text": text} for number, text in enumerate(texts)]
    dataset = ray.data.from_items(rows, override_num_blocks=8).map_batches(
        EmbedColumn,
        fn_constructor_kwargs={"client": client, "model": "text-embedding-3-small", **options},
        batch_size=40,
        compute=ray.data.ActorPoolStrategy(size=2),
    )
    return sorted(dataset.take_all(), key=lambda row: row["number"])


ray.init(num_cpus=2, include_dashboard=False, object_store_memory=100 << 20, log_to_driver=False)
texts = [f"text number {number}" for number in range(orders["texts"])]
rows = embedded(texts, dimensions=8, batch=5, into="vector")
assert [row["text"] for row in rows] == texts
np.save(orders["target"], np.stack([row["vector"] for row in rows]))

faulty = embedded(["fine", "", None, "also fine"], dimensions=8, errors="error")
try:
    embedded(["fine", ""], dimensions=8)
    refused = ""
except Exception as error:  # Ray's own, around ours
    refused = str(error)
ray.shutdown()
told = [row["error"] for row in faulty]
missing = [bool(np.isnan(row["embedding"]).all()) for row in faulty]
print(json.dumps({"errors": told, "missing": missing, "refused": refused[-2000:]}))
sys.stdout.flush()
os._exit(0)  # what Ray leaves behind for the interpreter's end is no affair of ours
