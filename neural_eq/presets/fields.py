"""What a preset says beside its bands: each field checked when read, or a PresetError."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from neural_eq.errors import PresetError
from neural_eq.presets.text import number

MAX_NAME, MAX_TEXT, MAX_TAGS, MAX_TAG = 100, 10_000, 50, 40
"""Characters of a name and of a longer text, number of tags, and characters of one."""


_RESPONSE_BOUNDS = {
    "sample_rate": (1.0, 1e7, "Hz"),
    "frequencies_hz": (0.0, 1e7, "Hz"),
    "magnitude_db": (-1000.0, 1000.0, "dB"),
    "peak_db": (-1000.0, 1000.0, "dB"),
}


def one_line(text: str) -> str:
    """Return a name as it is kept: on one line, at most :data:`MAX_NAME` characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:MAX_NAME]


def text(values: Mapping[str, Any], key: str, name: str, *, is_long: bool = False) -> str:
    """Return a text; a long one as it is, another on one line."""
    value = values.get(key, "")
    if not isinstance(value, str):
        raise PresetError(f"{name}: {key} is {str(value)[:30]!r}; it must be text.")
    if len(value) > MAX_TEXT:
        raise PresetError(
            f"{name}: {key} has {len(value):,} characters; it may have {MAX_TEXT:,}. Shorten it."
        )
    return value if is_long else one_line(value)


def link(values: Mapping[str, Any], name: str) -> str:
    """Return an address of the web, or nothing."""
    link = text(values, "link", name, is_long=True).strip()
    if link and not re.fullmatch(r"https?://[^\s<>\"]+", link):
        raise PresetError(
            f"{name}: link is {link[:60]!r}; it must be an address with http:// or https://."
        )
    return link


def created(values: Mapping[str, Any], name: str) -> str:
    """Return a date and time in ISO 8601, or nothing."""
    created = text(values, "created", name)
    try:
        if created:
            datetime.fromisoformat(created)
    except ValueError as error:
        raise PresetError(
            f"{name}: created is {created[:40]!r}; it must be a date and time such as"
            " 2026-11-23T10:00:00Z."
        ) from error
    return created


def tags(values: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return the tags, each once, on one line and cut to :data:`MAX_TAG`."""
    tags = values.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise PresetError(f"{name}: tags is {str(tags)[:30]!r}; it must be a list of texts.")
    if len(tags) > MAX_TAGS:
        raise PresetError(f"{name} has {len(tags)} tags; a preset has at most {MAX_TAGS}.")
    cleaned = (one_line(tag)[:MAX_TAG] for tag in tags)
    return tuple(dict.fromkeys(tag for tag in cleaned if tag))


def flag(values: Mapping[str, Any], name: str) -> bool:
    """Return whether it is a favourite."""
    value = values.get("starred", False)
    if not isinstance(value, bool):
        raise PresetError(f"{name}: starred is {str(value)[:30]!r}; it must be true or false.")
    return value


def check_response(values: Mapping[str, Any], name: str) -> None:
    """Refuse a sampled response whose numbers no equaliser has; it is made anew when written."""
    response = mapping(values, "response", name)
    for key, (low, high, unit) in _RESPONSE_BOUNDS.items():
        given = response.get(key, [])
        for value in given if isinstance(given, list) else [given]:
            found = number(value, f"response.{key}", name=name)
            if not low <= found <= high:
                raise PresetError(
                    f"{name}: response.{key} has {found:g} {unit}; it must lie within {low:g} to"
                    f" {high:g} {unit}."
                )


def mapping(values: Mapping[str, Any], key: str, name: str) -> dict[str, Any]:
    """Return an object, whatever is in it."""
    value = values.get(key, {})
    if not isinstance(value, dict):
        raise PresetError(f"{name}: {key} is {str(value)[:30]!r}; it must be an object.")
    return value
