"""Text from people's tables, shown as it was typed."""

from __future__ import annotations

import re

_SPECIAL = r"\`*_{}[]()<>#+-.!|$~:&"
_SPECIAL_INLINE = r"\`*_[]<$~:&"

# What becomes a link, an icon, an emoji or an arrow after the backslashes are gone
_TAKEN_LATER = re.compile(
    r"(?<=:)(?=//)|(?<=\bwww)(?=\.)|(?<=[\w.+-])(?=@[\w-]+\.)"
    r"|(?<=:)(?=(?:[a-z+-][\w+-]*(?:/\w+)?|100|1234):)|(?<=[<>~-])(?=[=>-])",
    re.IGNORECASE,
)
_WORD_JOINER = "\u2060"
"""Has no width, and parts what would be taken together."""


def escaped(text: str) -> str:
    """Show text as it is, whatever Markdown would make of it."""
    return _with_backslashes(text, _SPECIAL)


def heading(text: str) -> str:
    """The same with a large first letter, unless whoever named it minded its case."""
    return escaped(text[:1].upper() + text[1:] if text == text.lower() else text)


def inline(text: str) -> str:
    """The same for a label, which stands within a line."""
    return _with_backslashes(text, _SPECIAL_INLINE)


def _with_backslashes(text: str, special: str) -> str:
    parted = _TAKEN_LATER.sub(_WORD_JOINER, text)
    return "".join(f"\\{c}" if c in special else c for c in parted)
