"""`openai-async image`"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import anyio
import typer

from ... import AsyncClient
from ...types.images import Image, ImagesResponse
from .._connection import calls
from .._inputs import STDIN, prompt_of, upload_of
from .._options import Json, Param, call_parameters
from .._output import Failure, note, size, write, write_bytes, write_json
from .._progress import transfer

_STEM = 40  # characters of a name made from a prompt


def add_to(app: typer.Typer) -> None:
    calls(app, "image")(image)


async def image(
    client: AsyncClient,
    prompt: Annotated[
        list[str] | None, typer.Argument(help="What is to be seen; - is standard input.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="Where to; - is standard output. Default: a new file, named after the prompt.",
        ),
    ] = None,
    edit: Annotated[
        str | None, typer.Option("--edit", metavar="FILE", help="Change this image.")
    ] = None,
    mask: Annotated[
        str | None,
        typer.Option("--mask", metavar="FILE", help="With --edit: change it where this is clear."),
    ] = None,
    variation: Annotated[
        str | None, typer.Option("--variation", metavar="FILE", help="Make one like this image.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Default: the server's.")
    ] = None,
    pixels: Annotated[
        str | None, typer.Option("--size", metavar="WxH", help="In pixels, such as 512x512.")
    ] = None,
    number: Annotated[int, typer.Option("-n", min=1, max=10, help="How many.")] = 1,
    json: Json = False,
    param: Param = None,
) -> None:
    """Make images, and write the paths of their files.

    With --json: the answer, with the path of a file in place of its bytes.

    openai-async image "a lighthouse at dusk" -o lighthouse.png
    """
    _check(prompt, edit, mask, variation)
    to_stdout = output is not None and str(output) == STDIN
    if to_stdout and (json or number > 1):
        raise Failure("--output - is for one image, without --json", code=2)
    params = call_parameters(
        param, model=model, size=pixels, n=None if number == 1 else number, **_format(model)
    )
    text = "" if variation else await prompt_of(prompt or [])
    answer = await _make(client, text, edit, mask, variation, params)
    named = text or Path(variation or "image").stem
    if to_stdout:
        await write_bytes(await _bytes_of(answer.data[0]))
        return
    await _keep(answer, output, named, json)


def _check(
    prompt: list[str] | None, edit: str | None, mask: str | None, variation: str | None
) -> None:
    """Reject what doesn't go together."""
    if variation and (prompt or edit):
        raise Failure("--variation takes neither a prompt nor --edit", code=2)
    if mask and not edit:
        raise Failure("--mask is for --edit", code=2)
    if STDIN in (edit, mask) and (not prompt or STDIN in prompt):
        raise Failure("standard input can't be both the prompt and an image", code=2)


def _format(model: str | None) -> dict[str, Any]:
    """The bytes are asked for, but of models that send them anyway and don't know the question."""
    return {} if (model or "").startswith("gpt-image") else {"response_format": "b64_json"}


async def _make(
    client: AsyncClient,
    prompt: str,
    edit: str | None,
    mask: str | None,
    variation: str | None,
    params: dict[str, Any],
) -> ImagesResponse:
    """The call that the options ask for."""
    answer: ImagesResponse
    if not edit and not variation:
        answer = await client.images.generate(prompt=prompt, stream=False, **params)
        return answer
    with transfer(f"Uploading {edit or variation}") as moved:
        params["upload_progress"] = moved
        if edit:
            if mask:
                params["mask"] = upload_of(mask)
            image = upload_of(edit)
            answer = await client.images.edit(prompt=prompt, image=image, stream=False, **params)
            return answer
        return await client.images.create_variation(image=upload_of(variation or ""), **params)


async def _keep(answer: ImagesResponse, output: Path | None, named: str, json: bool) -> None:
    """Write the files, then their paths."""
    told: list[dict[str, Any]] = []
    several = len(answer.data) > 1
    for number, each in enumerate(answer.data, 1):
        data = await _bytes_of(each)
        path = _free_path(named) if output is None else _numbered(output, number if several else 0)
        await anyio.Path(path).write_bytes(data)
        fields = {key: value for key, value in each.to_dict().items() if key != "b64_json"}
        told.append({"path": str(path), "bytes": len(data), **fields})
        if not json:
            write(str(path))
            note(f"Wrote {size(len(data))}.")
    if json:
        write_json({**answer.to_dict(), "data": told})


async def _bytes_of(image: Image) -> bytes:
    """An image's bytes, fetched if only its URL came."""
    if image.b64_json is not None or image.url is None:
        return image.decode()
    import httpx  # noqa: PLC0415 - the URL is no endpoint: it wants no key, and may be anywhere

    with transfer("Downloading") as moved:
        async with httpx.AsyncClient(follow_redirects=True, timeout=60) as http:
            async with http.stream("GET", image.url) as response:
                if not response.is_success:
                    raise Failure(f"{image.url} answered {response.status_code}")
                length = response.headers.get("content-length", "")
                data = bytearray()
                async for chunk in response.aiter_bytes():
                    data += chunk
                    moved(len(data), int(length) if length.isdigit() else None)
    return bytes(data)


def _free_path(text: str) -> Path:
    """A name made from a text that no file has yet."""
    stem = re.sub(r"[^a-z0-9]+", "-", text.lower())[:_STEM].strip("-") or "image"
    number = 1
    path = Path(f"{stem}.png")
    while path.exists():
        number += 1
        path = Path(f"{stem}-{number}.png")
    return path


def _numbered(path: Path, number: int) -> Path:
    """The path, or of several files the one with this number."""
    return path.with_name(f"{path.stem}-{number}{path.suffix}") if number else path
