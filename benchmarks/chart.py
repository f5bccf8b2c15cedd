"""The picture for the README: bars as an SVG, by hand, for light and dark pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .peers import PEERS
from .report import number, spread
from .running import Results

__all__ = ["svg"]

WIDTH = 860
LEFT, RIGHT = 24, 24
LABEL = 176
"""Room for the name of a bar."""
BAR, GAP, GROUP = 16, 6, 26
VALUE = 96
"""Room for the figure behind a bar."""

STYLE = """
text { font: 13px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; }
.title { font-size: 18px; font-weight: 600; fill: #1f2328; }
.head { font-size: 14px; font-weight: 600; fill: #1f2328; }
.name, .value, .note { fill: #59636e; }
.value { font-variant-numeric: tabular-nums; }
.strong { fill: #1f2328; font-weight: 600; }
.track { fill: #818b98; fill-opacity: .12; }
.ours { fill: #0f9d76; }
.other { fill: #9aa4af; }
@media (prefers-color-scheme: dark) {
  .name, .value, .note { fill: #9198a1; }
  .title, .head, .strong { fill: #f0f6fc; }
  .ours { fill: #2fc79a; }
  .other { fill: #656e79; }
}
"""


@dataclass(frozen=True)
class Group:
    """Bars of one figure."""

    title: str
    unit: str
    scenario: str
    figure: str
    peers: tuple[str, ...] = ("ours", "ours_aiohttp", "official", "official_aiohttp")


GROUPS = (
    Group("CPU per chat call, 50 in flight", "µs", "chat_50", "cpu_us"),
    Group("CPU per streamed chunk", "µs", "stream", "cpu_us"),
    Group("CPU per 100 by 1,536 embeddings, as floats", "ms", "embeddings_list", "cpu_ms"),
    Group("Import, client, first namespace", "ms", "start", "wall_ms", ("ours", "official")),
    Group("Extra memory, upload of 200 MiB", "MiB", "upload", "memory_mib", ("ours", "official")),
)


def svg(results: Results) -> str:
    """The picture, of the figures that there are."""
    top = 34
    parts = [f'<text class="title" x="{LEFT}" y="{top}">Side by side: less is better</text>']
    y = top + 14
    for group in GROUPS:
        bars = _bars(group, results)
        if len(bars) > 1:
            y += GROUP
            parts += _group(group, bars, y)
            y += GAP + 4 + len(bars) * (BAR + GAP)
    y += 28
    parts.append(
        f'<text class="note" x="{LEFT}" y="{y}">Medians of alternating rounds against a loopback'
        " server; made by nox -s bench.</text>"
    )
    height = y + 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
        f' viewBox="0 0 {WIDTH} {height}" role="img" aria-label="Benchmark: openai_async beside the'
        f' official client"><style>{STYLE}</style>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _bars(group: Group, results: Results) -> list[tuple[str, float]]:
    found = [(peer, spread(results, group.scenario, peer, group.figure)) for peer in group.peers]
    return [(peer, one.median) for peer, one in found if one is not None]


def _group(group: Group, bars: list[tuple[str, float]], y: int) -> Iterator[str]:
    """A heading at `y`, and below it a bar for each peer, on a scale of their own."""
    most = max(value for _, value in bars) or 1.0
    room = WIDTH - LEFT - RIGHT - LABEL - VALUE
    yield f'<text class="head" x="{LEFT}" y="{y}">{escape(group.title)}</text>'
    y += GAP + 4
    for peer, value in bars:
        kind, strong = ("ours", " strong") if peer.startswith("ours") else ("other", "")
        length = max(2.0, room * value / most)
        x = LEFT + LABEL
        base = y + BAR - 4
        yield (
            f'<text class="name{strong}" x="{x - 10}" y="{base}" text-anchor="end">'
            f"{escape(PEERS[peer].title)}</text>"
            f'<rect class="track" x="{x}" y="{y}" width="{room}" height="{BAR}" rx="3"/>'
            f'<rect class="{kind}" x="{x}" y="{y}" width="{length:.1f}" height="{BAR}" rx="3"/>'
            f'<text class="value{strong}" x="{x + room + 10}" y="{base}">'
            f"{number(value)} {group.unit}</text>"
        )
        y += BAR + GAP
