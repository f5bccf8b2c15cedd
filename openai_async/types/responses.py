"""Answers of models, with tools and state on the server: https://platform.openai.com/docs/api-reference/responses

There are many: they live in the modules imported here, and all can be had from this one.
"""

from __future__ import annotations

from typing import Literal

from .._models import Model
from . import (
    _response_events,
    _response_input,
    _response_items,
    _response_params,
    _response_parsed,
    _response_sent_tools,
    _response_tools,
)
from ._response_events import *  # noqa: F403
from ._response_input import *  # noqa: F403
from ._response_items import *  # noqa: F403
from ._response_params import *  # noqa: F403
from ._response_parsed import *  # noqa: F403
from ._response_sent_tools import *  # noqa: F403
from ._response_tools import *  # noqa: F403

__all__ = [
    "FunctionTool", "FunctionToolParam", "InputTokenCountResponse", "ResponseFormatTextConfigParam",
    "ResponseFormatTextJSONSchemaConfigParam", "ResponseStatus", "Tool", "ToolChoiceOptions",
    "ToolParam",
]  # fmt: skip
__all__ += _response_events.__all__
__all__ += _response_input.__all__
__all__ += _response_items.__all__
__all__ += _response_params.__all__
__all__ += _response_parsed.__all__
__all__ += _response_sent_tools.__all__
__all__ += _response_tools.__all__


class InputTokenCountResponse(Model):
    """How long an input is."""

    object: str
    """Always `response.input_tokens`."""
    input_tokens: int


# The official client's names, for code that moves over

FunctionTool = _response_sent_tools.ResponseFunctionTool
FunctionToolParam = _response_tools.ResponseFunctionToolParam
ResponseFormatTextConfigParam = _response_params.ResponseTextFormatParam
ResponseFormatTextJSONSchemaConfigParam = _response_params.ResponseTextFormatJSONSchemaParam
ResponseStatus = Literal["completed", "failed", "in_progress", "cancelled", "queued", "incomplete"]
Tool = _response_sent_tools.ResponseTool
ToolChoiceOptions = Literal["none", "auto", "required"]
ToolParam = _response_tools.ResponseToolParam
