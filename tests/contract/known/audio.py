"""Where audio parts from the document, and why."""

from __future__ import annotations

from collections.abc import Mapping

NOT_ASKED = "None says that nothing was asked for; it is not sent"
FROM_A_PROMPT = "the official client's, which makes voices from prompts, too"
WHOLE = "bytes are whole numbers, as the document says of those in events"

KNOWN: Mapping[str, str] = {
    "openapi-2023-06: audio.transcriptions.create ->: is streamed, *": "newer than that document",
    "audio.speech.create(stream_format): None is not in the document: *": NOT_ASKED,
    "audio.transcriptions.create(response_format): None is not in the document: *": NOT_ASKED,
    "audio.translations.create(response_format): None is not in the document: *": NOT_ASKED,
    "audio.voices.create(audio_sample): must be required": FROM_A_PROMPT,
    "audio.voices.create(consent): must be required": FROM_A_PROMPT,
    **{
        f"audio.voices.create: parameter '{name}' is not in the document": FROM_A_PROMPT
        for name in ("type", "prompt", "model", "script_hint")
    },
    "TranscriptionLogprob.bytes*: float is missing: *": WHOLE,
    "audio.transcriptions.create ->: * refused at logprobs.*.bytes.*": WHOLE,
    "TranscriptionTextDoneEvent.usage: TranscriptionDurationUsage is not in the document, *": (
        "whisper-1 knows no streams, and its answer, which tells seconds, is given as this event"
    ),
    "TranslationVerbose.task: is not in the document's *": "servers send it",
}

VALUES = {"audio.voices.create.type": ["audio_sample"]}

HELPERS = {"audio.voices.delete": "the official client's: DELETE /audio/voices/{voice_id}"}

ONE_SHAPE = "in forms it takes a string or an object, whichever the document names first"

STEADY = {
    "audio.transcriptions.create: E3008 at body.chunking_strategy: *": ONE_SHAPE,
    "audio.transcriptions.create: E3016 at body.chunking_strategy: *": ONE_SHAPE,
    "audio.voices.create: E3007 at body: Missing required property: *": FROM_A_PROMPT,
}
