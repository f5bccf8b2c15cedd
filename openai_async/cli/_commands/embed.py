"""`openai-async embed`"""

from __future__ import annotations

import math
from collections.abc import AsyncIterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ... import AsyncClient
from ...bulk import Job, Journal, bar
from ...bulk._formats import Columns
from .._bulk import (
    PANEL,
    PATIENCE,
    Bulk,
    Clean,
    Concurrency,
    Field,
    Format,
    JournalPath,
    NoJournal,
    Patience,
    StopAfter,
    refuse_without_output,
)
from .._connection import calls
from .._inputs import texts_of
from .._items import field_of
from .._options import Json, Param, call_parameters
from .._output import Failure, columns, one_line, write_json
from .._trouble import Trouble

DEFAULT_MODEL = "text-embedding-3-small"
_SHOWN = 3  # numbers of a vector
_LABEL = 40  # characters of a text
_COLUMNS: Columns = {"index": "int", "input": "any", "embedding": "vector", "error": "text"}


def add_to(app: typer.Typer) -> None:
    calls(app, "embed")(embed)


async def embed(
    client: AsyncClient,
    texts: Annotated[
        list[str] | None,
        typer.Argument(help="The texts; with --output, files of texts. - is standard input."),
    ] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="The model's id.")] = DEFAULT_MODEL,
    lines: Annotated[
        bool, typer.Option("--lines", help="Each line of standard input is a text of its own.")
    ] = False,
    dimensions: Annotated[
        int | None,
        typer.Option("--dimensions", metavar="N", help="How long the vectors are to be."),
    ] = None,
    json: Json = False,
    param: Param = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="Embed files, of any length, to a .npy, .jsonl, .parquet or .sqlite file.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    format: Format = None,
    field: Field = None,
    batch: Annotated[
        int | None,
        typer.Option(
            "--batch", metavar="N", min=1, help="Texts in a request.", rich_help_panel=PANEL
        ),
    ] = None,
    truncate: Annotated[
        bool,
        typer.Option(
            "--truncate", help="Cut texts that are too long for the model.", rich_help_panel=PANEL
        ),
    ] = False,
    concurrency: Concurrency = None,
    stop_after: StopAfter = None,
    patience: Patience = PATIENCE,
    journal: JournalPath = None,
    no_journal: NoJournal = False,
    clean: Clean = False,
) -> int:
    """Turn texts into vectors, and see how alike they are: each with each, and their length.

    openai-async embed "a cat" "a kitten" "a train"
    openai-async embed --lines --json - < sentences.txt
    openai-async embed texts.jsonl more.csv -o vectors.npy

    With --output, what is done is kept in OUT.journal: after Ctrl-C, or a crash,
    the same command goes on. An item that fails is a row of NaN (.npy, its reason
    in OUT.errors.jsonl) or has an `error`, and the exit code is 1 then.
    """
    params = call_parameters(param, model=model, dimensions=dimensions)
    if output is None:
        refuse_without_output(
            format=format, field=field, batch=batch, truncate=truncate, concurrency=concurrency,
            stop_after=stop_after, patience=patience != PATIENCE, journal=journal,
            no_journal=no_journal, clean=clean,
        )  # fmt: skip
        await _show(client, texts or [], params, lines=lines, json=json)
        return 0
    if json or lines:
        name, advice = ("--json", "name a .jsonl file") if json else ("--lines", "say --format txt")
        raise Failure(f"{name} and --output exclude each other: {advice}", code=2)
    bulk = Bulk(
        texts or [], output, columns=_COLUMNS, format=format, field=field,
        journal=journal, no_journal=no_journal, clean=clean,
    )  # fmt: skip

    if batch is not None:
        params["batch"] = batch

    def begin(inputs: AsyncIterable[Any], kept: Journal | None) -> Job[Any, Any]:
        patient = client.with_options(middleware=[Trouble()])
        return patient.embeddings.create_many(
            inputs,
            too_long="truncate" if truncate else "error",
            concurrency=concurrency or "auto",
            journal=kept,
            stop_after=stop_after,
            patience=patience,
            progress=bar(output.name),
            **params,
        )

    return await bulk.run(
        lambda value: field_of(value, field), begin, lambda vector: (bytes(vector),)
    )


async def _show(
    client: AsyncClient, texts: list[str], params: dict[str, Any], *, lines: bool, json: bool
) -> None:
    """Embed a few texts, and write how alike they are."""
    inputs = await texts_of(texts, lines=lines)
    answer = await client.embeddings.create(input=inputs, encoding_format=None, **params)
    if json:
        write_json(answer)
        return
    vectors = [item.embedding for item in answer.data]
    table: list[list[object]] = []
    for text, vector, row in zip(inputs, vectors, similarities(vectors), strict=True):
        beginning = ", ".join(f"{number:.3f}" for number in vector[:_SHOWN])
        alike = [f"{value:.2f}" for value in row] if len(inputs) > 1 else [f"[{beginning}, ...]"]
        table.append([shorten(text, _LABEL), *alike, len(vector)])
    columns(table)


def similarities(vectors: Sequence[Sequence[float]]) -> list[list[float]]:
    """The cosine of the angle between each two vectors: 1 for the same direction."""
    lengths = [math.sqrt(sum(x * x for x in vector)) or 1.0 for vector in vectors]
    return [
        [
            sum(x * y for x, y in zip(one, other, strict=True)) / (length * other_length)
            for other, other_length in zip(vectors, lengths, strict=True)
        ]
        for one, length in zip(vectors, lengths, strict=True)
    ]


def shorten(text: str, width: int) -> str:
    """A text on one line of at most `width` characters."""
    text = one_line(text)
    return text if len(text) <= width else text[: width - 3].rstrip() + "..."
