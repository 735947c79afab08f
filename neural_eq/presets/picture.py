"""The curve as a picture: SVG for print and the web, PNG for everything else."""

from __future__ import annotations

import importlib.util
import io
import math
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

from neural_eq.eq.response import REFERENCE_SAMPLE_RATE
from neural_eq.errors import PresetError
from neural_eq.presets.preset import Preset, one_line
from neural_eq.presets.reading import Reading
from neural_eq.presets.sampled import curve_points
from neural_eq.presets.text import decoded

SVG_LABEL, PNG_LABEL = "Picture, SVG", "Picture, PNG"

WIDTH, HEIGHT = 1200, 675
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 28, 70, 76
_LOW_HZ, _HIGH_HZ = 20.0, 20000.0
_TICKS_HZ = {
    20: "20", 50: "50", 100: "100", 200: "200", 500: "500", 1000: "1k", 2000: "2k", 5000: "5k",
    10000: "10k", 20000: "20k",
}  # fmt: skip
_INK, _FAINT, _GRID, _CURVE, _PAPER = "#212529", "#495057", "#dee2e6", "#1971c2", "#ffffff"
_SHARPER = 2  # the PNG is drawn at twice its size, then halved
_HALF_INK = 84
"""Blue over red where half a pixel is curve; nothing else is blue."""

_FONT = "system-ui, sans-serif"


@dataclass(frozen=True)
class Frame:
    """Where a picture has which Hz and dB.

    Attributes:
        top_db: Of the vertical axis.
        bottom_db: The same.
        step_db: From line to line.
    """

    top_db: float
    bottom_db: float
    step_db: float

    @property
    def ticks_db(self) -> list[float]:
        n_lines = round((self.top_db - self.bottom_db) / self.step_db) + 1
        return [self.bottom_db + i * self.step_db for i in range(n_lines)]

    @property
    def db_per_pixel(self) -> float:
        return (self.top_db - self.bottom_db) / (HEIGHT - _TOP - _BOTTOM)

    def x(self, freq_hz):
        """Pixels from the left of frequencies, a number or an array."""
        share = np.log(np.asarray(freq_hz) / _LOW_HZ) / math.log(_HIGH_HZ / _LOW_HZ)
        return _LEFT + share * (WIDTH - _LEFT - _RIGHT)

    def y(self, level_db):
        """Pixels from the top of levels, a number or an array."""
        return _TOP + (self.top_db - np.asarray(level_db)) / self.db_per_pixel

    def freq_hz(self, x):
        share = (np.asarray(x) - _LEFT) / (WIDTH - _LEFT - _RIGHT)
        return _LOW_HZ * (_HIGH_HZ / _LOW_HZ) ** share

    def level_db(self, y):
        return self.top_db - (np.asarray(y) - _TOP) * self.db_per_pixel


def frame_of(level_db: np.ndarray) -> Frame:
    """Return axes around a curve: ±6 dB at least, in whole steps."""
    highest, lowest = max(6.0, float(level_db.max())), min(-6.0, float(level_db.min()))
    span = highest - lowest
    step = next((s for s in (3.0, 6.0, 12.0) if span / s <= 9), 24.0)
    return Frame(step * math.ceil(highest / step), step * math.floor(lowest / step), step)


def write_svg(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    """Draw the curve with its axes; the name is the title, for screen readers too."""
    freq_hz, level_db = curve_points(preset.params, sample_rate=sample_rate)
    frame, name = frame_of(level_db), escape(one_line(preset.name))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' width="{WIDTH}" height="{HEIGHT}" role="img" font-family="{_FONT}"'
        f' data-top-db="{frame.top_db:g}" data-bottom-db="{frame.bottom_db:g}">',
        f"<title>EQ curve of {name}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{_PAPER}"/>',
        f'<text x="{_LEFT}" y="40" font-size="24" fill="{_INK}">{name}</text>',
    ]
    right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM
    for tick_hz, label in _TICKS_HZ.items():
        x = f"{frame.x(tick_hz):.1f}"
        parts.append(f'<path d="M{x} {_TOP}V{bottom}" stroke="{_GRID}"/>')
        parts.append(_label(x, bottom + 26, label, "middle"))
    for tick_db in frame.ticks_db:
        y = float(frame.y(tick_db))
        width, color = (2, "#868e96") if tick_db == 0 else (1, _GRID)
        parts.append(
            f'<path d="M{_LEFT} {y:.1f}H{right}" stroke="{color}" stroke-width="{width}"/>'
        )
        parts.append(_label(_LEFT - 10, f"{y + 6:.1f}", _signed(tick_db), "end"))
    middle = (_TOP + bottom) / 2
    parts.append(_label((_LEFT + right) / 2, HEIGHT - 18, "Frequency (Hz)", "middle"))
    parts.append(
        f'<text transform="translate(26 {middle}) rotate(-90)" text-anchor="middle"'
        f' font-size="18" fill="{_FAINT}">Gain (dB)</text>'
    )
    points = "L".join(
        f"{x:.3f} {y:.4f}" for x, y in zip(frame.x(freq_hz), frame.y(level_db), strict=True)
    )
    parts.append(
        f'<path id="curve" d="M{points}" fill="none" stroke="{_CURVE}" stroke-width="4"'
        ' stroke-linejoin="round"/>'
    )
    return ("\n".join([*parts, "</svg>"]) + "\n").encode()


def _label(x: object, y: object, text: str, anchor: str) -> str:
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="18" fill="{_FAINT}">{text}</text>'
    )


def _signed(level_db: float) -> str:
    return f"{level_db:+g}".replace("-", "−") if level_db else "0"


def read_svg(content: bytes, *, name: str) -> Reading:
    """Read the path of a picture's curve back, by the axes that it says it has.

    Raises:
        PresetError: If it is no such picture.
    """
    text = decoded(content, name=name)
    path = re.search(r'<path id="curve" d="M([\d. L-]+)"', text)
    bounds = re.search(r'data-top-db="(-?\d+)" data-bottom-db="(-?\d+)"', text)
    if not path or not bounds:
        raise PresetError(f"{name} is no picture of a curve that this program drew.")
    points = np.array([pair.split() for pair in path[1].split("L")], dtype=np.float64)
    frame = Frame(float(bounds[1]), float(bounds[2]), 1.0)
    return Reading(freq_hz=frame.freq_hz(points[:, 0]), level_db=frame.level_db(points[:, 1]))


def write_png(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    """Draw the same picture in pixels."""
    from PIL import Image, ImageDraw, ImageFont
    from PIL.PngImagePlugin import PngInfo

    freq_hz, level_db = curve_points(preset.params, sample_rate=sample_rate)
    frame, scale = frame_of(level_db), _SHARPER
    image = Image.new("RGB", (WIDTH * scale, HEIGHT * scale), _PAPER)
    draw = ImageDraw.Draw(image)
    fonts = {size: ImageFont.truetype(_font_path(), size * scale) for size in (18, 24)}

    def text(x: float, y: float, words: str, anchor: str, size: int = 18, ink: str = _FAINT):
        draw.text((x * scale, y * scale), words, fill=ink, font=fonts[size], anchor=anchor)

    right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM
    text(_LEFT, 34, one_line(preset.name)[:80], "lm", 24, _INK)
    for tick_hz, label in _TICKS_HZ.items():
        x = float(frame.x(tick_hz))
        draw.line([x * scale, _TOP * scale, x * scale, bottom * scale], _GRID, scale)
        text(x, bottom + 20, label, "mm")
    for tick_db in frame.ticks_db:
        y = float(frame.y(tick_db))
        width, color = (2, "#868e96") if tick_db == 0 else (1, _GRID)
        draw.line([_LEFT * scale, y * scale, right * scale, y * scale], color, width * scale)
        text(_LEFT - 10, y, _signed(tick_db), "rm")
    text((_LEFT + right) / 2, HEIGHT - 24, "Frequency (Hz)", "mm")
    upright = Image.new("RGB", (120 * scale, 26 * scale), _PAPER)
    words = ImageDraw.Draw(upright)
    words.text((60 * scale, 13 * scale), "Gain (dB)", fill=_FAINT, font=fonts[18], anchor="mm")
    image.paste(upright.rotate(90, expand=True), (8 * scale, (_TOP + bottom - 120) // 2 * scale))
    xy = np.column_stack([frame.x(freq_hz), frame.y(level_db)]) * scale
    draw.line([tuple(point) for point in xy], _CURVE, 4 * scale, joint="curve")
    axes = PngInfo()
    axes.add_text("Title", f"EQ curve of {one_line(preset.name)}")
    axes.add_text("TopDb", f"{frame.top_db:g}")
    axes.add_text("BottomDb", f"{frame.bottom_db:g}")
    content = io.BytesIO()
    small = image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    small.save(content, "PNG", pnginfo=axes)
    return content.getvalue()


def _font_path() -> str:
    """DejaVu, which matplotlib brings: Pillow's own font lacks most letters."""
    package = importlib.util.find_spec("matplotlib")
    assert package is not None and package.origin is not None
    return str(Path(package.origin).parent / "mpl-data/fonts/ttf/DejaVuSans.ttf")


def read_png(content: bytes, *, name: str) -> Reading:
    """Read the curve off a picture, column by column, as an eye with a ruler would.

    Raises:
        PresetError: If it is no such picture.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            frame = Frame(float(image.info["TopDb"]), float(image.info["BottomDb"]), 1.0)
            pixels = np.asarray(image.convert("RGB"), dtype=np.int32)
    except (OSError, ValueError, KeyError, SyntaxError) as error:
        raise PresetError(f"{name} is no picture of a curve that this program drew.") from error
    is_curve = pixels[..., 2] - pixels[..., 0] > _HALF_INK  # (height, width)
    columns = np.flatnonzero(is_curve.any(axis=0))
    columns = columns[(columns >= _LEFT) & (columns < WIDTH - _RIGHT)]
    if not columns.size:
        raise PresetError(f"{name} shows no curve.")
    first = is_curve[:, columns].argmax(axis=0)
    last = len(is_curve) - 1 - is_curve[::-1, columns].argmax(axis=0)
    middle = (first + last + 1) / 2  # from the picture's top edge
    return Reading(freq_hz=frame.freq_hz(columns + 0.5), level_db=frame.level_db(middle))
