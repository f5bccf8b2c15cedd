"""Skills: bundles of files around a `SKILL.md`, in versions that never change."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from ._clock import Timed
from ._errors import bad_request, no_such
from ._params import Json

__all__ = ["Bundle", "Skill", "SkillVersion", "bundle_of", "unzip"]

_MANIFEST = "SKILL.md"
_MAX_BYTES = 50 * 2**20
_MAX_FILES = 500
_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True)
class Bundle:
    """The files of a version by their paths, and what `SKILL.md` says of them."""

    name: str
    description: str
    files: Mapping[str, bytes]

    def to_zip(self) -> bytes:
        """All files in an archive."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, content in self.files.items():
                archive.writestr(path, content)
        return buffer.getvalue()


def bundle_of(files: Mapping[str, bytes]) -> Bundle:
    """A bundle from files by their paths; 400 if no model could use it."""
    manifests = [path for path in files if path.rpartition("/")[2] == _MANIFEST]
    if len(manifests) != 1:
        message = f"A skill must have exactly one {_MANIFEST}, but this has {len(manifests)}."
        raise bad_request(message, "files", "invalid_skill")
    text = files[manifests[0]].decode(errors="replace").replace("\r\n", "\n")
    found = _FRONT_MATTER.match(text)
    pairs = [line.partition(":") for line in (found[1] if found else "").splitlines()]
    said = {key.strip(): value.strip().strip("\"'") for key, _, value in pairs}
    name, description = said.get("name", ""), said.get("description", "")
    if not _NAME.fullmatch(name) or not description:
        message = (
            f"{_MANIFEST} must begin with front matter that has a name (of lower-case letters, "
            "digits and hyphens) and a description."
        )
        raise bad_request(message, "files", "invalid_skill")
    return Bundle(name, description, files)


def unzip(data: bytes) -> dict[str, bytes]:
    """The files of an archive; 400 for what is none, or too large."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            size = sum(member.file_size for member in members)
            if len(members) > _MAX_FILES or size > _MAX_BYTES:
                raise bad_request("The skill is too large.", "files", "invalid_skill")
            return {member.filename: archive.read(member) for member in members}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        message = f"The file is no zip archive that can be read: {error}"
        raise bad_request(message, "files", "invalid_skill") from None


@dataclass
class SkillVersion(Timed):
    """One version."""

    id: str
    skill_id: str
    number: str
    bundle: Bundle

    def describe(self) -> Json:
        """The API's `skill.version` object."""
        return {
            "id": self.id,
            "object": "skill.version",
            "skill_id": self.skill_id,
            "version": self.number,
            "created_at": int(self.created),
            "name": self.bundle.name,
            "description": self.bundle.description,
        }


@dataclass
class Skill(Timed):
    """A skill, and its versions by their numbers, oldest first."""

    id: str
    default: str = "1"
    newest: int = 0
    """The number that was given last; none is given twice."""
    versions: dict[str, SkillVersion] = field(default_factory=dict[str, SkillVersion])

    def add(self, version_id: str, bundle: Bundle) -> SkillVersion:
        """The next version."""
        self.newest += 1
        number = str(self.newest)
        version = self.versions[number] = SkillVersion(
            version_id, self.id, number, bundle, clock=self.clock
        )
        return version

    def version(self, number: str | None) -> SkillVersion:
        """A version by its number, `latest`, or the default; 404 if there is none."""
        wanted = list(self.versions)[-1] if number == "latest" else number or self.default
        found = self.versions.get(wanted)
        if found is None:
            raise no_such("SkillVersion", wanted, "version")
        return found

    def describe(self) -> Json:
        """The API's `skill` object."""
        bundle = self.version(None).bundle
        return {
            "id": self.id,
            "object": "skill",
            "name": bundle.name,
            "description": bundle.description,
            "created_at": int(self.created),
            "default_version": self.default,
            "latest_version": self.version("latest").number,
        }
