"""TLS, with certificates of an authority that `SSL_CERT_FILE` names, over each transport."""

from __future__ import annotations

import os
import random
import sys
import threading
from pathlib import Path

import anyio
import httpx
import pytest

from openai_async import APIConnectionError, APITimeoutError
from tests.common import DONE, FILE, MODEL, A, B, ask, cut_stream, read, streaming, text
from tests.h2server import Certificates, Serve, usual
from tests.rawserver import (
    BOUND,
    EACH_TRANSPORT,
    Connection,
    RawServer,
    answer,
    event_stream,
    json_response,
)

pytestmark = [pytest.mark.anyio]
if sys.version_info < (3, 11):
    # asyncio's TLS of then says so of each connection that the server closed under aiohttp.
    said = "ignore:unclosed transport <asyncio.sslproto:ResourceWarning"
    pytestmark.append(pytest.mark.filterwarnings(said))

MIB = 1024 * 1024


@EACH_TRANSPORT
async def test_calls_streams_and_transfers(
    transport: str, certificates: Certificates, tmp_path: Path
) -> None:
    data = os.urandom(3 * MIB + 5)
    answers = (json_response(MODEL), event_stream(A, B, DONE), json_response(FILE))
    with RawServer(answer(*answers), tls=certificates.context()) as server:
        async with server.client(transport=transport) as client:
            assert (await client.models.retrieve("m")).id == "m"
            assert await read(client) == ("ab", None)
            await client.files.create(file=data, purpose="x")
    assert data in server.requests[2].body
    assert len(server.connections) == 1


@EACH_TRANSPORT
async def test_a_client_that_is_preloaded_has_read_the_certificates(
    transport: str, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RawServer(answer(json_response(MODEL)), tls=certificates.context()) as server:
        async with server.client(transport=transport) as client:
            client.preload("models")
            monkeypatch.delenv("SSL_CERT_FILE")  # whoever reads them later does not know it
            assert (await client.models.retrieve("m")).id == "m"


async def test_over_http2_they_are_read_ahead_too(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(usual) as server:
        async with server.client() as client:
            client.preload("models")
            monkeypatch.delenv("SSL_CERT_FILE")
            assert (await client.models.retrieve("m")).id == "m"


@EACH_TRANSPORT
async def test_an_authority_that_nobody_knows(transport: str, authority: Certificates) -> None:
    with RawServer(answer(json_response(MODEL)), tls=authority.context()) as server:
        async with server.client(transport=transport) as client:
            with pytest.raises(APIConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
                await client.models.retrieve("m")
    assert not server.requests


@EACH_TRANSPORT
async def test_a_certificate_for_another_name(transport: str, certificates: Certificates) -> None:
    with RawServer(
        answer(json_response(MODEL)), tls=certificates.context(name="api.test")
    ) as server:
        async with server.client(transport=transport) as client:
            with pytest.raises(APIConnectionError, match=r"CERTIFICATE_VERIFY_FAILED|certificate"):
                await client.models.retrieve("m")
    assert not server.requests


@EACH_TRANSPORT
async def test_a_handshake_that_never_ends(transport: str, certificates: Certificates) -> None:
    with RawServer(lambda connection: connection.until_gone()) as silent:
        timeout = httpx.Timeout(10, connect=0.3)
        url = silent.url.replace("http:", "https:")
        async with silent.client(transport=transport, base_url=url, timeout=timeout) as client:
            with anyio.fail_after(5), pytest.raises(APITimeoutError) as caught:
                await client.models.retrieve("m")
            assert caught.value.phase == "connect"
            await silent.connections[0].client_left()


@EACH_TRANSPORT
async def test_no_tls_where_tls_was_asked_for(transport: str, certificates: Certificates) -> None:
    def plain(connection: Connection) -> None:
        connection.send(json_response(MODEL))

    with RawServer(plain) as server:
        url = server.url.replace("http:", "https:")
        async with server.client(transport=transport, base_url=url) as client:
            with anyio.fail_after(5), pytest.raises(APIConnectionError):
                await client.models.retrieve("m")


@pytest.mark.parametrize("then", ["close", "reset"])
@EACH_TRANSPORT
async def test_a_stream_that_is_cut(then: str, transport: str, certificates: Certificates) -> None:
    """Also without a word of TLS's own about the end."""
    script = cut_stream(A, then="reset" if then == "reset" else "close")
    with RawServer(script, tls=certificates.context()) as server:
        async with server.client(transport=transport) as client:
            said, error = await read(client)
    assert said == "a"
    assert isinstance(error, APIConnectionError)


@EACH_TRANSPORT
async def test_a_stream_that_is_left_is_let_go_of(
    transport: str, certificates: Certificates
) -> None:
    def endless(connection: Connection) -> None:
        connection.request()
        for piece in event_stream(*[A] * 100_000)[:-1]:
            connection.send(piece)

    with RawServer(endless, tls=certificates.context()) as server:
        async with server.client(transport=transport) as client:
            async with await ask(client) as stream:
                async for chunk in stream:
                    assert text([chunk]) == "a"
                    break
            assert await anyio.to_thread.run_sync(server.connections[0].gone.wait, BOUND)


@EACH_TRANSPORT
async def test_a_cancel_storm(transport: str, certificates: Certificates) -> None:
    """In the midst of handshakes, too: as many calls as there may be connections pass behind it."""
    lock, chance = threading.Lock(), random.Random(1)

    def script(connection: Connection) -> None:
        while True:
            received = connection.request()
            with lock:
                wait = chance.random() * 0.005
            connection.wait(wait)
            if received.method == "GET":
                connection.send(json_response(MODEL))
            else:
                for piece in event_stream(A, DONE):
                    connection.send(piece)

    async def worker(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(15):
            with anyio.move_on_after(chance.random() * 0.03):
                if seed % 2:
                    await client.models.retrieve("m")
                else:
                    await read(client)

    limits = httpx.Limits(max_connections=5)
    with RawServer(script, tls=certificates.context()) as server:
        async with server.client(transport=transport, limits=limits) as client:
            async with anyio.create_task_group() as tasks:
                for seed in range(20):
                    tasks.start_soon(worker, seed)
            with anyio.fail_after(10):
                async with anyio.create_task_group() as tasks:
                    for _ in range(5):
                        tasks.start_soon(client.models.retrieve, "m")
        for connection in server.connections:
            assert await anyio.to_thread.run_sync(connection.gone.wait, BOUND)


@EACH_TRANSPORT
async def test_an_idle_connection_that_the_server_closed(
    transport: str, certificates: Certificates
) -> None:
    script = streaming(A, DONE, then="close")
    with RawServer(script, tls=certificates.context()) as server:
        async with server.client(transport=transport, max_retries=1) as client:
            for number in range(3):
                assert await read(client) == ("a", None)
                await anyio.to_thread.run_sync(server.connections[number].gone.wait, BOUND)
