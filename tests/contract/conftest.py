"""Steady: a mock server that answers, and judges, by an OpenAPI document."""

from __future__ import annotations

import functools
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from .documents import ROOT, Document

VERSION = "0.22.1"
CACHE = ROOT / ".cache" / "steady"
READY_SECONDS = 20.0

FLAGS = [
    f"--validator-{place}-{what}-format=brackets"
    for place in ("query", "form")
    for what in ("array", "object")
]
"""How lists and objects go into queries and forms; the documents don't say."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.contract)


@pytest.fixture(scope="session")
def steady_binary() -> Path:
    """Steady's native binary, which needs no node; fetched once, by npm."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    package = f"cli-{sys.platform}-{machine}"
    binary = CACHE / "node_modules" / "@stdy" / package / "bin" / "steady"
    if not binary.is_file():
        npm = shutil.which("npm")
        if npm is None:
            message = f"there is no npm to fetch Steady with, and no {binary}"
            pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
        CACHE.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--prefix", str(CACHE), "--no-save", f"@stdy/cli@{VERSION}"]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
    return binary


Servers = Callable[..., str]


@pytest.fixture(scope="session")
def steady(steady_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Gives the base URL of a Steady that serves a document; with `streaming`, of the document with
    the streams as the answers of what can be streamed. Each is started when first asked for."""
    with ExitStack() as running_ones:

        @functools.cache
        def serve(document: Document, *, streaming: bool = False) -> str:
            path = document.path
            if streaming:
                path = tmp_path_factory.mktemp("steady") / f"{path.stem}-streaming.json"
                path.write_text(json.dumps(document.with_streams()))
            return running_ones.enter_context(running(steady_binary, path))

        yield serve


@contextmanager
def running(binary: Path, document: Path) -> Iterator[str]:
    """Serve a document for the length of a block."""
    port = _free_port()
    command = [binary, "-q", "--no-color", "--host", "127.0.0.1", "-p", str(port), *FLAGS, document]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            base_url = f"http://127.0.0.1:{port}"
            _wait_until_ready(process, f"{base_url}/_x-steady/health")
            yield base_url
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + READY_SECONDS
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < until:
            if process.poll() is not None:
                pytest.fail(f"Steady ended with code {process.returncode}")
            try:
                if client.get(url, timeout=1.0).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.02)  # nothing listens yet, so there is nothing to wait on
    pytest.fail(f"Steady was not ready within {READY_SECONDS} seconds")
