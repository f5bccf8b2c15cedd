"""What the server remembers of voices and videos, and of all that it has made."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field

from ._audio import listen_to
from ._clock import Timed
from ._params import Json
from ._png import SIGNATURE, pixels_of
from ._speech import read_tag, sound_of

_MAX_ORIGINS = 1024
_STARTED = 0.1  # of a video's time it waits
_FAILED = 0.5  # where one fails that fails
_KEPT_SECONDS = 3600


@dataclass
class VideoJob(Timed):
    """A video that is being made off the clock."""

    id: str
    model: str
    prompt: str
    size: str
    seconds: int
    takes: float
    """Seconds that it takes to be made."""
    problem: str | None
    """Why it is going to fail; None if it is not."""
    remixed_from: str | None = None

    @property
    def share(self) -> float:
        """How much of its time has passed."""
        return min(1.0, self.share_of(self.takes))

    @property
    def status(self) -> str:
        """`queued`, `in_progress`, and in the end `completed` or `failed`."""
        share = self.share
        if share < _STARTED:
            return "queued"
        if self.problem is not None and share >= _FAILED:
            return "failed"
        return "in_progress" if share < 1 else "completed"

    def describe(self) -> Json:
        """The API's `video` object."""
        status = self.status
        done = int(self.created + self.takes) if status == "completed" else None
        problem = {"code": "moderation_blocked", "message": self.problem}
        return {
            "id": self.id,
            "object": "video",
            "model": self.model,
            "status": status,
            "progress": {"queued": 0, "failed": int(_FAILED * 100)}.get(
                status, int(self.share * 100)
            ),
            "created_at": int(self.created),
            "completed_at": done,
            "expires_at": done and done + _KEPT_SECONDS,
            "prompt": self.prompt,
            "size": self.size,
            "seconds": str(self.seconds),
            "remixed_from_video_id": self.remixed_from,
            "error": problem if status == "failed" else None,
        }


@dataclass(frozen=True)
class Origin:
    """Who made a picture or a sound."""

    model: str
    made: float
    """Seconds since the epoch."""
    whole: bytes
    """The digest of the file as it was given away."""


@dataclass
class Media:
    """Voices, consents, characters (as they are described) and videos by id, and origins."""

    voices: dict[str, Json] = field(default_factory=dict[str, Json])
    consents: dict[str, Json] = field(default_factory=dict[str, Json])
    characters: dict[str, Json] = field(default_factory=dict[str, Json])
    videos: dict[str, VideoJob] = field(default_factory=dict[str, VideoJob])
    _origins: OrderedDict[bytes, Origin] = field(default_factory=OrderedDict[bytes, Origin])

    def remember(self, data: bytes, model: str, now: float) -> bytes:
        """Note who made a file, and give it back; the oldest are forgotten."""
        self._origins[_essence(data)] = Origin(model, now, _digest(data))
        while len(self._origins) > _MAX_ORIGINS:
            self._origins.popitem(last=False)
        return data

    def origin(self, data: bytes) -> tuple[Origin | None, bool]:
        """Who made a file, also where its metadata were changed, and whether it is as it was."""
        origin = self._origins.get(_essence(data))
        return origin, origin is not None and origin.whole == _digest(data)


def heard(data: bytes) -> str | None:
    """What this server has said in a recording; None for those of others."""
    return read_tag(data) or listen_to(data)


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _essence(data: bytes) -> bytes:
    """The digest of what is seen or heard, without metadata: what a watermark is in.

    Silence is all alike, so a silent recording is known by what it says.
    """
    if data.startswith(SIGNATURE):
        try:
            return _digest(pixels_of(data))
        except ValueError:
            return _digest(data)
    said = heard(data)
    return _digest(sound_of(data) if said is None else b"said " + said.encode())
