"""The OpenAPI documents: where they are, and what they say of an operation."""

from __future__ import annotations

import copy
import functools
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

import pytest
import yaml

from .schemas import Schema, Schemas

ROOT = Path(__file__).parents[2]
CLASSIC = "openapi-2023-06.yaml"

Place = Literal["path", "query", "json", "form"]

FORM = "multipart/form-data"
JSON = "application/json"
EVENTS = "text/event-stream"
VERBS = ("get", "post", "put", "patch", "delete")

STREAMS = {
    "POST /completions": "CreateCompletionResponse",
    "POST /chat/completions": "CreateChatCompletionStreamResponse",
    "GET /fine-tunes/{fine_tune_id}/events": "FineTuneEvent",
    "GET /responses/{response_id}": "ResponseStreamEvent",
}
"""The schemas of the events of what can be streamed, though a document says so in words alone."""

OUT_OF_SCOPE = re.compile(
    r"/(organization|projects)(/|$)"  # the administration of accounts
    r"|/(assistants|threads)(/|$)"  # the Assistants API, which was shut down in August 2026
    r"|.*[?&]beta=true"  # twins of other operations
)
"""The paths of operations that are none of ours."""


def folder() -> Path:
    """Where the documents are."""
    return Path(os.environ.get("OPENAI_SPEC_DIR") or ROOT / ".." / "shared" / "spec").resolve()


def find(name: str) -> Path:
    """A document's path. Skips the test where there is none, but for CI, which must have it."""
    path = folder() / name
    if not path.is_file():
        message = f"there is no {name} in {folder()}; set OPENAI_SPEC_DIR to the folder that has it"
        if os.environ.get("CI"):
            pytest.fail(f"CI must have the OpenAPI documents: {message}")
        pytest.skip(f"not checked against the OpenAPI document: {message}")
    return path


def newest() -> Path:
    """The path of the current document: as OPENAI_SPEC says, or else the last one by its name."""
    if named := os.environ.get("OPENAI_SPEC"):
        return Path(named).resolve()
    return find(max((path.name for path in folder().glob("openapi-*.yaml")), default=CLASSIC))


@functools.cache
def all_documents() -> list[Document]:
    """The current document, and after it the older ones, which know of what was dropped since."""
    current = newest()
    older = sorted((path for path in folder().glob("openapi-*.yaml")), reverse=True)
    return [
        Document(path) for path in [current, *(one for one in older if one.name < current.name)]
    ]


@dataclass(frozen=True)
class Parameter:
    place: Place
    required: bool
    schema: Schema


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    """With the names of its parameters in braces."""
    located: Mapping[str, Parameter]
    """The parameters in the path and the query."""
    bodies: Mapping[str, Schema]
    """What may be sent, by content type."""
    answers: Mapping[str, Schema]
    """What comes with a 2xx, by content type."""
    status: int
    """Of that."""

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def namespace(self) -> str:
        """The first step of the path, which is the name of ours."""
        return self.path.split("/")[1].replace("-", "_")

    @functools.cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.path)))

    def ids(self, path: str) -> dict[str, str] | None:
        """The path parameters in a path that was sent, or None where it is another operation's."""
        found = self._pattern.fullmatch(path)
        return found and {name: unquote(value) for name, value in found.groupdict().items()}


class Document:
    """An OpenAPI document."""

    def __init__(self, path: Path) -> None:
        self.path = path
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.whole: dict[str, Any] = yaml.load(path.read_bytes(), loader)
        self.schemas = Schemas(self.whole)
        self.operations = [
            operation for operation in self._operations() if not OUT_OF_SCOPE.match(operation.path)
        ]

    def resolve(self, schema: Schema) -> Schema:
        """What a `$ref` stands for."""
        return self.schemas.resolve(schema)[0]

    def schema(self, name: str) -> Schema:
        """A schema by its name."""
        schema: Schema = self.whole["components"]["schemas"][name]
        return schema

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation that a request is for."""
        found = [
            operation
            for operation in self.operations
            if operation.method == method and operation.ids(path) is not None
        ]
        return min(found, key=lambda operation: operation.path.count("{"), default=None)

    def events(self, operation: Operation) -> Schema | None:
        """The schema of the events of a streamed answer."""
        if EVENTS in operation.answers:
            return operation.answers[EVENTS]
        name = STREAMS.get(operation.line)
        return self.schema(name) if name else None

    def with_streams(self) -> dict[str, Any]:
        """The whole document, but with event streams as the answers of what can be streamed."""
        whole = copy.deepcopy(self.whole)
        for operation in self.operations:
            if (events := self.events(operation)) is not None:
                said = whole["paths"][operation.path][operation.method.lower()]
                answer = said["responses"][str(operation.status)]
                answer["content"] = {EVENTS: {"schema": events}}
        return whole

    def _operations(self) -> Iterator[Operation]:
        for path, methods in self.whole["paths"].items():
            for verb in methods.keys() & set(VERBS):
                said = methods[verb]
                status, answer = next(
                    (code, answer)
                    for code, answer in said["responses"].items()
                    if str(code).startswith("2")
                )
                body = said.get("requestBody", {})
                yield Operation(
                    verb.upper(),
                    path,
                    dict(
                        self._located([*methods.get("parameters", ()), *said.get("parameters", ())])
                    ),
                    _by_type(self._resolved(body)),
                    _by_type(self._resolved(answer)),
                    int(status),
                )

    def _located(self, parameters: list[Any]) -> Iterator[tuple[str, Parameter]]:
        for given in parameters:
            said = self._resolved(given)
            if said["in"] in ("path", "query"):
                schema = said.get("schema", {})
                yield said["name"], Parameter(said["in"], said.get("required", False), schema)

    def _resolved(self, said: Any) -> Any:
        return self.resolve(said)


def _by_type(said: Mapping[str, Any]) -> dict[str, Schema]:
    return {kind: body.get("schema", {}) for kind, body in said.get("content", {}).items()}
