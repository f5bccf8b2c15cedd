"""The newest official client uses the built-in server's vector stores, containers and skills."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.openai_sdk, pytest.mark.anyio]


async def test_vector_stores(client: Any) -> None:
    store = await client.vector_stores.create(name="things")
    of = {"vector_store_id": store.id}
    batch = await client.vector_stores.file_batches.upload_and_poll(
        store.id, files=[("whales.txt", b"Whales live in the sea."), ("bread.txt", b"Bake bread.")]
    )
    assert (batch.status, batch.file_counts.completed) == ("completed", 2)
    file = await client.vector_stores.files.upload_and_poll(
        **of, file=("trains.txt", b"Trains run on rails."), attributes={"fast": True}
    )
    assert (file.status, file.attributes) == ("completed", {"fast": True})
    listed = [one async for one in client.vector_stores.files.list(store.id, limit=2)]
    assert len(listed) == 3
    found = await client.vector_stores.search(store.id, query="Who lives in the sea?")
    assert found.data[0].filename == "whales.txt"
    found = await client.vector_stores.search(
        store.id, query="sea", filters={"type": "eq", "key": "fast", "value": True}
    )
    assert [hit.filename for hit in found.data] == ["trains.txt"]
    content = [one.text async for one in client.vector_stores.files.content(file.id, **of)]
    assert content == ["Trains run on rails."]
    changed = await client.vector_stores.files.update(file.id, **of, attributes={"fast": False})
    assert changed.attributes == {"fast": False}
    assert (await client.vector_stores.update(store.id, name="more")).name == "more"
    assert (await client.vector_stores.files.delete(file.id, **of)).deleted
    assert (await client.vector_stores.delete(store.id)).deleted


async def test_containers(client: Any) -> None:
    container = await client.containers.create(name="mine")
    file = await client.containers.files.create(container.id, file=("a.txt", b"some data"))
    assert file.path == "/mnt/data/a.txt"
    body = await client.containers.files.content.retrieve(file.id, container_id=container.id)
    assert body.content == b"some data"
    assert [one.id async for one in client.containers.files.list(container.id)] == [file.id]
    await client.containers.files.delete(file.id, container_id=container.id)
    await client.containers.delete(container.id)
    assert [one async for one in client.containers.list()] == []


async def test_skills(client: Any) -> None:
    manifest = b"---\nname: adder\ndescription: Adds numbers.\n---\nAdd them.\n"
    skill = await client.skills.create(files=[("adder/SKILL.md", manifest), ("adder/a", b"a")])
    assert skill.name == "adder"
    version = await client.skills.versions.create(
        skill.id, files=[("adder/SKILL.md", manifest)], default=True
    )
    assert [one.version async for one in client.skills.versions.list(skill.id)] == ["2", "1"]
    body = await client.skills.versions.content.retrieve("1", skill_id=skill.id)
    assert body.content.startswith(b"PK")
    assert (await client.skills.update(skill.id, default_version="1")).default_version == "1"
    assert (await client.skills.versions.delete(version.version, skill_id=skill.id)).deleted
    assert (await client.skills.delete(skill.id)).deleted
