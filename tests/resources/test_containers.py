from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from openai_async import AsyncClient, BadRequestError, ConfigurationError, NotFoundError
from openai_async.testing import Server

pytestmark = pytest.mark.anyio

SKILL = b"---\nname: adder\ndescription: Adds numbers.\n---\nAdd them.\n"


@pytest.fixture
def server() -> Server:
    return Server(seed=3)


@pytest.fixture
async def client(server: Server) -> AsyncIterator[AsyncClient]:
    async with server.client(strict_responses=True, max_retries=0) as client:
        yield client


async def test_the_life_of_a_container(client: AsyncClient, server: Server) -> None:
    given = await client.files.create(file=("a.csv", b"1,2"), purpose="user_data")
    container = await client.containers.create(
        name="mine",
        file_ids=[given.id],
        expires_after={"anchor": "last_active_at", "minutes": 5},
        memory_limit="4g",
        network_policy={
            "type": "allowlist",
            "allowed_domains": ["example.com"],
            "domain_secrets": [{"domain": "example.com", "name": "KEY", "value": "hush"}],
        },
    )
    assert (container.name, container.status, container.memory_limit) == ("mine", "running", "4g")
    assert container.expires_after is not None
    assert container.expires_after.minutes == 5
    assert container.network_policy is not None
    assert container.network_policy.allowed_domains == ["example.com"]
    assert "hush" not in container.to_json()
    assert server.calls[-1].json["network_policy"]["domain_secrets"][0]["value"] == "hush"
    assert await client.containers.retrieve(container.id) == container
    files = [file async for file in client.containers.files.list(container.id)]
    assert [(file.path, file.bytes) for file in files] == [("/mnt/data/a.csv", 3)]

    assert await client.containers.delete(container.id) is None
    with pytest.raises(NotFoundError, match=container.id):
        await client.containers.retrieve(container.id)


async def test_containers_are_listed_by_name_and_page(client: AsyncClient, server: Server) -> None:
    ids = [(await client.containers.create(name="ab"[n % 2])).id for n in range(5)]
    assert [one.id async for one in client.containers.list(limit=2)] == ids[::-1]
    found = client.containers.list(name="b", order="asc")
    assert [one.id async for one in found] == ids[1::2]
    assert server.calls[-1].query == {"name": "b", "order": "asc"}


async def test_a_file_is_uploaded_into_a_container(
    client: AsyncClient, server: Server, tmp_path: Path
) -> None:
    container = await client.containers.create(name="mine")
    source = tmp_path / "data.txt"
    source.write_bytes(b"some data")
    file = await client.containers.files.create(container.id, file=source)
    assert server.calls[-1].form == {
        "file": {"filename": "data.txt", "content_type": "text/plain", "size": 9}
    }
    assert (file.path, file.bytes, file.source) == ("/mnt/data/data.txt", 9, "user")
    files = client.containers.files
    assert await files.retrieve(file.id, container_id=container.id) == file
    body = await files.content.retrieve(file.id, container_id=container.id)
    assert await body.read() == b"some data"
    assert await files.delete(file.id, container_id=container.id) is None
    with pytest.raises(NotFoundError):
        await files.content.retrieve(file.id, container_id=container.id)


async def test_a_file_is_copied_into_a_container(client: AsyncClient, server: Server) -> None:
    container = await client.containers.create(name="mine")
    stored = await client.files.create(file=("a.csv", b"1,2"), purpose="user_data")
    file = await client.containers.files.create(container.id, file_id=stored.id)
    assert server.calls[-1].json == {"file_id": stored.id}
    await client.files.delete(stored.id)
    body = await client.containers.files.content.retrieve(file.id, container_id=container.id)
    assert await body.read() == b"1,2"  # a copy


async def test_what_can_be_put_into_a_container(client: AsyncClient, tmp_path: Path) -> None:
    container = await client.containers.create(name="mine")
    with pytest.raises(BadRequestError, match="one of 'file' and 'file_id'"):
        await client.containers.files.create(container.id)
    with pytest.raises(NotFoundError, match="file-nowhere"):
        await client.containers.files.create(container.id, file_id="file-nowhere")
    with pytest.raises(ConfigurationError):
        await client.containers.files.create(container.id, file=tmp_path / "missing")
    with pytest.raises(ConfigurationError, match="container_id"):
        await client.containers.files.retrieve("f", container_id="")


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


async def test_containers_take_skills(client: AsyncClient) -> None:
    skill = await client.skills.create(files=[("adder/SKILL.md", SKILL)])
    inline = base64.b64encode(zipped(**{"adder/SKILL.md": SKILL})).decode()
    source: Any = {"type": "base64", "media_type": "application/zip", "data": inline}
    container = await client.containers.create(
        name="able",
        skills=[
            {"type": "skill_reference", "skill_id": skill.id, "version": "latest"},
            {"type": "inline", "name": "adder", "description": "Adds.", "source": source},
        ],
    )
    assert container.status == "running"
    with pytest.raises(NotFoundError, match="skill_nowhere"):
        await client.containers.create(
            name="able", skills=[{"type": "skill_reference", "skill_id": "skill_nowhere"}]
        )
    broken: Any = {**source, "data": base64.b64encode(b"no zip").decode()}
    with pytest.raises(BadRequestError, match="no zip archive"):
        await client.containers.create(
            name="able",
            skills=[{"type": "inline", "name": "a", "description": "b", "source": broken}],
        )
