"""What type checkers infer for calls. Checked by mypy --strict and pyright strict; never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing_extensions import assert_type

from openai_async import AsyncClient, AsyncStream, BinaryBody
from openai_async.types.audio import (
    Transcription,
    TranscriptionVerbose,
    Translation,
    TranslationVerbose,
)
from openai_async.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessage
from openai_async.types.completions import Completion
from openai_async.types.embeddings import EmbeddingList, EncodedEmbeddingList
from openai_async.types.files import FileDeleted, FileObject
from openai_async.types.models import ModelInfo


async def chat(client: AsyncClient, maybe: bool) -> None:
    create = client.chat.completions.create
    plain = await create(model="m", messages=[{"role": "user", "content": "Hi"}])
    assert_type(plain, ChatCompletion)
    assert_type(plain.choices[0].message, ChatCompletionMessage)
    assert_type(plain.choices[0].message.content, str | None)

    stream = await create(model="m", messages=[], stream=True)
    assert_type(stream, AsyncStream[ChatCompletionChunk])
    async for chunk in stream:
        assert_type(chunk, ChatCompletionChunk)
        assert_type(chunk.choices[0].delta.content, str | None)
    async with stream as entered:
        assert_type(entered, AsyncStream[ChatCompletionChunk])

    assert_type(await create(model="m", messages=[], stream=False), ChatCompletion)
    assert_type(await create(model="m", messages=[], stream=None), ChatCompletion)
    assert_type(
        await create(model="m", messages=[], stream=maybe),
        ChatCompletion | AsyncStream[ChatCompletionChunk],
    )
    # A message of an answer goes back as it is.
    await create(model="m", messages=[plain.choices[0].message, {"role": "user", "content": "?"}])
    await create(
        model="m",
        messages=[
            {"role": "developer", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": "data:,"}},
                ],
            },
            {"role": "tool", "content": "4", "tool_call_id": "call-1"},
        ],
        tools=[{"type": "function", "function": {"name": "add", "parameters": {}}}],
        tool_choice={"type": "function", "function": {"name": "add"}},
        response_format={"type": "json_object"},
        stop=["\n"],
        temperature=None,
        timeout=3,
        deadline=9,
        max_retries=0,
        extra_headers={"x-a": None},
        extra_query={"q": [1]},
        extra_body={"top_k": 1},
    )


async def completions(client: AsyncClient, maybe: bool) -> None:
    create = client.completions.create
    assert_type(await create(model="m", prompt="Once"), Completion)
    assert_type(await create(model="m", prompt=["a", "b"]), Completion)
    assert_type(await create(model="m", prompt=[1, 2]), Completion)
    assert_type(await create(model="m", prompt=[[1, 2], [3]]), Completion)
    assert_type(await create(model="m", prompt="Once", stream=True), AsyncStream[Completion])
    assert_type(
        await create(model="m", prompt="Once", stream=maybe), Completion | AsyncStream[Completion]
    )


async def embeddings(client: AsyncClient) -> None:
    create = client.embeddings.create
    plain = await create(model="m", input="a")
    assert_type(plain, EmbeddingList)
    assert_type(plain.data[0].embedding, list[float])
    assert_type(await create(model="m", input=["a"], encoding_format="float"), EmbeddingList)
    encoded = await create(model="m", input=[[1]], encoding_format="base64")
    assert_type(encoded, EncodedEmbeddingList)
    assert_type(encoded.data[0].embedding, str)


async def audio(client: AsyncClient) -> None:
    transcribe = client.audio.transcriptions.create
    assert_type(await transcribe(file=b"", model="m"), Transcription)
    assert_type(await transcribe(file=b"", model="m", response_format="json"), Transcription)
    assert_type(
        await transcribe(file=b"", model="m", response_format="verbose_json"), TranscriptionVerbose
    )
    assert_type(await transcribe(file=b"", model="m", response_format="text"), str)
    assert_type(await transcribe(file=b"", model="m", response_format="srt"), str)
    assert_type(await transcribe(file=b"", model="m", response_format="vtt"), str)
    translate = client.audio.translations.create
    assert_type(await translate(file=b"", model="m"), Translation)
    assert_type(
        await translate(file=b"", model="m", response_format="verbose_json"), TranslationVerbose
    )
    assert_type(await translate(file=b"", model="m", response_format="vtt"), str)


async def files(client: AsyncClient) -> None:
    assert_type(await client.files.retrieve("f"), FileObject)
    assert_type(await client.files.delete("f"), FileDeleted)
    assert_type(await client.files.content("f"), BinaryBody)
    assert_type(await client.files.retrieve_content("f"), str)  # pyright: ignore[reportDeprecated]
    assert_type(await client.models.retrieve("m"), ModelInfo)


async def mistakes(client: AsyncClient) -> None:
    """Each of these must be an error, else the comment that allows it is one."""
    await client.chat.completions.create(model="m")  # type: ignore[call-overload]
    await client.chat.completions.create(model="m", messages=[], tmperature=1)  # type: ignore[call-overload]
    await client.chat.completions.create(model="m", messages=[{"role": "nobody"}])  # type: ignore[list-item]
    await client.chat.completions.create(model=5, messages=[])  # type: ignore[call-overload]
    await client.completions.create(model="m", prompt={})  # type: ignore[call-overload]
    await client.embeddings.create(model="m")  # type: ignore[call-overload]
    await client.embeddings.create(model="m", input="a", encoding_format="hex")  # type: ignore[call-overload]
    await client.audio.transcriptions.create(file=b"", model="m", response_format="mp3")  # type: ignore[call-overload]
    await client.files.retrieve()  # type: ignore[call-arg]
    await client.files.retrieve("f", tmeout=3)  # type: ignore[call-arg]
    await client.files.create(file=5, purpose="x")  # type: ignore[arg-type]
    await client.files.create(file=b"")  # type: ignore[call-arg]
    client.files.list(tmeout=3)  # type: ignore[call-arg]
