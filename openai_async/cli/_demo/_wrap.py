"""Lines of a given width from a text that comes in pieces."""

from __future__ import annotations

import re

from rich.cells import cell_len

__all__ = ["Wrapper"]


class Wrapper:
    """Breaks lines between words, which it must have whole: the last one is held back."""

    def __init__(self, width: int, indent: str) -> None:
        self._width = width
        self._indent = indent
        self._column = 0
        self._word = ""
        self._spaced = False  # whether a space stands in front of the word

    def feed(self, text: str) -> str:
        """What can be written now that this has come too."""
        out: list[str] = []
        for part in re.split(r"(\s)", text):
            if part and not part.isspace():
                self._word += part
            elif part == "\n":
                out.append(self._flush() + "\n")
                self._column, self._spaced = 0, False
            elif part:
                out.append(self._flush())
                self._spaced = True
        return "".join(out)

    def close(self) -> str:
        """The last word."""
        return self._flush()

    def _flush(self) -> str:
        """The word, behind what separates it from the one before: a space, or a new line."""
        word, self._word = self._word, ""
        spaced, self._spaced = self._spaced and self._column > 0, False
        if not word:
            return ""
        length = cell_len(word)
        before = ""
        if self._column and self._column + spaced + length > self._width:
            before, self._column = "\n", 0
        elif spaced:
            before = " "
        if not self._column:
            before += self._indent
            self._column = len(self._indent)
        self._column += length + (before == " ")
        return before + word
