"""Where responses depart from the document, and why."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["KNOWN"]

PARTS = "also what functions give back, where the document lets it be null or left out"
EXAMPLES = "left out in the examples of the document itself"
SENT = "what was sent comes back as plain objects, typed as what is sent: they can be sent again"
TOOLS = (
    "what `pydantic_function_tool` makes for chat is taken, too, and sent in the form of responses"
)
KNOWN: Mapping[str, str] = {
    "responses.*(model): the values *": "a list of models is old before it is released",
    "Response.output_text: is missing*": "a property: the API does not send it",
    "Response.instructions[]: *": SENT,
    "CompactedResponse.output[]: ResponseInputMessageItem *": "in the document's own example",
    "ResponseInputTextParam.prompt_cache_breakpoint: None is not *": PARTS,
    "ResponseInputImageParam.detail: must be required": EXAMPLES,
    "ResponseInputImageParam.*: None is not *": PARTS,
    "ResponseInputFileParam.*: None is not *": PARTS,
    "ResponseFunctionToolParam | FunctionToolParam.function: *": TOOLS,
    "ResponseFunctionToolParam | FunctionToolParam.name: must be required": TOOLS,
    "ResponseFunctionToolParam | FunctionToolParam.parameters: must be required": TOOLS,
    "ResponseFunctionToolParam | FunctionToolParam.strict: must be required": TOOLS,
}
