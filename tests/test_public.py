"""The public surface: what is there, what it costs to import, and that nothing else leaks out."""

from __future__ import annotations

import ast
import importlib
import inspect
import pathlib
import pkgutil
import subprocess
import sys

import pytest

import openai_async
from openai_async import errors

ROOT = pathlib.Path(openai_async.__file__).parent


def run(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_public_names_are_sorted_and_there() -> None:
    # Constants, then classes, then functions; within each as a dictionary has them.
    assert sorted(openai_async.__all__, key=_order) == openai_async.__all__
    assert len(set(openai_async.__all__)) == len(openai_async.__all__)
    for name in openai_async.__all__:
        assert getattr(openai_async, name) is not None


def _order(name: str) -> tuple[int, str]:
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def test_dir_shows_what_is_loaded_later() -> None:
    code = "import openai_async; print(*sorted(set(openai_async.__all__) - set(dir(openai_async))))"
    assert run(code).split() == []


def test_all_is_what_the_module_offers() -> None:
    offered = {
        name
        for name, value in vars(openai_async).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert offered <= set(openai_async.__all__)


def test_every_error_is_public() -> None:
    raised = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    assert raised <= set(openai_async.__all__)


@pytest.mark.parametrize("name", sorted(set(openai_async.__all__) - {"NOT_GIVEN", "__version__"}))
def test_every_public_thing_has_a_docstring(name: str) -> None:
    value = getattr(openai_async, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert inspect.getdoc(value)
        assert value.__module__.startswith("openai_async")


def test_there_is_a_namespace_for_each_module_of_resources() -> None:
    modules = {
        module.name
        for module in pkgutil.iter_modules([str(ROOT / "resources")])
        if not module.name.startswith("_")
    }
    client = openai_async.AsyncClient(api_key="k")
    for name in modules:
        namespace = getattr(client, name)
        assert type(namespace).__module__ == f"openai_async.resources.{name}"


@pytest.mark.parametrize("package", ["resources", "types"])
def test_what_modules_list_is_there(package: str) -> None:
    for module in pkgutil.iter_modules([str(ROOT / package)]):
        loaded = importlib.import_module(f"openai_async.{package}.{module.name}")
        names = getattr(loaded, "__all__", [])
        assert module.name.startswith("_") or names, f"{module.name} has no __all__"
        for name in names:
            assert hasattr(loaded, name), f"{module.name}.{name}"


def test_every_method_of_a_namespace_says_what_it_does() -> None:
    client = openai_async.AsyncClient(api_key="k")
    for name in dir(client):
        namespace = getattr(client, name) if not name.startswith("_") else None
        if not type(namespace).__module__.startswith("openai_async.resources."):
            continue
        for method, function in inspect.getmembers(namespace, inspect.ismethod):
            if not method.startswith("_"):
                assert inspect.getdoc(function), f"{name}.{method}"


# What is imported, and when


def test_building_a_client_imports_no_resource_and_no_type() -> None:
    loaded = run(
        "import sys, openai_async\n"
        "client = openai_async.AsyncClient(api_key='k')\n"
        "client.with_options(timeout=3)\n"
        "print(*[m for m in sys.modules if m.startswith('openai_async.')])"
    ).split()
    heavy = ("resources", "types", "testing", "cli", "bulk")
    assert not [name for name in loaded if name.split(".")[1] in heavy]


def test_a_namespace_imports_itself_only() -> None:
    loaded = run(
        "import sys, openai_async\n"
        "openai_async.AsyncClient(api_key='k').models\n"
        "print(*[m for m in sys.modules if m.startswith('openai_async.resources.')])"
    ).split()
    assert loaded == ["openai_async.resources.models"]


def test_a_first_chat_call_imports_no_other_namespace() -> None:
    loaded = run(
        "import sys, anyio, httpx, openai_async\n"
        "async def main():\n"
        "    answer = httpx.Response(200, json={'choices': []})\n"
        "    transport = httpx.MockTransport(lambda request: answer)\n"
        "    async with openai_async.AsyncClient(api_key='k', transport=transport) as client:\n"
        "        await client.chat.completions.create(model='m', messages=[])\n"
        "anyio.run(main)\n"
        "print(*[m for m in sys.modules if m.startswith('openai_async.')])"
    ).split()
    parts = [module.split(".")[1:] for module in loaded]
    named = {part[1] for part in parts if len(part) > 1 and part[0] in ("resources", "types")}
    assert {name for name in named if not name.startswith("_")} == {"chat"}


@pytest.mark.parametrize(
    "module", ["aiohttp", "numpy", "redis", "rich", "typer", "starlette", "trio"]
)
def test_no_extra_is_imported(module: str) -> None:
    code = f"import sys; sys.modules[{module!r}] = None; import openai_async as o"
    run(f"{code}; o.AsyncClient(api_key='k').chat.completions")


def test_importing_and_dropping_a_client_says_nothing() -> None:
    code = (
        "import anyio, openai_async\n"
        "async def main():\n"
        "    openai_async.AsyncClient(api_key='k')\n"
        "anyio.run(main)\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# The house


@pytest.mark.parametrize("file", sorted(ROOT.glob("*.py")), ids=lambda path: path.name)
def test_files_are_short_and_say_what_they_are_for(file: pathlib.Path) -> None:
    text = file.read_text()
    assert ast.get_docstring(ast.parse(text)) or file.stem == "_version"
    assert len(text.splitlines()) <= 510


def test_the_namespaces_stay_small() -> None:
    files = [path for folder in ("resources", "types") for path in (ROOT / folder).rglob("*.py")]
    lines = sum(len(path.read_text().splitlines()) for path in files)
    assert (len(files) < 80, lines < 15_000) == (True, True), f"{lines} lines in {len(files)} files"


def test_types_have_names_that_say_what_they_are() -> None:
    for path in (ROOT / "types").rglob("*.py"):
        tree = ast.parse(path.read_text())
        names = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        assert not [name for name in names if name[-1].isdigit()], path.name
        assert "# DOC:" not in path.read_text(), path.name


def test_there_is_no_sync_client() -> None:
    assert not hasattr(openai_async, "Client")
    assert (ROOT / "py.typed").exists()


# What it costs to begin, beside what it is built on.

FOUNDATION = (
    "import asyncio, anyio.to_thread, httpx, pydantic; pydantic.BaseModel, pydantic.TypeAdapter"
)
BEGINNING = "from openai_async import AsyncClient; AsyncClient(api_key='k').chat.completions"
MOST_MODULES = 80
"""How many more may be imported."""
MOST_TIME = 2.0
"""How many times the foundation's CPU time it may take: 1.3 to 1.5 when this was written."""


def begun(code: str) -> tuple[float, set[str]]:
    """The CPU seconds of some imports in a new interpreter, and all that was imported."""
    program = (
        f"import sys, time; t = time.process_time(); {code};"
        "print(time.process_time() - t, *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=ROOT.parent
    )
    seconds, *modules = done.stdout.split()
    return float(seconds), set(modules)


def test_what_is_imported_to_begin() -> None:
    """No heavy thing has crept in."""
    foundation = [begun(FOUNDATION)]
    beginning = [begun(BEGINNING)]
    more = beginning[0][1] - foundation[0][1]
    assert len(more) <= MOST_MODULES, sorted(more)
    for _ in range(5):  # the first ones have filled the caches
        foundation.append(begun(FOUNDATION))
        beginning.append(begun(BEGINNING))
    ratio = min(beginning)[0] / min(foundation)[0]
    assert ratio <= MOST_TIME
