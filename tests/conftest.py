"""What tests of all rooms share."""

from __future__ import annotations

import functools
import os
import signal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Whoever starts the tests in the background, or under nohup, has these signals ignored, which the
# programs that the tests start would inherit; a signal that is handled they don't.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)

# How long an example takes is the machine's affair. On CI the same ones are tried each time, so
# that a failure there is the change's; at a developer's they are new ones.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("here"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Each test marked `anyio` runs on both."""
    backend: str = request.param
    return backend


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Makes certificates for servers on this machine."""
    from tests.h2server import Certificates

    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def certificates(authority: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same, trusted by clients that are made in this test."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


@pytest.fixture
def serve(certificates: Any) -> Any:
    """Makes HTTP/2 servers."""
    from tests.h2server import H2Server

    return functools.partial(H2Server, certificates)
