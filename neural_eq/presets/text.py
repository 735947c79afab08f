"""Text from files of strangers: decoded, measured, and parsed as strict JSON."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from neural_eq.errors import PresetError

MAX_BYTES = 4 << 20
"""No preset and no measured curve is larger."""

_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")

_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def too_large(name: str, n_bytes: int, max_bytes: int) -> PresetError:
    """Say that a file is larger than any preset."""
    return PresetError(
        f"{name} has {n_bytes:,} bytes; a preset has at most {max_bytes:,}. Choose the file of one"
        " preset."
    )


def decoded(content: bytes, *, name: str, max_bytes: int = MAX_BYTES) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with its mark, else in Windows-1252.

    Raises:
        PresetError: If it is too large or no text.
    """
    if len(content) > max_bytes:
        raise too_large(name, len(content), max_bytes)
    if content.startswith(b"PK\x03\x04"):
        raise PresetError(f"{name} is a zip file; the Presets page opens those, with all in them.")
    encoding = next((e for mark, e in _MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            if encoding != "utf-8" or content[0] >= 0x80 or _CONTROL.search(content):
                raise
            text = content.decode("cp1252")  # what Windows' programs write without a mark
    except ValueError as error:
        raise PresetError(f"{name} is no text; choose a preset saved as a text file.") from error
    if "\0" in text:
        raise PresetError(f"{name} is no text; choose a preset saved as a text file.")
    return text


def strict_json(text: str, *, name: str) -> Any:
    """Parse JSON whose numbers are finite and whose keys stand once.

    Raises:
        PresetError: If it is not such JSON.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise PresetError(f"{name} has {key[:40]!r} twice in one place; keep one of them.")
            found[key] = value
        return found

    def finite(literal: str) -> float:
        value = float(literal)
        if not math.isfinite(value):
            raise PresetError(f"{name} holds {literal[:30]}; every number must be finite.")
        return value

    try:
        values = json.loads(text, object_pairs_hook=once, parse_float=finite, parse_constant=finite)
        if "\\ud" in text.lower():  # half a letter, which no file can hold
            json.dumps(values, ensure_ascii=False).encode("utf-8")
        return values
    except UnicodeEncodeError as error:
        raise PresetError(f"{name} holds half a letter (\\ud…); take it out.") from error
    except RecursionError as error:
        raise PresetError(f"{name} is nested too deeply to be a preset.") from error
    except json.JSONDecodeError as error:
        raise PresetError(
            f"{name} is damaged JSON: it cannot be read from line {error.lineno}, column"
            f" {error.colno} on. Save it again where it came from."
        ) from error
    except ValueError as error:  # a whole number of thousands of digits
        raise PresetError(f"{name} holds a number too long to be one of an EQ.") from error


def number(value: Any, what: str, *, name: str) -> float:
    """Return a JSON number as a float; ``what`` is what it should be.

    Raises:
        PresetError: If it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PresetError(f"{name}: {what} is {str(value)[:30]!r}; it must be a number.")
    try:
        return float(value)
    except OverflowError as error:
        raise PresetError(f"{name}: {what} is too large to be a number of an EQ.") from error


def tidy(value: float, n_decimals: int) -> float:
    """Round a number for JSON; never "-0.0"."""
    return round(value, n_decimals) + 0.0


def plain(value: float, n_decimals: int, *, n_least: int = 0) -> str:
    """Write a number with a point and no exponent; zeros at its end go, down to ``n_least``."""
    text = f"{value:.{n_decimals}f}"
    whole, _, decimals = text.partition(".")
    decimals = decimals.rstrip("0").ljust(n_least, "0")
    text = f"{whole}.{decimals}" if decimals else whole
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text
