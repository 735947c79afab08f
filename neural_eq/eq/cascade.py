"""Second-order sections one after the other, as fast as the machine goes, in float64.

A filter's memory forbids to begin in the middle of a piece. It is linear, though: a block is cut
into stretches that are filtered side by side, each as if silence stood before it; then the states
at their ends are joined in turn, and what rings on into each stretch is added to it. So nothing is
left out, however long a filter rings.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np

from neural_eq.eq.cascade_kernel import SECTIONS, WIDTH, filter_kernel, ring_kernel

MIN_STRETCH_FRAMES = 2048
"""Shorter stretches would spend their time on what rings on."""

_CHUNK_FRAMES = 4096
"""So often the state is looked at."""

_SILENT = 1e-60
"""A state below is set to 0: numbers that fade on to the smallest there are take long."""

_INAUDIBLE = 1e-17
"""What rings on below this, -340 dBFS, is not added any more."""

_log = logging.getLogger(__name__)


class Cascade:
    """Sections with their state, which filter a piece block by block.

    Args:
        sos: Shape ``(n_sections, 6)``, as ``scipy.signal.sosfilt`` has it; five at most.
        n_channels: Of the piece.
        n_threads: How many share a block; as many as the process has cores, up to four, where
            None.
    """

    def __init__(self, sos: np.ndarray, n_channels: int, *, n_threads: int | None = None):
        assert len(sos) <= SECTIONS
        self._sos = np.ascontiguousarray(sos, dtype=np.float64)
        self._state = np.zeros((len(sos), 2, n_channels))  # as sosfilt has it
        self._n_threads = n_threads or available_threads()

    def process(self, block: np.ndarray) -> np.ndarray:
        """Filter the next block, shape ``(n_frames, n_channels)``; returns float64."""
        if not (block.dtype == np.float32 and block.dtype.isnative):
            block = np.asarray(block, dtype=np.float64)
        block = np.ascontiguousarray(block)
        if not len(block):
            return np.zeros(block.shape)
        if not _is_compiled():
            from scipy.signal import sosfilt

            samples = block.astype(np.float64)
            result, self._state = sosfilt(self._sos, samples, axis=0, zi=self._state)
            return result
        result = np.empty(block.shape)
        n_states, n_channels = 2 * len(self._sos), block.shape[1]
        state = np.zeros((2 * SECTIONS, n_channels))
        state[:n_states] = self._state.reshape(-1, n_channels)
        for channel in range(0, n_channels, 2):  # two at once, which lie side by side
            of_these = np.arange(channel, min(channel + 2, n_channels))
            lanes = _Lanes(block, result, _coefficients(self._sos), of_these)
            state[:, of_these] = lanes.run(state[:, of_these], self._n_threads)
        state[np.abs(state) < _SILENT] = 0.0
        self._state = state[:n_states].reshape(self._state.shape)
        return result


@dataclass(frozen=True)
class _Lanes:
    """One channel, or two, of a block on their way through the lanes of the kernel."""

    block: np.ndarray
    result: np.ndarray
    coefficients: np.ndarray
    channels: np.ndarray

    def run(self, state: np.ndarray, n_threads: int) -> np.ndarray:
        """Filter; takes and returns the state, shape ``(2 * SECTIONS, n_channels)``."""
        n_frames, n_lanes = len(self.block), WIDTH // len(self.channels)
        n_threads = min(n_threads, max(1, n_frames // (n_lanes * MIN_STRETCH_FRAMES)))
        step = n_frames // (n_lanes * n_threads)
        if step < MIN_STRETCH_FRAMES:
            step = 0
        else:
            state = self._stretches(state, step, n_lanes, n_threads)
        rest = step * n_lanes * n_threads
        if rest < n_frames:
            # all lanes do the same
            lanes = np.tile(state, n_lanes)
            self._filter(np.full(n_lanes, rest), n_frames - rest, lanes)
            state = lanes[:, : len(self.channels)]
        return state

    def _stretches(self, state: np.ndarray, step: int, n_lanes: int, n_threads: int) -> np.ndarray:
        begins = step * np.arange(n_lanes * n_threads).reshape(n_threads, n_lanes)
        lanes = [np.zeros((2 * SECTIONS, WIDTH)) for _ in begins]
        lanes[0][:, : len(self.channels)] = state
        side_by_side(lambda n: self._filter(begins[n], step, lanes[n]), n_threads)
        over_stretch = np.linalg.matrix_power(_over_frame(self.coefficients), step)
        before = np.zeros_like(state)  # the first stretch knew what was before it
        for stretch in range(n_lanes * n_threads):
            thread, lane = divmod(stretch, n_lanes)
            at = slice(lane * len(self.channels), (lane + 1) * len(self.channels))
            end = lanes[thread][:, at].copy()
            lanes[thread][:, at] = before
            before = end + over_stretch @ before
        side_by_side(lambda n: self._ring(begins[n], step, lanes[n]), n_threads)
        return before

    def _filter(self, begins: np.ndarray, n_frames: int, state: np.ndarray) -> None:
        run, stride = filter_kernel(self.block.dtype), self.block.shape[1]
        for first in range(0, n_frames, _CHUNK_FRAMES):
            n = min(_CHUNK_FRAMES, n_frames - first)
            places = self._places(begins + first)
            run(self.block, self.result, places, stride, n, self.coefficients, state)
            state[np.abs(state) < _SILENT] = 0.0

    def _ring(self, begins: np.ndarray, n_frames: int, state: np.ndarray) -> None:
        run, stride = ring_kernel(), self.block.shape[1]
        for first in range(0, n_frames, _CHUNK_FRAMES // 4):
            if np.abs(state).max() < _INAUDIBLE:
                return
            n = min(_CHUNK_FRAMES // 4, n_frames - first)
            places = self._places(begins + first)
            run(self.result, self.result, places, stride, n, self.coefficients, state)

    def _places(self, frames: np.ndarray) -> np.ndarray:
        """Where lanes begin that are at frames of shape ``(n_lanes,)``, shape ``(WIDTH,)``."""
        return (frames[:, None] * self.block.shape[1] + self.channels).astype(np.int64).ravel()


def _coefficients(sos: np.ndarray) -> np.ndarray:
    """``b0 b1 b2 -a1 -a2`` of the sections, and of some that change nothing."""
    numbers = np.zeros((SECTIONS, 5))
    numbers[:, 0] = 1.0
    numbers[: len(sos), :3] = sos[:, :3]
    numbers[: len(sos), 3:] = -sos[:, 4:]
    return numbers.ravel()


def _over_frame(coefficients: np.ndarray) -> np.ndarray:
    """What one frame of silence makes of the state, ``(2 * SECTIONS, 2 * SECTIONS)``."""
    state = np.eye(2 * SECTIONS)
    after = np.empty_like(state)
    x = np.zeros(2 * SECTIONS)
    for n, (b0, b1, b2, minus_a1, minus_a2) in enumerate(coefficients.reshape(SECTIONS, 5)):
        y = b0 * x + state[2 * n]
        after[2 * n] = b1 * x + minus_a1 * y + state[2 * n + 1]
        after[2 * n + 1] = b2 * x + minus_a2 * y
        x = y
    return after


def available_threads() -> int:
    if hasattr(os, "sched_getaffinity"):
        return min(4, len(os.sched_getaffinity(0)))
    return min(4, os.cpu_count() or 1)


@cache
def _helpers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=4, thread_name_prefix="cascade")


def side_by_side(work: Callable[[int], None], n: int) -> None:
    """Do ``work(0)`` to ``work(n - 1)``, the first here and the others in threads beside.

    Only the first may share its own work so: the threads are few, and must not wait for each other.
    """
    others = [_helpers().submit(work, k) for k in range(1, n)]
    work(0)
    for other in others:
        other.result()


@cache
def _is_compiled() -> bool:
    """Whether the kernel runs on this machine; scipy does the same, slower, where it does not."""
    try:
        filter_kernel(np.dtype(np.float64))
    except Exception:  # whatever LLVM has against a machine
        _log.warning("The fast filter cannot be compiled here; scipy's is used.", exc_info=True)
        return False
    return True
