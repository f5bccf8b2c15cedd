"""The one door: `nox -s tests`, and `nox -l` for the rest."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "tests"]

SUPPORTED = ["3.10", "3.11", "3.12", "3.13", "3.14"]
THIS = f"{sys.version_info.major}.{sys.version_info.minor}"
# The one that runs nox is there for sure; of the others, those that are found.
PYTHONS = [v for v in SUPPORTED if v == THIS or shutil.which(f"python{v}")] or [THIS]

ELSEWHERE = "contract or recorded or local or openai_sdk or ray or slow"
OUTSIDE = f"{ELSEWHERE} or redis or crash"
"""Markers of the tests that need more than what PyPI gives, or a session of their own."""
FAULTS = "tests/faults"


def install(session: nox.Session, *groups: str, extras: str = "all") -> None:
    """Install the project as it stands, and dependency groups."""
    # Many tests start a Python of their own: compile once, whatever the environment says.
    session.env["UV_COMPILE_BYTECODE"] = "1"
    session.env["PYTHONDONTWRITEBYTECODE"] = ""
    if extras:
        session.install("-e", f".[{extras}]")
    else:
        session.install("-e", ".")
    project = nox.project.load_toml("pyproject.toml")
    for group in groups:
        session.install(*nox.project.dependency_groups(project, group))


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The tests that need nothing but PyPI, on each Python that is there."""
    install(session, "test", "examples")
    session.run(
        "pytest", "-n", "auto", "-m", f"not ({OUTSIDE})", "--ignore", FAULTS, *session.posargs
    )


@nox.session(python=THIS)
def faults(session: nox.Session) -> None:
    """What servers, networks and callers do to a client; `-- -m slow` for transfers of 1 GB."""
    install(session, "test", "examples")
    session.run("pytest", "-n", "auto", FAULTS, *(session.posargs or ["-m", "not slow"]))


@nox.session(python=THIS)
def crash(session: nox.Session) -> None:
    """Bulk jobs that are killed and go on; `-- -m slow tests` for 100,000 texts."""
    install(session, "test", "examples")
    args = session.posargs or ["-m", "crash and not slow"]
    session.run("pytest", "-n", "auto", "--ignore", FAULTS, *args)


@nox.session(python=THIS)
def coverage(session: nox.Session) -> None:
    """The same and those over Redis on one Python, with branch coverage, which has a floor."""
    install(session, "test", "examples")
    session.run("coverage", "erase")
    session.run(
        "coverage", "run", "-m", "pytest", "-n", "auto", "-m", f"not ({ELSEWHERE})",
        "--ignore", FAULTS, *session.posargs,
    )  # fmt: skip
    session.run("coverage", "combine")
    session.run("coverage", "report")


@nox.session(python=THIS)
def contract(session: nox.Session) -> None:
    """Every method against the OpenAPI documents and a mock server made from them (needs npm).

    A newer document put beside them tells what to add; OPENAI_SPEC names one that is elsewhere.
    """
    install(session, "test")
    # The first one fetches the mock server.
    session.run("pytest", "tests/contract", "--timeout", "300", *session.posargs)


@nox.session(python=THIS)
def docs(session: nox.Session) -> None:
    """Write docs/api.md: every method, with its endpoint and types."""
    install(session, "test")
    session.run("python", "-m", "tests.contract.api_page")


@nox.session(python=THIS)
def recorded(session: nox.Session) -> None:
    """The recorded answers of real servers through the client."""
    install(session, "test")
    session.run("pytest", "-m", "recorded", *session.posargs)


@nox.session(python=THIS)
def official(session: nox.Session) -> None:
    """The newest official client against the built-in server."""
    install(session, "test", extras="aiohttp,testing")
    session.install("--upgrade", "openai[aiohttp]")
    session.run("pytest", "tests/official", "-m", "openai_sdk", *session.posargs)


@nox.session(python=THIS)
def redis(session: nox.Session) -> None:
    """Limits that processes share, over a real Redis server (Debian's redis-server)."""
    install(session, "test")
    session.run("pytest", "-m", "redis", "tests/limits", *session.posargs)


@nox.session(python=[version for version in PYTHONS if version == "3.11"] or THIS)
def ray(session: nox.Session) -> None:
    """Embeddings in Ray Data, whose actors share a limit over Redis, on a local Ray."""
    install(session, "test", extras="numpy,ray,redis,testing")
    session.run("pytest", "-m", "ray", "tests/bulk", *session.posargs)


@nox.session(python=THIS)
def local(session: nox.Session) -> None:
    """The local engine with a real model: fetches its weights at first use."""
    install(session, "test")
    session.run("pytest", "-m", "local", *session.posargs)


@nox.session(python=THIS)
def soak(session: nox.Session) -> None:
    """Mixed calls, streams, cancellations and faults at 200 in flight: ten minutes, or as told."""
    install(session, extras="cli,testing")
    session.run("python", "-X", "dev", "-W", "error", "-m", "tests.soak", *session.posargs)


@nox.session(python=THIS)
def bench(session: nox.Session) -> None:
    """Side by side with the official client, httpx and aiohttp; `-- --short` for the short form."""
    install(session, extras="aiohttp,numpy")
    session.install("--upgrade", "openai[aiohttp]", "pybase64")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session(python=THIS)
def compare(session: nox.Session) -> None:
    """The fault suite's list for this client and the official one; `-- --write-readme`."""
    install(session, "test", extras="aiohttp,testing")
    session.install("--upgrade", "openai[aiohttp]")
    session.run("python", "-m", "tests.compare", *session.posargs)


@nox.session(python=THIS)
def minimums(session: nox.Session) -> None:
    """The tests of the core with the lowest versions that pyproject.toml allows."""
    session.install("uv")
    session.run(
        "uv", "pip", "install", "--python", str(Path(session.bin) / "python"),
        "--resolution", "lowest-direct", "-e", ".[cli,numpy,parquet,testing]", "--group", "test",
    )  # fmt: skip
    session.run(
        "pytest", "-n", "auto", "-m", f"not ({OUTSIDE})", "--ignore", "tests/examples",
        "--ignore", FAULTS, *session.posargs,
    )  # fmt: skip


@nox.session(python=THIS)
def lint(session: nox.Session) -> None:
    """ruff: lint and format."""
    project = nox.project.load_toml("pyproject.toml")
    session.install(*nox.project.dependency_groups(project, "lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session(python=THIS)
def types(session: nox.Session) -> None:
    """mypy --strict, pyright strict, and every public name typed."""
    install(session, "test", "types", "examples")
    python = ("--pythonpath", str(Path(session.bin) / "python"))
    session.run("mypy", "--strict", "openai_async", "tests/typing")
    session.run("pyright", *python)
    session.run("pyright", *python, "--verifytypes", "openai_async", "--ignoreexternal")


@nox.session(python=PYTHONS)
def examples(session: nox.Session) -> None:
    """The examples, each run against the built-in server."""
    install(session, "test", "examples")
    session.run("pytest", "tests/examples", *session.posargs)


if os.environ.get("CI"):
    # Each run installs anew what it needs: nothing from an earlier one may hide a missing step.
    nox.options.reuse_existing_virtualenvs = False
