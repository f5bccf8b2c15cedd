"""`/skills`: bundles of instructions and files, in versions."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
from starlette.datastructures import UploadFile

from .._errors import bad_request
from .._http import Answer, Endpoint, Exchange, as_json
from .._pages import PAGES, as_page
from .._params import Flag, Json, Many, Rule, Spec, Text, Upload, is_list, optional, required
from .._skills import Bundle, Skill, SkillVersion, bundle_of, unzip


class Uploads(Rule):
    """One file of a form, or several."""

    kind = "a file"

    def check(self, name: str, value: Any) -> list[UploadFile]:
        return Many(Upload(), 1, 500).check(name, value if is_list(value) else [value])


CREATE: Spec = {"files": required(Uploads())}
CREATE_VERSION: Spec = {**CREATE, "default": optional(Flag(), default=False)}
UPDATE: Spec = {"default_version": required(Text(1))}
LIST: Spec = {name: PAGES[name] for name in ("limit", "order", "after")}


async def _bundle(exchange: Exchange) -> Bundle:
    uploads: list[UploadFile] = exchange.params["files"]
    return await anyio.to_thread.run_sync(_read, uploads)


def _read(uploads: list[UploadFile]) -> Bundle:
    """What was uploaded: an archive alone, or the files themselves."""
    files = {upload.filename or "file": upload.file.read() for upload in uploads}
    if len(files) < len(uploads):
        raise bad_request("Two files have the same path.", "files", "invalid_skill")
    if len(files) == 1 and next(iter(files.values())).startswith(b"PK"):
        files = unzip(next(iter(files.values())))
    return bundle_of(files)


async def create(exchange: Exchange) -> Answer:
    """Keep a skill; this is its version 1."""
    bundle = await _bundle(exchange)
    skill = Skill("skill_" + exchange.state.new_id(), clock=exchange.state.clock)
    skill.add("skillver_" + exchange.state.new_id(), bundle)
    exchange.state.skills[skill.id] = skill
    return as_json(skill.describe())


async def list_skills(exchange: Exchange) -> Answer:
    """The skills, newest first, page by page."""
    return as_page(exchange, [skill.describe() for skill in exchange.state.skills.values()])


def _named(exchange: Exchange) -> Skill:
    return exchange.named(exchange.state.skills, "skill_id", "Skill")


async def retrieve(exchange: Exchange) -> Answer:
    """One skill."""
    return as_json(_named(exchange).describe())


async def update(exchange: Exchange) -> Answer:
    """Set the default version."""
    skill = _named(exchange)
    skill.default = skill.version(exchange.params["default_version"]).number
    return as_json(skill.describe())


async def delete(exchange: Exchange) -> Answer:
    """Forget a skill with all its versions."""
    skill = _named(exchange)
    del exchange.state.skills[skill.id]
    return as_json({"id": skill.id, "object": "skill.deleted", "deleted": True})


async def content(exchange: Exchange) -> Answer:
    """The default version's files in an archive."""
    return _archive(_named(exchange).version(None))


def _archive(version: SkillVersion) -> Answer:
    name = f"{version.bundle.name}-{version.number}.zip"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Answer(version.bundle.to_zip(), 200, "application/zip", headers)


async def create_version(exchange: Exchange) -> Answer:
    """Keep another version, under the next number."""
    skill = _named(exchange)
    version = skill.add("skillver_" + exchange.state.new_id(), await _bundle(exchange))
    if exchange.params["default"]:
        skill.default = version.number
    return as_json(version.describe())


async def list_versions(exchange: Exchange) -> Answer:
    """The versions of a skill, newest first, page by page."""
    return as_page(exchange, [one.describe() for one in _named(exchange).versions.values()])


def _version(exchange: Exchange) -> SkillVersion:
    return _named(exchange).version(exchange.path_params["version"])


async def retrieve_version(exchange: Exchange) -> Answer:
    """One version."""
    return as_json(_version(exchange).describe())


async def delete_version(exchange: Exchange) -> Answer:
    """Forget a version; not the default one, which has to be there."""
    skill, version = _named(exchange), _version(exchange)
    if version.number == skill.default:
        message = (
            "The default version can't be deleted: set another one first, or delete the skill."
        )
        raise bad_request(message, "version")
    del skill.versions[version.number]
    answer: Json = {"id": version.id, "object": "skill.version.deleted", "deleted": True}
    return as_json({**answer, "version": version.number})


async def version_content(exchange: Exchange) -> Answer:
    """A version's files in an archive."""
    return _archive(_version(exchange))


_SKILL = "/skills/{skill_id}"
_VERSION = _SKILL + "/versions/{version}"

ENDPOINTS = (
    Endpoint("POST", "/skills", create, CREATE, "form"),
    Endpoint("GET", "/skills", list_skills, LIST),
    Endpoint("GET", _SKILL, retrieve),
    Endpoint("POST", _SKILL, update, UPDATE, "json"),
    Endpoint("DELETE", _SKILL, delete),
    Endpoint("GET", _SKILL + "/content", content),
    Endpoint("POST", _SKILL + "/versions", create_version, CREATE_VERSION, "form"),
    Endpoint("GET", _SKILL + "/versions", list_versions, LIST),
    Endpoint("GET", _VERSION, retrieve_version),
    Endpoint("DELETE", _VERSION, delete_version),
    Endpoint("GET", _VERSION + "/content", version_content),
)
