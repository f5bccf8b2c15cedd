"""A FastAPI service: one client for the app's life, and an answer that streams to the browser.

When the browser leaves, the stream to the model is closed too: nobody pays for unread tokens.

Run it:  uvicorn examples.fastapi_service:app
Try it:  curl -N -X POST localhost:8000/chat -H 'content-type: application/json' -d '{"text": "Hi"}'
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, TypedDict

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel

from openai_async import APIError, APIStatusError, AsyncClient, AsyncStream
from openai_async.types.chat import ChatCompletionChunk

MODEL = os.environ.get("MODEL", "gpt-4o-mini")


class State(TypedDict):
    openai: AsyncClient


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[State]:
    async with AsyncClient(deadline=120) as client:
        yield {"openai": client}


app = FastAPI(lifespan=lifespan)


def openai(request: Request) -> AsyncClient:
    client: AsyncClient = request.state.openai
    return client


OpenAI = Annotated[AsyncClient, Depends(openai)]


class Question(BaseModel):
    text: str


@app.post("/chat")
async def chat(question: Question, client: OpenAI) -> StreamingResponse:
    # Begun here and not in the generator, so that a refused call is an answer with a status.
    stream = await client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": question.text}], stream=True
    )
    return StreamingResponse(text_of(stream), media_type="text/plain")


async def text_of(stream: AsyncStream[ChatCompletionChunk]) -> AsyncIterator[str]:
    async with stream:  # left by cancellation when the browser goes away
        async for chunk in stream:
            for choice in chunk.choices:
                yield choice.delta.content or ""


@app.exception_handler(APIError)
async def upstream_failed(_: Request, error: APIError) -> JSONResponse:
    status = error.status_code if isinstance(error, APIStatusError) else 502
    headers = {"x-upstream-request-id": error.request_id or ""}
    return JSONResponse({"error": error.message}, status_code=status, headers=headers)
