"""A newer document put beside the others: the same command prints what to add."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from .documents import ROOT, all_documents


def test_a_newer_document_tells_what_to_add(tmp_path: Path) -> None:
    # Beside the current document, whatever else may be found by now.
    whole = copy.deepcopy(all_documents()[0].whole)
    before = _told_of(whole, tmp_path / "a" / "openapi-2099-01.yaml")
    paths, schemas = whole["paths"], whole["components"]["schemas"]
    paths["/models/{model}/rename"] = {"post": paths["/models/{model}"]["get"]}
    paths["/files"]["get"]["parameters"] += [
        {"name": "colour", "in": "query", "required": True, "schema": {"enum": ["red", "blue"]}}
    ]
    schemas["Model"]["properties"]["shape"] = {"type": "string", "nullable": True}
    schemas["Model"]["required"] += ["shape"]
    told = _told_of(whole, tmp_path / "b" / "openapi-2099-02.yaml")
    assert sorted(told - before) == [
        "ModelInfo.shape: is missing: str | None, required, of Model",
        "POST /models/{model}/rename: no method is for it",
        'files.list: parameter \'colour\' is missing (query): Literal["red", "blue"], required',
    ]


def _told_of(whole: dict[str, Any], path: Path) -> set[str]:
    path.parent.mkdir()
    path.write_text(json.dumps(whole))  # which is YAML as well
    done = subprocess.run(
        [sys.executable, "-m", "tests.contract", "files", "models"],
        cwd=ROOT,
        env={**os.environ, "OPENAI_SPEC": str(path), "OPENAI_SPEC_DIR": str(path.parent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "findings, beside openapi-2099" in done.stderr
    return set(done.stdout.splitlines())
