"""`openai-async embed`"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

import typer

from ... import AsyncClient
from .._connection import calls
from .._inputs import texts_of
from .._options import Json, Param, call_parameters
from .._output import columns, one_line, write_json

DEFAULT_MODEL = "text-embedding-3-small"
_SHOWN = 3  # numbers of a vector
_LABEL = 40  # characters of a text


def add_to(app: typer.Typer) -> None:
    calls(app, "embed")(embed)


async def embed(
    client: AsyncClient,
    texts: Annotated[
        list[str] | None, typer.Argument(help="The texts; - is standard input.")
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
) -> None:
    """Turn texts into vectors, and see how alike they are: each with each, and their length.

    openai-async embed "a cat" "a kitten" "a train"
    openai-async embed --lines --json - < sentences.txt
    """
    inputs = await texts_of(texts or [], lines=lines)
    params = call_parameters(param, model=model, dimensions=dimensions)
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
