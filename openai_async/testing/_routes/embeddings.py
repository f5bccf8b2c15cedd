"""`/embeddings`: vectors for texts."""

from __future__ import annotations

from .._errors import bad_request
from .._generation import Prompt
from .._http import Answer, Endpoint, Exchange, as_json
from .._params import Integer, Json, Spec, Text, one_of, optional, required
from .._tokens import tokenizer
from .._vectors import embed, to_base64

SPEC: Spec = {
    "model": required(Text()),
    "input": required(Prompt(most=2048)),
    "encoding_format": optional(one_of("float", "base64"), default="float"),
    "dimensions": optional(Integer(1)),
    "user": optional(Text()),
}


async def create(exchange: Exchange) -> Answer:
    """Embed one or several texts."""
    params = exchange.params
    model = exchange.state.model(params["model"]).require("embedding", "v1/embeddings")
    dimensions: int = params["dimensions"] or model.dimensions
    if params["dimensions"] is not None and model.id == "text-embedding-ada-002":
        raise bad_request("This model does not support specifying dimensions.", "dimensions")
    if dimensions > model.dimensions:
        message = f"Invalid 'dimensions': {model.id} has at most {model.dimensions}."
        raise bad_request(message, "dimensions", "integer_above_max_value")
    data: list[Json] = []
    for index, tokens in enumerate(params["input"]):
        if not tokens:
            raise bad_request("Invalid 'input': input cannot be an empty string.", "input")
        if len(tokens) > model.context:
            raise bad_request(
                f"This model's maximum context length is {model.context} tokens, however you "
                f"requested {len(tokens)} tokens ({len(tokens)} in your prompt; 0 for the "
                "completion). Please reduce your prompt; or completion length.",
                "input",
                "context_length_exceeded",
            )
        await exchange.pause()  # other calls' turn
        vector = embed(tokenizer().decode(tokens), dimensions, model.dimensions)
        as_text = params["encoding_format"] == "base64"
        embedding = to_base64(vector) if as_text else vector.tolist()
        data.append({"object": "embedding", "index": index, "embedding": embedding})
    count = sum(map(len, params["input"]))
    usage = {"prompt_tokens": count, "total_tokens": count}
    return as_json({"object": "list", "data": data, "model": params["model"], "usage": usage})


ENDPOINTS = (Endpoint("POST", "/embeddings", create, SPEC, "json"),)
