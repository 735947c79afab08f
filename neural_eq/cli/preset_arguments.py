"""What ``export``, ``import`` and ``formats`` take."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from neural_eq.cli.parts import (
    WORD_HELP,
    Parser,
    at_least,
    json_option,
    number,
    setting_options,
)

DEFAULT_FORMAT = "neural-eq"


def _export(parser: Parser) -> None:
    parser.set_defaults(run="presets:export")
    parser.add_argument("--from", dest="start", metavar="WORD", help=WORD_HELP)
    parser.add_argument("--to", dest="end", metavar="WORD", help="second word, to morph towards")
    parser.add_argument(
        "--at", type=number, metavar="X",
        help="with --to: where between the words, 0 to 1, in equal steps of sound (default: 0.5)",
    )  # fmt: skip
    parser.add_argument(
        "--all", action="store_true", dest="is_all",
        help="every word and every school of it, into one zip; some seconds",
    )  # fmt: skip
    parser.add_argument(
        "--strengths", type=_numbers, metavar="X,X",
        help="with --all: one preset of each word for each strength (default: 1)",
    )  # fmt: skip
    _format(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE",
        help="where it goes (default: printed, notes go to stderr)",
    )  # fmt: skip
    setting_options(parser)


def _import(parser: Parser) -> None:
    parser.set_defaults(run="presets:import_")
    parser.add_argument(
        "file", type=Path, metavar="FILE",
        help="a preset of any format that `formats` says opens, or a table of Hz and dB",
    )  # fmt: skip
    _format(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write it as a preset, in --format"
    )
    json_option(parser)


def _formats(parser: Parser) -> None:
    parser.set_defaults(run="presets:formats")
    json_option(parser)


def _format(parser: Parser) -> None:
    parser.add_argument(
        "--format", dest="format_id", default=DEFAULT_FORMAT, metavar="NAME",
        help="one of those that `formats` lists (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--rate", type=at_least(1), default=48000, metavar="HZ",
        help="sample rate in Hz that it will be played at (default: %(default)s)",
    )  # fmt: skip


def _numbers(text: str) -> list[float]:
    try:
        return [number(part) for part in text.split(",")]
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error}; give numbers such as 0.5,1") from error


COMMANDS: dict[str, tuple[str, Callable[[Parser], None]]] = {
    "export": ("write a word or a morph as a preset for other software", _export),
    "import": ("read a preset of other software, and fit it where need be", _import),
    "formats": ("list the formats of presets, and how exact each is", _formats),
}
"""Each command: what it does, and what fills its parser."""
