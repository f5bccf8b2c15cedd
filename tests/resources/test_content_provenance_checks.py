from __future__ import annotations

import struct

import pytest

from openai_async import AsyncClient, BadRequestError
from openai_async.testing import Server, speak
from openai_async.testing._painting import paint
from openai_async.types.content_provenance_checks import (
    C2PAProvenanceResult,
    ContentProvenanceCheck,
    SynthIDProvenanceResult,
)

from .conftest import Answering

pytestmark = pytest.mark.anyio


async def image_of(client: AsyncClient) -> bytes:
    answer = await client.images.generate(prompt="a fox", model="gpt-image-2", size="256x256")
    return answer.data[0].decode()


def without_description(png: bytes) -> bytes:
    """The same picture, its text taken out."""
    start = png.index(b"iTXt") - 4
    (length,) = struct.unpack_from(">I", png, start)
    return png[:start] + png[start + 12 + length :]


def outcomes(check: ContentProvenanceCheck) -> list[tuple[str, str]]:
    return [(result.type, str(result.outcome)) for result in check.results]


async def test_an_image_of_the_model(server: Server) -> None:
    async with server.client(strict_responses=True) as client:
        check = await client.content_provenance_checks.create(file=await image_of(client))
    manifest, watermark = check.results
    assert isinstance(manifest, C2PAProvenanceResult)
    assert isinstance(watermark, SynthIDProvenanceResult)
    assert (manifest.outcome, manifest.validation_state) == ("detected", "trusted")
    assert manifest.issuer == "OpenAI"
    assert (watermark.outcome, watermark.model) == ("detected", "gpt-image-2")
    assert (watermark.generated_at or "").endswith("Z")
    assert check.object == "content_provenance_check"


async def test_the_watermark_is_left_when_metadata_were_changed(server: Server) -> None:
    async with server.client(strict_responses=True) as client:
        changed = without_description(await image_of(client))
        check = await client.content_provenance_checks.create(file=("fox.png", changed))
    manifest = check.results[0]
    assert isinstance(manifest, C2PAProvenanceResult)
    assert manifest.validation_state == "invalid"
    assert outcomes(check) == [("c2pa", "not_detected"), ("synthid", "detected")]


async def test_what_others_made(server: Server) -> None:
    async with server.client(strict_responses=True) as client:
        check = await client.content_provenance_checks.create(file=paint("a fox", "x", 64, 64))
        sound = await client.content_provenance_checks.create(file=("a.wav", speak("hello")))
    assert outcomes(check) == [("c2pa", "not_detected"), ("synthid", "not_detected")]
    assert outcomes(sound) == [("synthid", "not_detected")]
    assert server.calls[-1].form is not None
    assert server.calls[-1].form["file"]["filename"] == "a.wav"


@pytest.mark.parametrize("response_format", ["mp3", "wav"])
async def test_speech(server: Server, response_format: str) -> None:
    async with server.client(strict_responses=True) as client:
        body = await client.audio.speech.create(
            model="gpt-4o-mini-tts",
            voice="coral",
            input="Who said that?",
            response_format=response_format,  # type: ignore[arg-type]
        )
        file = (f"a.{response_format}", await body.read())
        check = await client.content_provenance_checks.create(file=file)
    assert outcomes(check) == [("synthid", "detected")]


async def test_signals_and_states_that_are_newer_than_this_library(answering: Answering) -> None:
    answer = {
        "object": "content_provenance_check",
        "created_at": 1,
        "results": [
            {"type": "visible", "outcome": "detected"},
            {"type": "synthid", "outcome": "unsure", "model": None, "generated_at": None},
        ],
    }
    client, script = answering(answer)
    check = await client.content_provenance_checks.create(file=b"\x89PNG\r\n\x1a\n")
    assert script.line == "POST /v1/content_provenance_checks"
    assert script.form["file"][0].endswith(".png")
    assert check.to_dict() == answer
    assert check.results[1].outcome == "unsure"


async def test_what_is_neither_image_nor_sound_is_refused(server: Server) -> None:
    async with server.client() as client:
        with pytest.raises(BadRequestError, match="image or a recording"):
            await client.content_provenance_checks.create(file=("a.txt", b"hello"))
