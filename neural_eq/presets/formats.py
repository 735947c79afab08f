"""The formats that a preset can be taken home in: what each is, who writes it, who reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from neural_eq.eq.params import check_params
from neural_eq.eq.response import REFERENCE_SAMPLE_RATE
from neural_eq.errors import ParameterError
from neural_eq.presets import (
    apo,
    camilladsp,
    commands,
    easyeffects,
    minidsp,
    opra,
    pedalboard_python,
    picture,
    players,
    rockbox,
    safe_row,
    sampled,
)
from neural_eq.presets.bands import bands_of
from neural_eq.presets.preset import Preset, read_preset, write_preset
from neural_eq.presets.reading import Reading

RATES = (44100, 48000, 96000)
"""In Hz, that a format bound to one is offered for."""

MIN_RATE, MAX_RATE = 44100, 768000


@dataclass(frozen=True)
class Format:
    """One format of files.

    Attributes:
        id: What the command line calls it.
        label: What a person reads.
        suffix: Of its files, with the point.
        media_type: Of its files.
        use: One sentence: how it is loaded where it belongs.
        needs_rate: Whether a file holds for one sample rate only.
        write: ``write(preset, *, sample_rate)`` returns the file.
        read: ``read(content, *, name, sample_rate)`` reads it by the rules of its program.
        opens: Whether a file of it opens here again.
        limit: Why it cannot be exact, one sentence; empty where it can.
        preamp: Where the preamp is: "own", "in curve", "by hand" by the user, or "none" needed.
    """

    id: str
    label: str
    suffix: str
    media_type: str
    use: str
    needs_rate: bool
    write: Callable[..., bytes]
    read: Callable[..., Reading]
    opens: bool = True
    limit: str = ""
    preamp: str = "own"


def write_format(
    preset: Preset, format_id: str, *, sample_rate: int = REFERENCE_SAMPLE_RATE
) -> bytes:
    """Write a preset in a format.

    Args:
        preset: What to write.
        format_id: A key of :data:`FORMATS`.
        sample_rate: In Hz, at which it will be played; it matters near Nyquist.

    Raises:
        ParameterError: If there is no such format, the rate is out of range, or a number of the
            preset is outside the equaliser's bounds.
    """
    chosen = format_of(format_id)
    check_rate(sample_rate)
    check_params(preset.params)
    return chosen.write(preset, sample_rate=sample_rate)


def check_rate(sample_rate: int) -> None:
    """Make sure that presets are written for a rate.

    Raises:
        ParameterError: If it is out of range.
    """
    if not MIN_RATE <= sample_rate <= MAX_RATE:
        raise ParameterError(
            f"sample_rate is {sample_rate} Hz; it must lie within {MIN_RATE} to {MAX_RATE} Hz."
        )


def format_of(format_id: str) -> Format:
    """Return a format by its id.

    Raises:
        ParameterError: If there is none.
    """
    if format_id not in FORMATS:
        raise ParameterError(f"format is {format_id!r}; it must be one of {', '.join(FORMATS)}.")
    return FORMATS[format_id]


def _write_ours(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    return write_preset(preset).encode()


def _read_ours(content: bytes, *, name: str) -> Reading:
    return Reading(bands=bands_of(read_preset(content, name=name).params))


def _at_any_rate(read: Callable[..., Reading]) -> Callable[..., Reading]:
    def at_rate(content: bytes, *, name: str, sample_rate: int = REFERENCE_SAMPLE_RATE) -> Reading:
        return read(content, name=name)

    return at_rate


_ALL = (
    Format(
        "neural-eq", "Neural EQ", ".json", "application/json",
        "Opens here, on Presets, Morph and Audio; nothing is lost, words and tags stay.",
        False, _write_ours, _at_any_rate(_read_ours), preamp="none",
    ),
    Format(
        "apo", "Equalizer APO, Peace, AutoEq", ".txt", "text/plain",
        "Save it in Equalizer APO's config folder and include it in the Configuration Editor, or"
        " import it in Peace; versions of Equalizer APO that ignore a shelf's Q differ by up to"
        " 0.35 dB.",
        False, apo.write_apo, _at_any_rate(apo.read_apo),
    ),
    Format(
        "easyeffects", "EasyEffects", ".json", "application/json",
        "In EasyEffects (7 or 8), open Presets and import it as an output preset.",
        False, easyeffects.write_easyeffects, _at_any_rate(easyeffects.read_easyeffects),
    ),
    Format(
        "camilladsp", "CamillaDSP, filters", ".yml", "application/yaml",
        "Copy filters and pipeline into your CamillaDSP configuration (version 3 and on).",
        False, camilladsp.write_camilladsp, _at_any_rate(camilladsp.read_camilladsp),
    ),
    Format(
        "camilladsp-full", "CamillaDSP, whole configuration", ".yml", "application/yaml",
        "Name your devices in it and start camilladsp (version 4) with it.",
        True, camilladsp.write_camilladsp_full, _at_any_rate(camilladsp.read_camilladsp),
    ),
    Format(
        "camilladsp-full-3", "CamillaDSP 3, whole configuration", ".yml", "application/yaml",
        "Name your devices in it and start camilladsp (version 3) with it.",
        True, camilladsp.write_camilladsp_full_3, _at_any_rate(camilladsp.read_camilladsp),
    ),
    Format(
        "graphiceq", "GraphicEQ, Wavelet, JamesDSP", ".txt", "text/plain",
        "In Wavelet, open AutoEq and import it; in JamesDSP or Equalizer APO, paste its line.",
        False, sampled.write_graphic, _at_any_rate(sampled.read_graphic),
        limit="It holds 127 points in tenths of a dB, with straight lines between them.",
        preamp="in curve",
    ),
    Format(
        "rockbox", "Rockbox", ".cfg", "text/plain",
        "Copy it to /.rockbox/eqs on the player and choose it under Browse EQ Presets.",
        False, rockbox.write_rockbox, _at_any_rate(rockbox.read_rockbox),
        limit="Rockbox keeps whole Hz, and tenths of Q and of dB.",
    ),
    Format(
        "minidsp", "miniDSP biquads", ".txt", "text/plain",
        "In the plug-in's PEQ block, choose Advanced and paste or import it; the rate must be your"
        " device's.",
        True, minidsp.write_minidsp, minidsp.read_minidsp, opens=False, preamp="by hand",
    ),
    Format(
        "rew", "REW filter settings", ".txt", "text/plain",
        "In REW's EQ window, choose the Generic equaliser and load filter settings; older versions"
        " may not take the shelves.",
        False, apo.write_rew, _at_any_rate(apo.read_apo), preamp="by hand",
    ),
    Format(
        "opra", "OPRA", ".json", "application/json",
        "Save it as info.json of an EQ in OPRA's database, or open it in a player that reads OPRA.",
        False, opra.write_opra, _at_any_rate(opra.read_opra),
    ),
    Format(
        "poweramp", "Poweramp", ".json", "application/json",
        "In Poweramp's equaliser, open the presets and import it; the parametric mode must be on.",
        False, players.write_poweramp, _at_any_rate(players.read_poweramp),
    ),
    Format(
        "voicemeeter", "Voicemeeter", ".xml", "application/xml",
        "In a bus's EQ window, right-click the top bar and choose Load EQ Settings.",
        False, players.write_voicemeeter, _at_any_rate(players.read_voicemeeter),
        preamp="by hand",
    ),
    Format(
        "ffmpeg", "ffmpeg", ".txt", "text/plain",
        "Run ffmpeg -i in.wav -af \"$(cat FILE)\" out.wav.",
        False, commands.write_ffmpeg, _at_any_rate(commands.read_ffmpeg), opens=False,
    ),
    Format(
        "sox", "SoX", ".txt", "text/plain",
        "Run sox in.wav out.wav $(cat FILE).",
        False, commands.write_sox, _at_any_rate(commands.read_sox), opens=False,
    ),
    Format(
        "pedalboard", "pedalboard (Python)", ".py", "text/x-python",
        "Import board from it, and call board(audio, sample_rate). Where its filters, which count"
        " in 32 bits, would miss the curve, it plays an impulse response made for the sample rate"
        " written in it.",
        False, pedalboard_python.write_pedalboard,
        _at_any_rate(pedalboard_python.read_pedalboard), opens=False,
    ),
    Format(
        "safe", "Row of SAFE-DB", ".csv", "text/csv",
        "Add its row to a table in SAFE-DB's layout, and train on it.",
        False, safe_row.write_safe_row, _at_any_rate(safe_row.read_safe_row), preamp="none",
    ),
    Format(
        "csv", "Table of the curve", ".csv", "text/csv",
        "Open it in a spreadsheet or in REW: frequency in Hz, gain in dB at 48 kHz.",
        False, sampled.write_csv, _at_any_rate(sampled.read_csv), preamp="none",
    ),
    Format(
        "svg", "Picture of the curve, SVG", ".svg", "image/svg+xml",
        "Put it into a page or a document; it stays sharp at any size.",
        False, picture.write_svg, _at_any_rate(picture.read_svg), opens=False, preamp="none",
    ),
    Format(
        "png", "Picture of the curve, PNG", ".png", "image/png",
        "Put it into a message or a document.",
        False, picture.write_png, _at_any_rate(picture.read_png), opens=False,
        limit="A picture in pixels can be read only as finely as an eye reads it.", preamp="none",
    ),
)  # fmt: skip

FORMATS: dict[str, Format] = {one.id: one for one in _ALL}
"""Every format by its id, in the order of a menu."""
