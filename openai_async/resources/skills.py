"""https://platform.openai.com/docs/api-reference/skills"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from anyio import to_thread
from typing_extensions import Unpack

from .._pagination import Pager
from .._request import RequestOptions, path
from .._resource import Resource
from .._response import BinaryBody
from ..types.skills import (
    DeletedSkill,
    DeletedSkillVersion,
    Skill,
    SkillCreateParams,
    SkillListParams,
    SkillUpdateParams,
    SkillVersion,
    SkillVersionCreateParams,
)

__all__ = ["SkillContent", "SkillVersionContent", "SkillVersions", "Skills"]

FILES = frozenset({"files"})


class Skills(Resource):
    """Bundles of instructions and files for models."""

    @functools.cached_property
    def content(self) -> SkillContent:
        """Skills as zip files."""
        return SkillContent(self._client)

    @functools.cached_property
    def versions(self) -> SkillVersions:
        """The versions of a skill."""
        return SkillVersions(self._client)

    async def create(self, **params: Unpack[SkillCreateParams]) -> Skill:
        """Upload a skill: a folder (without hidden files), a zip file or several files, among
        them `SKILL.md`.

        Raises `ConfigurationError` for a file that can't be read, before anything is sent.
        """
        form = await _unfolded(params)
        return await self._post("/skills", Skill, form=form, takes=SkillCreateParams, files=FILES)

    async def retrieve(self, skill_id: str, **options: Unpack[RequestOptions]) -> Skill:
        """A skill's name, description and versions."""
        return await self._get(_skill(skill_id), Skill, query=options)

    async def update(self, skill_id: str, **params: Unpack[SkillUpdateParams]) -> Skill:
        """Say which version holds where none is named."""
        return await self._post(_skill(skill_id), Skill, json=params, takes=SkillUpdateParams)

    def list(self, **params: Unpack[SkillListParams]) -> Pager[Skill]:
        """Iterate over the project's skills; await for the first page."""
        return self._page("/skills", Skill, query=params, takes=SkillListParams)

    async def delete(self, skill_id: str, **options: Unpack[RequestOptions]) -> DeletedSkill:
        """Delete a skill with all its versions."""
        return await self._delete(_skill(skill_id), DeletedSkill, query=options)


class SkillContent(Resource):
    """Skills as zip files."""

    async def retrieve(self, skill_id: str, **options: Unpack[RequestOptions]) -> BinaryBody:
        """Download the default version; `BinaryBody` reads whole, iterates, or writes to a path."""
        return await self._get(_skill(skill_id, "/content"), BinaryBody, query=options)


class SkillVersions(Resource):
    """The versions of a skill."""

    @functools.cached_property
    def content(self) -> SkillVersionContent:
        """Versions as zip files."""
        return SkillVersionContent(self._client)

    async def create(
        self, skill_id: str, **params: Unpack[SkillVersionCreateParams]
    ) -> SkillVersion:
        """Upload another version, which gets the next number.

        Raises `ConfigurationError` for a file that can't be read, before anything is sent.
        """
        url = _skill(skill_id, "/versions")
        return await self._post(
            url,
            SkillVersion,
            form=await _unfolded(params),
            takes=SkillVersionCreateParams,
            files=FILES,
        )

    async def retrieve(
        self, version: str, *, skill_id: str, **options: Unpack[RequestOptions]
    ) -> SkillVersion:
        """A version's name and description."""
        url = _skill(skill_id, "/versions/{version}", version=version)
        return await self._get(url, SkillVersion, query=options)

    def list(self, skill_id: str, **params: Unpack[SkillListParams]) -> Pager[SkillVersion]:
        """Iterate over a skill's versions; await for the first page."""
        url = _skill(skill_id, "/versions")
        return self._page(url, SkillVersion, query=params, takes=SkillListParams)

    async def delete(
        self, version: str, *, skill_id: str, **options: Unpack[RequestOptions]
    ) -> DeletedSkillVersion:
        """Delete a version."""
        url = _skill(skill_id, "/versions/{version}", version=version)
        return await self._delete(url, DeletedSkillVersion, query=options)


class SkillVersionContent(Resource):
    """Versions as zip files."""

    async def retrieve(
        self, version: str, *, skill_id: str, **options: Unpack[RequestOptions]
    ) -> BinaryBody:
        """Download; `BinaryBody` reads whole, iterates, or writes to a path."""
        url = _skill(skill_id, "/versions/{version}/content", version=version)
        return await self._get(url, BinaryBody, query=options)


async def _unfolded(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters with the files of a folder instead of its path."""
    given = params.get("files")
    if not isinstance(given, os.PathLike):
        return params
    files = await to_thread.run_sync(_files_in, Path(cast("os.PathLike[str]", given)))
    return {**params, "files": files} if files is not None else params


def _files_in(folder: Path) -> list[tuple[str, Path]] | None:
    """The files below a folder, each with its path from the folder's name on; None if it is none."""
    if not folder.is_dir():
        return None
    folder = folder.resolve()
    found = sorted(file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    # What is hidden (`.git`, `.env`) is not meant to be shown to a model.
    shown = [file for file in found if not any(part.startswith(".") for part in file.parts)]
    return [((folder.name / file).as_posix(), folder / file) for file in shown]


def _skill(skill_id: str, below: str = "", **ids: str) -> str:
    return path("/skills/{skill_id}" + below, skill_id=skill_id, **ids)
