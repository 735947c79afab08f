"""``render``, the guide's mastering script: a sound file in, one that sounds like a word out."""

from __future__ import annotations

import dataclasses
from argparse import Namespace

import numpy as np

from neural_eq.cli.inputs import open_model, open_table
from neural_eq.cli.output import check_output, plural
from neural_eq.cli.setting import chosen_setting, print_setting
from neural_eq.data.audio_encoding import format_of
from neural_eq.data.audio_io import read_audio, write_audio
from neural_eq.eq.render import Rendered, apply_eq
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
    format_of(args.output)
    check_output(args.output, option="OUT", inputs=(args.input,))
    params, n_stopped = setting_asked(args)
    audio = read_audio(args.input)
    rendered = apply_eq(audio.samples, params, audio.sample_rate, level_match=args.level_match)
    written = write_audio(
        args.output, dataclasses.replace(audio, samples=rendered.samples), subtype=args.subtype
    )
    print(
        f"Input: {args.input}, {audio.sample_rate:,} Hz, {plural(audio.n_channels, 'channel')},"
        f" {audio.subtype}, {audio.duration_s:.1f} s"
    )
    print(f"EQ: {words_asked(args)}")
    print_setting(params, n_stopped)
    print(_level_line(rendered))
    for text in (*rendered.notes, *written.notes):
        print(f"Note: {text}")
    print(f"Wrote {args.output}, {written.format} {written.subtype}")
    return 0


def check_words(args: Namespace) -> None:
    """Refuse a place between words where there is one word."""
    if args.at is not None and args.to is None:
        raise ParameterError(f"--at is {args.at:g}, and there is no --to; name a second word.")


def setting_asked(args: Namespace, *, as_json: bool = False) -> tuple[np.ndarray, int]:
    """The setting that ``--term``, ``--to``, ``--at`` and their like ask for, and gains stopped."""
    model, _ = open_model(args.model, as_json=as_json)
    return chosen_setting(
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
    way = f" to {args.to.strip().lower()} at {_at(args):g}" if args.to else ""
    return f"{args.term.strip().lower()}{way}, strength {args.strength:g}"


def _at(args: Namespace) -> float:
    return DEFAULT_AT if args.at is None else args.at


def _level_line(rendered: Rendered) -> str:
    """What happened to the level: the change after the EQ, loudness and true peak."""
    gain_db = round(rendered.gain_db, 1) + 0.0  # never "-0.0"
    line = f"Level: {gain_db:+.1f} dB after the EQ"
    if rendered.loudness_before_lufs is not None and rendered.loudness_after_lufs is not None:
        line += (
            f"; loudness {rendered.loudness_before_lufs:.1f} to"
            f" {rendered.loudness_after_lufs:.1f} LUFS"
        )
    else:
        line += ", not matched"
    return (
        f"{line}; true peak {rendered.true_peak_before_dbtp:+.1f} to"
        f" {rendered.true_peak_after_dbtp:+.1f} dBTP"
    )
