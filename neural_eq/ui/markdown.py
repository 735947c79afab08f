"""Text from people's tables, shown as it was typed."""

from __future__ import annotations

_SPECIAL = r"\`*_{}[]()<>#+-.!|$~:&"
_SPECIAL_INLINE = r"\`*_[]<$~:&"


def escaped(text: str) -> str:
    """Show text as it is, whatever Markdown would make of it."""
    return "".join(f"\\{c}" if c in _SPECIAL else c for c in text)


def inline(text: str) -> str:
    """The same for a label, which stands within a line."""
    return "".join(f"\\{c}" if c in _SPECIAL_INLINE else c for c in text)
