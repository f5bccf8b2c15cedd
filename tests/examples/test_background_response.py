"""The example of a response that is cut and picked up again, run as it stands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from openai_async.testing import Server

EXAMPLE = Path(__file__).parents[2] / "examples" / "background_response.py"

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return request.param


async def run(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    with server.run_in_thread() as base_url:
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "test-key")
        with anyio.fail_after(30):
            done: subprocess.CompletedProcess[bytes] = await anyio.run_process(
                [sys.executable, "-W", "error", str(EXAMPLE)]
            )
    return done.stdout.decode()


async def test_cuts_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    calm = Server(seed=1)
    told = await run(calm, monkeypatch)
    assert "(looks up {" in told
    assert told.rstrip().endswith("[completed]")
    assert [call.method for call in calm.calls] == ["POST", "POST"]

    rough = Server(seed=1)
    rough.fault("cut", value=4, on="POST /responses", times=2)
    rough.fault("cut", value=3, on="GET /responses/*", times=3)
    assert await run(rough, monkeypatch) == told
    assert [call.method for call in rough.calls].count("GET") >= 4
