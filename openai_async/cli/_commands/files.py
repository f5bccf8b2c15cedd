"""`openai-async files`"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Annotated

import typer

from ... import AsyncClient
from ...types.files import FileObject
from .._connection import calls
from .._inputs import STDIN, upload_of
from .._options import Json, Param, call_parameters
from .._output import Failure, columns, note, size, write, write_bytes, write_json
from .._progress import transfer
from .models import day

HELP = "Files on the server."

Id = Annotated[str, typer.Argument(metavar="FILE_ID", help="The file's id.")]


def add_to(app: typer.Typer) -> None:
    calls(app, "list")(list_files)
    calls(app, "upload")(upload)
    calls(app, "get")(get)
    calls(app, "retrieve", hidden=True)(get)
    calls(app, "content")(content)
    calls(app, "delete")(delete)


async def list_files(client: AsyncClient, json: Json = False) -> None:
    """List the files: id, name, bytes, purpose, status, date."""
    found = [file async for file in client.files.list()]
    if json:
        write_json({"object": "list", "data": [file.to_dict() for file in found]})
    else:
        columns(_row(file) for file in found)


async def upload(
    client: AsyncClient,
    file: Annotated[str, typer.Argument(help="A path; - is standard input.")],
    purpose: Annotated[str, typer.Option("--purpose", help="What it is for.")] = "fine-tune",
    name: Annotated[
        str | None, typer.Option("--name", help="What it is to be called on the server.")
    ] = None,
    json: Json = False,
    param: Param = None,
) -> None:
    """Upload a file, and write its id."""
    stored = await send(client, file, purpose, name=name, param=param)
    if json:
        write_json(stored)
    else:
        write(stored.id)
        note(f"Uploaded {stored.filename}, {size(stored.bytes)}.")


async def send(
    client: AsyncClient,
    path: str,
    purpose: str,
    *,
    name: str | None = None,
    param: list[str] | None = None,
) -> FileObject:
    """Upload a path, or standard input, with a bar."""
    with transfer(f"Uploading {name or ('standard input' if path == STDIN else path)}") as moved:
        return await client.files.create(
            file=upload_of(path, name),
            purpose=purpose,
            upload_progress=moved,
            **call_parameters(param),
        )


async def get(client: AsyncClient, file_id: Id, json: Json = False) -> None:
    """Tell of one file: id, name, bytes, purpose, status, date."""
    found = await client.files.retrieve(file_id)
    if json:
        write_json(found)
    else:
        columns([_row(found)])


async def content(
    client: AsyncClient,
    file_id: Id,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="PATH", help="Where to; else standard output."),
    ] = None,
) -> None:
    """Download a file."""
    async with await client.files.content(file_id) as body:
        if output is not None and str(output) != STDIN:
            with transfer(f"Downloading {output.name}") as moved:
                await body.write_to_file(output, on_progress=moved)
            note(f"Wrote {output}.")
            return
        async with aclosing(_checked(body.iter_bytes())) as chunks:
            async for chunk in chunks:
                await write_bytes(chunk)


async def _checked(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Bytes, unless they would spoil a terminal."""
    async for chunk in chunks:
        if b"\0" in chunk and sys.stdout.isatty():
            raise Failure("the file is not text: write it to a file with --output")
        yield chunk


async def delete(client: AsyncClient, file_id: Id, json: Json = False) -> None:
    """Delete a file."""
    gone = await client.files.delete(file_id)
    if json:
        write_json(gone)
    else:
        write(gone.id)
        note("Deleted.")


def _row(file: FileObject) -> list[object]:
    return [file.id, file.filename, file.bytes, file.purpose, file.status, day(file.created_at)]
