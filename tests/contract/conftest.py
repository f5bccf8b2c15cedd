"""Steady: a mock server that answers, and judges, by an OpenAPI document."""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from .documents import CLASSIC, ROOT, Document, find

VERSION = "0.22.1"
CACHE = ROOT / ".cache" / "steady"
READY_SECONDS = 20.0

STREAMS = {
    "POST /completions": "CreateCompletionResponse",
    "POST /chat/completions": "CreateChatCompletionStreamResponse",
    "GET /fine-tunes/{fine_tune_id}/events": "FineTuneEvent",
}
"""The schemas of the events of what can be streamed."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.contract)


@pytest.fixture(scope="session")
def classic() -> Document:
    """The document of the classic API."""
    return Document(find(CLASSIC))


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


@pytest.fixture(scope="session")
def steady(classic: Document, steady_binary: Path) -> Iterator[str]:
    """The base URL of a Steady that serves the classic document."""
    with running(steady_binary, classic.path) as base_url:
        yield base_url


@pytest.fixture(scope="session")
def steady_streaming(
    classic: Document, steady_binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The same, of the document with the streams added that it only speaks of in words."""
    path = tmp_path_factory.mktemp("steady") / "streaming.json"
    path.write_text(json.dumps(classic.with_streams(STREAMS)))
    with running(steady_binary, path) as base_url:
        yield base_url


@contextmanager
def running(binary: Path, document: Path) -> Iterator[str]:
    """Serve a document for the length of a block."""
    port = _free_port()
    command = [binary, "-q", "--no-color", "--host", "127.0.0.1", "-p", str(port), document]
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
