from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openai_async import AsyncClient, BadRequestError, ConfigurationError, NotFoundError
from openai_async.testing import Server

pytestmark = pytest.mark.anyio


def manifest(name: str = "adder", description: str = "Adds numbers.") -> bytes:
    return f"---\nname: {name}\ndescription: {description}\n---\nDo it.\n".encode()


@pytest.fixture
def server() -> Server:
    return Server(seed=3)


@pytest.fixture
async def client(server: Server) -> AsyncIterator[AsyncClient]:
    async with server.client(strict_responses=True, max_retries=0) as client:
        yield client


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_the_life_of_a_skill(client: AsyncClient, server: Server) -> None:
    skill = await client.skills.create(
        files=[("adder/SKILL.md", manifest()), ("adder/scripts/add.py", b"print(1 + 1)\n")]
    )
    form = server.calls[-1].form
    assert form is not None
    assert [file["filename"] for file in form["files"]] == [
        "adder/SKILL.md",
        "adder/scripts/add.py",
    ]
    assert (skill.name, skill.description) == ("adder", "Adds numbers.")
    assert (skill.default_version, skill.latest_version) == ("1", "1")
    assert await client.skills.retrieve(skill.id) == skill
    body = await client.skills.content.retrieve(skill.id)
    assert unzipped(await body.read()) == {
        "adder/SKILL.md": manifest(),
        "adder/scripts/add.py": b"print(1 + 1)\n",
    }
    gone = await client.skills.delete(skill.id)
    assert (gone.id, gone.deleted) == (skill.id, True)
    with pytest.raises(NotFoundError, match=skill.id):
        await client.skills.retrieve(skill.id)


async def test_a_skill_comes_as_a_zip_file(
    client: AsyncClient, server: Server, tmp_path: Path
) -> None:
    source = tmp_path / "adder.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("adder/SKILL.md", manifest())
    skill = await client.skills.create(files=source)
    form = server.calls[-1].form
    assert form is not None
    assert form["files"]["filename"] == "adder.zip"  # one file, under the plain name
    assert skill.name == "adder"
    body = await client.skills.content.retrieve(skill.id)
    assert unzipped(await body.read()) == {"adder/SKILL.md": manifest()}


async def test_a_skill_comes_as_a_folder(client: AsyncClient, tmp_path: Path) -> None:
    folder = tmp_path / "adder"
    (folder / "scripts").mkdir(parents=True)
    (folder / "SKILL.md").write_bytes(manifest())
    (folder / "scripts" / "add.py").write_bytes(b"print(1 + 1)")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_bytes(b"hidden")
    (folder / ".env").write_bytes(b"KEY=hidden")
    skill = await client.skills.create(files=folder)
    await client.skills.versions.create(skill.id, files=folder, default=True)
    for version in ("1", "2"):
        body = await client.skills.versions.content.retrieve(version, skill_id=skill.id)
        assert unzipped(await body.read()) == {
            "adder/SKILL.md": manifest(),
            "adder/scripts/add.py": b"print(1 + 1)",
        }
    with pytest.raises(ConfigurationError, match="missing"):
        await client.skills.create(files=tmp_path / "missing")


async def test_the_versions_of_a_skill(client: AsyncClient, server: Server) -> None:
    skill = await client.skills.create(files=[("SKILL.md", manifest())])
    versions = client.skills.versions
    second = await versions.create(skill.id, files=[("SKILL.md", manifest("adder", "Adds more."))])
    third = await versions.create(
        skill.id, files=[("SKILL.md", manifest("adder", "Adds all."))], default=True
    )
    form = server.calls[-1].form
    assert form is not None
    assert form["default"] == "true"
    assert (second.version, third.version, third.skill_id) == ("2", "3", skill.id)
    assert [one.version async for one in versions.list(skill.id, limit=2)] == ["3", "2", "1"]
    assert [one.version async for one in versions.list(skill.id, order="asc", limit=2)] == [
        "1",
        "2",
        "3",
    ]
    assert await versions.retrieve("2", skill_id=skill.id) == second
    assert (await client.skills.retrieve(skill.id)).description == "Adds all."

    changed = await client.skills.update(skill.id, default_version="1")
    assert server.calls[-1].json == {"default_version": "1"}
    assert (changed.default_version, changed.latest_version) == ("1", "3")
    body = await versions.content.retrieve("2", skill_id=skill.id)
    assert unzipped(await body.read())["SKILL.md"] == manifest("adder", "Adds more.")

    with pytest.raises(BadRequestError, match="default version"):
        await versions.delete("1", skill_id=skill.id)
    gone = await versions.delete("3", skill_id=skill.id)
    assert (gone.id, gone.version, gone.deleted) == (third.id, "3", True)
    assert (await client.skills.retrieve(skill.id)).latest_version == "2"
    with pytest.raises(NotFoundError):
        await versions.retrieve("3", skill_id=skill.id)
    fourth = await versions.create(skill.id, files=[("SKILL.md", manifest())])
    assert fourth.version == "4"  # no number is given twice


async def test_skills_are_listed_page_by_page(client: AsyncClient) -> None:
    ids = [(await client.skills.create(files=[("SKILL.md", manifest())])).id for _ in range(5)]
    assert [skill.id async for skill in client.skills.list(limit=2)] == ids[::-1]
    assert [skill.id async for skill in client.skills.list(order="asc", after=ids[2])] == ids[3:]


@pytest.mark.parametrize(
    ("files", "match"),
    [
        ([("README.md", b"hello")], "exactly one SKILL.md"),
        ([("SKILL.md", b"no front matter")], "front matter"),
        ([("SKILL.md", manifest(name="Not A Name"))], "front matter"),
        ([("a/SKILL.md", manifest()), ("b/SKILL.md", manifest())], "exactly one SKILL.md"),
        ([("SKILL.md", manifest()), ("a", b"1"), ("a", b"2")], "same path"),
        (("a.zip", b"PK but no archive"), "no zip archive"),
    ],
)
async def test_what_is_no_skill_is_refused(client: AsyncClient, files: object, match: str) -> None:
    with pytest.raises(BadRequestError, match=match):
        await client.skills.create(files=files)  # type: ignore[arg-type]
    assert (await client.skills.list()).data == []
