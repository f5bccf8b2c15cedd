"""What type checkers infer for vector stores, containers and skills. Checked, never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from pathlib import Path

from typing_extensions import assert_type

from openai_async import AsyncClient, BinaryBody, Page
from openai_async.types.containers import Container, ContainerFile
from openai_async.types.skills import Skill, SkillVersion
from openai_async.types.vector_stores import (
    StaticChunkingStrategy,
    VectorStore,
    VectorStoreFile,
    VectorStoreFileBatch,
    VectorStoreSearchResult,
)


async def vector_stores(client: AsyncClient) -> None:
    stores = client.vector_stores
    store = await stores.create(name="n", metadata={"a": "b"})
    assert_type(store, VectorStore)
    await stores.create(
        expires_after=store.expires_after or {"anchor": "last_active_at", "days": 1}
    )
    file = await stores.files.upload_and_poll(
        vector_store_id=store.id, file=Path("a"), attributes={"a": 1, "b": "c", "d": True}
    )
    assert_type(file, VectorStoreFile)
    if file.chunking_strategy and file.chunking_strategy.type == "static":
        assert_type(file.chunking_strategy, StaticChunkingStrategy)
        # What an answer says goes back as it is.
        await stores.files.create(
            store.id, file_id=file.id, chunking_strategy=file.chunking_strategy
        )
    batch = await stores.file_batches.upload_and_poll(
        store.id, files=[Path("a"), b"text", ("name", "text")], notify=print
    )
    assert_type(batch, VectorStoreFileBatch)
    hits = stores.search(
        store.id,
        query=["a", "b"],
        filters={
            "type": "and",
            "filters": [
                {"type": "in", "key": "a", "value": ["b", 1]},
                {"type": "or", "filters": [{"type": "eq", "key": "a", "value": True}]},
            ],
        },
        ranking_options={"ranker": "none", "score_threshold": 0.5},
    )
    assert_type(await hits, Page[VectorStoreSearchResult])
    async for hit in hits:
        assert_type(hit.content[0].text, str)
    await stores.search(store.id)  # type: ignore[call-arg]
    await stores.files.retrieve("f")  # type: ignore[call-arg]


async def containers(client: AsyncClient) -> None:
    container = await client.containers.create(
        name="n",
        skills=[{"type": "skill_reference", "skill_id": "s"}],
        network_policy={"type": "allowlist", "allowed_domains": ["a"]},
    )
    assert_type(container, Container)
    file = await client.containers.files.create(container.id, file=b"a")
    assert_type(file, ContainerFile)
    assert_type(
        await client.containers.files.content.retrieve(file.id, container_id="c"), BinaryBody
    )


async def skills(client: AsyncClient) -> None:
    assert_type(await client.skills.create(files=Path("folder")), Skill)
    version = await client.skills.versions.create("s", files=[("f/SKILL.md", b"")], default=True)
    assert_type(version, SkillVersion)
    assert_type(await client.skills.content.retrieve("s"), BinaryBody)
