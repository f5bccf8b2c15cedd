"""`openai-async transcribe` and `openai-async translate`"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import typer

from ... import AsyncClient
from .._connection import calls
from .._inputs import STDIN, upload_of
from .._options import Json, Param, Temperature, call_parameters
from .._output import Failure, write, write_json
from .._progress import transfer

DEFAULT_MODEL = "whisper-1"

Recording: TypeAlias = Annotated[
    str, typer.Argument(metavar="FILE", help="A recording; - is standard input.")
]
ModelName: TypeAlias = Annotated[str, typer.Option("--model", "-m", help="The model's id.")]
Format: TypeAlias = Annotated[
    Literal["text", "json", "srt", "vtt", "verbose_json"],
    typer.Option("--format", "-f", help="What to write."),
]
Prompt: TypeAlias = Annotated[
    str | None,
    typer.Option("--prompt", metavar="TEXT", help="Text in front of it, or in the wished style."),
]


def add_to(app: typer.Typer) -> None:
    calls(app, "transcribe")(transcribe)
    calls(app, "translate")(translate)


async def transcribe(
    client: AsyncClient,
    file: Recording,
    model: ModelName = DEFAULT_MODEL,
    format: Format = "text",
    language: Annotated[
        str | None, typer.Option("--language", metavar="CODE", help="What is spoken, such as de.")
    ] = None,
    prompt: Prompt = None,
    temperature: Temperature = None,
    json: Json = False,
    param: Param = None,
) -> None:
    """Write down what is said in a recording."""
    options = call_parameters(
        param, model=model, language=language, prompt=prompt, temperature=temperature
    )
    await _write(client.audio.transcriptions.create, file, _wire_format(format, json), options)


async def translate(
    client: AsyncClient,
    file: Recording,
    model: ModelName = DEFAULT_MODEL,
    format: Format = "text",
    prompt: Prompt = None,
    temperature: Temperature = None,
    json: Json = False,
    param: Param = None,
) -> None:
    """Write down in English what is said in a recording."""
    options = call_parameters(param, model=model, prompt=prompt, temperature=temperature)
    await _write(client.audio.translations.create, file, _wire_format(format, json), options)


def _wire_format(format: str, json: bool) -> str:
    if not json:
        return format
    if format not in ("text", "json", "verbose_json"):
        raise Failure(f"--json and --format {format} exclude each other", code=2)
    return format if format == "verbose_json" else "json"


async def _write(create: Any, path: str, format: str, options: dict[str, Any]) -> None:
    """Send a recording, and write the answer."""
    with transfer(f"Uploading {'standard input' if path == STDIN else path}") as moved:
        answer: Any = await create(
            file=upload_of(path), response_format=format, upload_progress=moved, **options
        )
    if isinstance(answer, str):
        write(answer.rstrip("\n"))
    else:
        write_json(answer)
