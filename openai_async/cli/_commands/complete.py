"""`openai-async complete`"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from ... import AsyncClient
from ...types.completions import Completion
from .._answers import wants_stream, write_stream, write_texts
from .._connection import calls
from .._inputs import prompt_of
from .._options import (
    Json,
    MaxTokens,
    Param,
    Seed,
    Stats,
    Stop,
    Stream,
    Temperature,
    TopP,
    call_parameters,
)
from .._output import write_json

DEFAULT_MODEL = "gpt-3.5-turbo-instruct"


def add_to(app: typer.Typer) -> None:
    calls(app, "complete")(complete)


async def complete(
    client: AsyncClient,
    prompt: Annotated[
        list[str] | None, typer.Argument(help="What to go on from; - is standard input.")
    ] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="The model's id.")] = DEFAULT_MODEL,
    suffix: Annotated[
        str | None, typer.Option("--suffix", metavar="TEXT", help="What comes behind the text.")
    ] = None,
    echo: Annotated[
        bool, typer.Option("--echo", help="Write the prompt too, in front of the text.")
    ] = False,
    stream: Stream = None,
    json: Json = False,
    stats: Stats = False,
    max_tokens: MaxTokens = None,
    temperature: Temperature = None,
    top_p: TopP = None,
    seed: Seed = None,
    stop: Stop = None,
    param: Param = None,
) -> None:
    """Go on from a prompt.

    openai-async complete "Once upon a time" --max-tokens 60
    """
    params = call_parameters(
        param,
        model=model,
        suffix=suffix,
        echo=echo or None,
        max_tokens=max_tokens,
        temperature=temperature,
        top_p=top_p,
        seed=seed,
        stop=stop,
    )
    text = await prompt_of(prompt or [])
    if wants_stream(stream, json=json, stats=stats):
        extra: dict[str, Any] = {"stream_options": {"include_usage": True}} if stats else {}
        chunks = await client.completions.create(prompt=text, stream=True, **params, **extra)
        await write_stream(chunks, _pieces, json=json, stats=stats, keep=[])
        return
    whole = await client.completions.create(prompt=text, stream=False, **params)
    if json:
        write_json(whole)
    else:
        write_texts(choice.text for choice in whole.choices)


def _pieces(chunk: Completion) -> Iterator[tuple[int, str]]:
    for choice in chunk.choices:
        yield choice.index or 0, choice.text
