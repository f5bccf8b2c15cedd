"""A file name and a media type for content that came without: the API goes by the extension."""

from __future__ import annotations

import codecs
import mimetypes

__all__ = ["HEAD", "media_type", "name_for"]

HEAD = 512
"""Bytes of the beginning that `name_for` needs to see."""

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpg"),
    (0, b"GIF8", "gif"),
    (8, b"WEBP", "webp"),
    (8, b"WAVE", "wav"),
    (0, b"ID3", "mp3"),
    (0, b"\xff\xfb", "mp3"),
    (0, b"\xff\xf3", "mp3"),
    (0, b"\xff\xf2", "mp3"),
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (4, b"ftypM4A", "m4a"),
    (4, b"ftyp", "mp4"),
    (0, b"\x1aE\xdf\xa3", "webm"),
    (0, b"%PDF-", "pdf"),
    (0, b"PK\x03\x04", "zip"),
)
"""(offset, bytes, extension) of the formats that the API takes."""

_TYPES = {
    "flac": "audio/flac",
    "jsonl": "application/jsonl",
    "m4a": "audio/mp4",
    "md": "text/markdown",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
}
"""Where the platform's own table differs from one machine to the next."""


def name_for(field: str, head: bytes) -> str:
    """A name that the API accepts for what begins with `head`, in the form field `field`."""
    stem = "image" if field.startswith(("image", "mask")) else field.rstrip("[]") or "file"
    for offset, magic, extension in _MAGIC:
        if head.startswith(magic, offset):
            return f"{stem}.{extension}"
    if stem == "image":
        return "image.png"
    return f"{stem}.{_text_extension(head)}"


def _text_extension(head: bytes) -> str:
    try:
        # Incremental, because the head may end inside a character.
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return "bin"
    if "\0" in text:
        return "bin"
    return "jsonl" if text.lstrip().startswith("{") else "txt"


def media_type(name: str) -> str:
    """The media type that goes with a file name; `application/octet-stream` where there is none."""
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    # Not of the whole name, which `mimetypes` takes for a URL, and believes what a `data:` one says.
    guessed = mimetypes.guess_type(f"x.{extension}")[0]
    return _TYPES.get(extension) or guessed or "application/octet-stream"
