"""Loudness of audio as ITU-R BS.1770-4 defines it, in little memory."""

from __future__ import annotations

import itertools
import math
from functools import cache

import numpy as np

from neural_eq.eq.cascade import Cascade
from neural_eq.errors import AudioError

MIN_SAMPLE_RATE = 8000
MAX_SAMPLE_RATE = 192000

MAX_MAGNITUDE = 1e9
"""Of a sample, full scale at 1: beyond integers stored as floats lies no sound."""

_GATE_BLOCK_S = 0.4
HOPS_PER_BLOCK = 4  # blocks overlap by three quarters
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_CHUNK_HOPS = 50  # five seconds of audio are weighted at once

# Weights of the channels in WAV's order; the low-frequency channel does not count, surrounds
# between 60 and 120 degrees count 1.41 (BS.1770-4, tables 3 and 4). Other counts have no
# agreed layout, and every channel counts 1.
_CHANNEL_WEIGHTS = {
    4: (1.0, 1.0, 1.41, 1.41),  # L R Ls Rs
    5: (1.0, 1.0, 1.0, 1.41, 1.41),  # L R C Ls Rs
    6: (1.0, 1.0, 1.0, 0.0, 1.41, 1.41),  # L R C LFE Ls Rs
    7: (1.0, 1.0, 1.0, 0.0, 1.0, 1.41, 1.41),  # L R C LFE Cs Ls Rs
    8: (1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.41, 1.41),  # L R C LFE Lb Rb Ls Rs
}


def check_audio(samples: np.ndarray, sample_rate: float) -> None:
    """Refuse what cannot be measured or filtered.

    Args:
        samples: Should have shape ``(n_frames, n_channels)`` and finite values.
        sample_rate: Should lie within 8,000 and 192,000 Hz.

    Raises:
        AudioError: Saying what is wrong, and by how much.
    """
    if not MIN_SAMPLE_RATE <= sample_rate <= MAX_SAMPLE_RATE:
        raise AudioError(
            f"The sample rate is {sample_rate:g} Hz; it must lie within {MIN_SAMPLE_RATE} to"
            f" {MAX_SAMPLE_RATE} Hz."
        )
    if samples.ndim != 2 or samples.shape[1] == 0:
        raise AudioError(
            f"Audio has shape {samples.shape}; it must be (n_frames, n_channels) with a channel"
            " or more."
        )
    if samples.shape[0] == 0:
        raise AudioError("The audio is empty: it has no sample; choose a file with sound.")
    if not np.issubdtype(samples.dtype, np.floating):
        raise AudioError(
            f"Samples are {samples.dtype}; they must be floating-point, full scale at 1."
        )
    with np.errstate(invalid="ignore"):
        peak = sample_peak(samples)  # one NaN or infinity among the samples shows in it
    if not math.isfinite(peak):
        n_bad = int(np.count_nonzero(~np.isfinite(samples)))
        raise AudioError(
            f"{n_bad:,} of {samples.size:,} samples are not finite numbers (NaN or infinite);"
            " mend the file where it was made."
        )
    if peak > MAX_MAGNITUDE:
        raise AudioError(
            f"A sample is {peak:g} times full scale; the most is {MAX_MAGNITUDE:g}. Mend the file"
            " where it was made."
        )


@cache
def k_weighting(sample_rate: float) -> np.ndarray:
    """Design the K-weighting for a rate, shape ``(2, 6)``, as ``sosfilt`` has it.

    The standard gives coefficients for 48 kHz and asks for the same response at other rates:
    both stages are designed anew from their analog values. As in libebur128 and pyloudnorm's
    "DeMan" filters, the numerator of the second stays 1, −2, 1.

    Source:
        ITU-R BS.1770-4, annex 1, tables 1 and 2; analog values by B. De Man, loudness.py.
    """
    k = math.tan(math.pi * 1681.9744509555319 / sample_rate)
    high = 10 ** (3.99984385397 / 20)
    band = high**0.499666774155
    damping = k / 0.7071752369554193
    norm = 1 + damping + k * k
    shelf = [
        (high + band * damping + k * k) / norm, 2 * (k * k - high) / norm,
        (high - band * damping + k * k) / norm,
        1.0, 2 * (k * k - 1) / norm, (1 - damping + k * k) / norm,
    ]  # fmt: skip
    k = math.tan(math.pi * 38.13547087613982 / sample_rate)
    damping = k / 0.5003270373253953
    norm = 1 + damping + k * k
    high_pass = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / norm, (1 - damping + k * k) / norm]
    return np.array([shelf, high_pass])


def integrated_loudness_lufs(samples: np.ndarray, sample_rate: float) -> float:
    """Measure the gated loudness of a whole piece.

    Audio shorter than one gating block of 0.4 s has no gated loudness: it is measured whole and
    ungated. An incomplete block at the end is left out, as the standard says.

    Args:
        samples: Shape ``(n_frames, n_channels)``, full scale at 1; channels in WAV's order.
        sample_rate: In Hz, 8,000 to 192,000.

    Returns:
        In LUFS; minus infinity for silence, and for what lies wholly below −70 LUFS.

    Raises:
        AudioError: As :func:`check_audio` does.

    Source:
        ITU-R BS.1770-4, annex 1.
    """
    check_audio(samples, sample_rate)
    n_frames, n_channels = samples.shape
    weights = channel_weights(n_channels)
    n_hops = int(n_frames * 10 // sample_rate)
    if n_hops < HOPS_PER_BLOCK:
        energy = _hop_energies(samples, sample_rate, np.array([0, n_frames]), weights)[0]
        return ungated_lufs(energy, n_frames)
    edges = hop_edges(n_hops, sample_rate)
    return gated_lufs(_hop_energies(samples, sample_rate, edges, weights), sample_rate)


def channel_weights(n_channels: int) -> np.ndarray:
    """Return how much each channel counts, in WAV's order, shape ``(n_channels,)``."""
    return np.array(_CHANNEL_WEIGHTS.get(n_channels, (1.0,) * n_channels))


def hop_edges(n_hops: int, sample_rate: float) -> np.ndarray:
    """Return the frames between hops of a tenth of a second, shape ``(n_hops + 1,)``."""
    return (np.arange(n_hops + 1) * sample_rate / 10 + 1e-9).astype(np.int64)


def gated_lufs(energies: np.ndarray, sample_rate: float) -> float:
    """Gate and average the K-weighted energies of hops, shape ``(n_hops,)``, four or more."""
    sums = np.concatenate([[0.0], np.cumsum(energies)])
    power = (sums[HOPS_PER_BLOCK:] - sums[:-HOPS_PER_BLOCK]) / (_GATE_BLOCK_S * sample_rate)
    return _lufs(gated_power(power))


def gated_power(power: np.ndarray) -> float:
    """Average the K-weighted power of gating blocks, shape ``(n_blocks,)``; 0 below −70 LUFS."""
    power = power[power > _power(_ABSOLUTE_GATE_LUFS)]
    if not power.size:
        return 0.0
    relative_gate = _power(_lufs(power.mean()) + _RELATIVE_GATE_LU)
    return float(power[power > relative_gate].mean())


def ungated_lufs(energy: float, n_frames: int) -> float:
    """Return the loudness of a piece too short for a gate, from its K-weighted energy."""
    return _lufs(energy / n_frames)


def _lufs(power: float) -> float:
    return -0.691 + 10 * math.log10(power) if power > 0 else -math.inf


def _power(lufs: float) -> float:
    return 10 ** ((lufs + 0.691) / 10)


def _hop_energies(
    samples: np.ndarray, sample_rate: float, edges: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Sum the K-weighted squares between edges, channels weighted, shape ``(n_edges - 1,)``."""
    cascade = Cascade(k_weighting(sample_rate), samples.shape[1])
    energies = np.empty(len(edges) - 1)
    for first in range(0, len(energies), _CHUNK_HOPS):
        part = edges[first : first + _CHUNK_HOPS + 1]
        weighted = cascade.process(samples[part[0] : part[-1]])
        energies[first : first + len(part) - 1] = energies_between(
            weighted, part - part[0], weights
        )
    return energies


def energies_between(weighted: np.ndarray, edges: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum the squares of audio between frames, channels weighted, shape ``(n_edges - 1,)``."""
    pieces = (weighted[low:high] for low, high in itertools.pairwise(edges.tolist()))
    return np.array([np.einsum("fc,fc->c", piece, piece) @ weights for piece in pieces])


def sample_peak(samples: np.ndarray) -> float:
    """Largest magnitude of any sample, full scale at 1."""
    return float(max(samples.max(), -samples.min())) if samples.size else 0.0
