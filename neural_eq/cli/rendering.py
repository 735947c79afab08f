"""``render``, the guide's mastering script: a sound file in, one that sounds like a word out."""

from __future__ import annotations

import dataclasses
from argparse import Namespace

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
    if args.at is not None and args.to is None:
        raise ParameterError(f"--at is {args.at:g}, and there is no --to; name a second word.")
    at = DEFAULT_AT if args.at is None else args.at
    format_of(args.output)
    check_output(args.output, option="OUT", inputs=(args.input,))
    model, _ = open_model(args.model)
    params, n_stopped = chosen_setting(
        model,
        start=args.term,
        end=args.to,
        at=at,
        strength=args.strength,
        route=args.route,
        open_data=lambda: open_table(args.data),
    )
    audio = read_audio(args.input)
    rendered = apply_eq(audio.samples, params, audio.sample_rate, level_match=args.level_match)
    written = write_audio(
        args.output, dataclasses.replace(audio, samples=rendered.samples), subtype=args.subtype
    )
    way = f" to {args.to.strip().lower()} at {at:g}" if args.to else ""
    print(
        f"Input: {args.input}, {audio.sample_rate:,} Hz, {plural(audio.n_channels, 'channel')},"
        f" {audio.subtype}, {audio.duration_s:.1f} s"
    )
    print(f"EQ: {args.term.strip().lower()}{way}, strength {args.strength:g}")
    print_setting(params, n_stopped)
    print(_level_line(rendered))
    for text in (*rendered.notes, *written.notes):
        print(f"Note: {text}")
    print(f"Wrote {args.output}, {written.format} {written.subtype}")
    return 0


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
