"""Methods that are for no operation of their own, and what can be said of them all the same."""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Iterator, Mapping

from .annotations import evaluate, shape_of
from .comparison import Comparison
from .documents import Document
from .known import gathered
from .roundtrip import losses
from .shapes import union
from .surface import Method

HELPERS: Mapping[str, str] = {
    "*.stream": "makes a call of create with stream=True, and accumulates",
    "*.parse": "makes a call of create, and reads the answer",
    "*.poll": "made of calls of retrieve",
    "*_and_poll": "made of other calls",
    "*.follow": "made of calls of list_events and retrieve",
    "*.wait_for_processing": "made of calls of retrieve",
    "*.create_many": "made of calls of create",
    "uploads.upload_file_chunked": "made of calls of create, parts.create and complete",
    "vector_stores.files.upload": "made of calls of files.create and create",
    "webhooks.*": "reads what a server sends, and sends nothing",
}
"""Methods, and why they have no operation."""

TAKEN_FROM = {"stream": "create", "parse": "create", "create_and_poll": "create"}
"""Whose parameters a method has, beside its own."""


def is_helper(method: str) -> bool:
    """Whether a method is for no operation of its own."""
    patterns = [*HELPERS, *gathered("HELPERS")]
    return any(fnmatch.fnmatchcase(method, pattern) for pattern in patterns)


def missing_parameters(method: Method, methods: Mapping[str, Method]) -> Iterator[str]:
    """What a method doesn't take, though that which it is made of does."""
    prefix, _, name = method.name.rpartition(".")
    source = methods.get(f"{prefix}.{TAKEN_FROM.get(name)}")
    # 3.10 can't look up the overloads, which may be all that says what is taken.
    if source is not None and sys.version_info >= (3, 11):
        for parameter in source.parameters:
            if parameter not in method.parameters and parameter != "stream":
                yield f"{method.name}: parameter '{parameter}' of {source.name} is missing"


def webhooks(unwrap: Method, document: Document, told: Comparison) -> None:
    """Compare the events of `webhooks.unwrap` with those that the document says are sent."""
    events = [
        body["schema"]
        for said in document.whole.get("webhooks", {}).values()
        for body in said["post"]["requestBody"]["content"].values()
    ]
    if not events:
        return
    documented = union(document.schemas.shape(event) for event in events)
    annotation = evaluate(unwrap.function.__annotations__["return"], unwrap.function.__module__)
    where = f"{unwrap.name} ->"
    told.compare(where, shape_of(annotation), documented, optional=False)
    for loss in losses([annotation], documented):
        told.say(where, loss)
