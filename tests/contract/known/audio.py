"""Where audio parts from the document, and why."""

from __future__ import annotations

from collections.abc import Mapping

NOT_ASKED = "None says that nothing was asked for; it is not sent"
FROM_A_PROMPT = "the official client's, which makes voices from prompts, too"
WHOLE = "bytes are whole numbers, as the document says of those in events"

KNOWN: Mapping[str, str] = {
    "audio.speech.create(stream_format): None is not in the document: *": NOT_ASKED,
    "audio.transcriptions.create(response_format): None is not in the document: *": NOT_ASKED,
    "audio.translations.create(response_format): None is not in the document: *": NOT_ASKED,
    "audio.voices.create(audio_sample): must be required": FROM_A_PROMPT,
    "audio.voices.create(consent): must be required": FROM_A_PROMPT,
    **{
        f"audio.voices.create: parameter '{name}' is not in the document": FROM_A_PROMPT
        for name in ("type", "prompt", "model", "script_hint")
    },
    "audio.voices.delete: is for no operation of the document: *": "the official client's",
    "TranscriptionLogprob.bytes*: float is missing: *": WHOLE,
    "audio.transcriptions.create ->: * refused at logprobs.*.bytes.*": WHOLE,
    "TranscriptionTextDoneEvent.usage: TranscriptionDurationUsage is not in the document, *": (
        "whisper-1 knows no streams, and its answer, which tells seconds, is given as this event"
    ),
    "TranslationVerbose.task: is not in the document's *": "servers send it",
}
