"""Pictures for prompts: a sky, a sun or a moon, hills, and water where the prompt speaks of it.

A picture is painted row by row with operations on whole rows (`bytes.translate`, masks as large
integers), because a loop over a million pixels would take a second in Python.
"""

from __future__ import annotations

import math
import random
import re
from dataclasses import dataclass

from ._png import Color, gradient, mix, write_png

_SKY = 96  # colors of the sky; the water has as many, darker ones
_SHADES = 19  # colors of each row of hills
_HILLS = 3
_FIRST_HILL = 2 * _SKY
_SUN, _GLITTER, _STAR = (_FIRST_HILL + _HILLS * _SHADES + n for n in range(3))


@dataclass(frozen=True)
class _Theme:
    words: str
    sky: tuple[Color, ...]
    """From above to the horizon, and on to the light around the sun."""
    far: Color
    near: Color
    sun: Color
    water: Color
    stars: bool = False


_THEMES = (
    _Theme("night|moon|star|dark|space|midnight|dream",
           ((8, 10, 32), (18, 26, 66), (44, 54, 110), (112, 116, 168), (206, 206, 226)),
           (46, 54, 100), (8, 10, 26), (246, 244, 228), (6, 12, 34), stars=True),
    _Theme("sunset|evening|red|fire|autumn|warm|love|orange",
           ((52, 38, 92), (128, 58, 110), (214, 98, 92), (248, 160, 92), (255, 226, 156)),
           (148, 70, 102), (36, 18, 44), (255, 244, 206), (46, 30, 74)),
    _Theme("sea|ocean|water|lake|river|otter|whale|boat|fish|wave|blue|beach|island",
           ((30, 98, 168), (74, 148, 204), (138, 196, 226), (206, 230, 236), (255, 250, 226)),
           (96, 146, 170), (18, 62, 84), (255, 252, 236), (10, 70, 112)),
    _Theme("forest|tree|green|garden|spring|grass|leaf|cat|dog|fox|bird",
           ((90, 160, 196), (146, 200, 206), (204, 226, 206), (238, 238, 206), (255, 250, 220)),
           (124, 168, 138), (18, 62, 44), (255, 250, 220), (38, 92, 98)),
    _Theme("desert|sand|summer|hot|camel|gold|yellow",
           ((76, 130, 176), (160, 186, 196), (236, 208, 168), (250, 206, 136), (255, 240, 196)),
           (222, 168, 116), (112, 60, 38), (255, 250, 224), (60, 104, 128)),
    _Theme("snow|winter|ice|mountain|cold|white|north",
           ((96, 130, 176), (156, 182, 210), (204, 218, 232), (236, 232, 234), (255, 246, 240)),
           (188, 204, 222), (70, 92, 122), (255, 252, 244), (78, 108, 146)),
    _Theme("morning|dawn|pink|flower|soft|baby|child|cute|sweet",
           ((112, 126, 190), (172, 150, 200), (232, 178, 196), (252, 208, 190), (255, 238, 214)),
           (176, 146, 186), (62, 48, 92), (255, 248, 232), (92, 90, 150)),
)  # fmt: skip

_WATER = re.compile(
    r"sea|ocean|water|lake|river|otter|whale|boat|fish|wave|beach|island|swim", re.IGNORECASE
)


def paint(
    prompt: str,
    seed: str,
    width: int,
    height: int,
    *,
    clear: bool = False,
    coarse: int = 1,
    pan: int = 0,
) -> bytes:
    """A PNG for a prompt; another `seed` gives another view of the same mood.

    `clear` makes the sky transparent, `coarse` gives squares of so many pixels in place of details,
    `pan` turns the view by so many pixels.
    """
    rng = random.Random(f"{prompt}|{seed}")
    named = [theme for theme in _THEMES if re.search(rf"\b({theme.words})", prompt, re.IGNORECASE)]
    theme = named[0] if named else rng.choice(_THEMES)
    watery = _WATER.search(prompt) is not None or rng.random() < 0.3
    scene = _Scene(theme, rng, width, height, round(height * 0.68) if watery else height)
    rows = [row[pan:] + row[:pan] for row in scene.rows()]
    if coarse > 1:
        rows = [_coarse(rows[y - y % coarse], coarse) for y in range(height)]
    return write_png(width, rows, _palette(theme), prompt, _SKY if clear else 0)


def _coarse(row: bytes, size: int) -> bytes:
    return b"".join(bytes([pixel]) * size for pixel in row[::size])[: len(row)]


def _palette(theme: _Theme) -> list[Color]:
    sky = list(gradient(theme.sky, _SKY))
    water = [mix(color, theme.water, 0.55) for color in sky]
    hills: list[Color] = []
    for number in range(_HILLS):
        ridge = mix(theme.far, theme.near, number / (_HILLS - 1))
        hills += gradient((mix(ridge, theme.sky[-2], 0.12), mix(ridge, theme.near, 0.45)), _SHADES)
    glitter = mix(theme.sun, theme.water, 0.25)
    return [*sky, *water, *hills, theme.sun, glitter, mix(theme.sun, theme.sky[0], 0.2)]


class _Scene:
    def __init__(
        self, theme: _Theme, rng: random.Random, width: int, height: int, shore: int
    ) -> None:
        self._theme, self._rng = theme, rng
        self._width, self._height, self._shore = width, height, shore
        self._horizon = round(shore * (0.96 if shore < height else 0.72))
        self._sun_x = round(width * rng.uniform(0.2, 0.8))
        self._sun_y = round(self._horizon * rng.uniform(0.35, 0.75))
        self._radius = round(width * rng.uniform(0.045, 0.075))
        reach = width / 2.2  # how far the light around the sun goes
        self._near_sun = bytes(
            min(255, round(255 * ((x - self._sun_x) / reach) ** 2)) for x in range(width)
        )
        self._reach = reach
        self._light = [80 * math.exp(-level / 55) for level in range(2 * 255 + 2)]
        self._hills = [self._ridge(number) for number in range(_HILLS)]

    def rows(self) -> list[bytes]:
        """All rows, from the top."""
        rows = [self._land(y) for y in range(self._shore)]
        for y in range(self._shore, self._height):
            depth = y - self._shore
            mirrored = rows[max(0, self._shore - 1 - round(depth * 1.6))]
            rows.append(self._water(mirrored, depth))
        return rows

    def _land(self, y: int) -> bytes:
        """One row of sky, with the sun, the stars and the hills before it."""
        row = bytearray(self._sky(y))
        half = self._radius**2 - (y - self._sun_y) ** 2
        if half > 0:
            reach = round(math.sqrt(half))
            begin, end = max(0, self._sun_x - reach), min(self._width, self._sun_x + reach)
            row[begin:end] = bytes([_SUN]) * (end - begin)
        if self._theme.stars and self._rng.random() < 0.25 and y < self._horizon * 0.8:
            row[self._rng.randrange(self._width)] = _STAR
        pixels = int.from_bytes(row, "little")
        for number, (top, heights) in enumerate(self._hills):
            below = y - top
            if below < 0:
                continue
            limit = min(below, 255)
            mask = int.from_bytes(
                heights.translate(b"\xff" * (limit + 1) + b"\0" * (255 - limit)), "little"
            )
            share = min(1.0, below / (0.3 * self._height))
            hill = int.from_bytes(self._shade(number, share, y), "little")
            pixels = pixels & ~mask | hill & mask
        return pixels.to_bytes(self._width, "little")

    def _sky(self, y: int) -> bytes:
        """Light from above to the horizon, more of it near the sun; dithered, so that it is smooth."""
        base = 165 * (y / self._horizon) ** 1.3 if y < self._horizon else 165
        far = min(255, round(255 * ((y - self._sun_y) / self._reach) ** 2))
        values = [min(254.9, base + self._light[level + far]) for level in range(256)]
        scale = (_SKY - 1) / 255
        tables = [
            bytes(int(value * scale + threshold) for value in values)
            for threshold in ((0.125, 0.625) if y % 2 else (0.875, 0.375))
        ]
        row = bytearray(self._width)
        row[::2] = self._near_sun[::2].translate(tables[0])
        row[1::2] = self._near_sun[1::2].translate(tables[1])
        return bytes(row)

    def _shade(self, number: int, share: float, y: int) -> bytes:
        """A row of one color of a hill, dithered between two neighbours."""
        place = share * (_SHADES - 1)
        low = int(place)
        thresholds = (0.125, 0.625) if y % 2 else (0.875, 0.375)
        first = _FIRST_HILL + number * _SHADES
        pair = bytes(first + min(_SHADES - 1, low + (place - low > limit)) for limit in thresholds)
        return (pair * (self._width // 2 + 1))[: self._width]

    def _ridge(self, number: int) -> tuple[int, bytes]:
        """The upper edge of a row of hills: its highest point, and how far below it each column is."""
        base = (
            self._shore * (0.6 + 0.13 * number)
            if self._shore == self._height
            else (self._shore * (0.86 + 0.05 * number))
        )
        size = min(250.0, self._height * (0.24 if self._shore == self._height else 0.16)) * (
            1 - 0.2 * number
        )
        waves = [
            (self._rng.uniform(0.7, 1.4) * turns, self._rng.uniform(0, 7), 1 / turns)
            for turns in (1.0, 2.3, 5.1, 11.0)
        ]
        total = sum(weight for _, _, weight in waves)
        heights: list[int] = []
        for x in range(self._width):
            angle = math.tau * x / self._width
            level = sum(w * math.sin(turns * angle + phase) for turns, phase, w in waves) / total
            heights.append(round(size * (0.5 - 0.5 * level)))
        return round(base - size / 2), bytes(min(254, height) for height in heights)

    def _water(self, mirrored: bytes, depth: int) -> bytes:
        """A mirrored row, darker, moved to and fro by the waves, with the sun's glitter in it."""
        darker = bytes(
            value + _SKY if value < _SKY else _GLITTER if value == _SUN else value
            for value in range(256)
        )
        shift = round(math.sin(depth * 0.9) * 1.5 + math.sin(depth * 0.23) * (1 + depth / 24))
        row = mirrored.translate(darker)
        row = row[shift:] + row[:shift]
        if self._rng.random() < 0.5:
            spread = self._radius * (0.5 + depth / max(1, self._height - self._shore))
            begin = round(self._sun_x + self._rng.gauss(0, spread / 2))
            end = min(self._width, begin + self._rng.randrange(2, 4 + self._width // 40))
            if 0 <= begin < end:
                row = row[:begin] + bytes([_GLITTER]) * (end - begin) + row[end:]
        return row
