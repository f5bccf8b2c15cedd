"""`openai_async.types`: every type under one roof, and none imported before it is used."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest

from openai_async import types

ALONE = {"chatkit", "evals", "graders", "realtime", "responses", "webhooks"}
MODULES = [
    importlib.import_module(f"openai_async.types.{module.name}")
    for module in pkgutil.iter_modules(types.__path__)
    if not module.name.startswith("_") and module.name not in ALONE
]


def test_every_public_type_is_there() -> None:
    offered = {name for name in dir(types) if name[0].isupper()}
    for module in MODULES:
        assert all(getattr(types, name) is getattr(module, name) for name in module.__all__)
    told = [name for module in MODULES for name in module.__all__]
    assert sorted(told) == sorted(offered), "a name is missing, or used twice"


def test_checkers_see_every_type() -> None:
    # What a checker sees are the imports below `if TYPE_CHECKING`: run them.
    import typing

    source = importlib.util.find_spec("openai_async.types")
    assert source is not None
    assert source.origin is not None
    namespace = {"__name__": "openai_async.types", "__package__": "openai_async.types"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typing, "TYPE_CHECKING", True)
        with open(source.origin, encoding="utf-8") as file:
            exec(compile(file.read(), source.origin, "exec"), namespace)
    assert {name for name in dir(types) if name[0].isupper()} <= namespace.keys()


def test_a_name_that_is_none() -> None:
    with pytest.raises(AttributeError, match="'Nothing'"):
        types.Nothing  # noqa: B018


def test_nothing_is_imported_before_it_is_used() -> None:
    code = (
        "import sys, openai_async.types as types\n"
        "def loaded(): return {n for n in sys.modules if n.startswith('openai_async.types.')}\n"
        "assert not loaded(), loaded()\n"
        "types.Engine\n"
        "assert loaded() == {'openai_async.types.engines'}, loaded()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
