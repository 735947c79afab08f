"""The files a component is made of, read once."""

from pathlib import Path

FOLDER = Path(__file__).parent


def text(*names: str) -> str:
    """Join files of this folder; scripts that are joined share their names."""
    return "\n".join((FOLDER / name).read_text("utf-8") for name in names)
