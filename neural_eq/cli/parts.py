"""What the commands' options share: the parser, kinds of numbers, and options of several."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from neural_eq.errors import ParameterError

DEFAULT_MODEL_NAME = "neural_eq_safedb_v3.pt"

MODEL_HELP = (
    f"trained model (default: {DEFAULT_MODEL_NAME} in this folder if it is there,"
    " else the built-in model)"
)
DATA_HELP = (
    "table in SAFE-DB's layout (default: what NEURAL_EQ_DATA names, else data/ in the project,"
    " else the built-in set)"
)


WORD_HELP = "a word, or one of its schools as `terms` numbers them, such as warm:2"


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one sentence, like every other error."""

    def __init__(self, **rest: Any):
        super().__init__(allow_abbrev=False, **rest)

    def error(self, message: str) -> NoReturn:
        raise ParameterError(f"{message}; see {self.prog} --help.")


def whole_number(text: str) -> int:
    """Read a whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def at_least(minimum: int) -> Callable[[str], int]:
    """Make a reader of whole numbers from ``minimum`` on."""

    def read(text: str) -> int:
        value = whole_number(text)
        if value < minimum:
            raise argparse.ArgumentTypeError(f"{value} is below {minimum}")
        return value

    return read


def number(text: str) -> float:
    """Read a finite number."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a finite number")
    return value


def setting_options(parser: Parser) -> None:
    """Strength, route, model and data of a setting that is made of words."""
    parser.add_argument(
        "--strength", type=number, default=1.0, metavar="X",
        help="factor on every gain in dB: 0 flat, 1 as learned, -1 to 2 (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--route", metavar="NAME",
        help="the way between two words: latent or parameters or curve (default: latent)",
    )  # fmt: skip
    model_option(parser)
    parser.add_argument(
        "--data", type=Path, metavar="CSV", help=f"settings that show a word's schools; {DATA_HELP}"
    )


def model_option(parser: Parser) -> None:
    """The model in use."""
    parser.add_argument("--model", type=Path, metavar="FILE", help=MODEL_HELP)


def batch_options(parser: Parser) -> None:
    """A folder of sound files in place of one."""
    group = parser.add_argument_group("many files at once")
    group.add_argument(
        "--batch", action="store_true",
        help="render every sound file of the folder IN, and of those in it, to the folder OUT; run"
        " again, it makes what is missing or out of date; OUT/neural-eq-batch.json reports",
    )  # fmt: skip
    group.add_argument(
        "--kind", metavar="NAME",
        help="kind of file to write: wav, flac, ogg, mp3 or aiff (default: each file's own, where"
        " it can be written)",
    )  # fmt: skip
    group.add_argument(
        "--again", action="store_true", help="make anew what is up to date (default: off)"
    )
    group.add_argument(
        "--workers", type=at_least(1), metavar="N",
        help="processes that work at once (default: one a core)",
    )  # fmt: skip
    group.add_argument(
        "--scheduler", metavar="ADDRESS",
        help="work on a Dask cluster, whose workers see both folders under the same paths; name"
        " only one that you trust, since whoever runs it can run anything here (default: this"
        " machine)",
    )  # fmt: skip
    json_option(group)


def json_option(parser: argparse._ActionsContainer) -> None:
    """JSON in place of lines."""
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object instead (notes go to stderr)"
    )
