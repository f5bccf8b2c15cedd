"""What the server remembers: its settings, files, models, jobs and images."""

from __future__ import annotations

import random
import string
import tempfile
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from starlette.datastructures import UploadFile

from ._chat_store import ChatStore
from ._chatkit import ChatKitState
from ._clock import Clock
from ._errors import no_such, no_such_model
from ._media import Media
from ._models import Model, find, known_models
from ._responses_store import ResponseStore

if TYPE_CHECKING:
    from ._batches import BatchJob
    from ._containers import Container
    from ._evals import StoredEval
    from ._jobs import FineTune
    from ._skills import Skill
    from ._tuning import TuningJob
    from ._uploads import PendingUpload
    from ._vector_stores import VectorStore

_SPOOL_BYTES = 2**20
_CHUNK_BYTES = 2**18
_MAX_IMAGES = 256
_BATCH_FILE_SECONDS = 30 * 86_400

ORGANIZATION = "org-builtin"


class StoredFile:
    """A file that was uploaded (or made by a job). Large ones live on disk, unnamed."""

    def __init__(
        self, id: str, filename: str, purpose: str, content: IO[bytes], size: int, created: int
    ) -> None:
        self.id = id
        self.filename = filename
        self.purpose = purpose
        self.bytes = size
        self.created_at = created
        self.expires_at: int | None = None
        self._content = content
        self._lock = threading.Lock()
        weakref.finalize(self, content.close)

    def describe(self) -> dict[str, Any]:
        """The API's `file` object."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": self.bytes,
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "filename": self.filename,
            "purpose": self.purpose,
            "status": "processed",
            "status_details": None,
        }

    def expire(self, after: dict[str, Any] | None) -> StoredFile:
        """Have it expire as `expires_after` says; gives the file itself."""
        if after is None and self.purpose == "batch":
            after = {"seconds": _BATCH_FILE_SECONDS}
        self.expires_at = None if after is None else self.created_at + after["seconds"]
        return self

    def read(self, start: int = 0, size: int = -1) -> bytes:
        """A part of the content; safe from several threads and for several readers at once."""
        with self._lock:
            self._content.seek(start)
            return self._content.read(size)

    def chunks(self) -> Iterator[bytes]:
        """The content, in chunks of 256 KiB."""
        for start in range(0, self.bytes, _CHUNK_BYTES):
            yield self.read(start, _CHUNK_BYTES)

    def lines(self) -> Iterator[bytes]:
        """The content, line by line, without line ends."""
        rest = b""
        for chunk in self.chunks():
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
        if rest:
            yield rest


@dataclass
class StoredImage:
    """An image that has a URL: painted when somebody fetches it."""

    prompt: str
    seed: str
    size: str
    """`1024x1024`."""
    model: str
    clear: bool = False
    """Whether its background is transparent."""


@dataclass
class State:
    """Everything that outlives a call."""

    api_key: str | None
    seed: int | None
    job_seconds: float
    token_delay: float
    max_upload_bytes: int
    extra_models: tuple[str, ...] = ()
    clock: Clock = field(default_factory=Clock)
    files: dict[str, StoredFile] = field(default_factory=dict[str, StoredFile])
    jobs: dict[str, FineTune] = field(default_factory=dict[str, "FineTune"])
    images: OrderedDict[str, StoredImage] = field(default_factory=OrderedDict[str, StoredImage])
    media: Media = field(default_factory=Media)
    realtime_calls: dict[str, str] = field(default_factory=dict[str, str])
    """The state of each call: ringing, active or ended."""
    chatkit: ChatKitState = field(default_factory=ChatKitState)
    models: dict[str, Model] = field(init=False)
    responses: ResponseStore = field(init=False)
    upload_seconds: float = 3600.0
    batch_seconds: float = 86_400.0
    uploads: dict[str, PendingUpload] = field(default_factory=dict[str, "PendingUpload"])
    batches: dict[str, BatchJob] = field(default_factory=dict[str, "BatchJob"])
    vector_stores: dict[str, VectorStore] = field(default_factory=dict[str, "VectorStore"])
    containers: dict[str, Container] = field(default_factory=dict[str, "Container"])
    skills: dict[str, Skill] = field(default_factory=dict[str, "Skill"])
    tuning_jobs: dict[str, TuningJob] = field(default_factory=dict[str, "TuningJob"])
    evals: dict[str, StoredEval] = field(default_factory=dict[str, "StoredEval"])
    chats: ChatStore = field(default_factory=ChatStore)

    def __post_init__(self) -> None:
        self.models = {model.id: model for model in known_models(self.extra_models)}
        self.responses = ResponseStore(self.clock)
        self._random = random.Random(self.seed)

    def new_id(self, length: int = 24) -> str:
        """A new id's random part; with a seed, the same sequence of ids each time."""
        return "".join(self._random.choices(string.ascii_letters + string.digits, k=length))

    def rng(self, seed: int | None, *about: object) -> random.Random:
        """The generator for one generation.

        With a seed (the call's, else the server's) the same question has the same answer, whatever
        else was asked before.
        """
        seed = self.seed if seed is None else seed
        if seed is None:
            return random.Random(self._random.random())
        return random.Random(f"{seed}|{about!r}")

    def settle(self) -> None:
        """Let jobs whose time has come leave their model and their files."""
        now = self.clock.now()
        for job in list(self.jobs.values()):
            job.settle(self)
        for tuning_job in list(self.tuning_jobs.values()):
            tuning_job.settle(self, now)
        for stored in list(self.files.values()):
            if stored.expires_at is not None and stored.expires_at <= now:
                del self.files[stored.id]

    def model(self, name: str) -> Model:
        """A model by name, or a 404."""
        self.settle()
        model = find(self.models, name)
        if model is None:
            raise no_such_model(name)
        return model

    def file(self, file_id: str) -> StoredFile:
        """A file by id, or a 404."""
        self.settle()
        stored = self.files.get(file_id)
        if stored is None:
            raise no_such("File", file_id)
        return stored

    def keep(self, upload: UploadFile, purpose: str) -> StoredFile:
        """Take over an uploaded file; its content is not copied."""
        file_id = "file-" + self.new_id()
        name, size = upload.filename or "file", upload.size or 0
        stored = self.files[file_id] = StoredFile(
            file_id, name, purpose, upload.file, size, int(self.clock.now())
        )
        return stored

    def store(self, id: str, filename: str, purpose: str, chunks: Iterable[bytes]) -> StoredFile:
        """Make a file of the server's own."""
        content = tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES)  # noqa: SIM115  # kept
        size = sum(map(content.write, chunks))
        stored = self.files[id] = StoredFile(
            id, filename, purpose, content, size, int(self.clock.now())
        )
        return stored

    def remember_image(self, image: StoredImage) -> str:
        """Give an image an id; the oldest ones are forgotten."""
        image_id = "img-" + self.new_id()
        self.images[image_id] = image
        while len(self.images) > _MAX_IMAGES:
            self.images.popitem(last=False)
        return image_id
