"""What commands write: places checked beforehand, JSON, and lines for a person."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from neural_eq.errors import OutputError

_STDERR = 2


@contextmanager
def libraries_silent() -> Iterator[None]:
    """Leave standard error to this program: libmpg123 tells of every damaged frame there.

    What Python says goes on to where it went.
    """
    sys.stderr.flush()
    earlier, kept = sys.stderr, os.dup(_STDERR)
    own = os.fdopen(os.dup(kept), "w", encoding=earlier.encoding, errors="replace", buffering=1)
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), _STDERR)
    try:
        if earlier is sys.__stderr__:
            sys.stderr = own
        yield
    finally:
        sys.stderr = earlier
        own.close()
        os.dup2(kept, _STDERR)
        os.close(kept)


def check_output(path: Path, *, option: str, inputs: tuple[Path | None, ...] = ()) -> None:
    """Make sure, before any work, that a file can be written.

    Args:
        path: The file to be.
        option: What the user calls it, for the message.
        inputs: Files that it must not replace.

    Raises:
        OutputError: If it cannot, or if that would destroy an input.
    """
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"{option} is {path}, and there is no folder {folder}; make it first.")
    if path.exists() and not path.is_file():
        raise OutputError(f"{option} is {path}, which is no ordinary file; choose another name.")
    for source in inputs:
        if source is not None and path.exists() and source.exists() and path.samefile(source):
            raise OutputError(
                f"{option} is {path}, which is also read; choose another name to keep it."
            )
    probe = path.with_name(f".neural-eq-{secrets.token_hex(4)}.part")
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise OutputError(
            f"{option} is {path}, which cannot be written: {error.strerror}."
        ) from error


def print_json(values: Mapping[str, Any]) -> None:
    """Print one JSON object, in letters that every terminal has."""
    print(json.dumps(values, indent=2, allow_nan=False))


def note(text: str, *, as_json: bool = False) -> None:
    """Print a line about the work; beside JSON it goes to stderr."""
    print(text, file=sys.stderr if as_json else sys.stdout)


@contextmanager
def progress() -> Iterator[Callable[[float, str], None]]:
    """Show how much is done, 0 to 1, of what, and the time left, on stderr if it is a terminal."""
    if not sys.stderr.isatty():
        yield lambda share, what: None
        return
    from tqdm import tqdm

    with tqdm(total=1.0, leave=False, bar_format="{desc}: {percentage:.0f} % |{bar}| {remaining}"
              " left") as bar:  # fmt: skip

        def show(share: float, what: str) -> None:
            bar.update(share - bar.n)
            if bar.desc != what:
                bar.set_description_str(what)

        yield show


def plural(count: int, thing: str) -> str:
    """``1 word``, ``1,283 settings``."""
    return f"{count:,} {thing}{'s' * (count != 1)}"


def set_aside_lines(set_aside: Mapping[str, int]) -> list[str]:
    """One line a reason for rows that are not used, most first."""
    if not set_aside:
        return ["Set aside: no row."]
    total = sum(set_aside.values())
    by_count = sorted(set_aside.items(), key=lambda item: -item[1])
    return [
        f"Set aside: {plural(total, 'row')}.",
        *(f"  {plural(count, 'row')}: {reason}" for reason, count in by_count),
    ]
