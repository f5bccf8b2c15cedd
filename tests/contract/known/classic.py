"""The document of 2023: where the current one, or servers, say otherwise."""

from __future__ import annotations

from collections.abc import Mapping

FORMAT = "the values are listed in the words of the document, and in the current one"
TEXT = "servers send text or null, as the current document says"
NUMBERS = "the document forgot to say of what; all servers send numbers"
FORGOTTEN = "every server sends it, and without it there is no answer"

KNOWN: Mapping[str, str] = {
    "openapi-2023-06: audio.*.create(response_format): str is missing*": FORMAT,
    "openapi-2023-06: FileObject.status_details: a mapping is missing*": TEXT,
    "openapi-2023-06: files.* ->: * refused at *status_details: *": TEXT,
    "openapi-2023-06: completions.create ->: * refused at *.top_logprobs.*": NUMBERS,
}
