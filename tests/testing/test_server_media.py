"""Images, audio, embeddings and moderations."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from base64 import b64decode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_async.testing import speak
from openai_async.testing._audio import examine, listen_to
from openai_async.testing._png import read_png

pytestmark = pytest.mark.anyio


def png(width: int, height: int, color: int = 6) -> bytes:
    """A PNG of one color, made independently of the server."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    row = b"\0" + bytes({6: 4, 2: 3}[color]) * width
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)),
            chunk(b"IDAT", zlib.compress(row * height)),
            chunk(b"IEND", b""),
        )
    )


def wav(seconds: float, rate: int = 8000) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"\1\0" * round(seconds * rate))
    return buffer.getvalue()


@pytest.mark.parametrize("size", ["256x256", "1792x1024"])
async def test_images_are_real_and_have_the_size(http: httpx.AsyncClient, size: str) -> None:
    body = {"prompt": "a boat on a lake at night", "size": size, "response_format": "b64_json"}
    (image,) = (await http.post("/images/generations", json=body)).json()["data"]
    data = b64decode(image["b64_json"])
    width, height = map(int, size.split("x"))
    header = read_png(data)
    assert (header.width, header.height) == (width, height)
    start = data.index(b"IDAT")
    (length,) = struct.unpack(">I", data[start - 4 : start])
    pixels = zlib.decompress(data[start + 4 : start + 4 + length])
    assert len(pixels) == height * (width + 1)
    assert len(set(pixels)) > 60


async def test_images_by_url(http: httpx.AsyncClient) -> None:
    body = {"prompt": "a fox", "n": 2, "size": "256x256"}
    data = (await http.post("/images/generations", json=body)).json()["data"]
    images = [await http.get(image["url"]) for image in data]
    assert all(image.headers["content-type"] == "image/png" for image in images)
    assert images[0].content != images[1].content
    assert (await http.get(data[0]["url"])).content == images[0].content
    assert (await http.get("/images/files/img-none.png")).status_code == 404


async def test_edits_and_variations(http: httpx.AsyncClient) -> None:
    data = {"prompt": "a red sunset", "size": "256x256", "n": "2"}
    files = {"image": ("in.png", png(64, 64)), "mask": ("mask.png", png(64, 64))}
    assert len((await http.post("/images/edits", data=data, files=files)).json()["data"]) == 2
    varied = await http.post("/images/variations", files={"image": ("in.png", png(8, 8, 2))})
    assert varied.json()["data"][0]["url"].endswith(".png")


@pytest.mark.parametrize(
    ("files", "param"),
    [
        ({"image": png(64, 32)}, "image"),
        ({"image": b"GIF89a"}, "image"),
        ({"image": png(64, 64)[:-20]}, "image"),
        ({"image": png(64, 64, 2)}, "image"),  # without a mask it has to be transparent itself
        ({"image": png(64, 64), "mask": png(32, 32)}, "mask"),
        ({"image": png(64, 64), "mask": png(64, 64, 2)}, "mask"),
        ({"image": b"\x89PNG\r\n\x1a\n" + bytes(4 * 2**20)}, "image"),
        ({}, "image"),
    ],
)
async def test_images_that_are_refused(
    http: httpx.AsyncClient, files: dict[str, bytes], param: str
) -> None:
    named = {name: (name + ".png", content) for name, content in files.items()}
    answer = await http.post("/images/edits", data={"prompt": "x"}, files=named or {"other": b""})
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert error["param"] == param or (not files and "other" in error["message"])


async def transcribe(
    http: httpx.AsyncClient, content: bytes, name: str = "a.wav", **data: str
) -> httpx.Response:
    task = data.pop("task", "transcriptions")
    form = {"model": "whisper-1", **data}
    return await http.post(f"/audio/{task}", data=form, files={"file": (name, content)})


async def test_what_is_spoken_is_transcribed(http: httpx.AsyncClient) -> None:
    said = "Grüße aus Köln. How are you?"
    usage = {"type": "duration", "seconds": 1}
    assert (await transcribe(http, speak(said))).json() == {"text": said, "usage": usage}
    plain = await transcribe(http, speak(said), response_format="text")
    assert (plain.text, plain.headers["content-type"]) == (said + "\n", "text/plain; charset=utf-8")
    srt = (await transcribe(http, speak(said), response_format="srt")).text
    assert srt.startswith("1\n00:00:00,000 --> 00:00:00,")
    assert "2\n" in srt
    vtt = await transcribe(http, speak(said), task="translations", response_format="vtt")
    assert vtt.text.startswith("WEBVTT\n\n00:00:00.000 --> ")
    assert vtt.headers["content-type"].startswith("text/vtt")


async def test_verbose_transcripts_know_the_length(http: httpx.AsyncClient) -> None:
    answer = await transcribe(
        http,
        wav(4.5),
        response_format="verbose_json",
        language="de",
        **{"timestamp_granularities[]": "word"},
    )
    body = answer.json()
    assert (body["duration"], body["task"], body["language"]) == (4.5, "transcribe", "german")
    assert len(body["words"]) == len(body["text"].split()) == 11
    assert body["words"][-1]["end"] == pytest.approx(4.5)
    assert "segments" not in body
    again = await transcribe(http, wav(4.5))
    assert again.json()["text"] == body["text"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", wav(1)),
        ("a.wav", b"hello"),
        ("a.mp3", wav(1)),
        ("a.wav", wav(0.01)),
        ("noname", wav(1)),
    ],
)
async def test_audio_that_is_refused(http: httpx.AsyncClient, name: str, content: bytes) -> None:
    answer = await transcribe(http, content, name)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "file"


async def test_audio_that_is_too_large(http: httpx.AsyncClient) -> None:
    answer = await transcribe(http, bytes(25 * 2**20 + 1))
    assert answer.status_code == 413


def test_lengths_of_other_formats() -> None:
    frame = b"\xff\xfb\x90\x00" + bytes(413)  # 128 kbit/s
    assert examine(frame * 100, "a.mpga").seconds == pytest.approx(417 * 100 / 16_000)
    mvhd = b"mvhd" + bytes(12) + struct.pack(">II", 1000, 2500)
    m4a = struct.pack(">I", 16) + b"ftypM4A " + bytes(8) + mvhd + bytes(32)
    assert examine(m4a, "a.m4a").seconds == 2.5
    flac = b"fLaC" + bytes(14) + ((44_100 << 44) | 88_200).to_bytes(8, "big")
    assert examine(flac, "a.flac").seconds == 2


@given(st.text(max_size=20))
def test_any_text_can_be_spoken(text: str) -> None:
    assert listen_to(speak(text)) == text


async def embed(http: httpx.AsyncClient, given: object, **more: object) -> dict:
    body = {"model": "text-embedding-ada-002", "input": given, **more}
    answer = await http.post("/embeddings", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


async def test_similar_texts_have_close_vectors(http: httpx.AsyncClient) -> None:
    texts = [
        "The cat sleeps on the sofa",
        "A cat is sleeping on a sofa",
        "Quarterly tax returns are due",
    ]
    body = await embed(http, texts)
    cat, sofa, tax = (item["embedding"] for item in body["data"])
    assert [len(cat), dot(cat, cat)] == [1536, pytest.approx(1, abs=1e-5)]
    assert dot(cat, sofa) > dot(cat, tax) + 0.3
    assert body["usage"]["prompt_tokens"] == body["usage"]["total_tokens"] > 10


async def test_base64_holds_the_same_floats(http: httpx.AsyncClient) -> None:
    floats = (await embed(http, "hello"))["data"][0]["embedding"]
    text = (await embed(http, "hello", encoding_format="base64"))["data"][0]["embedding"]
    assert list(struct.unpack("<1536f", b64decode(text))) == floats


async def test_dimensions_and_tokens(http: httpx.AsyncClient) -> None:
    assert (await embed(http, [7] * 8000))["usage"]["prompt_tokens"] == 8000
    body = await embed(http, [[1212, 318], [257]], model="text-embedding-3-large", dimensions=8)
    assert [len(item["embedding"]) for item in body["data"]] == [8, 8]
    assert dot(body["data"][0]["embedding"], body["data"][0]["embedding"]) == pytest.approx(1)
    assert (
        len((await embed(http, "x", model="text-embedding-3-large"))["data"][0]["embedding"])
        == 3072
    )


@pytest.mark.parametrize(
    "change",
    [{"input": ""}, {"input": []}, {"input": ["a"] * 2049}, {"dimensions": 8}, {"input": "a " * 9000},
     {"model": "gpt-4"}, {"encoding_format": "hex"}, {"input": {"a": 1}}],
)  # fmt: skip
async def test_embeddings_that_are_refused(http: httpx.AsyncClient, change: dict) -> None:
    body = {"model": "text-embedding-ada-002", "input": "x", **change}
    answer = await http.post("/embeddings", json=body)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["param"] in change


async def test_moderations(http: httpx.AsyncClient) -> None:
    given = ["I want to kill them.", "I love gardens."]
    body = (await http.post("/moderations", json={"input": given})).json()
    bad, good = body["results"]
    assert bad["flagged"] is True
    assert bad["categories"]["violence"] is True
    assert good["flagged"] is False
    assert len(good["categories"]) == 13
    older = {"input": given, "model": "text-moderation-stable"}
    (_, good) = (await http.post("/moderations", json=older)).json()["results"]
    assert len(good["categories"]) == 7
    assert {"hate/threatening", "self-harm", "sexual/minors"} < set(good["categories"])
    assert all(0 <= score <= 1 for score in bad["category_scores"].values())
    parts = {
        "model": "omni-moderation-latest",
        "input": [{"type": "text", "text": "you idiot, loser"}],
    }
    (result,) = (await http.post("/moderations", json=parts)).json()["results"]
    assert result["categories"]["harassment"] is True
