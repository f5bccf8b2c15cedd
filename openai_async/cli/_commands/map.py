"""`openai-async map`"""

from __future__ import annotations

from collections.abc import AsyncIterable
from pathlib import Path
from typing import Annotated, Any

import typer

from ... import AsyncClient
from ...bulk import Job, Journal, bar
from ...bulk import map as bulk_map
from ...bulk._formats import Columns
from ...types.chat import ChatCompletion, ChatCompletionMessageParam
from .._bulk import (
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
    UnreadableError,
)
from .._connection import calls
from .._options import MaxTokens, Param, Seed, Stop, Temperature, TopP, call_parameters
from .._templates import Template
from .._trouble import Trouble
from .chat import DEFAULT_MODEL, text_of

_COLUMNS: Columns = {
    "index": "int",
    "input": "any",
    "output": "text",
    "finish_reason": "text",
    "error": "text",
}
_WHOLE: Columns = {"index": "int", "input": "any", "output": "json", "error": "text"}


def add_to(app: typer.Typer) -> None:
    calls(app, "map")(map_prompts)


async def map_prompts(
    client: AsyncClient,
    prompt: Annotated[
        str,
        typer.Option(
            "--prompt",
            metavar="TEMPLATE",
            help="What to ask of each item: {text} is its text, {name} a field or column.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="OUT", help="A .jsonl, .parquet or .sqlite file."),
    ],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INPUT...", help="Files: .txt, .jsonl, .csv, .tsv; - is standard input."
        ),
    ] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="The model's id.")] = DEFAULT_MODEL,
    system: Annotated[
        str | None, typer.Option("--system", "-s", metavar="TEXT", help="What the model is to be.")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Write the server's whole answers, not the text alone.")
    ] = False,
    max_tokens: MaxTokens = None,
    temperature: Temperature = None,
    top_p: TopP = None,
    seed: Seed = None,
    stop: Stop = None,
    param: Param = None,
    format: Format = None,
    field: Field = None,
    concurrency: Concurrency = None,
    stop_after: StopAfter = None,
    patience: Patience = PATIENCE,
    journal: JournalPath = None,
    no_journal: NoJournal = False,
    clean: Clean = False,
) -> int:
    """Ask a model the same of many items: an answer for each line of a file.

    openai-async map --prompt "Sum up in a word: {text}" reviews.txt -o words.jsonl

    What is done is kept in OUT.journal: after Ctrl-C, or a crash, the same command
    goes on. An item that fails has an error in place of its answer, and the exit
    code is 1 then.
    """
    params = call_parameters(
        param,
        model=model,
        max_tokens=max_tokens,
        temperature=temperature,
        top_p=top_p,
        seed=seed,
        stop=stop,
    )
    template = Template(prompt, field)
    bulk = Bulk(
        inputs or [], output, columns=_WHOLE if json else _COLUMNS, format=format, field=field,
        journal=journal, no_journal=no_journal, clean=clean,
    )  # fmt: skip

    patient = client.with_options(middleware=[Trouble()])

    async def ask(question: str | UnreadableError) -> ChatCompletion:
        messages: list[ChatCompletionMessageParam] = []
        if system:
            messages.append({"role": "system", "content": system})
        messages.append({"role": "user", "content": _readable(question)})
        answer: ChatCompletion = await patient.chat.completions.create(
            messages=messages, stream=False, **params
        )
        return answer

    def begin(questions: AsyncIterable[Any], kept: Journal | None) -> Job[Any, ChatCompletion]:
        return bulk_map(
            ask,
            questions,
            concurrency=concurrency or "auto",
            journal=kept,
            name={"chat": params, "system": system},
            key=_readable,
            into=ChatCompletion,
            stop_after=stop_after,
            patience=patience,
            progress=bar(output.name),
        )

    return await bulk.run(template.fill, begin, _whole if json else _line)


def _readable(question: str | UnreadableError) -> str:
    if isinstance(question, UnreadableError):
        raise question
    return question


def _line(answer: ChatCompletion) -> tuple[Any, ...]:
    if not answer.choices:
        return (None, None)
    first = answer.choices[0]
    return (text_of(first.message), first.finish_reason)


def _whole(answer: ChatCompletion) -> tuple[Any, ...]:
    return (answer.to_json(indent=None),)
