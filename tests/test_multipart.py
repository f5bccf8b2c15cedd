"""Uploads: every form of input, read back by somebody else's parser."""

from __future__ import annotations

import asyncio
import builtins
import io
import os
import pathlib
import tempfile
import threading
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartParser

from openai_async import (
    APIConnectionError,
    AsyncClient,
    ConfigurationError,
    InternalServerError,
)
from tests.common import FILE
from tests.scripted import KEY, Script, answer

pytestmark = pytest.mark.anyio

DATA = bytes(range(256)) * 3000  # several chunks, with every byte
TEXT = "Gr\u00fc\u00dfe \u20ac \U0001f600\r\n--end\n"


@dataclass
class Part:
    name: str
    filename: str | None
    content_type: str | None
    data: bytes


async def parse(request: httpx.Request) -> list[Part]:
    """The parts of a form, as a server reads them."""

    async def body() -> AsyncIterator[bytes]:
        yield request.content

    headers = Headers(raw=request.headers.raw)
    form = await MultiPartParser(headers, body(), max_part_size=1 << 30).parse()
    parts: list[Part] = []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            data = await value.read()
            parts.append(Part(name, value.filename, value.content_type, data))
        else:
            parts.append(Part(name, None, None, value.encode()))
    await form.close()
    return parts


async def upload(file: Any, *, answers: Any = (), **options: Any) -> Script:
    script = Script(*(answers or [answer(FILE)]))
    async with script.client() as api:
        await api.files.create(file=file, purpose="fine-tune", **options)
    return script


async def sent(file: Any) -> Part:
    """The file's part, after checks that hold for every upload."""
    script = await upload(file)
    request = script.last
    assert ("content-length" in request.headers) != ("transfer-encoding" in request.headers)
    if "content-length" in request.headers:
        assert int(request.headers["content-length"]) == len(request.content)
    parts = {part.name: part for part in await parse(request)}
    assert parts.keys() == {"file", "purpose"}
    assert parts["purpose"] == Part("purpose", None, None, b"fine-tune")
    return parts["file"]


# Forms of input


class Readable:
    """The least that a file object can be."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)


class AsyncReadable:
    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    async def read(self, size: int = -1) -> bytes:
        return self._file.read(size)


class Again:
    """Can be iterated over any number of times."""

    def __iter__(self) -> Iterator[bytes]:
        yield from (DATA[:5], b"", DATA[5:])


async def pieces() -> AsyncIterator[bytes]:
    for start in range(0, len(DATA), 100_001):
        yield DATA[start : start + 100_001]


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "data.bin"
    path.write_bytes(DATA)
    return path


FORMS: dict[str, tuple[Callable[[pathlib.Path], Any], str, bool]] = {
    # name: (content from a path, file name that it gets, whether its size is known)
    "path": (lambda path: path, "data.bin", True),
    "bytes": (lambda _: DATA, "file.bin", True),
    "bytearray": (lambda _: bytearray(DATA), "file.bin", True),
    "memoryview": (lambda _: memoryview(DATA), "file.bin", True),
    "memoryview of longs": (lambda _: memoryview(DATA).cast("L"), "file.bin", True),
    "BytesIO": (lambda _: io.BytesIO(DATA), "file.bin", True),
    "file": (lambda path: path.open("rb"), "data.bin", True),
    "unbuffered file": (lambda path: path.open("rb", buffering=0), "data.bin", True),
    "file of a descriptor": (
        lambda path: os.fdopen(os.open(path, os.O_RDONLY), "rb"),
        "file.bin",
        True,
    ),
    "least file object": (lambda _: Readable(DATA), "file.bin", False),
    "least async file object": (lambda _: AsyncReadable(DATA), "file.bin", False),
    "iterator": (lambda _: iter([DATA[:7], DATA[7:]]), "file.bin", False),
    "iterable": (lambda _: Again(), "file.bin", False),
    "generator": (lambda _: (bytes([byte]) * 3000 for byte in range(3)), "file.bin", False),
    "async generator": (lambda _: pieces(), "file.bin", False),
    "(name, bytes)": (lambda _: ("x.dat", DATA), "x.dat", True),
    "(name, path)": (lambda path: ("x.dat", path), "x.dat", True),
    "(None, path)": (lambda path: (None, path), "data.bin", True),
    "(None, bytes)": (lambda _: (None, DATA), "file.bin", True),
    "(name, list)": (lambda _: ("x.dat", [DATA[:9], DATA[9:]]), "x.dat", False),
    "(name, async generator)": (lambda _: ("x.dat", pieces()), "x.dat", False),
}


@pytest.mark.parametrize("form", FORMS)
async def test_every_form_of_bytes(form: str, path: pathlib.Path) -> None:
    make, filename, sized = FORMS[form]
    content = make(path)
    script = await upload(content)
    part = (await parse(script.last))[0]
    expected = b"".join(bytes([byte]) * 3000 for byte in range(3)) if form == "generator" else DATA
    assert part == Part("file", filename, "application/octet-stream", expected)
    assert ("content-length" in script.last.headers) is sized
    if sized:
        assert int(script.last.headers["content-length"]) == len(script.last.content)
    if hasattr(content, "close"):
        assert not getattr(content, "closed", False)  # what isn't ours isn't closed by us
        content.close()


@pytest.mark.parametrize("form", ["str", "StringIO", "text file", "iterator", "async text file"])
async def test_every_form_of_text(form: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(TEXT, "utf-16", newline="")
    content: Any
    if form == "str":
        content = TEXT
    elif form == "StringIO":
        content = io.StringIO(TEXT, newline="")
    elif form == "text file":
        content = path.open(encoding="utf-16", newline="")
    elif form == "async text file":
        content = await anyio.open_file(path, encoding="utf-16", newline="")
    else:
        content = iter([TEXT[:3], TEXT[3:]])
    part = await sent(content)
    assert part.data == TEXT.encode()
    assert (part.filename or "").endswith(".txt")
    assert part.content_type == "text/plain"
    if form == "async text file":
        await content.aclose()
    elif form == "text file":
        content.close()


async def test_an_async_file_of_anyio(path: pathlib.Path) -> None:
    async with await anyio.open_file(path, "rb") as file:
        script = await upload(file, answers=[answer(status=500), answer(FILE)])
    first, second = script.requests
    assert first.content == second.content
    assert int(second.headers["content-length"]) == len(second.content)
    assert (await parse(second))[0] == Part("file", "data.bin", "application/octet-stream", DATA)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_an_async_file_of_aiofiles(path: pathlib.Path) -> None:
    aiofiles = pytest.importorskip("aiofiles")
    async with aiofiles.open(path, "rb") as file:
        assert (await sent(file)).data == DATA
    async with aiofiles.open(path, encoding="latin-1", newline="") as text:
        assert (await sent(text)).data == DATA.decode("latin-1").encode()


async def test_an_upload_of_starlette() -> None:
    received = UploadFile(io.BytesIO(DATA), filename="given.bin")
    assert (await sent(received)).data == DATA


async def test_a_temporary_file() -> None:
    with tempfile.TemporaryFile() as file, tempfile.SpooledTemporaryFile() as spooled:
        for temporary in (file, spooled):
            temporary.write(b"abc")
            temporary.seek(0)
            assert (await sent(temporary)).data == b"abc"


@pytest.mark.parametrize("empty", [b"", "", io.BytesIO(), iter([]), iter([b""]), ("x.txt", b"")])
async def test_an_empty_file_is_a_file(empty: Any) -> None:
    part = await sent(empty)
    assert (part.data, part.filename) in ((b"", "file.txt"), (b"", "x.txt"))


async def test_the_given_type_wins() -> None:
    part = await sent(("x.json", b"{}", "text/x-own"))
    assert (part.filename, part.content_type) == ("x.json", "text/x-own")
    part = await sent((None, b"{}", None))
    assert (part.filename, part.content_type) == ("file.jsonl", "application/jsonl")


async def test_headers_of_a_part() -> None:
    script = await upload(("x.bin", b"1", "a/b", {"X-Part": "7"}))
    assert b"\r\nContent-Type: a/b\r\nX-Part: 7\r\n\r\n1\r\n" in script.last.content


async def test_several_files_under_one_name(path: pathlib.Path) -> None:
    script = Script(answer(FILE))
    async with script.client() as api:
        await api.post("/x", files={"image": [path, b"two", ("three", b"3")]})
    parts = await parse(script.last)
    assert [(part.name, part.filename) for part in parts] == [
        ("image[]", "data.bin"),
        ("image[]", "image.png"),
        ("image[]", "three"),
    ]


# Names


@pytest.mark.parametrize(
    ("head", "name", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n....", "file.png", "image/png"),
        (b"\xff\xd8\xff\xe0", "file.jpg", "image/jpeg"),
        (b"GIF89a", "file.gif", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "file.webp", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "file.wav", "audio/wav"),
        (b"ID3\x04", "file.mp3", "audio/mpeg"),
        (b"\xff\xfb\x90", "file.mp3", "audio/mpeg"),
        (b"fLaC", "file.flac", "audio/flac"),
        (b"OggS", "file.ogg", "audio/ogg"),
        (b"\0\0\0\x20ftypM4A ", "file.m4a", "audio/mp4"),
        (b"\0\0\0\x20ftypisom", "file.mp4", "video/mp4"),
        (b"\x1aE\xdf\xa3", "file.webm", "video/webm"),
        (b"%PDF-1.7", "file.pdf", "application/pdf"),
        (b"PK\x03\x04", "file.zip", "application/zip"),
        (b'{"prompt": "a"}\n', "file.jsonl", "application/jsonl"),
        (b'\xef\xbb\xbf  {"prompt": "a"}\n', "file.jsonl", "application/jsonl"),
        (b"just text", "file.txt", "text/plain"),
        ("\u20ac".encode() * 300, "file.txt", "text/plain"),  # cut inside a character
        (b"a\0b", "file.bin", "application/octet-stream"),
        (b"\xfe\xfe", "file.bin", "application/octet-stream"),
    ],
)
async def test_a_missing_name_is_made_from_the_content(
    head: bytes, name: str, media_type: str
) -> None:
    for content in (head, io.BytesIO(head), iter([head[:1], head[1:]]), Readable(head)):
        assert await sent(content) == Part("file", name, media_type, head)


async def test_images_are_named_as_images() -> None:
    script = Script(answer({"created": 1, "data": []}))
    async with script.client() as api:
        await api.images.edit(image=b"no magic", mask=b"\x89PNG\r\n\x1a\n", prompt="p")
    names = {part.name: part.filename for part in await parse(script.last)}
    assert names == {"image": "image.png", "mask": "image.png", "prompt": None}


@pytest.mark.parametrize(
    ("name", "arrives"),
    [
        ("Gr\u00fc\u00dfe.txt", "Gr\u00fc\u00dfe.txt"),
        ("\U0001f600 \u65e5\u672c.txt", "\U0001f600 \u65e5\u672c.txt"),
        ('a"b.txt', "a%22b.txt"),
        ('a"; name="purpose', "a%22; name=%22purpose"),
        ("a\r\nX-Evil: 1\r\n\r\nb", "a%0D%0AX-Evil: 1%0D%0A%0D%0Ab"),
        ("a\udcffb.txt", "a?b.txt"),
    ],
)
async def test_names_that_are_not_plain(name: str, arrives: str) -> None:
    part = await sent((name, b"x"))
    assert (part.name, part.filename, part.data) == ("file", arrives, b"x")


async def test_a_file_whose_name_is_no_text(tmp_path: pathlib.Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff.txt")
    try:
        path.write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes no such name")
    part = await sent(path)
    assert (part.filename, part.content_type, part.data) == ("?.txt", "text/plain", b"x")


@pytest.mark.parametrize(
    "name", ["data:a\r\nX-Evil: 1/b,c", "data:text/evil;x,c", "http://x/y.html", "wav", "a.tar.gz"]
)
async def test_a_name_is_no_url_and_no_header(name: str) -> None:
    script = await upload((name, b"x"))
    assert (await parse(script.last))[0].content_type in (
        "application/octet-stream",
        "application/gzip",
        "text/html",
    )
    assert b"evil" not in script.last.content.split(b"Content-Type:")[1].lower()


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\\\0"), min_size=1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def escaped(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


@given(
    fields=st.dictionaries(NAMES, TEXTS, max_size=4),
    files=st.lists(st.tuples(NAMES, NAMES, st.binary()), max_size=3, unique_by=lambda f: f[0]),
)
def test_any_form_arrives_as_it_was(
    fields: dict[str, str], files: list[tuple[str, str, bytes]]
) -> None:
    for name, _, _ in files:
        fields.pop(name, None)
    script = Script(answer(FILE))

    async def send() -> list[Part]:
        async with script.client() as api:
            uploads = {name: (filename, data) for name, filename, data in files}
            await api.post("/x", files=uploads, body=fields)  # type: ignore[arg-type]
        return await parse(script.last)

    parts = anyio.run(send)
    assert int(script.last.headers["content-length"]) == len(script.last.content)
    found_fields = [(part.name, part.data) for part in parts if part.filename is None]
    found_files = [(part.name, part.filename, part.data) for part in parts if part.filename]
    assert found_fields == [(escaped(name), text.encode()) for name, text in fields.items()]
    assert found_files == [(escaped(name), escaped(file), data) for name, file, data in files]


async def test_fields_of_a_form() -> None:
    script = Script(answer(FILE))
    async with script.client() as api:
        await api.files.create(
            file=b"x",
            purpose="fine-tune",
            extra_body={"n": 1, "ok": True, "none": None, "l": ["a", "b"], "m": {"k": 1.5}},
        )
    found = [(part.name, part.data) for part in await parse(script.last)]
    assert sorted(found) == [
        ("file", b"x"),
        ("l[]", b"a"),
        ("l[]", b"b"),
        ("m[k]", b"1.5"),
        ("n", b"1"),
        ("ok", b"true"),
        ("purpose", b"fine-tune"),
    ]


# Again


@pytest.mark.parametrize("kind", ["path", "file", "BytesIO", "StringIO", "bytes", "iterable"])
async def test_what_is_sent_again_is_the_same_to_the_byte(kind: str, path: pathlib.Path) -> None:
    contents: dict[str, Callable[[], Any]] = {
        "path": lambda: path,
        "file": lambda: path.open("rb"),
        "BytesIO": lambda: io.BytesIO(DATA),
        "StringIO": lambda: io.StringIO("text" * 100_000),
        "bytes": lambda: DATA,
        "iterable": Again,
    }
    content = contents[kind]()
    script = await upload(content, answers=[answer(status=500), answer(status=429), answer(FILE)])
    first, second, third = (request.content for request in script.requests)
    assert first == second == third
    assert len(first) > 300_000
    if kind == "file":
        content.close()


async def test_a_file_is_sent_from_where_it_stands(path: pathlib.Path) -> None:
    with path.open("rb") as file:
        file.seek(len(DATA) - 5)
        script = await upload(file, answers=[answer(status=500), answer(FILE)])
    for request in script.requests:
        assert (await parse(request))[0].data == DATA[-5:]
    async with await anyio.open_file(path, "rb") as async_file:
        await async_file.seek(len(DATA) - 5)
        script = await upload(async_file, answers=[answer(status=500), answer(FILE)])
    for request in script.requests:
        assert (await parse(request))[0].data == DATA[-5:]


async def test_a_file_that_stands_at_its_end_is_empty() -> None:
    file = io.BytesIO(b"abc")
    file.seek(0, io.SEEK_END)
    assert (await sent(file)).data == b""
    file.seek(100)
    assert (await sent(file)).data == b""


# Size


class Drain(httpx.AsyncBaseTransport):
    """Counts what it is sent and keeps none of it."""

    received = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        async for chunk in cast("httpx.AsyncByteStream", request.stream):
            self.received += len(chunk)
        return httpx.Response(200, json=FILE)


@pytest.mark.parametrize("kind", ["path", "file", "generator", "async generator"])
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_memory_stays_flat(kind: str, tmp_path: pathlib.Path) -> None:
    size = 200 * 1024 * 1024
    path = tmp_path / "big.bin"
    with path.open("wb") as file:
        file.truncate(size)  # sparse: it takes no room

    async def make() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield bytes(1024 * 1024)

    content: Any = {
        "path": lambda: path,
        "file": lambda: path.open("rb"),
        "generator": lambda: (bytes(1024 * 1024) for _ in range(200)),
        "async generator": make,
    }[kind]()
    drain = Drain()
    tracemalloc.start()
    try:
        async with AsyncClient(api_key=KEY, transport=drain) as api:
            await api.files.create(file=("big.bin", content), purpose="x")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert drain.received > size
    assert peak < 10 * 1024 * 1024
    if kind == "file":
        content.close()


# What can't be sent


async def refused(file: Any, match: str) -> None:
    """The upload is refused before anything is sent, and not tried again."""
    script = Script(answer(FILE))
    async with script.client() as api:
        with pytest.raises(ConfigurationError, match=match):
            await api.files.create(file=file, purpose="x")
    assert not script.requests


async def test_a_path_that_cannot_be_read(tmp_path: pathlib.Path) -> None:
    await refused(tmp_path / "none.txt", r"file: can't read .*none.txt'.*: No such file")
    await refused(tmp_path, r"file: can't read .*not a regular file")
    await refused(pathlib.Path("a\0b"), "file: can't read .*null")
    await refused(("x.txt", tmp_path / "none.txt"), "No such file")
    await refused((None, tmp_path), "file: can't read")
    if os.geteuid() != 0:
        closed = tmp_path / "closed.txt"
        closed.touch(0)
        await refused(closed, "Permission denied")


async def test_a_pipe_is_no_file_to_wait_for(tmp_path: pathlib.Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    os.mkfifo(tmp_path / "fifo")
    with anyio.fail_after(5):
        await refused(tmp_path / "fifo", "not a regular file")


async def test_the_path_of_a_file_as_text(path: pathlib.Path) -> None:
    await refused(str(path), r"pass pathlib.Path")


async def test_a_closed_file(path: pathlib.Path) -> None:
    with path.open("rb") as file:
        pass
    await refused(file, "file: the file is closed")
    memory = io.BytesIO(b"x")
    memory.close()
    await refused(memory, "file: the file is closed")
    async with await anyio.open_file(path, "rb") as async_file:
        pass
    await refused((None, async_file), "file: .*closed file")


async def test_a_file_that_is_closed_after_the_first_attempt(path: pathlib.Path) -> None:
    with path.open("rb") as file:

        def busy(_: httpx.Request) -> httpx.Response:
            file.close()
            return httpx.Response(503)

        script = Script(busy)
        async with script.client(max_retries=2) as api:
            with pytest.raises(InternalServerError, match="503"):
                await api.files.create(file=file, purpose="x")
    assert len(script.requests) == 1


async def test_a_file_that_was_opened_for_writing(tmp_path: pathlib.Path) -> None:
    with (tmp_path / "out.txt").open("wb") as file:
        await refused(file, "file: the file was not opened for reading")


@pytest.mark.parametrize("wrong", [5, 1.5, True, object(), {"a": b"b"}])
async def test_what_is_no_content(wrong: Any) -> None:
    await refused(wrong, "file: can't upload")
    await refused(("x.txt", wrong), "file: can't upload")


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ((), "a tuple must be"),
        (("x.txt",), "a tuple must be"),
        (("x.txt", b"x", None, None, None), "a tuple must be"),
        ((b"x.txt", b"x"), "the file name must be a string"),
        ((pathlib.Path("x"), b"x"), "the file name must be a string"),
        (("x.txt", b"x", "a/b\r\nX: y"), "content type"),
        (("x.txt", b"x", 5), "content type"),
        (("x.txt", b"x", None, {"a\r\nb": "c"}), "header"),
        (("x.txt", b"x", None, {"a": "b\r\nc"}), "header"),
        ("\ud800", "can't be sent"),
        ([5], "can't upload"),
        ([b"a", 5], "can't upload"),
    ],
)
async def test_wrong_forms(wrong: Any, match: str) -> None:
    await refused(wrong, f"file.*{match}")


async def test_an_iterator_of_something_else() -> None:
    await refused(iter([5]), "file: expected bytes, got 'int'")
    await refused((None, (item for item in [{}])), "file: expected bytes, got 'dict'")


async def test_a_field_that_is_no_text() -> None:
    script = Script()
    async with script.client() as api:
        with pytest.raises(ConfigurationError, match="purpose"):
            await api.files.create(file=b"x", purpose="\ud800")
    assert not script.requests


@pytest.mark.parametrize("kind", ["path", "file"])
async def test_a_file_that_becomes_shorter(kind: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(bytes(2_000_000))

    class Halfway(Script):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            async for _ in cast("httpx.AsyncByteStream", request.stream):
                os.truncate(path, 600_000)
            raise AssertionError

    script = Halfway()
    async with script.client() as api:
        with path.open("rb", buffering=0) as file:
            with pytest.raises(ConfigurationError, match="became shorter"):
                await api.files.create(file=path if kind == "path" else file, purpose="x")
    assert len(script.requests) == 1


async def test_a_file_that_goes_away_between_two_attempts(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"x")

    def remove(_: httpx.Request) -> httpx.Response:
        path.unlink()
        return httpx.Response(503)

    with pytest.raises(ConfigurationError, match="No such file"):
        await upload(path, answers=[remove])


async def test_a_source_that_fails_halfway() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x"
        raise LookupError("the source is dry")

    script = Script(answer(FILE))
    async with script.client() as api:
        with pytest.raises(LookupError, match="the source is dry"):
            await api.files.create(file=("x.txt", broken()), purpose="x")


async def test_cancelling_does_not_wait_for_a_pipe(tmp_path: pathlib.Path) -> None:
    ours, theirs = os.pipe()
    with os.fdopen(ours, "rb") as reading, os.fdopen(theirs, "wb") as writing:
        started = time.monotonic()
        with anyio.move_on_after(0.05) as scope:
            await upload(reading)
        writing.write(b"x" * 600)  # lets the reading thread end
    assert scope.cancelled_caught
    assert time.monotonic() - started < 10


async def test_progress_is_told() -> None:
    told: list[tuple[int, int | None]] = []

    async def watch(request: Any, call_next: Any) -> httpx.Response:
        request.form.on_progress = lambda sent, total: told.append((sent, total))
        response: httpx.Response = await call_next(request)
        return response

    script = Script(answer(FILE))
    async with script.client(middleware=[watch]) as api:
        await api.files.create(file=DATA, purpose="x")
    length = len(script.last.content)
    assert told[-1] == (length, length)
    assert [sent for sent, _ in told] == sorted(sent for sent, _ in told)
    assert len(told) >= 3


async def test_a_body_that_is_gone_is_an_error_of_ours() -> None:
    async def twice(request: Any, call_next: Any) -> httpx.Response:
        await call_next(request)
        response: httpx.Response = await call_next(request)
        return response

    async with Script(answer(FILE)).client(middleware=[twice]) as api:
        with pytest.raises(APIConnectionError, match="can't be produced again"):
            await api.files.create(file=pieces(), purpose="x")


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_file_that_is_opened_after_the_call_was_cancelled_is_closed(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`Task.cancel` does not wait for the thread that opens it."""
    path = tmp_path / "file"
    path.write_bytes(DATA)
    opening, cancelled = threading.Event(), threading.Event()
    files: list[Any] = []
    before = 10_000
    open_at_once = open

    def open_late(*arguments: Any, **options: Any) -> Any:
        if arguments[0] == str(path) and len(files) == before:
            opening.set()
            cancelled.wait(10)
        file = open_at_once(*arguments, **options)
        if arguments[0] == str(path):
            files.append(file)
        return file

    async with Script(answer(FILE)).client() as api:
        with monkeypatch.context() as patch, anyio.fail_after(10):
            patch.setattr(builtins, "open", open_late)
            await api.files.create(file=path, purpose="x")
            before = 2 * len(files) - 1  # the last time it is opened, it is to be sent
            task = asyncio.ensure_future(api.files.create(file=path, purpose="x"))
            await anyio.to_thread.run_sync(opening.wait, 10)
            task.cancel()
            await asyncio.wait([task])
            cancelled.set()
            while len(files) <= before or not files[before].closed:
                await anyio.sleep(0.005)
        assert task.cancelled()
