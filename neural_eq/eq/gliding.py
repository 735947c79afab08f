"""Audio through an EQ that moves: as the player glides, or on a journey over a file."""

from __future__ import annotations

import math

import numpy as np

from neural_eq.eq.biquad import bands_above_nyquist
from neural_eq.eq.cascade import side_by_side
from neural_eq.eq.gliding_design import design
from neural_eq.eq.gliding_kernel import LANES, run
from neural_eq.eq.loudness import check_audio
from neural_eq.eq.params import GAIN_COLUMNS, LOG_COLUMNS, N_BANDS, check_params
from neural_eq.errors import ParameterError

HOP_FRAMES = 8
"""Coefficients are designed so often, and go in straight lines between."""

POLE_S = 0.0075
"""Of each of the two smoothing poles, one after the other."""

JOURNEY_HOP_FRAMES = 64
"""The same over a file, where a morph goes so slowly that a finer step changes nothing."""

_CHUNK_HOPS = 1 << 10
_STRETCH_FRAMES = _CHUNK_HOPS * JOURNEY_HOP_FRAMES


def render_along(
    samples: np.ndarray,
    params: np.ndarray,
    sample_rate: float,
    *,
    step_frames: int,
    level_db: np.ndarray | None = None,
) -> np.ndarray:
    """Filter audio with settings that follow one another.

    A setting begins to be approached at its frame: each parameter glides there, frequencies and Q
    as logarithms, through two poles of :data:`POLE_S`. The first setting is there from the start.

    Args:
        samples: Shape ``(n_frames, n_channels)``, floating-point.
        params: Shape ``(n_steps, 13)``, in dB, Hz and Q; the last one stays.
        sample_rate: In Hz, 8,000 to 192,000.
        step_frames: From one setting to the next; a multiple of :data:`HOP_FRAMES`.
        level_db: Gain after the EQ with each setting, shape ``(n_steps,)``; none where None.

    Returns:
        As many frames as went in, float64.

    Raises:
        AudioError: If the samples or the rate cannot be used.
        ParameterError: If a setting is not within SAFE's bounds, or the step does not fit.
    """
    samples = np.asarray(samples)
    check_audio(samples, sample_rate)
    if step_frames < HOP_FRAMES or step_frames % HOP_FRAMES:
        raise ParameterError(
            f"step_frames is {step_frames}; it must be a multiple of {HOP_FRAMES}, above 0."
        )
    wanted = check_params(params)
    levels = np.zeros(len(wanted)) if level_db is None else np.asarray(level_db, dtype=np.float64)
    if levels.shape != (len(wanted),):
        raise ParameterError(
            f"level_db has shape {levels.shape}; it must have one gain for each of the"
            f" {len(wanted)} settings."
        )
    values = _with_logs(wanted, levels)
    n_frames, n_channels = samples.shape
    n_hops = -(-n_frames // HOP_FRAMES)
    target = np.minimum(np.arange(n_hops) * HOP_FRAMES // step_frames, len(values) - 1)
    share = 1 - math.exp(-HOP_FRAMES / (POLE_S * sample_rate))

    moving = _Moving(n_channels, HOP_FRAMES, design(values[:1], sample_rate))
    poles = np.stack([values[:1], values[:1]])
    result = np.empty(samples.shape)
    samples = _as_float(samples)
    for first in range(0, n_hops, _CHUNK_HOPS):
        part = slice(first, min(first + _CHUNK_HOPS, n_hops))
        glided = _glide(values[target[part]], poles, share)
        frames = slice(part.start * HOP_FRAMES, min(part.stop * HOP_FRAMES, n_frames))
        moving.go_on(samples[frames], result[frames], design(glided, sample_rate))
    return result


class Journey:
    """Settings that follow one another evenly over a piece, which passes block by block.

    Between two of them every parameter goes in a straight line, frequencies and Q as logarithms;
    coefficients are designed every :data:`JOURNEY_HOP_FRAMES` and go in straight lines between.

    Attributes:
        is_flat: Whether nothing changes.
        notes: Bands that are left out all the way because they lie at or above Nyquist.

    Args:
        params: Shape ``(n, 13)``, in dB, Hz and Q, two or more.
        level_db: Gain after the EQ with each setting, shape ``(n,)``.
        sample_rate: In Hz.
        n_channels: Of the piece.
        n_frames: Over which it goes; the last setting stays.
    """

    def __init__(
        self,
        params: np.ndarray,
        level_db: np.ndarray,
        *,
        sample_rate: float,
        n_channels: int,
        n_frames: int,
    ):
        checked = check_params(params)
        self.is_flat = not checked[:, GAIN_COLUMNS].any() and not level_db.any()
        above = [bands_above_nyquist(setting, sample_rate=sample_rate) for setting in checked]
        names = dict.fromkeys(band.name for bands in above for band in bands)
        self.notes = tuple(
            f"{name} is left out where it reaches {sample_rate / 2:g} Hz: audio at"
            f" {sample_rate:g} Hz holds nothing above."
            for name in names
        )
        self._values = _with_logs(checked, level_db)
        self._sample_rate = sample_rate
        self._n_frames = n_frames
        self._done = 0
        self._ends: dict[int, np.ndarray] = {}  # of hops, by stretch
        beginning = design(self._values[:1], sample_rate)
        self._moving = _Moving(n_channels, JOURNEY_HOP_FRAMES, beginning)

    def process(self, block: np.ndarray) -> np.ndarray:
        """Filter the next block, shape ``(n_frames, n_channels)``; a flat journey returns it."""
        if self.is_flat:
            return block
        result = np.empty(block.shape)
        block = _as_float(block)
        begin = 0
        while begin < len(block):
            stretch, within = divmod(self._done, _STRETCH_FRAMES)
            part = slice(begin, min(begin + _STRETCH_FRAMES - within, len(block)))
            if stretch not in self._ends:
                self._ends[stretch] = self._designed(stretch)
            n_frames = part.stop - begin
            begun, stop = (-(-at // JOURNEY_HOP_FRAMES) for at in (within, within + n_frames))
            self._filter(block[part], result[part], self._ends[stretch][begun:stop], stretch)
            begin, self._done = part.stop, self._done + n_frames
        return result

    def _filter(
        self, block: np.ndarray, result: np.ndarray, ends: np.ndarray, stretch: int
    ) -> None:
        """Filter a part of a stretch; beside it the next one is designed, once."""
        following = stretch + 1
        is_wanted = following not in self._ends and following * _STRETCH_FRAMES < self._n_frames

        def work(side: int) -> None:
            if side:
                self._ends[following] = self._designed(following)
            else:
                self._moving.go_on(block, result, ends)

        side_by_side(work, 2 if is_wanted else 1)
        self._ends.pop(stretch - 1, None)

    def _designed(self, stretch: int) -> np.ndarray:
        """Design the ends of a stretch's hops, shape ``(_CHUNK_HOPS, N_NUMBERS)``."""
        hops = stretch * _CHUNK_HOPS + np.arange(1, _CHUNK_HOPS + 1)
        place = hops * JOURNEY_HOP_FRAMES / max(self._n_frames, 1)
        at = np.minimum(place, 1.0) * (len(self._values) - 1)
        before = np.minimum(at.astype(int), len(self._values) - 2)
        low, high = self._values[before], self._values[before + 1]
        return design(low + (at - before)[:, None] * (high - low), self._sample_rate)


class _Moving:
    """Sections whose numbers go in straight lines from hop to hop, with their memory."""

    def __init__(self, n_channels: int, hop_frames: int, designed: np.ndarray):
        self._ends = designed  # (1, N_NUMBERS): where it begins
        self._memory = np.zeros((2 * N_BANDS, n_channels))
        self._hop_frames = hop_frames
        self._within = 0  # frames of the hop that has begun

    def go_on(self, samples: np.ndarray, result: np.ndarray, designed: np.ndarray) -> None:
        """Filter frames, given the numbers at the end of each hop that begins in them."""
        ends = np.concatenate([self._ends, designed])
        channels = np.arange(self._memory.shape[1])

        def some(pair: int) -> None:
            run(
                samples, result, channels[LANES * pair : LANES * (pair + 1)], ends,
                self._hop_frames, self._within, self._memory,
            )  # fmt: skip

        side_by_side(some, -(-len(channels) // LANES))
        n_hops, self._within = divmod(self._within + len(samples), self._hop_frames)
        self._ends = ends[n_hops : n_hops + 1 + bool(self._within)]


def _glide(targets: np.ndarray, poles: np.ndarray, share: float) -> np.ndarray:
    """Step the two poles, shape ``(2, 1, 14)``, to each hop's target; returns where they are."""
    from scipy.signal import lfilter

    found = targets
    for number, pole in enumerate(poles):
        found, rest = lfilter([share], [1, share - 1], found, axis=0, zi=(1 - share) * pole)
        poles[number] = rest / (1 - share)
    return found


def _with_logs(params: np.ndarray, level_db: np.ndarray) -> np.ndarray:
    """Frequencies and Q as logarithms, and the level last, shape ``(n, 14)``."""
    values = np.column_stack([params, level_db]).astype(np.float64)
    values[:, LOG_COLUMNS] = np.log(values[:, LOG_COLUMNS])
    return values


def _as_float(samples: np.ndarray) -> np.ndarray:
    is_single = samples.dtype == np.float32 and samples.dtype.isnative
    return np.ascontiguousarray(samples, dtype=np.float32 if is_single else np.float64)
