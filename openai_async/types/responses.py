"""Answers of models, with tools and state on the server: https://platform.openai.com/docs/api-reference/responses

There are many: they live in the modules imported here, and all can be had from this one.
"""

from __future__ import annotations

from .._models import Model
from ._response_events import *  # noqa: F403
from ._response_input import *  # noqa: F403
from ._response_items import *  # noqa: F403
from ._response_params import *  # noqa: F403
from ._response_parsed import *  # noqa: F403
from ._response_sent_tools import *  # noqa: F403
from ._response_tools import *  # noqa: F403

__all__ = ["InputTokenCountResponse"]


class InputTokenCountResponse(Model):
    """How long an input is."""

    object: str
    """Always `response.input_tokens`."""
    input_tokens: int
