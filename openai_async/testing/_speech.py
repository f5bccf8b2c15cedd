"""Speech: a text as a file of sound, from which this server can read the text again.

`wav` and `pcm` are the tones of `speak`. An `mp3` is silent, as long as the text takes to be said,
and has the text in its tag. The other formats, for which there is no encoder here, come as WAV; the
content type says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from ._audio import speak

_LETTERS_PER_SECOND = 15
_WAV_HEADER = 44
_SILENT_FRAME = b"\xff\xfb\x10\xc4" + bytes(100)  # MPEG 1 layer 3, 32 kbit/s, mono, no signal
_FRAME_SECONDS = 1152 / 44_100
_ID3 = b"ID3\x04\0\0"
_LYRICS = b"USLT"
_IN_UTF8 = b"\x03und\0"  # encoding, language, no description


@dataclass(frozen=True)
class Spoken:
    """A file of sound."""

    data: bytes
    content_type: str


def say(text: str, form: str, speed: float) -> Spoken:
    """A text in a format of the API's."""
    if form == "mp3":
        seconds = max(0.5, len(text) / _LETTERS_PER_SECOND / speed)
        return Spoken(_tagged(text) + _SILENT_FRAME * round(seconds / _FRAME_SECONDS), "audio/mpeg")
    if form == "pcm":
        return Spoken(speak(text)[_WAV_HEADER:], "audio/pcm")
    return Spoken(speak(text), "audio/wav")


def read_tag(data: bytes) -> str | None:
    """The text that `say` has put into an MP3's tag; None for any other recording."""
    start = len(_ID3) + 4
    if not data.startswith(_ID3) or data[start : start + 4] != _LYRICS:
        return None
    size = _from_synchsafe(data[start + 4 : start + 8])
    body = data[start + 10 : start + 10 + size]
    return body.removeprefix(_IN_UTF8).decode("utf-8", "replace")


def sound_of(data: bytes) -> bytes:
    """An MP3 without its tag; any other recording as it is."""
    if not data.startswith(b"ID3"):
        return data
    return data[10 + _from_synchsafe(data[6:10]) :]


def _tagged(text: str) -> bytes:
    """An ID3v2.4 tag with one frame: the lyrics."""
    body = _IN_UTF8 + text.encode()
    frame = _LYRICS + _synchsafe(len(body)) + b"\0\0" + body
    return _ID3 + _synchsafe(len(frame)) + frame


def _synchsafe(number: int) -> bytes:
    """Four bytes of seven bits each."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def _from_synchsafe(data: bytes) -> int:
    number = 0
    for byte in data:
        number = number << 7 | byte & 0x7F
    return number
