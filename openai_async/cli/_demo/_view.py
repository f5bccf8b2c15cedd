"""The demo on a screen. `View` shows nothing: it is what `--json` has."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.style import Style
from rich.text import Text
from typing_extensions import Self

from ..._version import __version__
from .._progress import OnProgress, bar, transfer
from ._preview import half_blocks
from ._wrap import Wrapper

if TYPE_CHECKING:
    from ._engines import Engines, Told

__all__ = ["ScreenView", "View"]

INDENT = "  "
ACCENT = "cyan"
_MAX_WIDTH = 88
_PREVIEW_WIDTH = 32  # columns


class View:
    """What the steps tell while they run; this one keeps it to itself."""

    live = False
    """Whether a person watches it happen."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        """Leave the screen in order."""

    @contextmanager
    def fetching(self, what: str) -> Generator[Callable[[int, int], None]]:
        """Weights are being fetched, if what this yields is called at all."""
        with transfer(f"Fetching {what}") as moved:
            yield moved

    @contextmanager
    def starting(self, what: str) -> Generator[None]:  # noqa: ARG002
        """Something takes a second."""
        yield

    def opened(self, engines: Engines) -> None:
        """Everything is up."""

    def begin(self, title: str, engine: Told) -> None:
        """A step begins."""

    def asked(self, prompt: str) -> None:
        """A prompt has gone out."""

    def piece(self, text: str) -> None:
        """A piece of an answer has come."""

    def ended(self, facts: str) -> None:
        """A step is over."""

    def completed(self, prompt: str, text: str, *, cut: bool) -> None:
        """A prompt was gone on from."""

    def similar(self, texts: Sequence[str], table: Sequence[Sequence[float]]) -> None:
        """Texts were compared."""

    def picture(self, png: bytes) -> None:
        """An image has come."""

    @contextmanager
    def moving(self, name: str) -> Generator[OnProgress]:  # noqa: ARG002
        """A file is being sent."""
        yield lambda _done, _total: None

    def event(self, seconds: float, message: str) -> None:
        """Something happened to a job, so long after it began."""

    def answered(self, prompt: str, text: str) -> None:
        """A model that was just made has answered."""

    def finished(self, seconds: float) -> None:
        """All is done."""


class _Console(Console):
    """rich's console, for which a broken pipe is an error like any other."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class ScreenView(View):
    """For a person: in color and live on a terminal, plain lines elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or _Console(highlight=False, emoji=False)
        self._console.width = min(self._console.width, _MAX_WIDTH)
        self.live = self._console.is_terminal
        self._wrapper: Wrapper | None = None

    def __exit__(self, *failure: object) -> None:
        self._close_answer()

    @contextmanager
    def fetching(self, what: str) -> Generator[Callable[[int, int], None]]:
        if self.live:
            with transfer(f"{INDENT}Fetching {what}, once") as moved:
                yield moved
            return
        told: list[int] = []

        def tell_once(_done: int, total: int) -> None:
            if not told:
                told.append(total)
                self._line(f"Fetching {what}, once: {total / 1e6:.0f} MB")

        yield tell_once

    @contextmanager
    def starting(self, what: str) -> Generator[None]:
        if not self.live:
            yield
            return
        with self._console.status(f"{what} ...", spinner="line", spinner_style=ACCENT):
            yield

    def opened(self, engines: Engines) -> None:
        self._print()
        self._print(Text.assemble(INDENT, ("openai_async", "bold"), f" {__version__}"))
        self._print()
        text, rest = engines.text.told, engines.rest.told
        if engines.why_not is None:
            self._fact(
                "chat, completion, embeddings", f"{text.name} on this machine, by {text.software}"
            )
            self._fact("image, upload, fine-tune", rest.name)
            return
        self._fact("everything", f"{rest.name}: it makes up its text")
        self._fact("no local model", engines.why_not)

    def begin(self, title: str, engine: Told) -> None:
        self._print()
        width = self._console.width - 2 * len(INDENT)
        who = engine.name.removeprefix("the ")
        line = self._line_of(width - len(title) - len(who) - 2)
        self._print(Text.assemble(INDENT, (title, f"bold {ACCENT}"), " ", line, " ", (who, "dim")))
        self._print()

    def asked(self, prompt: str) -> None:
        self._print(Text.assemble(INDENT, ("> ", ACCENT), (prompt, "italic")))

    def piece(self, text: str) -> None:
        if self._wrapper is None:
            self._wrapper = Wrapper(self._console.width - len(INDENT), INDENT)
            self._print()
        self._write(self._wrapper.feed(text))

    def ended(self, facts: str) -> None:
        self._close_answer()
        self._print()
        self._line(facts, style="dim")

    def completed(self, prompt: str, text: str, *, cut: bool) -> None:
        wrapper = Wrapper(self._console.width - len(INDENT), INDENT)
        self._write(wrapper.feed(prompt), style="dim")
        self._write(wrapper.feed(text + (" ..." if cut else "")))
        self._write(wrapper.close() + "\n")

    def similar(self, texts: Sequence[str], table: Sequence[Sequence[float]]) -> None:
        others = [value for i, row in enumerate(table) for j, value in enumerate(row) if i != j]
        low, high = min(others), max(others)
        numbers = "".join(f"{number:^8}" for number in range(1, len(texts) + 1))
        longest = max(map(len, texts))
        self._print(Text(f"{INDENT}{'':{longest + 4}}{numbers}".rstrip(), "dim"))
        for i, (text, row) in enumerate(zip(texts, table, strict=True)):
            line = Text.assemble(INDENT, (f"{i + 1} ", "dim"), f"{text:{longest}}  ")
            for j, value in enumerate(row):
                share = (value - low) / (high - low or 1.0)
                line.append(f"{value:^8.2f}", "dim" if i == j else _heat(share))
            self._print(line)

    def picture(self, png: bytes) -> None:
        if not self.live or self._console.color_system not in ("256", "truecolor"):
            return
        lines = list(half_blocks(png, _PREVIEW_WIDTH)) if self._utf8 else []
        for line in [Text(), *lines] if lines else []:
            self._print(Text(INDENT) + line)

    @contextmanager
    def moving(self, name: str) -> Generator[OnProgress]:
        if not self.live:
            self._line(name)
            yield lambda _done, _total: None
            return
        with bar(f"{INDENT}{name}", self._console, transient=False) as moved:
            yield moved

    def event(self, seconds: float, message: str) -> None:
        self._print(Text.assemble(INDENT, (f"{seconds:5.1f} s", "dim"), f"  {message}"))

    def answered(self, prompt: str, text: str) -> None:
        self._print()
        self._print(Text.assemble(INDENT, ("> ", ACCENT), (prompt, "italic"), text))

    def finished(self, seconds: float) -> None:
        self._print()
        self._print(Text(INDENT) + self._line_of(self._console.width - 2 * len(INDENT)))
        self._print()
        self._line(f"Done in {seconds:.1f} s. The same from a shell, against any server:")
        self._print()
        for command, what in (
            ("openai-async chat 'Hello'", "with OPENAI_API_KEY and OPENAI_BASE_URL"),
            ("openai-async serve", "the built-in server, for your own tests"),
        ):
            self._print(Text.assemble(INDENT, (f"{command:28}", ACCENT), (what, "dim")))
        self._print()

    @property
    def _utf8(self) -> bool:
        return self._console.encoding.startswith("utf")

    def _line_of(self, width: int) -> Text:
        return Text(("─" if self._utf8 else "-") * max(3, width), "bright_black")

    def _print(self, what: Any = "") -> None:
        self._console.print(what, soft_wrap=True)

    def _line(self, text: str, style: str = "") -> None:
        self._print(Text(INDENT + text, style))

    def _fact(self, name: str, what: str) -> None:
        self._print(Text.assemble(INDENT, (f"{name:30}", "dim"), what))

    def _write(self, text: str, style: str | None = None) -> None:
        """A part of a line, at once."""
        self._console.print(Text(text), style=style, end="", soft_wrap=True)
        self._console.file.flush()

    def _close_answer(self) -> None:
        if self._wrapper is not None:
            self._write(self._wrapper.close() + "\n")
            self._wrapper = None


def _heat(share: float) -> Style:
    """From a cold cell to a warm one; `share` is from 0 to 1."""
    cold, warm = (28, 36, 48), (0, 135, 135)
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(cold, warm, strict=True))
    return Style.parse(f"white on #{red:02x}{green:02x}{blue:02x}")
