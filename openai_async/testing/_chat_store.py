"""Answers of chat that the server keeps, with the messages that they answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ._errors import no_such
from ._params import Json, is_list


@dataclass
class StoredChat:
    """An answer that was asked for with `store`."""

    completion: Json
    model: str
    messages: list[Json]
    """The conversation, each message with an id."""


@dataclass
class ChatStore:
    """All of them, oldest first."""

    chats: dict[str, StoredChat] = field(default_factory=dict[str, StoredChat])

    def keep(self, completion: Json, params: Json) -> None:
        """Keep an answer; `params` are the call's."""
        chat_id: str = completion["id"]
        completion["metadata"] = params["metadata"] or {}
        messages = [
            _stored(f"{chat_id}-{number}", message)
            for number, message in enumerate(params["messages"])
        ]
        self.chats[chat_id] = StoredChat(completion, params["model"], messages)

    def chat(self, chat_id: str) -> StoredChat:
        """An answer by id, or a 404."""
        stored = self.chats.get(chat_id)
        if stored is None:
            raise no_such("ChatCompletion", chat_id, "completion_id")
        return stored

    def find(self, model: str | None, metadata: Iterable[tuple[str, str]]) -> list[Json]:
        """The answers of a model that have all these pairs."""
        pairs = list(metadata)
        return [
            chat.completion
            for chat in self.chats.values()
            if model in (None, chat.model)
            and all(chat.completion["metadata"].get(key) == value for key, value in pairs)
        ]


def _stored(message_id: str, message: Json) -> Json:
    """A message as the list of stored ones shows it."""
    content: Any = message.get("content")
    parts = content if is_list(content) else None
    return {
        **message,
        "id": message_id,
        "content": None if parts is not None else content,
        "refusal": message.get("refusal"),
        "content_parts": parts,
    }
