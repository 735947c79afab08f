"""Loudness, true peak and crest factor of audio that passes block by block."""

from __future__ import annotations

import math

import numpy as np

from neural_eq.eq.cascade import Cascade
from neural_eq.eq.loudness import (
    HOPS_PER_BLOCK,
    channel_weights,
    check_audio,
    energies_between,
    gated_lufs,
    hop_edges,
    k_weighting,
    sample_peak,
    ungated_lufs,
)
from neural_eq.eq.true_peak import (
    PEAK_CHUNK_FRAMES,
    PEAK_PAD_FRAMES,
    fine_peak,
    oversampling,
    overshoot,
)


class Meter:
    """Measures what ``integrated_loudness_lufs`` and its like do, in the memory of a block.

    Args:
        sample_rate: In Hz, 8,000 to 192,000.
        n_channels: One or more, in WAV's order.
    """

    def __init__(self, sample_rate: int, n_channels: int):
        self.sample_rate = sample_rate
        self.n_channels = n_channels
        self.n_frames = 0
        self._weights = channel_weights(n_channels)
        # one thread: several meters may run side by side
        self._weighting = Cascade(k_weighting(sample_rate), n_channels, n_threads=1)
        self._energies: list[np.ndarray] = []  # of whole hops
        self._open_energy = 0.0  # of the hop that has begun
        self._energy = 0.0
        self._n_hops = 0
        self._power_sum = 0.0
        self._sample_peak = 0.0
        self._true_peak = 0.0
        self._tail = np.zeros((0, n_channels))

    def add(self, block: np.ndarray) -> None:
        """Measure the next block, shape ``(n_frames, n_channels)``; the last may be shorter.

        Raises:
            AudioError: As :func:`~neural_eq.eq.loudness.check_audio` does.
        """
        check_audio(block, self.sample_rate)
        self._add_energy(block)
        self._add_peak(block)
        self._power_sum += float(np.einsum("fc,fc->", block, block, dtype=np.float64))
        self.n_frames += len(block)

    def _add_energy(self, block: np.ndarray) -> None:
        weighted = self._weighting.process(block)
        stop = self.n_frames + len(block)
        n_hops = int(stop * 10 // self.sample_rate)
        ends = hop_edges(n_hops, self.sample_rate)[self._n_hops + 1 :] - self.n_frames
        edges = np.concatenate([[0], ends, [len(block)]])
        sums = energies_between(weighted, edges, self._weights)
        self._energy += float(sums.sum())
        sums[0] += self._open_energy
        self._energies.append(sums[:-1])
        self._open_energy = float(sums[-1])
        self._n_hops = n_hops

    def _add_peak(self, block: np.ndarray) -> None:
        self._sample_peak = max(self._sample_peak, sample_peak(block))
        factor = oversampling(self.sample_rate)
        if factor == 1:
            return
        pad = PEAK_PAD_FRAMES
        audio = np.concatenate([self._tail, block])
        is_start = self.n_frames == 0
        # what hears the end of this block waits in the tail for the next one
        for first in range(0, len(audio), PEAK_CHUNK_FRAMES):
            piece = audio[max(first - pad, 0) : first + PEAK_CHUNK_FRAMES + pad]
            self._look_between(piece, factor, is_start=is_start and first == 0, is_end=False)
        self._tail = audio[-2 * pad :].copy()

    def _look_between(
        self, piece: np.ndarray, factor: int, *, is_start: bool, is_end: bool
    ) -> None:
        highest = max(self._true_peak, self._sample_peak)
        if sample_peak(piece) * overshoot(factor) > highest:
            fine = fine_peak(piece, factor, is_start=is_start, is_end=is_end)
            self._true_peak = max(self._true_peak, fine)

    @property
    def loudness_lufs(self) -> float:
        """Integrated loudness of what has passed; minus infinity for silence."""
        if self._n_hops < HOPS_PER_BLOCK:
            return ungated_lufs(self._energy, max(self.n_frames, 1))
        return gated_lufs(np.concatenate(self._energies), self.sample_rate)

    @property
    def true_peak_dbtp(self) -> float:
        """True peak of what has passed, as if it ended here; minus infinity for silence."""
        factor = oversampling(self.sample_rate)
        if factor > 1 and len(self._tail):
            is_start = self.n_frames <= 2 * PEAK_PAD_FRAMES
            self._look_between(self._tail, factor, is_start=is_start, is_end=True)
        highest = max(self._true_peak, self._sample_peak)
        return 20 * math.log10(highest) if highest else -math.inf

    @property
    def crest_factor_db(self) -> float:
        """How far the highest sample stands above the mean power; NaN for silence."""
        if not self._sample_peak:
            return math.nan
        mean_square = self._power_sum / (self.n_frames * self.n_channels)
        return 20 * math.log10(self._sample_peak) - 10 * math.log10(mean_square)
