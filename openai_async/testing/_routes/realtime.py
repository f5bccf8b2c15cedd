"""`/realtime`: keys, sessions and calls. Nobody speaks: there are no web sockets and no sound here."""

from __future__ import annotations

import json
from typing import Any

from .._errors import ApiError, bad_request, no_such
from .._http import Answer, Endpoint, Exchange, as_json
from .._params import Anything, Integer, Json, Spec, Table, Text, one_of, optional, required

DEFAULT_MODEL = "gpt-realtime"
DEFAULT_SECONDS = 600

EXPIRES = Table({"anchor": optional(one_of("created_at")), "seconds": optional(Integer(10, 7200))})
SESSION_FIELDS = (
    "audio", "include", "instructions", "max_output_tokens", "model", "output_modalities",
    "parallel_tool_calls", "prompt", "reasoning", "tool_choice", "tools", "tracing", "truncation",
)  # fmt: skip
SESSION: Spec = {
    "type": required(one_of("realtime", "transcription")),
    **{name: optional(Anything()) for name in SESSION_FIELDS},
    "instructions": optional(Text()),
    "model": optional(Text()),
}

SECRET: Spec = {"expires_after": optional(EXPIRES), "session": optional(Table(SESSION))}
TRANSLATION: Spec = {
    "expires_after": optional(EXPIRES),
    "session": required(Table({"model": required(Text(1)), "audio": optional(Table())})),
}
BETA_SESSION: Spec = {
    "client_secret": required(Table({"value": required(Text()), "expires_at": required(Integer())})),
    **{
        name: optional(Anything())
        for name in (
            "input_audio_format", "input_audio_noise_reduction", "input_audio_transcription",
            "instructions", "max_response_output_tokens", "modalities", "model",
            "output_audio_format", "prompt", "speed", "temperature", "tool_choice", "tools",
            "tracing", "truncation", "turn_detection", "voice",
        )
    },
}  # fmt: skip
BETA_TRANSCRIPTION: Spec = {
    name: optional(Anything())
    for name in (
        "client_secret", "include", "input_audio_format", "input_audio_noise_reduction",
        "input_audio_transcription", "modalities", "turn_detection",
    )
}  # fmt: skip
CALL: Spec = {"sdp": required(Text(1)), "session": optional(Anything())}
ACCEPT: Spec = {**SESSION, "type": required(one_of("realtime"))}
REFER: Spec = {"target_uri": required(Text(1))}
REJECT: Spec = {"status_code": optional(Integer(300, 699), default=603)}


def _secret(exchange: Exchange) -> tuple[str, int]:
    """A new key, and when it expires."""
    wanted: Json = exchange.params.get("expires_after") or {}
    seconds: int = wanted.get("seconds") or DEFAULT_SECONDS
    return "ek_" + exchange.state.new_id(), exchange.now + seconds


def _session(exchange: Exchange, given: Json, expires_at: int) -> Json:
    """A session as the API tells it: what was asked for, and what holds otherwise."""
    kind: str = given["type"]
    told: Json = {
        **{name: value for name, value in given.items() if value is not None},
        "id": "sess_" + exchange.state.new_id(),
        "object": f"realtime.{'transcription_' if kind == 'transcription' else ''}session",
        "expires_at": expires_at,
    }
    if kind == "realtime":
        defaults: Json = {
            "model": DEFAULT_MODEL,
            "output_modalities": ["audio"],
            "instructions": "",
            "tools": [],
            "tool_choice": "auto",
            "max_output_tokens": "inf",
            "truncation": "auto",
        }
        told = {**defaults, **told}
    return told


async def create_client_secret(exchange: Exchange) -> Answer:
    """A key for a browser."""
    value, expires_at = _secret(exchange)
    given: Json = exchange.params["session"] or {"type": "realtime"}
    session = _session(exchange, given, expires_at)
    return as_json({"value": value, "expires_at": expires_at, "session": session})


async def create_translation_secret(exchange: Exchange) -> Answer:
    """A key for a session that translates."""
    value, expires_at = _secret(exchange)
    given: Json = exchange.params["session"]
    session: Json = {
        "id": "sess_" + exchange.state.new_id(),
        "type": "translation",
        "expires_at": expires_at,
        "model": given["model"],
        "audio": given.get("audio") or {},
    }
    return as_json({"value": value, "expires_at": expires_at, "session": session})


async def create_session(exchange: Exchange) -> Answer:
    """A session of the beta."""
    given = exchange.params
    return as_json(
        {
            "id": "sess_" + exchange.state.new_id(),
            "object": "realtime.session",
            "expires_at": given["client_secret"]["expires_at"],
            "model": given["model"] or DEFAULT_MODEL,
            "output_modalities": given["modalities"] or ["audio", "text"],
            "instructions": given["instructions"] or "",
            "turn_detection": given["turn_detection"],
            "tools": given["tools"] or [],
            "tool_choice": given["tool_choice"] or "auto",
            "max_output_tokens": given["max_response_output_tokens"] or "inf",
        }
    )


async def create_transcription_session(exchange: Exchange) -> Answer:
    """A session of the beta that writes down what is said."""
    value, expires_at = _secret(exchange)
    given = exchange.params
    return as_json(
        {
            "client_secret": {"value": value, "expires_at": expires_at},
            "modalities": given["modalities"] or ["audio", "text"],
            "input_audio_format": given["input_audio_format"] or "pcm16",
            "input_audio_transcription": given["input_audio_transcription"],
            "turn_detection": given["turn_detection"],
        }
    )


# Calls: each is "active", and gone once it was hung up. One that comes in by telephone has an id that
# this server was never told of: such a one is "ringing" until it is accepted or rejected.


async def create_call(exchange: Exchange) -> Answer:
    """Answer an SDP offer."""
    offer: str = exchange.params["sdp"]
    if not offer.startswith("v=0"):
        raise bad_request("The SDP offer could not be parsed.", "sdp", "invalid_offer")
    _check_session(exchange.params["session"])
    call_id = "rtc_" + exchange.state.new_id()
    exchange.state.realtime_calls[call_id] = "active"
    headers = {"location": f"/v1/realtime/calls/{call_id}"}
    return Answer(_answer_to(offer).encode(), 201, "application/sdp", headers)


def _check_session(given: Any) -> None:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise bad_request("The session is not a JSON object.", "session", "invalid_type")
    if given is not None:
        Table(SESSION).check("session", given)


def _answer_to(offer: str) -> str:
    """The offer's media, each answered: to receive what is sent, by a server that is not there."""
    lines = ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    for line in offer.splitlines():
        if line.startswith(("m=", "a=mid:", "a=rtpmap:")):
            lines.append(line)
            if line.startswith("m="):
                lines += ["c=IN IP4 127.0.0.1", "a=setup:active", "a=sendrecv"]
    return "\r\n".join(lines) + "\r\n"


def _call(exchange: Exchange, *states: str) -> str:
    """The id of a call that is in one of these states; else a 404 or 409."""
    call_id = exchange.path_params["call_id"]
    if not call_id.startswith("rtc_"):
        raise no_such("Call", call_id, "call_id")
    state = exchange.state.realtime_calls.get(call_id, "ringing")
    if state not in states:
        raise ApiError(409, f"The call {call_id} is {state}.", code="call_state")
    return call_id


async def accept(exchange: Exchange) -> Answer:
    """Take a call."""
    exchange.state.realtime_calls[_call(exchange, "ringing")] = "active"
    return Answer(b"")


async def reject(exchange: Exchange) -> Answer:
    """Decline a call."""
    exchange.state.realtime_calls[_call(exchange, "ringing")] = "ended"
    return Answer(b"")


async def refer(exchange: Exchange) -> Answer:
    """Hand a call over."""
    exchange.state.realtime_calls[_call(exchange, "active")] = "ended"
    return Answer(b"")


async def hangup(exchange: Exchange) -> Answer:
    """End a call."""
    exchange.state.realtime_calls[_call(exchange, "active", "ringing")] = "ended"
    return Answer(b"")


ENDPOINTS = (
    Endpoint("POST", "/realtime/client_secrets", create_client_secret, SECRET, "json"),
    Endpoint(
        "POST",
        "/realtime/translations/client_secrets",
        create_translation_secret,
        TRANSLATION,
        "json",
    ),
    Endpoint("POST", "/realtime/sessions", create_session, BETA_SESSION, "json"),
    Endpoint(
        "POST",
        "/realtime/transcription_sessions",
        create_transcription_session,
        BETA_TRANSCRIPTION,
        "json",
    ),
    Endpoint("POST", "/realtime/calls", create_call, CALL, "form"),
    Endpoint("POST", "/realtime/calls/{call_id}/accept", accept, ACCEPT, "json"),
    Endpoint("POST", "/realtime/calls/{call_id}/reject", reject, REJECT, "json"),
    Endpoint("POST", "/realtime/calls/{call_id}/refer", refer, REFER, "json"),
    Endpoint("POST", "/realtime/calls/{call_id}/hangup", hangup),
)
