"""`openai-async moderate`"""

from __future__ import annotations

from typing import Annotated

import typer

from ... import AsyncClient
from .._connection import calls
from .._inputs import texts_of
from .._options import Json, Param, call_parameters
from .._output import columns, write_json
from .embed import shorten

_LABEL = 40  # characters of a text


def add_to(app: typer.Typer) -> None:
    calls(app, "moderate")(moderate)


async def moderate(
    client: AsyncClient,
    texts: Annotated[
        list[str] | None, typer.Argument(help="The texts; - is standard input.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Default: the server's.")
    ] = None,
    lines: Annotated[
        bool, typer.Option("--lines", help="Each line of standard input is a text of its own.")
    ] = False,
    json: Json = False,
    param: Param = None,
) -> None:
    """Tell whether texts are harmful: a verdict, the text, and the category that comes closest."""
    inputs = await texts_of(texts or [], lines=lines)
    answer = await client.moderations.create(input=inputs, **call_parameters(param, model=model))
    if json:
        write_json(answer)
        return
    table: list[list[object]] = []
    for text, result in zip(inputs, answer.results, strict=True):
        names = [name for name, yes in result.categories.items() if yes]
        scores = sorted(result.category_scores.items(), key=lambda item: -item[1])
        told = [f"{name} {score:.2f}" for name, score in scores if name in names] or [
            f"{name} {score:.2f}" for name, score in scores[:1]
        ]
        verdict = "flagged" if result.flagged else "ok"
        table.append([verdict, shorten(text, _LABEL), ", ".join(told)])
    columns(table)
