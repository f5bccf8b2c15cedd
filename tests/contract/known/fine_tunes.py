"""Fine-tunes: where we part from the document of 2023, the last that has them."""

from __future__ import annotations

from collections.abc import Mapping

EXAMPLE = "the fields are those of the document's example"

KNOWN: Mapping[str, str] = {
    "FineTune.fine_tuned_model: must be required": "there is none before the job is done",
    "FineTune.hyperparams: *": EXAMPLE,
    "fine_tunes.*: at *.hyperparams.*: unknown to FineTuneHyperparams": EXAMPLE,
    "fine_tunes.* ->: * refused at *.status_details: *": "servers send text or null",
    "FileObject.expires_at: is not in the document's OpenAIFile": "shared with files",
    "FileObject.status_details: *": "servers send text or null, as the current document says",
    "fine_tunes.list_events(stream): None is not in the document*": "the same as leaving it out",
}
