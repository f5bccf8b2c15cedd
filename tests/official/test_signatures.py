"""The official client's methods are ours, by name, so that code moves over unchanged."""

from __future__ import annotations

import fnmatch
import functools
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.contract.surface import Method, aliases, methods

pytestmark = pytest.mark.openai_sdk

NEWER = "newer than the document"
SOCKET = "over a WebSocket"
OLD = "the Assistants API, which was shut down in August 2026"

NOT_OFFERED: Mapping[str, str] = {
    "admin.*": "the administration of accounts",
    "beta.agents.*": NEWER,
    "beta.assistants.*": OLD,
    "beta.threads.*": OLD,
    "*.connect": SOCKET,
    "decisions.*": NEWER,
    "live.*": NEWER,
    "safety.*": NEWER,
    **dict.fromkeys(
        [
            *(f"webhooks.{name}" for name in ("create", "delete", "list", "retrieve", "update")),
            "webhooks.event_types.list",
            "webhooks.rotate_secret",
            "webhooks.test",
        ],
        NEWER,
    ),
}
"""Methods of the official client that we don't have, and why."""

NOT_TAKEN: Mapping[str, str] = {
    "beta.realtime.*: input_audio_noise_reduction": "the document has it no more",
    "beta.realtime.*: model": "the document has it no more",
    "beta.realtime.*: client_secret": "the document has it no more",
    "beta.realtime.*: modalities": "the document has it no more",
    "beta.responses.*: betas": "a header; beta.responses is responses",
    "beta.responses.*: multi_agent": "of the twin with ?beta=true; beta.responses is responses",
    "*responses.*: access_programs": NEWER,
    "*responses.*: background_options": NEWER,
    "*responses.*: image": NEWER,
    "responses.parse: parse_as": NEWER,
    "responses.parse: stream": "stream() is there for that",
    "responses.parse: verbosity": "of text, where the document has it",
}
"""Parameters of the official client that we don't take, and why."""

OPTIONS = frozenset({"extra_headers", "extra_query", "extra_body", "timeout", "idempotency_key"})


@functools.cache
def official() -> Mapping[str, Any]:
    """The official client's methods, by name."""
    openai = pytest.importorskip("openai", reason="needs the official client: nox -s official")
    return dict(_walk("", openai.AsyncOpenAI(api_key="k")))


def _walk(prefix: str, resource: Any) -> Iterator[tuple[str, Any]]:
    for name in dir(type(resource)):
        member = inspect.getattr_static(type(resource), name)
        if name.startswith(("_", "with_")):
            continue
        if isinstance(member, (functools.cached_property, property)):
            inner = getattr(resource, name)
            if type(inner).__module__.startswith("openai.resources"):
                yield from _walk(f"{prefix}{name}.", inner)
        elif inspect.isfunction(member) and prefix:
            yield f"{prefix}{name}", member


def ours(name: str) -> Method | None:
    """Our method of that name, or of the name that it has elsewhere."""
    found = methods()
    for alias, elsewhere in aliases.items():
        if name.startswith(f"{alias}."):
            name = elsewhere + name.removeprefix(alias)
    return found.get(name)


def excepted(line: str, patterns: Mapping[str, str]) -> set[str]:
    """The exceptions that a line is one of."""
    return {pattern for pattern in patterns if fnmatch.fnmatchcase(line, pattern)}


def test_every_method_is_there() -> None:
    used: set[str] = set()
    missing: list[str] = []
    for name in official():
        if ours(name) is None:
            used |= excepted(name, NOT_OFFERED)
            missing += [] if excepted(name, NOT_OFFERED) else [name]
    assert missing == []
    assert NOT_OFFERED.keys() == used, "exceptions that nothing needs"


def test_every_parameter_is_there() -> None:
    used: set[str] = set()
    missing: list[str] = []
    for name, function in official().items():
        method = ours(name)
        if method is None:
            continue
        for parameter in inspect.signature(function).parameters.keys() - {"self"} - OPTIONS:
            line = f"{name}: {parameter}"
            if parameter not in method.parameters:
                used |= excepted(line, NOT_TAKEN)
                missing += [] if excepted(line, NOT_TAKEN) else [line]
    assert missing == []
    assert NOT_TAKEN.keys() == used, "exceptions that nothing needs"


def test_positional_parameters_have_their_places() -> None:
    for name, function in official().items():
        method = ours(name)
        theirs = [
            parameter.name
            for parameter in inspect.signature(function).parameters.values()
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.name != "self"
        ]
        if method is not None:
            assert [*method.positional][: len(theirs)] == theirs, name
