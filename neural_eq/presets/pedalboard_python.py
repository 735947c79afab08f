"""The EQ as a few lines of Python with pedalboard, whose own filters count in 32 bits."""

from __future__ import annotations

import ast

import numpy as np

from neural_eq.eq.response import REFERENCE_SAMPLE_RATE
from neural_eq.errors import PresetError
from neural_eq.presets.bands import bands_of
from neural_eq.presets.preamp import preamp_db
from neural_eq.presets.preset import Preset
from neural_eq.presets.reading import (
    Reading,
    band_sections,
    checked_band,
    checked_bands,
    checked_preamp,
)  # fmt: skip
from neural_eq.presets.text import decoded, plain

PEDALBOARD_LABEL = "pedalboard"
MOST_ROUNDING_DB = 0.01  # of filters in 32 bits; more, and an impulse response plays them

_CLASSES = {
    "low_shelf": "LowShelfFilter", "peaking": "PeakFilter", "high_shelf": "HighShelfFilter",
}  # fmt: skip
_IMPORTS = "from pedalboard import {}Gain, HighShelfFilter, LowShelfFilter, PeakFilter, Pedalboard"
_USE = "# board(audio, sample_rate) takes and gives (n_channels, n_frames)"
_IN_64_BITS = '''\
SAMPLE_RATE = {rate}  # of your audio, in Hz


def in_64_bits(*filters):
    """Play filters as one impulse response: counted in 32 bits they would be up to {off} dB off."""
    n = 2 * SAMPLE_RATE
    z = np.exp(-2j * np.pi * np.arange(n // 2 + 1) / n)
    response = np.ones_like(z)
    for band in filters:
        a, w = 10 ** (band.gain_db / 40), 2 * np.pi * band.cutoff_frequency_hz / SAMPLE_RATE
        c, alpha = np.cos(w), np.sin(w) / (2 * band.q)
        if isinstance(band, PeakFilter):
            over = (1 + alpha * a, -2 * c, 1 - alpha * a)
            under = (1 + alpha / a, -2 * c, 1 - alpha / a)
        else:  # a high shelf is a low one with its spectrum turned round
            s = 1 if isinstance(band, LowShelfFilter) else -1
            p, m, r = a + 1, s * (a - 1), 2 * np.sqrt(a) * alpha
            over = (a * (p - m * c + r), 2 * a * (m - p * c), a * (p - m * c - r))
            under = (p + m * c + r, -2 * (m + p * c), p + m * c - r)
        response *= np.polyval(over[::-1], z) / np.polyval(under[::-1], z)
    impulse = np.fft.irfft(response, n).astype(np.float32)
    play = Convolution(impulse, 1.0, SAMPLE_RATE)
    played = play(np.eye(1, n, dtype=np.float32), SAMPLE_RATE)  # Convolution sets its own level
    play.reset()
    return [play, Gain(20 * np.log10(np.linalg.norm(impulse) / np.linalg.norm(played)))]


'''


def write_pedalboard(preset: Preset, *, sample_rate: int = REFERENCE_SAMPLE_RATE) -> bytes:
    """Write Python that makes ``board``.

    Its filters are the library's own, where 32 bits hold them to 0.01 dB at ``sample_rate``;
    else an impulse response that the Python makes of them in 64 bits.
    """
    start = [
        "board = Pedalboard([",
        f"    Gain(gain_db={plain(preamp_db(preset.params, sample_rate), 1, n_least=1)}),",
    ]
    filters = []
    for band in bands_of(preset.params):
        freq, gain, q = (
            plain(band.freq_hz, 4, n_least=1), plain(band.gain_db, 4, n_least=1),
            plain(band.q, 5, n_least=1),
        )  # fmt: skip
        filters.append(
            f"    {_CLASSES[band.shape]}(cutoff_frequency_hz={freq}, gain_db={gain}, q={q}),"
        )
    off_db = _rounding_db(preset, sample_rate)
    if off_db <= MOST_ROUNDING_DB:
        text = "\n".join([_IMPORTS.format(""), "", _USE, *start, *filters, "])"]) + "\n"
    else:
        helper = _IN_64_BITS.replace("{rate}", f"{sample_rate}")
        text = (
            f"import numpy as np\n{_IMPORTS.format('Convolution, ')}\n\n"
            f"{helper.replace('{off}', f'{off_db:.1g}')}{_USE}\n"
            + "\n".join([*start, "    *in_64_bits("])
            + "\n" + "\n".join(f"    {line}" for line in filters) + "\n    ),\n])\n"
        )  # fmt: skip
    return text.encode()


def read_pedalboard(content: bytes, *, name: str) -> Reading:
    """Read the filters that such Python makes, without running it.

    Raises:
        PresetError: If it is no such Python.
    """
    shapes = {key: shape for shape, key in _CLASSES.items()}
    bands, preamp = [], 0.0
    try:
        calls = [
            (node.lineno, node.col_offset, node.func.id, node.keywords)
            for node in ast.walk(ast.parse(decoded(content, name=name)))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]
        for *_, kind, keywords in sorted(calls, key=lambda call: call[:2]):
            if kind not in {"Gain", *shapes} or not keywords:
                continue
            given = {str(k.arg): float(ast.literal_eval(k.value)) for k in keywords}
            if kind == "Gain":
                preamp += given["gain_db"]
                continue
            freq, gain, q = (given[key] for key in ("cutoff_frequency_hz", "gain_db", "q"))
            bands.append(
                checked_band(shapes[kind], freq_hz=freq, gain_db=gain, q=q, what=kind, name=name)
            )
    except (SyntaxError, ValueError, TypeError, KeyError, RecursionError, MemoryError) as error:
        raise PresetError(f"{name} is no Python that makes a Pedalboard.") from error
    return Reading(
        bands=checked_bands(bands, name=name), preamp_db=checked_preamp(preamp, name=name)
    )


def _rounding_db(preset: Preset, sample_rate: int) -> float:
    """Return the most that 32 bits can be off: each coefficient away by half its last digit."""
    bands = [band for band in bands_of(preset.params) if band.gain_db]  # flat ones divide to 1
    freq_hz = np.geomspace(20, 20000, 200)
    z1 = np.exp(-2j * np.pi * freq_hz / sample_rate)
    powers = np.stack([np.ones_like(z1), z1, z1 * z1])  # (3, n_freqs)
    sections = band_sections(bands, sample_rate=sample_rate).reshape(-1, 3)
    share = np.abs(sections).sum(axis=1, keepdims=True) / np.abs(sections @ powers)
    return float(20 * np.log10(1 + 2**-24 * share.sum(axis=0).max()))
