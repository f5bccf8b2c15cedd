"""`openai-async fine-tunes`"""

from __future__ import annotations

import os
import time
from typing import Annotated, Any, TypeAlias

import typer

from ... import AsyncClient
from .._connection import calls
from .._inputs import STDIN
from .._options import Json, Param, call_parameters
from .._output import Failure, columns, note, write, write_json
from .files import send
from .models import day

HELP = "Jobs that train a model of your own."

Id: TypeAlias = Annotated[str, typer.Argument(metavar="JOB_ID", help="The job's id.")]
Follow: TypeAlias = Annotated[
    bool, typer.Option("--follow", help="Go on with the events until the job is over.")
]


def add_to(app: typer.Typer) -> None:
    calls(app, "create")(create)
    calls(app, "list")(list_jobs)
    calls(app, "get")(get)
    calls(app, "retrieve", hidden=True)(get)
    calls(app, "cancel")(cancel)
    calls(app, "events")(events)
    calls(app, "follow")(follow)


async def create(
    client: AsyncClient,
    training: Annotated[
        str,
        typer.Argument(metavar="FILE", help="The training file: a path, - or the id of an upload."),
    ],
    validation: Annotated[
        str | None, typer.Option("--validation", metavar="FILE", help="The same for validation.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="The base model. Default: the server's.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option("--epochs", metavar="N", help="Passes over the training file.")
    ] = None,
    suffix: Annotated[
        str | None, typer.Option("--suffix", metavar="TEXT", help="For the new model's name.")
    ] = None,
    follow: Follow = False,
    json: Json = False,
    param: Param = None,
) -> None:
    """Start a job, and write its id. A path is uploaded first."""
    params = call_parameters(
        param,
        training_file=await _file_id(client, training),
        validation_file=await _file_id(client, validation) if validation else None,
        model=model,
        n_epochs=epochs,
        suffix=suffix,
    )
    job = await client.fine_tunes.create(**params)
    if json and not follow:
        write_json(job)
    elif not json:
        write(job.id)
    if follow:
        await _follow(client, job.id, json)


async def _file_id(client: AsyncClient, file: str) -> str:
    """The id of a file, uploaded if it is here."""
    if file == STDIN or os.path.exists(file):
        return (await send(client, file, "fine-tune")).id
    if not file.startswith("file-"):
        # The server would only say that it knows no such id.
        raise FileNotFoundError(2, "there is no such file, and it is no id of an upload", file)
    return file


async def list_jobs(client: AsyncClient, json: Json = False) -> None:
    """List the jobs: id, status, base model, new model, date."""
    found = [job async for job in client.fine_tunes.list()]
    if json:
        write_json({"object": "list", "data": [job.to_dict() for job in found]})
    else:
        columns(_row(job) for job in found)


async def get(client: AsyncClient, job_id: Id, json: Json = False) -> None:
    """Tell of one job: id, status, base model, new model, date."""
    job = await client.fine_tunes.retrieve(job_id)
    if json:
        write_json(job)
    else:
        columns([_row(job)])


async def cancel(client: AsyncClient, job_id: Id, json: Json = False) -> None:
    """Stop a job."""
    job = await client.fine_tunes.cancel(job_id)
    if json:
        write_json(job)
    else:
        write(job.id)
        note(f"It is {job.status}.")


async def events(
    client: AsyncClient, job_id: Id, follow: Follow = False, json: Json = False
) -> None:
    """Write what has happened in a job; as JSON, an event a line."""
    if follow:
        await _follow(client, job_id, json)
        return
    async for event in client.fine_tunes.list_events(job_id):
        _write_event(event, json)


async def follow(client: AsyncClient, job_id: Id, json: Json = False) -> None:
    """Write what happens in a job, from its beginning until it is over.

    The exit code is 1 if the job has not succeeded then. Ctrl-C stops the following, not the job.
    """
    await _follow(client, job_id, json)


async def _follow(client: AsyncClient, job_id: str, json: bool) -> None:
    async for event in client.fine_tunes.follow(job_id):
        _write_event(event, json)
    job = await client.fine_tunes.retrieve(job_id)
    if job.status != "succeeded":
        raise Failure(f"{job_id} is {job.status}")
    note(f"The model is {job.fine_tuned_model}.")


def _write_event(event: Any, json: bool) -> None:
    if json:
        write_json(event, line=True)
        return
    clock = time.strftime("%H:%M:%S", time.localtime(event.created_at))
    level = "" if event.level in (None, "info") else f"{event.level}: "
    write(f"{clock}  {level}{event.message}")


def _row(job: Any) -> list[object]:
    return [job.id, job.status, job.model, job.fine_tuned_model, day(job.created_at)]
