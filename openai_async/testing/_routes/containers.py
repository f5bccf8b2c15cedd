"""`/containers`: sandboxes with files in them."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from starlette.datastructures import UploadFile

from .._containers import Container, ContainerFile
from .._errors import ApiError, bad_request, no_such
from .._http import Answer, Endpoint, Exchange, as_json
from .._pages import PAGES, as_page
from .._params import (
    Integer,
    Json,
    Many,
    Rule,
    Spec,
    Table,
    Text,
    Upload,
    check,
    one_of,
    optional,
    required,
)
from .._skills import bundle_of, unzip
from .._state import StoredFile

_SECRET: Spec = {name: required(Text(1)) for name in ("domain", "name", "value")}
_ALLOWLIST: Spec = {
    "allowed_domains": required(Many(Text(1), 1)),
    "domain_secrets": optional(Many(Table(_SECRET), 1)),
}
_REFERENCE: Spec = {"skill_id": required(Text(1, 64)), "version": optional(Text(1))}
_SOURCE: Spec = {
    "type": required(one_of("base64")),
    "media_type": required(one_of("application/zip")),
    "data": required(Text(1, 70_254_592)),
}
_INLINE: Spec = {
    "name": required(Text(1)),
    "description": required(Text(1)),
    "source": required(Table(_SOURCE)),
}


class NetworkPolicy(Rule):
    """`disabled`, or `allowlist` with domains."""

    kind = "an object"

    def check(self, name: str, value: Any) -> Json:
        table = Table({"type": required(one_of("disabled", "allowlist"))}).check(name, value)
        if table["type"] == "allowlist":
            Table(_ALLOWLIST).check(name, table)
        return table


class SkillInput(Rule):
    """A reference to a skill, or a skill itself as a zip file in base64."""

    kind = "an object"

    def check(self, name: str, value: Any) -> Json:
        table = Table({"type": required(one_of("skill_reference", "inline"))}).check(name, value)
        if table["type"] == "skill_reference":
            return Table(_REFERENCE).check(name, table)
        source: Json = Table(_INLINE).check(name, table)["source"]
        try:
            data = base64.b64decode(source["data"], validate=True)
        except binascii.Error:
            raise bad_request(f"Invalid '{name}.source.data': no base64.", name) from None
        bundle_of(unzip(data))
        return table


LIFE = Table({"anchor": required(one_of("last_active_at")), "minutes": required(Integer(1))})
CREATE: Spec = {
    "name": required(Text(1)),
    "file_ids": optional(Many(Text(1)), default=()),
    "expires_after": optional(LIFE, default={"minutes": 20}),
    "skills": optional(Many(SkillInput()), default=()),
    "memory_limit": optional(one_of("1g", "4g", "16g", "64g"), default="1g"),
    "network_policy": optional(NetworkPolicy(), default={"type": "disabled"}),
}
LIST_FILES: Spec = {name: PAGES[name] for name in ("limit", "order", "after")}
LIST: Spec = {**LIST_FILES, "name": optional(Text())}
CREATE_FILE: Spec = {"file": optional(Upload()), "file_id": optional(Text(1))}


async def create(exchange: Exchange) -> Answer:
    """Make a container, with copies of files in it."""
    params, state = exchange.params, exchange.state
    files = [state.file(file_id) for file_id in params["file_ids"]]
    for used in params["skills"]:
        if used["type"] == "skill_reference":
            skill = state.skills.get(used["skill_id"])
            if skill is None:
                raise no_such("Skill", used["skill_id"], "skills")
            skill.version(used.get("version"))
    container = Container(
        "cntr_" + state.new_id(),
        params["name"],
        params["expires_after"]["minutes"],
        params["memory_limit"],
        params["network_policy"],
        clock=state.clock,
    )
    for stored in files:
        _put_in(exchange, container, stored)
    state.containers[container.id] = container
    return as_json(container.describe())


def _put_in(exchange: Exchange, container: Container, stored: StoredFile) -> ContainerFile:
    file = ContainerFile(
        "cfile_" + exchange.state.new_id(), container.id, stored, clock=exchange.state.clock
    )
    container.files[file.id] = file
    return file


async def list_containers(exchange: Exchange) -> Answer:
    """The containers, newest first, page by page."""
    wanted = exchange.params["name"]
    found = [one for one in exchange.state.containers.values() if wanted in (None, one.name)]
    return as_page(exchange, [container.describe() for container in found])


def _named(exchange: Exchange) -> Container:
    return exchange.named(exchange.state.containers, "container_id", "Container")


def _running(exchange: Exchange) -> Container:
    """The container, which is used by this; what was in one that has expired is gone."""
    container = _named(exchange)
    if container.status != "running":
        raise ApiError(404, f"Container {container.id} is expired.", param="container_id")
    container.last_active = container.clock.now()
    return container


async def retrieve(exchange: Exchange) -> Answer:
    """One container."""
    return as_json(_named(exchange).describe())


async def delete(exchange: Exchange) -> Answer:
    """Forget a container; the answer has no body."""
    del exchange.state.containers[_named(exchange).id]
    return Answer()


async def create_file(exchange: Exchange) -> Answer:
    """Put a file in: one that comes in a form, or a copy of one that is there."""
    container = _running(exchange)
    form = exchange.headers.get("content-type", "").startswith("multipart/form-data")
    params = check(CREATE_FILE, exchange.given("form" if form else "json"), form=form)
    upload: UploadFile | None = params["file"]
    if (upload is None) == (params["file_id"] is None):
        raise bad_request("Provide one of 'file' and 'file_id'.", "file")
    if upload is None:
        stored = exchange.state.file(params["file_id"])
    else:
        exchange.taken.append(upload)
        name, size = upload.filename or "file", upload.size or 0
        stored = StoredFile("", name, "container", upload.file, size, exchange.now)
    return as_json(_put_in(exchange, container, stored).describe())


async def list_files(exchange: Exchange) -> Answer:
    """The files of a container, newest first, page by page."""
    return as_page(exchange, [file.describe() for file in _running(exchange).files.values()])


def _file(exchange: Exchange) -> ContainerFile:
    return exchange.named(_running(exchange).files, "file_id", "ContainerFile")


async def retrieve_file(exchange: Exchange) -> Answer:
    """One file of a container."""
    return as_json(_file(exchange).describe())


async def delete_file(exchange: Exchange) -> Answer:
    """Delete a file of a container; the answer has no body."""
    del _named(exchange).files[_file(exchange).id]
    return Answer()


async def content(exchange: Exchange) -> Answer:
    """A file's bytes."""
    stored = _file(exchange).stored
    return Answer(stored.chunks(), 200, "application/octet-stream", {}, stored.bytes)


_CONTAINER = "/containers/{container_id}"
_FILE = _CONTAINER + "/files/{file_id}"

ENDPOINTS = (
    Endpoint("POST", "/containers", create, CREATE, "json"),
    Endpoint("GET", "/containers", list_containers, LIST),
    Endpoint("GET", _CONTAINER, retrieve),
    Endpoint("DELETE", _CONTAINER, delete),
    Endpoint("POST", _CONTAINER + "/files", create_file),
    Endpoint("GET", _CONTAINER + "/files", list_files, LIST_FILES),
    Endpoint("GET", _FILE, retrieve_file),
    Endpoint("DELETE", _FILE, delete_file),
    Endpoint("GET", _FILE + "/content", content),
)
