"""The machine code of an EQ that moves: its numbers go on from frame to frame."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from neural_eq.eq.gliding_design import LEVEL, N_NUMBERS
from neural_eq.eq.machine_code import NUMBER, POINTER, machine_code
from neural_eq.eq.params import N_BANDS

LANES = 2
"""Channels at once: they have the numbers in common, and the rest of a vector lies idle."""

SILENT = 1e-60
"""A state below is set to 0 at each hop: numbers that fade on to the smallest take long."""

_WIDTH = 4  # doubles of a vector; wider ones stop half the multipliers of some processors
_log = logging.getLogger(__name__)
_lock = threading.Lock()


def run(
    samples: np.ndarray,
    result: np.ndarray,
    channels: np.ndarray,
    ends: np.ndarray,
    hop_frames: int,
    first: int,
    memory: np.ndarray,
) -> None:
    """Filter with numbers that go in straight lines from one hop's end to the next.

    Args:
        samples: Shape ``(n_frames, n_channels)``, float32 or float64.
        result: Takes the channels, the same shape, float64.
        channels: Those to filter, up to :data:`LANES`.
        ends: Shape ``(n_hops + 1, N_NUMBERS)``: at the beginning, and at each hop's end.
        hop_frames: From one to the next.
        first: How far into the first hop the first frame is.
        memory: Shape ``(2 * N_BANDS, n_channels)``; that of the channels goes on.
    """
    kernel = _kernel(samples.dtype)
    if kernel is None:
        _run_slowly(samples, result, channels, ends, hop_frames, first, memory)
        return
    lanes = np.resize(channels, LANES)  # a single one twice: both do the same
    state = np.ascontiguousarray(memory[:, lanes])
    assert samples.flags.c_contiguous and result.flags.c_contiguous and ends.flags.c_contiguous
    if len(samples):
        kernel(
            samples.ctypes.data, result.ctypes.data, lanes.ctypes.data, samples.shape[1],
            len(samples), ends.ctypes.data, hop_frames, first, state.ctypes.data,
        )  # fmt: skip
    memory[:, lanes] = state


def _run_slowly(
    samples: np.ndarray, result: np.ndarray, channels: np.ndarray, ends: np.ndarray,
    hop_frames: int, first: int, memory: np.ndarray,
) -> None:  # fmt: skip
    """The same in numpy: all hops side by side as if silence stood before each, then joined."""
    begin = 0
    while begin < len(samples):
        hop, within = divmod(first + begin, hop_frames)
        n_hops = max(1, (len(samples) - begin) // hop_frames) if not within else 1
        stop = min(begin + n_hops * hop_frames - within, len(samples))
        rises = (ends[hop + 1 : hop + 1 + n_hops] - ends[hop : hop + n_hops]) / hop_frames
        x = samples[begin:stop, channels].astype(np.float64).reshape(n_hops, -1, len(channels))
        steps = np.arange(within, within + x.shape[1]) + 1
        now = ends[hop : hop + n_hops, None] + steps[:, None] * rises[:, None]
        for n in range(N_BANDS):
            state = memory[2 * n : 2 * n + 2]
            x = _section(x, now[..., 5 * n : 5 * n + 5], state, channels)
        result[begin:stop, channels] = (x * now[..., LEVEL, None]).reshape(-1, len(channels))
        begin = stop


def _section(x: np.ndarray, now: np.ndarray, state: np.ndarray, channels: np.ndarray) -> np.ndarray:
    """One section over hops, ``(n_hops, n_frames, n_channels)``; its state goes on."""
    n_hops, n_frames, n_channels = x.shape
    # beside the channels, how each of the two states rings on from 1
    heard = np.concatenate([x, np.zeros((n_hops, n_frames, 2))], axis=2)
    z1, z2 = np.zeros((2, n_hops, n_channels + 2))
    z1[:, -2] = z2[:, -1] = 1.0
    y = np.empty_like(heard)
    for i in range(n_frames):
        b0, b1, b2, minus_a1, minus_a2 = now[:, i, :, None].swapaxes(0, 1)
        y[:, i] = b0 * heard[:, i] + z1
        z1 = b1 * heard[:, i] + minus_a1 * y[:, i] + z2
        z2 = b2 * heard[:, i] + minus_a2 * y[:, i]
    after = np.stack([z1, z2], axis=1)  # (n_hops, 2, n_channels + 2)
    before = np.empty((n_hops, 2, n_channels))
    at = state[:, channels]
    for hop in range(n_hops):
        before[hop] = at
        at = after[hop, :, :-2] + after[hop, :, -2:] @ at
        at[np.abs(at) < SILENT] = 0.0
    state[:, channels] = at
    return y[..., :-2] + y[..., -2:] @ before


@cache
def _compiled(sample: str) -> Callable[..., None] | None:
    try:
        return machine_code(
            _module(sample), POINTER, POINTER, POINTER, NUMBER, NUMBER, POINTER, NUMBER, NUMBER,
            POINTER,
        )  # fmt: skip
    except Exception:  # whatever LLVM has against a machine
        _log.warning("The fast moving filter cannot be compiled here; numpy runs.", exc_info=True)
        return None


def _kernel(dtype: np.dtype) -> Callable[..., None] | None:
    with _lock:
        return _compiled("float" if dtype == np.float32 else "double")


def _module(sample: str) -> Any:
    """Write the loop over hops, and in it the one over frames: numbers, gather, sections, scatter.

    The numbers pass through a stretch of memory, from where each goes to all lanes at once.
    """
    from llvmlite import ir

    index, double = ir.IntType(64), ir.DoubleType()
    lanes, wide = ir.VectorType(double, LANES), ir.VectorType(double, _WIDTH)
    heard = ir.FloatType() if sample == "float" else double
    numbers = double.as_pointer()
    module = ir.Module("moving")
    arguments = [heard.as_pointer(), numbers, index.as_pointer(), index, index, numbers, index,
                 index, numbers]  # fmt: skip
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), arguments), "run")
    samples, result, channels, stride, n_frames, ends, hop_frames, first, state = function.args
    fused = ir.Function(module, ir.FunctionType(lanes, [lanes] * 3), f"llvm.fmuladd.v{LANES}f64")
    size = ir.Function(module, ir.FunctionType(lanes, [lanes]), f"llvm.fabs.v{LANES}f64")
    before, hop_begins, loop, hop_ends, done = (
        function.append_basic_block(name) for name in ("before", "hop", "loop", "end", "done")
    )
    build = ir.IRBuilder(before)

    def together(values: list[Any], kind: Any) -> Any:
        whole = ir.Constant(kind, ir.Undefined)
        for lane, value in enumerate(values):
            whole = build.insert_element(whole, value, ir.IntType(32)(lane))
        return whole

    def vectors(place: Any, kind: Any, n: int) -> list[Any]:
        return [
            build.bitcast(build.gep(place, [index(k * kind.count)]), kind.as_pointer())
            for k in range(n)
        ]

    now_place = build.alloca(double, N_NUMBERS)
    now_place.align = 8 * _WIDTH
    now_places = vectors(now_place, wide, N_NUMBERS // _WIDTH)
    lane_channels = [build.load(build.gep(channels, [index(lane)])) for lane in range(LANES)]
    z_first = [build.load(at, align=8) for at in vectors(state, lanes, 2 * N_BANDS)]
    hop_length = together([build.sitofp(hop_frames, double)] * _WIDTH, wide)
    build.branch(hop_begins)

    build.position_at_end(hop_begins)
    begin, within, row = build.phi(index), build.phi(index), build.phi(numbers)
    z_hop = [build.phi(lanes) for _ in z_first]
    next_row = build.gep(row, [index(N_NUMBERS)])
    gone = together([build.sitofp(within, double)] * _WIDTH, wide)
    rises, now_first = [], []
    for low_at, high_at in zip(
        vectors(row, wide, len(now_places)), vectors(next_row, wide, len(now_places)), strict=True
    ):
        low, high = build.load(low_at, align=8), build.load(high_at, align=8)
        rises.append(build.fdiv(build.fsub(high, low), hop_length))
        now_first.append(build.fadd(low, build.fmul(gone, rises[-1])))
    whole = build.sub(build.add(begin, hop_frames), within)
    stop = build.select(build.icmp_signed("<", whole, n_frames), whole, n_frames)
    build.branch(loop)

    build.position_at_end(loop)
    frame = build.phi(index)
    now = [build.phi(wide) for _ in now_first]
    z = [build.phi(lanes) for _ in z_hop]
    now_next = [build.fadd(one, rise) for one, rise in zip(now, rises, strict=True)]
    for value, place in zip(now_next, now_places, strict=True):
        build.store(value, place)
    at = [build.add(build.mul(frame, stride), channel) for channel in lane_channels]
    found = [build.load(build.gep(samples, [place])) for place in at]
    x = together([build.fpext(f, double) if sample == "float" else f for f in found], lanes)

    def number(k: int) -> Any:
        return together([build.load(build.gep(now_place, [index(k)]))] * LANES, lanes)

    z_next = []
    for n in range(N_BANDS):
        b0, b1, b2, minus_a1, minus_a2 = (number(5 * n + k) for k in range(5))
        y = build.call(fused, [b0, x, z[2 * n]])
        z_next.append(build.call(fused, [minus_a1, y, build.call(fused, [b1, x, z[2 * n + 1]])]))
        z_next.append(build.call(fused, [minus_a2, y, build.fmul(b2, x)]))
        x = y
    x = build.fmul(x, number(LEVEL))
    for lane, place in enumerate(at):
        build.store(build.extract_element(x, ir.IntType(32)(lane)), build.gep(result, [place]))
    next_frame = build.add(frame, index(1))
    build.cbranch(build.icmp_signed("<", next_frame, stop), loop, hop_ends)

    build.position_at_end(hop_ends)
    silent, zero = (ir.Constant(lanes, [value] * LANES) for value in (SILENT, 0.0))
    z_kept = [
        build.select(build.fcmp_ordered("<", build.call(size, [one]), silent), zero, one)
        for one in z_next
    ]
    build.cbranch(build.icmp_signed("<", stop, n_frames), hop_begins, done)

    build.position_at_end(done)
    for place, value in zip(vectors(state, lanes, 2 * N_BANDS), z_kept, strict=True):
        build.store(value, place, align=8)
    build.ret_void()
    for phis, come_from in (
        ([begin, within, row, *z_hop],
         {before: [index(0), first, ends, *z_first],
          hop_ends: [stop, index(0), next_row, *z_kept]}),
        ([frame, *now, *z],
         {hop_begins: [begin, *now_first, *z_hop], loop: [next_frame, *now_next, *z_next]}),
    ):  # fmt: skip
        for block, values in come_from.items():
            for phi, value in zip(phis, values, strict=True):
                phi.add_incoming(value, block)
    return module
