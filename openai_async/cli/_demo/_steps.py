"""What the demo does: six calls, each with a view to show it in and the facts that it gives."""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._commands.embed import similarities
from .._meter import Meter
from .._output import Failure, size
from ._engines import Engine, Engines

if TYPE_CHECKING:
    from ._view import View

__all__ = ["run_steps"]

QUESTION = "Explain in a short paragraph why the sky is blue."
BEGINNING = "Once upon a time, in a small village by the sea,"
TEXTS = [
    "The cat sleeps on the warm windowsill.",
    "On the warm windowsill a kitten sleeps.",
    "Share prices fell sharply on Monday.",
    "On Monday the market fell sharply.",
]
PICTURE = "The sun sets over a quiet lake"
PICTURE_NAME = "openai-async-demo.png"
UPLOAD_BYTES = 64_000_000
_CHUNK_BYTES = 250_000
EXAMPLES = [
    {"prompt": f"What color is {thing}? ->", "completion": f" {color}.\n"}
    for thing, color in (
        ("the sky", "Blue"),
        ("grass", "Green"),
        ("snow", "White"),
        ("coal", "Black"),
        ("a lemon", "Yellow"),
        ("a ripe cherry", "Red"),
    )
]


async def run_steps(engines: Engines, view: View, folder: Path) -> dict[str, Any]:
    """All of them in turn."""
    return {
        "chat": await _chat(engines.text, view),
        "completion": await _completion(engines.text, view),
        "embeddings": await _embeddings(engines.text, view),
        "image": await _image(engines.rest, view, folder / PICTURE_NAME),
        "upload": await _upload(engines.rest, view),
        "fine_tune": await _fine_tune(engines.rest, view),
    }


async def _chat(engine: Engine, view: View) -> dict[str, Any]:
    view.begin("Chat, streamed", engine.told)
    view.asked(QUESTION)
    meter = Meter()
    pieces: list[str] = []
    stream = await engine.client.chat.completions.create(
        model=engine.chat,
        messages=[{"role": "user", "content": QUESTION}],
        stream=True,
        max_tokens=160,
        temperature=0.0 if engine.told.real else 0.7,
        stream_options={"include_usage": True},
    )
    async with stream:
        async for chunk in stream:
            if chunk.usage is not None:
                meter.told = chunk.usage.completion_tokens
            for choice in chunk.choices:
                if choice.delta.content:
                    meter.piece()
                    pieces.append(choice.delta.content)
                    view.piece(choice.delta.content)
    view.ended(str(meter))
    return {
        "model": engine.chat,
        "prompt": QUESTION,
        "text": "".join(pieces),
        "tokens": meter.tokens,
        "tokens_per_second": _rounded(meter.tokens_per_second),
        "seconds_to_first_token": _rounded(meter.seconds_to_first),
    }


async def _completion(engine: Engine, view: View) -> dict[str, Any]:
    view.begin("Completion", engine.told)
    started = time.perf_counter()
    answer = await engine.client.completions.create(
        model=engine.completion, prompt=BEGINNING, max_tokens=48, temperature=0.0, stop=["\n"]
    )
    choice = answer.choices[0]
    view.completed(BEGINNING, choice.text, cut=choice.finish_reason == "length")
    tokens = answer.usage.completion_tokens if answer.usage else None
    seconds = time.perf_counter() - started
    view.ended(f"{tokens} tokens, whole after {seconds:.2f} s")
    return {
        "model": engine.completion,
        "prompt": BEGINNING,
        "text": choice.text,
        "tokens": tokens,
        "seconds": _rounded(seconds),
    }


async def _embeddings(engine: Engine, view: View) -> dict[str, Any]:
    view.begin("Embeddings", engine.told)
    started = time.perf_counter()
    answer = await engine.client.embeddings.create(model=engine.embedding, input=TEXTS)
    vectors = [item.embedding for item in answer.data]
    seconds = time.perf_counter() - started
    table = [[round(value, 4) for value in row] for row in similarities(vectors)]
    view.similar(TEXTS, table)
    view.ended(f"{len(vectors)} vectors of {len(vectors[0])} numbers in {seconds:.2f} s")
    return {
        "model": engine.embedding,
        "texts": TEXTS,
        "dimensions": len(vectors[0]),
        "similarities": table,
        "seconds": _rounded(seconds),
    }


async def _image(engine: Engine, view: View, path: Path) -> dict[str, Any]:
    view.begin("Image", engine.told)
    view.asked(PICTURE)
    answer = await engine.client.images.generate(
        prompt=PICTURE, size="256x256", response_format="b64_json"
    )
    data = answer.data[0].decode()
    path.write_bytes(data)
    view.picture(data)
    view.ended(f"{path}, {size(len(data))}")
    return {"prompt": PICTURE, "path": str(path), "size": "256x256", "bytes": len(data)}


async def _upload(engine: Engine, view: View) -> dict[str, Any]:
    view.begin("Upload", engine.told)
    started = time.perf_counter()
    name = "64-megabytes.bin"
    with view.moving(name) as moved:
        stored = await engine.client.files.create(
            file=(name, _some_bytes()),
            purpose="user_data",
            # What comes from an iterator has no size that is known beforehand; here it is.
            upload_progress=lambda done, _: moved(min(done, UPLOAD_BYTES), UPLOAD_BYTES),
        )
    seconds = time.perf_counter() - started
    await engine.client.files.delete(stored.id)
    view.ended(f"{stored.id}, {size(stored.bytes)} in {seconds:.2f} s, and deleted again")
    return {
        "id": stored.id,
        "filename": stored.filename,
        "bytes": stored.bytes,
        "seconds": _rounded(seconds),
    }


async def _some_bytes() -> AsyncIterator[bytes]:
    """A large body that is nowhere whole: neither in memory nor on disk."""
    chunk = os.urandom(_CHUNK_BYTES)
    for _ in range(UPLOAD_BYTES // _CHUNK_BYTES):
        yield chunk


async def _fine_tune(engine: Engine, view: View) -> dict[str, Any]:
    view.begin("Fine-tune, followed live", engine.told)
    client = engine.client
    training = await client.files.create(
        file=("colors.jsonl", "".join(_lines())), purpose="fine-tune"
    )
    started = time.perf_counter()
    job = await client.fine_tunes.create(training_file=training.id, model="curie", suffix="demo")
    events: list[dict[str, Any]] = []
    async for event in client.fine_tunes.follow(job.id):
        view.event(time.perf_counter() - started, event.message)
        events.append(event.to_dict())
    job = await client.fine_tunes.retrieve(job.id)
    if job.status != "succeeded" or job.fine_tuned_model is None:
        raise Failure(f"the fine-tune {job.id} is {job.status}")
    prompt = EXAMPLES[0]["prompt"]
    answer = await client.completions.create(
        model=job.fine_tuned_model, prompt=prompt, temperature=0.0, stop=["\n"]
    )
    text = answer.choices[0].text
    view.answered(prompt, text)
    view.ended(f"answered by {job.fine_tuned_model}")
    return {
        "id": job.id,
        "status": job.status,
        "model": job.fine_tuned_model,
        "events": events,
        "prompt": prompt,
        "text": text,
    }


def _lines() -> Iterator[str]:
    """The training file, JSON Lines."""
    for example in EXAMPLES:
        yield json.dumps(example) + "\n"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
