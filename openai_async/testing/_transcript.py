"""A text with times: what is said in a recording, in each of the forms that the API gives."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from ._audio import Recording
from ._http import Answer, as_json
from ._language import language
from ._params import Json
from ._tokens import tokenizer

_LANGUAGES = {"en": "english", "de": "german", "fr": "french", "es": "spanish", "it": "italian",
              "nl": "dutch", "pt": "portuguese", "ru": "russian", "pl": "polish", "tr": "turkish",
              "uk": "ukrainian", "sv": "swedish", "ar": "arabic", "hi": "hindi", "ja": "japanese",
              "ko": "korean", "zh": "chinese"}  # fmt: skip
_TOKENS_PER_SECOND = 10  # of sound


class Transcript:
    """A text with times: each sentence a segment, as long as its share of the letters."""

    def __init__(
        self, task: str, model: str, text: str, recording: Recording, params: Json
    ) -> None:
        self._task = task
        self._model = model
        self._text = text
        self._seconds = recording.seconds
        self._params = params
        parts = re.findall(r"\S.*?(?:[.!?]+(?=\s|$)|$)", text, re.DOTALL) or [text]
        self._segments = list(_timed(parts, 0.0, recording.seconds))

    def answer(self, form: str) -> Answer:
        """The answer in one of the six formats."""
        if form == "json":
            more = self._extras() if self._task == "transcribe" else {}
            return as_json({"text": self._text, **more})
        if form == "verbose_json":
            return as_json(self._verbose())
        if form == "diarized_json":
            return as_json(self._diarized())
        lines = {"text": self._plain, "srt": self._srt, "vtt": self._vtt}[form]()
        kind = "text/vtt" if form == "vtt" else "text/plain"
        return Answer("".join(lines).encode(), content_type=f"{kind}; charset=utf-8")

    def events(self, form: str, delay: float) -> Iterator[Json | float]:
        """The text word by word and, where speakers are told apart, each segment at its end."""
        context: list[int] = []
        for segment in self._turns():
            lead = " " if context else ""
            for word in re.findall(r"\s*\S+", lead + segment["text"]):
                if delay:
                    yield delay
                event: Json = {"type": "transcript.text.delta", "delta": word}
                if self._wants_logprobs:
                    event["logprobs"] = _logprobs(word, context)
                context += tokenizer().encode(word)
                yield event | ({"segment_id": segment["id"]} if form == "diarized_json" else {})
            if form == "diarized_json":
                yield segment
        yield {"type": "transcript.text.done", "text": self._text, **self._extras()}

    @property
    def _wants_logprobs(self) -> bool:
        return "logprobs" in (self._params.get("include") or ())

    def _extras(self) -> Json:
        """What is told beside the text."""
        extras: Json = {"usage": self._usage()}
        if self._wants_logprobs:
            extras["logprobs"] = _logprobs(self._text, [])
        if self._model == "gpt-transcribe":
            spoken = self._params["languages"] or [self._params["language"] or "en"]
            extras["languages"] = [{"code": code} for code in spoken[:1]]
        return extras

    def _usage(self) -> Json:
        """By time for Whisper, by tokens for what came after it."""
        if self._model.startswith("whisper"):
            return {"type": "duration", "seconds": math.ceil(self._seconds)}
        heard = max(1, round(self._seconds * _TOKENS_PER_SECOND))
        read = tokenizer().count(self._params["prompt"] or "")
        said = tokenizer().count(self._text)
        return {
            "type": "tokens",
            "input_tokens": heard + read,
            "output_tokens": said,
            "total_tokens": heard + read + said,
            "input_token_details": {"audio_tokens": heard, "text_tokens": read},
        }

    def _diarized(self) -> Json:
        return {
            "task": self._task,
            "duration": round(self._seconds, 3),
            "text": self._text,
            "segments": list(self._turns()),
            "usage": self._usage(),
        }

    def _turns(self) -> Iterator[Json]:
        """Each sentence as said by another speaker than the one before: two take turns, or as many
        as have names."""
        names: Sequence[str] = self._params.get("known_speaker_names") or ("A", "B")
        for number, (start, end, text) in enumerate(self._segments):
            yield {
                "type": "transcript.text.segment",
                "id": f"seg_{number + 1:03}",
                "start": round(start, 2),
                "end": round(end, 2),
                "text": text,
                "speaker": names[number % len(names)],
            }

    def _plain(self) -> Iterator[str]:
        yield self._text + "\n"

    def _srt(self) -> Iterator[str]:
        for number, (start, end, text) in enumerate(self._segments, 1):
            yield f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{text}\n\n"

    def _vtt(self) -> Iterator[str]:
        yield "WEBVTT\n\n"
        for start, end, text in self._segments:
            yield f"{_clock(start, '.')} --> {_clock(end, '.')}\n{text}\n\n"

    def _verbose(self) -> Json:
        code = (self._params.get("language") or "en").lower()
        wanted = self._params.get("timestamp_granularities") or ["segment"]
        described: Json = {
            "task": self._task,
            "language": "english" if self._task == "translate" else _LANGUAGES.get(code, code),
            "duration": round(self._seconds, 3),
            "text": self._text,
        }
        if self._task == "transcribe":
            described["usage"] = self._usage()
        if "word" in wanted:
            described["words"] = [
                {"word": word, "start": round(begin, 2), "end": round(finish, 2)}
                for start, end, text in self._segments
                for begin, finish, word in _timed(text.split(), start, end)
            ]
        if "segment" in wanted:
            described["segments"] = [self._segment(*row) for row in enumerate(self._segments)]
        return described

    def _segment(self, number: int, row: tuple[float, float, str]) -> Json:
        start, end, text = row
        return {
            "id": number,
            "seek": 0,
            "start": round(start, 2),
            "end": round(end, 2),
            "text": " " + text,
            "tokens": tokenizer().encode(" " + text),
            "temperature": self._params["temperature"],
            "avg_logprob": -0.2,
            "compression_ratio": round(len(text) / max(1, len(set(text))), 3),
            "no_speech_prob": 0.01,
        }


def _logprobs(text: str, context: Sequence[int]) -> list[Json]:
    """How likely each token of a text is after those before it, as the server's own model has it."""
    before = list(context)
    told: list[Json] = []
    for token in tokenizer().encode(text):
        spelled = tokenizer().text(token)
        told.append(
            {
                "token": spelled.decode("utf-8", "replace"),
                "logprob": language().logprob(before, token),
                "bytes": list(spelled),
            }
        )
        before.append(token)
    return told


def _timed(parts: list[str], start: float, end: float) -> Iterator[tuple[float, float, str]]:
    """Parts of a text with their begin and end, in seconds, one after the other."""
    letters = math.fsum(map(len, parts)) or 1.0
    at = start
    for part in parts:
        until = min(end, at + (end - start) * len(part) / letters)
        yield at, until, part
        at = until


def _clock(seconds: float, point: str) -> str:
    """`00:01:02,345`."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{point}{rest % 1000:03}"
