"""Writes docs/api.md, every method with its endpoint and types: `python -m tests.contract.api_page`."""

from __future__ import annotations

import functools
import inspect
import itertools
import re
from typing import Any

import anyio
from typing_extensions import get_overloads

from .check import least_of
from .documents import ROOT
from .helpers import is_helper
from .known import gathered
from .surface import Method, aliases, methods
from .wire import Recorder

MOST = 5
"""Parameters that are named one by one."""
PAGE = ROOT / "docs" / "api.md"
HEAD = """\
# Every method

What `AsyncClient` can do, by namespace: a method, the endpoint that it calls, what it takes and what
it gives. Parameters and models are in `openai_async.types`, where they are described one by one.
Every call takes the options of `RequestOptions` as well (`extra_headers`, `extra_query`, `extra_body`,
`timeout`, `deadline`, `max_retries`, ...). A `Pager` is awaited for the first page, or iterated over
for every item. Methods without an endpoint are made of calls of others, or make none.

This page is written by `nox -s docs`.
"""


def page() -> str:
    """The page's text."""
    endpoints = {**_undocumented(), **anyio.run(_endpoints)}
    parts = [HEAD]
    ordered = sorted(methods().values(), key=lambda one: _parent(one.name))
    for namespace, group in itertools.groupby(ordered, lambda one: _parent(one.name)):
        parts.append(
            f"\n## {namespace}\n\n| method | endpoint | takes | gives |\n| - | - | - | - |\n"
        )
        parts += [_row(method, endpoints.get(method.name, "")) for method in group]
    parts += [f"\n`{alias}` is `{name}`.\n" for alias, name in sorted(aliases.items())]
    return "".join(parts)


def _undocumented() -> dict[str, str]:
    """Endpoints that the document forgets, and the reasons of exceptions name."""
    told = {name: re.search(r"[A-Z]+ /\S+", why) for name, why in gathered("HELPERS").items()}
    return {name: found[0] for name, found in told.items() if found is not None}


def _parent(name: str) -> str:
    return name.rpartition(".")[0]


def _row(method: Method, endpoint: str) -> str:
    cells = (
        f"`{method.name.rpartition('.')[2]}`",
        f"`{endpoint}`" if endpoint else "",
        ", ".join(f"`{one}`" for one in _taken(method)),
        " or ".join(f"`{one}`" for one in _given(method)),
    )
    return f"| {' | '.join(cells)} |\n"


def _taken(method: Method) -> list[str]:
    """The parameters that stand by themselves, and the TypedDict of the others."""
    alone = list(inspect.signature(method.function).parameters.values())[1:]
    named = [one for one in alone if one.kind is not one.VAR_KEYWORD]
    names = [one.name for one in named]
    if len(names) > MOST:
        names = [*(one.name for one in named if one.default is one.empty), "..."]
    rest = [one.name for one in alone if one.kind is one.VAR_KEYWORD]
    kinds = [str(form.__annotations__.get(name)) for form in _forms(method) for name in rest]
    unpacked = dict.fromkeys(re.sub(r"Unpack\[(.*)\]", r"**\1", kind) for kind in kinds)
    return [*names, *(kind for kind in unpacked if kind not in ("**RequestOptions", "None"))]


def _given(method: Method) -> list[str]:
    found = [_union(str(one.__annotations__.get("return"))) for one in _forms(method)]
    return [*dict.fromkeys(itertools.chain.from_iterable(found))]


def _forms(method: Method) -> list[Any]:
    """The function's overloads, or itself."""
    return [*get_overloads(method.function)] or [method.function]


def _union(annotation: str) -> list[str]:
    """The members of a union, written down."""
    parts = [""]
    for character in annotation.replace(" ", ""):
        depth = parts[-1].count("[") - parts[-1].count("]")
        if character == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.replace(",", ", ").replace("|", " or ") for part in parts]


async def _endpoints() -> dict[str, str]:
    """The endpoint of each method that has one: as it is called, with the names of its ids."""
    recorder = Recorder()
    found: dict[str, str] = {}
    for method in methods().values():
        if is_helper(method.name):
            continue
        given = least_of(method)
        sent = await recorder.record(method, given)
        if sent is not None:
            path = functools.reduce(_named, given, sent.path)
            found[method.name] = f"{sent.verb} {path}"
    await recorder.client.close()
    return found


def _named(path: str, name: str) -> str:
    """A path with an id in braces: what was sent for it is its name."""
    return re.sub(rf"(?<=/){name}(?=/|$)", f"{{{name}}}", path)


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())
