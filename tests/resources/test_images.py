from __future__ import annotations

import base64
from pathlib import Path

import pytest

from openai_async import APIResponseError, ConfigurationError
from openai_async.types import Image

from .conftest import Answering

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
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
