from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from openai_async import (
    APIConnectionError,
    APIError,
    APIResponseError,
    BadRequestError,
    ConfigurationError,
)
from openai_async._unions import Unknown
from openai_async.testing import Server
from openai_async.testing._painting import paint
from openai_async.testing._png import read_png
from openai_async.types import Image
from openai_async.types.images import (
    ImageEditCompletedEvent,
    ImageEditPartialImageEvent,
    ImageGenCompletedEvent,
    ImageGenPartialImageEvent,
)

from .conftest import Answering

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
CLEAR = paint("sea", "seed", 64, 64, clear=True)
URLS = {"created": 1589478378, "data": [{"url": "https://x/1.png"}, {"url": "https://x/2.png"}]}


async def test_generate(answering: Answering) -> None:
    client, script = answering(
        {"created": 1, "data": [{"b64_json": base64.b64encode(PNG).decode()}]}
    )
    answer = await client.images.generate(
        prompt="an otter", n=1, size="256x256", response_format="b64_json", user="u", model="m"
    )
    assert script.line == "POST /v1/images/generations"
    assert script.json == {
        "prompt": "an otter",
        "n": 1,
        "size": "256x256",
        "response_format": "b64_json",
        "user": "u",
        "model": "m",
    }
    assert answer.data[0].decode() == PNG
    assert answer.data[0].url is None


async def test_edit_sends_both_files(answering: Answering, tmp_path: Path) -> None:
    picture = tmp_path / "otter.png"
    picture.write_bytes(PNG)
    client, script = answering(URLS)
    answer = await client.images.edit(
        image=picture, mask=("mask.png", PNG, "image/x-png"), prompt="a hat", n=2, size="512x512"
    )
    assert script.line == "POST /v1/images/edits"
    assert script.form["image"] == ("otter.png", "image/png", PNG)
    assert script.form["mask"] == ("mask.png", "image/x-png", PNG)
    assert {k: v for k, v in script.form.items() if isinstance(v, str)} == {
        "prompt": "a hat",
        "n": "2",
        "size": "512x512",
    }
    assert [image.url for image in answer.data] == ["https://x/1.png", "https://x/2.png"]


async def test_a_variation_of_bytes_gets_a_name_that_the_api_accepts(answering: Answering) -> None:
    client, script = answering(URLS)
    await client.images.create_variation(image=PNG, response_format="url", user="u")
    assert script.line == "POST /v1/images/variations"
    name, kind, content = script.form["image"]
    assert (name.endswith(".png"), kind, content) == (True, "image/png", PNG)
    assert script.form["response_format"] == "url"


async def test_a_file_that_is_missing_is_told_before_anything_is_sent(
    answering: Answering, tmp_path: Path
) -> None:
    client, script = answering(URLS)
    with pytest.raises(ConfigurationError, match="image"):
        await client.images.create_variation(image=tmp_path / "none.png")
    assert script.requests == []


async def test_only_bytes_can_be_decoded() -> None:
    with pytest.raises(ValueError, match="b64_json"):
        Image(url="https://x/1.png").decode()
    with pytest.raises(APIResponseError, match="not base64"):
        Image(b64_json="*").decode()


async def test_what_newer_servers_add_is_kept(answering: Answering) -> None:
    answer = {"created": 1, "data": [{"b64_json": "", "revised_prompt": "a red cat"}], "model": "m"}
    client, _ = answering(answer)
    images = await client.images.generate(prompt="a cat")
    assert images.data[0].revised_prompt == "a red cat"
    assert images.to_dict() == answer


# Against the built-in server


SMALL = {"model": "gpt-image-2", "size": "256x256"}


async def test_gpt_image_models_tell_what_they_made(server: Server) -> None:
    async with server.client(strict_responses=True) as client:
        answer = await client.images.generate(
            prompt="a boat", n=2, quality="low", background="transparent", **SMALL
        )
    assert len({image.decode() for image in answer.data}) == 2
    assert read_png(answer.data[0].decode()).transparent
    assert (answer.background, answer.output_format) == ("transparent", "png")
    assert (answer.size, answer.quality) == ("256x256", "low")
    usage = answer.usage
    assert usage is not None
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    assert usage.input_tokens_details.text_tokens == usage.input_tokens
    assert usage.output_tokens_details is not None
    assert usage.output_tokens_details.image_tokens == usage.output_tokens


async def test_unfinished_images_come_first(server: Server) -> None:
    async with server.client(strict_responses=True, strict_streams=True) as client:
        stream = await client.images.generate(
            prompt="a boat", stream=True, partial_images=3, **SMALL
        )
        events = [event async for event in stream]
    assert stream.complete
    assert server.calls[-1].json["stream"] is True
    *partial, finished = events
    assert [type(event) for event in partial] == [ImageGenPartialImageEvent] * 3
    assert isinstance(finished, ImageGenCompletedEvent)
    assert [getattr(event, "partial_image_index", None) for event in events] == [0, 1, 2, None]
    sizes = [len(event.decode()) for event in events]
    assert sizes == sorted(sizes)  # from coarse to fine
    assert {(png.width, png.height) for png in map(read_png, map(decode, events))} == {(256, 256)}
    assert finished.usage.output_tokens > 300


async def test_an_edit_of_several_images_as_a_stream(server: Server, tmp_path: Path) -> None:
    picture = tmp_path / "otter.png"
    picture.write_bytes(CLEAR)
    async with server.client(strict_responses=True) as client:
        stream = await client.images.edit(
            image=[picture, ("jpeg.jpg", b"\xff\xd8\xff\xe0" + bytes(9))],
            mask=CLEAR,
            prompt="a hat",
            stream=True,
            partial_images=1,
            input_fidelity="high",
            **SMALL,
        )
        events = [event async for event in stream]
    assert [type(event) for event in events] == [
        ImageEditPartialImageEvent,
        ImageEditCompletedEvent,
    ]
    form = server.calls[-1].form
    assert form is not None
    assert [file["filename"] for file in form["image"]] == ["otter.png", "jpeg.jpg"]
    assert (form["stream"], form["partial_images"]) == ("true", "1")
    assert form["mask"]["content_type"] == "image/png"


async def test_several_images_go_as_an_array(answering: Answering) -> None:
    client, script = answering({"created": 1})
    answer = await client.images.edit(image=[PNG, PNG], prompt="x", svg={"model": "m"})
    assert answer.data == []
    assert script.sent.content.count(b'name="image[]"; filename="image') == 2
    assert script.form["svg[model]"] == "m"


async def test_a_parameter_tells_which_model_is_meant(server: Server) -> None:
    async with server.client(strict_responses=True) as client:
        classic = await client.images.generate(prompt="x", size="256x256")
        modern = await client.images.generate(prompt="x", background="opaque")
    assert classic.data[0].url is not None
    assert modern.data[0].b64_json is not None


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"model": "dall-e-2", "stream": True}, "stream"),
        ({"model": "gpt-image-1", "response_format": "url"}, "response_format"),
        ({"model": "gpt-image-1", "size": "256x272"}, "size"),
        ({"model": "gpt-image-2", "size": "250x256"}, "size"),
        ({"partial_images": 4}, "partial_images"),
        ({"background": "pink"}, "background"),
        ({"model": "dall-e-2", "prompt": "x" * 1001}, "prompt"),
    ],
)
async def test_images_that_are_refused(server: Server, params: Any, param: str) -> None:
    async with server.client() as client:
        with pytest.raises(BadRequestError) as caught:
            await client.images.generate(**{"prompt": "x", **params})
    assert caught.value.param == param


async def test_what_is_no_image_is_not_edited(server: Server) -> None:
    async with server.client() as client:
        with pytest.raises(BadRequestError, match="takes one image"):
            await client.images.edit(image=[CLEAR, CLEAR], prompt="x", model="dall-e-2")
        with pytest.raises(BadRequestError, match="PNG, WebP or JPEG"):
            await client.images.edit(image=("a.png", b"GIF89a"), prompt="x", model="gpt-image-1")


async def test_a_server_that_knows_no_streams_gives_the_finished_images(
    answering: Answering,
) -> None:
    look = {"size": "auto", "quality": "low", "background": "auto", "output_format": "png"}
    usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
    details = {"input_tokens_details": {"text_tokens": 1, "image_tokens": 0}}
    images = [{"b64_json": "aGk="}, {"b64_json": "aG8="}]
    whole = {"created": 7, "data": images, **look, "usage": usage | details}
    client, _ = answering(whole)
    stream = await client.images.generate(prompt="x", stream=True)
    events = [event async for event in stream]
    assert [(event.created_at, event.decode()) for event in events] == [(7, b"hi"), (7, b"ho")]
    client, _ = answering(URLS)
    with pytest.raises(APIResponseError, match="a document came"):
        _ = [event async for event in await client.images.generate(prompt="x", stream=True)]


async def test_an_error_in_the_midst_of_a_stream(server: Server) -> None:
    failed = {"type": "error", "error": {"message": "moderation", "code": "moderation_blocked"}}
    server.reply("POST /images/generations", events=[failed])
    async with server.client() as client:
        stream = await client.images.generate(prompt="x", stream=True)
        with pytest.raises(APIError, match="moderation"):
            _ = [event async for event in stream]


PARTIAL = {
    "type": "image_generation.partial_image",
    "b64_json": "aGk=",
    "created_at": 1,
    "size": "auto",
    "quality": "low",
    "background": "auto",
    "output_format": "png",
    "partial_image_index": 0,
}


async def test_a_stream_without_a_finished_image_was_cut(server: Server) -> None:
    server.reply("POST /images/generations", events=[PARTIAL], done=False)
    async with server.client() as client:
        stream = await client.images.generate(prompt="x", stream=True)
        assert (await anext(stream)).decode() == b"hi"
        with pytest.raises(APIConnectionError, match="should end it"):
            await anext(stream)


async def test_several_finished_images(server: Server) -> None:
    async with server.client(strict_responses=True) as client:
        stream = await client.images.generate(prompt="x", n=3, stream=True, **SMALL)
        assert len({event.decode() async for event in stream}) == 3


async def test_what_a_server_left_out_is_none(answering: Answering) -> None:
    client, _ = answering({"created": 7, "data": [{"b64_json": "aGk="}]}, strict_responses=False)
    stream = await client.images.generate(prompt="x", stream=True)
    (event,) = [event async for event in stream]
    assert isinstance(event, ImageGenCompletedEvent)
    assert (event.decode(), event.size) == (b"hi", None)


async def test_an_event_that_is_newer_than_this_library(server: Server) -> None:
    sketch = {"type": "image_generation.sketch", "x": 1}
    server.reply("POST /images/generations", events=[sketch])
    async with server.client(strict_responses=True) as client:
        stream = await client.images.generate(prompt="x", stream=True)
        (event,) = [event async for event in stream]
    assert isinstance(event, Unknown)
    assert event.to_dict() == {"type": "image_generation.sketch", "x": 1}


def decode(event: Any) -> bytes:
    data: bytes = event.decode()
    return data
