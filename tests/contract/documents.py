"""The OpenAPI documents: where they are, and what they say of an operation."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CLASSIC = "openapi-2023-06.yaml"

Place = Literal["path", "query", "json", "form"]
Schema = Mapping[str, Any]


def find(name: str) -> Path:
    """A document's path. Skips the test where there is none, but for CI, which must have it."""
    folder = Path(os.environ.get("OPENAI_SPEC_DIR") or ROOT / ".." / "shared" / "spec").resolve()
    path = folder / name
    if not path.is_file():
        message = f"there is no {name} in {folder}; set OPENAI_SPEC_DIR to the folder that has it"
        if os.environ.get("CI"):
            pytest.fail(f"CI must have the OpenAPI documents: {message}")
        pytest.skip(f"not checked against the OpenAPI document: {message}")
    return path


@dataclass(frozen=True)
class Parameter:
    place: Place
    required: bool


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    """With the names of its parameters in braces."""
    parameters: Mapping[str, Parameter]
    answer: Schema
    """The schema of the 200 response."""

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"

    def ids(self, path: str) -> dict[str, str] | None:
        """The path parameters in a path that was sent, or None where it is another operation's."""
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.path))
        found = re.fullmatch(pattern, path)
        return found and {name: unquote(value) for name, value in found.groupdict().items()}


class Document:
    """An OpenAPI document."""

    def __init__(self, path: Path) -> None:
        self.path = path
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self._whole: dict[str, Any] = yaml.load(path.read_bytes(), loader)
        self.operations = list(self._operations())

    def resolve(self, schema: Schema) -> Schema:
        """What a `$ref` stands for."""
        while "$ref" in schema:
            found: Any = self._whole
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            schema = found
        return schema

    def schema(self, name: str) -> Schema:
        """A schema by its name."""
        return self.resolve({"$ref": f"#/components/schemas/{name}"})

    def operation(self, method: str, path: str) -> Operation:
        """The operation that a request is for."""
        [found] = [
            operation
            for operation in self.operations
            if operation.method == method and operation.ids(path) is not None
        ]
        return found

    def with_streams(self, streams: Mapping[str, str]) -> dict[str, Any]:
        """The whole document, but with event streams as the answers of some operations."""
        whole = copy.deepcopy(self._whole)
        for line, schema in streams.items():
            method, _, path = line.partition(" ")
            answer = whole["paths"][path][method.lower()]["responses"]["200"]
            reference = {"$ref": f"#/components/schemas/{schema}"}
            answer["content"] = {"text/event-stream": {"schema": reference}}
        return whole

    def _operations(self) -> Iterator[Operation]:
        for path, methods in self._whole["paths"].items():
            for method, said in methods.items():
                content = said["responses"]["200"]["content"]
                yield Operation(
                    method.upper(),
                    path,
                    dict(self._parameters(said)),
                    self.resolve(content["application/json"]["schema"]),
                )

    def _parameters(self, said: Mapping[str, Any]) -> Iterator[tuple[str, Parameter]]:
        for parameter in said.get("parameters", ()):
            yield parameter["name"], Parameter(parameter["in"], parameter.get("required", False))
        bodies: Mapping[str, Any] = said.get("requestBody", {}).get("content", {})
        for kind, body in bodies.items():
            schema = self.resolve(body["schema"])
            place: Place = "form" if kind == "multipart/form-data" else "json"
            for name in schema["properties"]:
                yield name, Parameter(place, name in schema.get("required", ()))
