"""Realtime keys and calls, and ChatKit, against the built-in server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from openai_async import (
    NOT_GIVEN,
    AsyncClient,
    BadRequestError,
    ConflictError,
    NotFoundError,
    raw,
)
from openai_async.testing import Server
from openai_async.types.chatkit import ChatKitAssistantMessage, ChatKitUserMessage
from openai_async.types.realtime import RealtimeSession, RealtimeTranscriptionSession

pytestmark = pytest.mark.anyio

OFFER = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\n"
)


@pytest.fixture
def server() -> Server:
    return Server(seed=1, api_key="test-key")


@pytest.fixture
async def client(server: Server) -> AsyncIterator[AsyncClient]:
    async with server.client(strict_responses=True) as client:
        yield client


async def test_an_offer_in_bytes_and_no_session(client: AsyncClient, server: Server) -> None:
    left_out: Any = NOT_GIVEN
    offer: Any = OFFER.encode()
    answer = await client.realtime.calls.create(sdp=offer, session=left_out)
    assert (await answer.text()).startswith("v=0")
    form = server.calls[-1].form
    assert form is not None
    assert form["sdp"] == OFFER
    assert "session" not in form
    with pytest.raises(TypeError, match="not JSON"):
        await client.realtime.calls.create(sdp=OFFER, session={"model": float("nan")})  # type: ignore[arg-type]


async def test_client_secrets(client: AsyncClient) -> None:
    made = await client.realtime.client_secrets.create(
        expires_after={"anchor": "created_at", "seconds": 60},
        session={
            "type": "realtime",
            "model": "gpt-realtime-mini",
            "audio": {
                "input": {"turn_detection": {"type": "semantic_vad", "eagerness": "low"}},
                "output": {"voice": "cedar"},
            },
            "tools": [{"type": "function", "name": "weather", "parameters": {"type": "object"}}],
        },
    )
    assert isinstance(made.session, RealtimeSession)
    assert made.session.model == "gpt-realtime-mini"
    assert made.session.audio is not None
    assert made.session.audio.input is not None
    assert made.session.audio.input.turn_detection is not None
    assert made.session.audio.input.turn_detection.type == "semantic_vad"
    assert made.value.startswith("ek_")
    assert made.value not in repr(made)
    assert made.to_dict()["value"] == made.value
    other = await client.realtime.client_secrets.create(session={"type": "transcription"})
    assert isinstance(other.session, RealtimeTranscriptionSession)
    with pytest.raises(BadRequestError, match="seconds"):
        await client.realtime.client_secrets.create(expires_after={"seconds": 1})


async def test_translations(client: AsyncClient) -> None:
    made = await client.realtime.translations.client_secrets.create(
        session={"model": "gpt-realtime-translate", "audio": {"output": {"language": "de"}}}
    )
    assert made.session.audio.output is not None
    assert made.session.audio.output.language == "de"


async def test_a_call_by_webrtc(client: AsyncClient, server: Server) -> None:
    seen = await raw(client.realtime.calls.create)(
        sdp=OFFER, session={"type": "realtime", "model": "gpt-realtime"}
    )
    assert (await seen.value.text()).startswith("v=0\r\n")
    assert seen.headers["content-type"] == "application/sdp"
    assert server.calls[-1].headers["accept"] == "application/sdp"
    call_id = seen.headers["location"].rpartition("/")[2]
    await client.realtime.calls.hangup(call_id)
    with pytest.raises(ConflictError):
        await client.realtime.calls.hangup(call_id)
    with pytest.raises(BadRequestError, match="song"):
        await client.realtime.calls.create(sdp=OFFER, session={"type": "song"})  # type: ignore[typeddict-item]  # pyright: ignore
    with pytest.raises(BadRequestError):
        await client.realtime.calls.create(sdp="hello")


async def test_a_call_by_telephone(client: AsyncClient, server: Server) -> None:
    calls = client.realtime.calls
    await calls.accept("rtc_1", type="realtime", instructions="Be kind.")
    await calls.refer("rtc_1", target_uri="tel:+14155550123")
    with pytest.raises(ConflictError):
        await calls.accept("rtc_1", type="realtime")
    await calls.reject("rtc_2", status_code=486)
    assert server.calls[-1].json == {"status_code": 486}
    with pytest.raises(NotFoundError):
        await calls.hangup("none")


async def test_sessions_of_the_beta(client: AsyncClient) -> None:
    session = await client.beta.realtime.sessions.create(
        client_secret={"value": "ek_1", "expires_at": 5}, modalities=["text"], instructions="Hi"
    )
    assert (session.output_modalities, session.instructions) == (["text"], "Hi")
    other = await client.beta.realtime.transcription_sessions.create(
        input_audio_format="g711_alaw",
        turn_detection={"type": "server_vad", "silence_duration_ms": 300},
    )
    assert other.client_secret.value not in repr(other)
    assert other.turn_detection is not None
    assert other.turn_detection.silence_duration_ms == 300


async def test_chatkit(client: AsyncClient, server: Server) -> None:
    made: list[Any] = [
        await client.chatkit.sessions.create(user=user, workflow={"id": "wf_1"})
        for user in ("ada", "bob", "ada")
    ]
    assert server.calls[-1].headers["openai-beta"] == "chatkit_beta=v1"
    assert made[0].client_secret not in repr(made[0])
    threads = [thread async for thread in client.chatkit.threads.list(user="ada", limit=1)]
    assert [thread.user for thread in threads] == ["ada", "ada"]
    thread = await client.chatkit.threads.retrieve(threads[0].id)
    assert thread.status.type == "active"
    question, answer = [
        item async for item in client.chatkit.threads.list_items(thread.id, order="asc", limit=1)
    ]
    assert isinstance(question, ChatKitUserMessage)
    assert isinstance(answer, ChatKitAssistantMessage)
    assert answer.content[0].text
    assert (await client.chatkit.threads.delete(thread.id)).deleted
    with pytest.raises(NotFoundError):
        await client.chatkit.threads.retrieve(thread.id)
    assert (await client.chatkit.sessions.cancel(made[1].id)).status == "cancelled"


async def test_the_beta_header_can_be_another(client: AsyncClient, server: Server) -> None:
    headers = {"OpenAI-Beta": "chatkit_beta=v2"}
    await client.beta.chatkit.threads.list(extra_headers=headers)
    assert server.calls[-1].headers["openai-beta"] == "chatkit_beta=v2"


async def test_namespaces_of_the_beta_are_the_same(client: AsyncClient) -> None:
    assert client.beta.chat is client.chat
    assert client.beta.responses is client.responses
    assert client.beta.chatkit is client.chatkit
