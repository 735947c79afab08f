"""``render``, the guide's mastering script: a sound file in, one that sounds like a word out."""

from __future__ import annotations

from argparse import Namespace

import numpy as np

from neural_eq.cli.inputs import open_for, open_table
from neural_eq.cli.output import check_output, libraries_silent, plural, progress
from neural_eq.cli.setting import (
    chosen_path,
    chosen_setting,
    print_setting,
    print_stopped,
)
from neural_eq.data.audio_encoding import format_of
from neural_eq.data.audio_file import open_audio
from neural_eq.data.file_rendering import FileReport, Treatment, render_file
from neural_eq.errors import ParameterError

DEFAULT_AT = 0.5


def render(args: Namespace) -> int:
    """Equalise a file as a word, or as a morph between two, and say what was done."""
    if args.batch:
        from neural_eq.cli.batch import render_batch

        return render_batch(args)
    for name in ("kind", "again", "workers", "scheduler", "json"):
        if getattr(args, name):
            raise ParameterError(f"--{name} goes with --batch, which is not given.")
    check_words(args)
    if args.input.is_dir():
        raise ParameterError(f"IN is {args.input}, a folder; --batch renders the files in it.")
    format_of(args.output)
    check_output(args.output, option="OUT", inputs=(args.input,))
    params, n_stopped = setting_asked(args)
    treatment = Treatment(
        params, "", level_match=args.level_match, suffix=args.output.suffix, subtype=args.subtype
    )
    with libraries_silent(), progress() as on_progress:
        source = open_audio(args.input)
        report = render_file(source, args.output, treatment, on_progress=on_progress)
    print(
        f"Input: {args.input}, {source.sample_rate:,} Hz, {plural(source.n_channels, 'channel')},"
        f" {source.subtype}, {source.duration_s:.1f} s"
    )
    print(f"EQ: {words_asked(args)}")
    print_asked(params, n_stopped)
    print(_level_line(report))
    for text in report.notes:
        print(f"Note: {text}")
    print(f"Wrote {args.output}, {report.format} {report.subtype}")
    return 0


def check_words(args: Namespace) -> None:
    """Refuse options that ask for a way between words where there is one word, or none.

    Raises:
        ParameterError: If they do not go together.
    """
    for option, is_given in (("--at", args.at is not None), ("--over-time", args.over_time)):
        if is_given and args.to is None:
            value = f" is {args.at:g}" if option == "--at" else " is given"
            raise ParameterError(f"{option}{value}, and there is no --to; name a second word.")
    if args.at is not None and args.over_time:
        raise ParameterError(
            f"--at is {args.at:g} beside --over-time, which goes from 0 to 1; give one of them."
        )


def setting_asked(args: Namespace, *, as_json: bool = False) -> tuple[np.ndarray, int]:
    """The setting that ``--term``, ``--to``, ``--at`` and their like ask for, and gains stopped.

    With ``--over-time`` it is all settings on the way, shape ``(n, 13)`` instead of ``(13,)``.
    """
    model, _ = open_for((args.term, args.to), args.model, as_json=as_json)
    choose = chosen_path if args.over_time else chosen_setting
    return choose(
        model,
        start=args.term,
        end=args.to,
        at=_at(args),
        strength=args.strength,
        route=args.route,
        open_data=lambda: open_table(args.data, as_json=as_json),
    )


def words_asked(args: Namespace) -> str:
    """The same in words."""
    where = "over the file" if args.over_time else f"at {_at(args):g}"
    way = f" to {args.to.strip().lower()} {where}" if args.to else ""
    return f"{args.term.strip().lower()}{way}, strength {args.strength:g}"


def print_asked(params: np.ndarray, n_stopped: int) -> None:
    """Print the bands of :func:`setting_asked`; of a way, those at its ends."""
    if params.ndim == 1:
        print_setting(params, n_stopped)
        return
    for place, setting in (("beginning", params[0]), ("end", params[-1])):
        print(f" At the {place}:")
        print_setting(setting, 0)
    print_stopped(n_stopped)


def _at(args: Namespace) -> float:
    return DEFAULT_AT if args.at is None else args.at


def _level_line(report: FileReport) -> str:
    """What happened to the level: the change after the EQ, loudness and true peak."""
    gain_db = round(report.level.gain_db, 1) + 0.0  # never "-0.0"
    line = f"Level: {gain_db:+.1f} dB after the EQ"
    if report.along_db is not None and report.loudness_after_lufs is not None:
        low_db, high_db = (round(g + report.level.gain_db, 1) + 0.0 for g in report.along_db)
        line = f"Level: {low_db:+.1f} to {high_db:+.1f} dB after the EQ, along the way"
    if report.loudness_after_lufs is not None:
        line += (
            f"; loudness {report.loudness_before_lufs:.1f} to {report.loudness_after_lufs:.1f} LUFS"
        )
    else:
        line += ", not matched"
    return (
        f"{line}; true peak {report.true_peak_before_dbtp:+.1f} to"
        f" {report.level.true_peak_dbtp:+.1f} dBTP"
    )
