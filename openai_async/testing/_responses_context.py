"""What a call is about: all that was said before it, and what it says itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._generation import PER_MESSAGE
from ._models import Model
from ._params import Json
from ._responses_items import check_answered, count, kept, since_compaction, text_of
from ._tokens import tokenizer

if TYPE_CHECKING:
    from ._responses_store import Conversation
    from ._state import State


@dataclass
class Context:
    """The items of a call, and what comes before them."""

    preface: str
    """What the model is told before the items: instructions, tools, the form of the answer."""
    given: list[Json]
    """The call's own input."""
    before: list[Json]
    """All that there is, `given` included."""
    conversation: Conversation | None

    @classmethod
    def of(cls, state: State, params: Json) -> Context:
        """Look up what the call goes on from; 400 or 404 for what is not there or does not fit."""
        store = state.responses
        conversation, earlier = None, list[Json]()
        if params.get("conversation"):
            conversation = store.idle_conversation(params["conversation"])
            earlier = list(conversation.items.values())
        elif params["previous_response_id"]:
            previous = store.previous(params["previous_response_id"])
            earlier = [*previous.before, *previous.response["output"]]
        given = kept(state, params["input"] or (), store.find_item)
        check_answered([*earlier, *given])
        return cls(_preface(params), given, [*earlier, *given], conversation)

    @property
    def seen(self) -> list[Json]:
        """What the model sees: nothing before the last compaction."""
        return since_compaction(self.before)

    def fitting(self, model: Model, truncation: str) -> list[Json]:
        """What the model sees; with `auto`, without the first items if they are too many for it."""
        seen = self.seen
        if truncation != "auto":
            return seen
        while len(seen) > 1 and self.count(seen) >= model.context:
            seen = seen[1:]
        calls = {item.get("call_id") for item in seen if not item["type"].endswith("_output")}
        return [
            item
            for item in seen
            if not item["type"].endswith("_call_output") or item.get("call_id") in calls
        ]

    def count(self, seen: Sequence[Json]) -> int:
        """Tokens of a prompt."""
        return PER_MESSAGE + count(seen) + tokenizer().count(self.preface)

    def tokens(self, seen: Sequence[Json]) -> list[int]:
        """The text of a prompt, for the cache."""
        return tokenizer().encode("\n".join([self.preface, *map(text_of, seen)]))


def _preface(params: Json) -> str:
    said = "".join(str(params[name]) for name in ("instructions", "tools") if params.get(name))
    form: Json = params.get("text") or {}
    return said + str(form.get("format") or "")
