"""`/chatkit`: sessions of users, and their threads. There is no web page here, so that each session
begins with a thread in which somebody has asked something and was answered."""

from __future__ import annotations

from .._errors import no_such
from .._http import Answer, Endpoint, Exchange, as_json
from .._pages import PAGES, as_page
from .._params import Flag, Integer, Json, Spec, Table, Text, one_of, optional, required

FEATURE = Table({"enabled": optional(Flag())})
CREATE: Spec = {
    "user": required(Text(1)),
    "workflow": required(
        Table(
            {
                "id": required(Text(1)),
                "version": optional(Text()),
                "state_variables": optional(Table()),
                "tracing": optional(FEATURE),
            }
        )
    ),
    "expires_after": optional(
        Table({"anchor": required(one_of("created_at")), "seconds": required(Integer(1, 600))})
    ),
    "rate_limits": optional(Table({"max_requests_per_1_minute": optional(Integer(1))})),
    "chatkit_configuration": optional(
        Table(
            {
                "automatic_thread_titling": optional(FEATURE),
                "file_upload": optional(
                    Table(
                        {
                            "enabled": optional(Flag()),
                            "max_file_size": optional(Integer(1, 512)),
                            "max_files": optional(Integer(1)),
                        }
                    )
                ),
                "history": optional(
                    Table({"enabled": optional(Flag()), "recent_threads": optional(Integer(1))})
                ),
            }
        )
    ),
}
THREADS: Spec = {**PAGES, "user": optional(Text(1, 512))}


async def create_session(exchange: Exchange) -> Answer:
    """Begin a session, and with it a thread."""
    given, state = exchange.params, exchange.state
    now = exchange.now
    workflow: Json = given["workflow"]
    limits: Json = given["rate_limits"] or {}
    per_minute: int = limits.get("max_requests_per_1_minute") or 10
    lasting: Json = given["expires_after"] or {"seconds": 600}
    session: Json = {
        "id": "cksess_" + state.new_id(),
        "object": "chatkit.session",
        "expires_at": now + lasting["seconds"],
        "client_secret": "ck_" + state.new_id(48),
        "workflow": {
            "id": workflow["id"],
            "version": workflow.get("version"),
            "state_variables": workflow.get("state_variables"),
            "tracing": _switch(workflow.get("tracing")),
        },
        "user": given["user"],
        "rate_limits": {"max_requests_per_1_minute": per_minute},
        "max_requests_per_1_minute": per_minute,
        "status": "active",
        "chatkit_configuration": _configuration(given["chatkit_configuration"] or {}),
    }
    state.chatkit.sessions[session["id"]] = session
    _begin_thread(exchange, given["user"], now)
    return as_json(session)


def _switch(given: Json | None) -> Json:
    return {"enabled": True if given is None else given.get("enabled", True)}


def _configuration(given: Json) -> Json:
    upload: Json = given.get("file_upload") or {}
    history: Json = given.get("history") or {}
    may_upload: bool = upload.get("enabled", False)
    return {
        "automatic_thread_titling": _switch(given.get("automatic_thread_titling")),
        "file_upload": {
            "enabled": may_upload,
            "max_file_size": upload.get("max_file_size", 512 if may_upload else None),
            "max_files": upload.get("max_files", 10 if may_upload else None),
        },
        "history": {**_switch(history), "recent_threads": history.get("recent_threads")},
    }


def _begin_thread(exchange: Exchange, user: str, now: int) -> None:
    state = exchange.state
    thread_id = "cthr_" + state.new_id()
    question = {"type": "input_text", "text": "What can you do?"}
    answer = {"type": "output_text", "text": "I answer questions.", "annotations": list[Json]()}
    head: Json = {"object": "chatkit.thread_item", "created_at": now, "thread_id": thread_id}
    state.chatkit.threads[thread_id] = {
        "id": thread_id,
        "object": "chatkit.thread",
        "created_at": now,
        "title": "What can you do?",
        "status": {"type": "active"},
        "user": user,
    }
    state.chatkit.items[thread_id] = [
        {
            **head,
            "id": "cthi_" + state.new_id(),
            "type": "chatkit.user_message",
            "content": [question],
            "attachments": [],
            "inference_options": None,
        },
        {
            **head,
            "id": "cthi_" + state.new_id(),
            "type": "chatkit.assistant_message",
            "content": [answer],
        },
    ]


async def cancel_session(exchange: Exchange) -> Answer:
    """End a session."""
    session_id = exchange.path_params["session_id"]
    session = exchange.state.chatkit.sessions.get(session_id)
    if session is None:
        raise no_such("ChatKit session", session_id)
    session["status"] = "cancelled"
    return as_json(session)


async def list_threads(exchange: Exchange) -> Answer:
    """The threads, of one user perhaps."""
    user = exchange.params["user"]
    threads = exchange.state.chatkit.threads.values()
    return as_page(exchange, [one for one in threads if user in (None, one["user"])])


def _thread(exchange: Exchange) -> Json:
    return exchange.named(exchange.state.chatkit.threads, "thread_id", "ChatKit thread")


async def retrieve_thread(exchange: Exchange) -> Answer:
    """One thread."""
    return as_json(_thread(exchange))


async def delete_thread(exchange: Exchange) -> Answer:
    """Forget a thread and its items."""
    thread_id: str = _thread(exchange)["id"]
    del exchange.state.chatkit.threads[thread_id]
    del exchange.state.chatkit.items[thread_id]
    return as_json({"id": thread_id, "object": "chatkit.thread.deleted", "deleted": True})


async def list_items(exchange: Exchange) -> Answer:
    """What was said in a thread."""
    return as_page(exchange, exchange.state.chatkit.items[_thread(exchange)["id"]])


ENDPOINTS = (
    Endpoint("POST", "/chatkit/sessions", create_session, CREATE, "json"),
    Endpoint("POST", "/chatkit/sessions/{session_id}/cancel", cancel_session),
    Endpoint("GET", "/chatkit/threads", list_threads, THREADS),
    Endpoint("GET", "/chatkit/threads/{thread_id}", retrieve_thread),
    Endpoint("DELETE", "/chatkit/threads/{thread_id}", delete_thread),
    Endpoint("GET", "/chatkit/threads/{thread_id}/items", list_items, PAGES),
)
