"""`openai-async models`"""

from __future__ import annotations

import time
from typing import Annotated

import typer

from ... import AsyncClient
from .._connection import calls
from .._options import Json
from .._output import columns, note, write, write_json

HELP = "The models that can be used."

Id = Annotated[str, typer.Argument(metavar="MODEL", help="The model's id.")]


def add_to(app: typer.Typer) -> None:
    calls(app, "list")(list_models)
    calls(app, "retrieve")(retrieve)
    calls(app, "get", hidden=True)(retrieve)
    calls(app, "delete")(delete)


async def list_models(client: AsyncClient, json: Json = False) -> None:
    """List the models: id, owner, since when."""
    found = [model async for model in client.models.list()]
    if json:
        write_json({"object": "list", "data": [model.to_dict() for model in found]})
    else:
        columns([model.id, model.owned_by, day(model.created)] for model in found)


async def retrieve(client: AsyncClient, model: Id, json: Json = False) -> None:
    """Tell of one model: id, owner, since when."""
    found = await client.models.retrieve(model)
    if json:
        write_json(found)
    else:
        columns([[found.id, found.owned_by, day(found.created)]])


async def delete(client: AsyncClient, model: Id, json: Json = False) -> None:
    """Delete a fine-tuned model."""
    gone = await client.models.delete(model)
    if json:
        write_json(gone)
    else:
        write(gone.id)
        note("Deleted.")


def day(seconds: float | None) -> str:
    """A time as its date, in UTC."""
    return "" if seconds is None else time.strftime("%Y-%m-%d", time.gmtime(seconds))
