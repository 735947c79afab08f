"""The machine code of the cascade: eight lanes side by side, all sections in registers.

Written in LLVM's own terms, because no compiler finds these vectors by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from neural_eq.eq.machine_code import NUMBER, POINTER, machine_code

WIDTH = 8
"""Lanes: doubles in the widest registers there are; narrower machines take several."""

SECTIONS = 5
"""Sections that run at once; fewer are filled up with ones that change nothing."""

Kernel = Callable[[np.ndarray, np.ndarray, np.ndarray, int, int, np.ndarray, np.ndarray], None]
"""``samples, result, places, stride, n_frames, coefficients, state``

Filters ``n_frames`` of each lane. ``places`` says at which value of ``samples`` and ``result``
each lane begins, shape ``(WIDTH,)``; the next is ``stride`` further. ``coefficients`` are ``b0 b1
b2 -a1 -a2`` of each section; ``state``, of shape ``(2 * SECTIONS, WIDTH)``, goes on. Several lanes
may be the same; they write the same."""

_lock = threading.Lock()


def filter_kernel(dtype: np.dtype) -> Kernel:
    """What filters samples of float32 or float64 into a float64 result."""
    with _lock:
        return _compiled("float" if dtype == np.float32 else "double", False)


def ring_kernel() -> Kernel:
    """What adds to a result how a state rings on in silence; its samples are not looked at."""
    with _lock:
        return _compiled("double", True)


@cache
def _compiled(sample: str, is_ring: bool) -> Kernel:
    function = machine_code(
        _module(sample, is_ring), POINTER, POINTER, POINTER, NUMBER, NUMBER, POINTER, POINTER
    )

    def run(
        samples: np.ndarray,
        result: np.ndarray,
        places: np.ndarray,
        stride: int,
        n_frames: int,
        coefficients: np.ndarray,
        state: np.ndarray,
    ) -> None:
        assert n_frames > 0 and places.dtype == np.int64 and state.flags.c_contiguous
        function(
            samples.ctypes.data, result.ctypes.data, places.ctypes.data, stride, n_frames,
            coefficients.ctypes.data, state.ctypes.data,
        )  # fmt: skip

    return run


def _module(sample: str, is_ring: bool) -> Any:
    """Write the loop over frames: gather, the sections in turn, scatter."""
    from llvmlite import ir

    index, double = ir.IntType(64), ir.DoubleType()
    vector, lane_type = ir.VectorType(double, WIDTH), ir.IntType(32)
    heard = ir.FloatType() if sample == "float" else double
    numbers = double.as_pointer()
    module = ir.Module("cascade")
    arguments = [heard.as_pointer(), numbers, index.as_pointer(), index, index, numbers, numbers]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), arguments), "run")
    samples, result, places, stride, n_frames, coefficients, state = function.args
    fused = ir.Function(module, ir.FunctionType(vector, [vector] * 3), f"llvm.fmuladd.v{WIDTH}f64")
    before = function.append_basic_block("before")
    loop, done = function.append_basic_block("loop"), function.append_basic_block("done")
    build = ir.IRBuilder(before)
    blank = ir.Constant(vector, ir.Undefined)

    def multiply_add(a: Any, b: Any, c: Any) -> Any:
        return build.call(fused, [a, b, c])

    def together(values: list[Any]) -> Any:
        whole = blank
        for lane, value in enumerate(values):
            whole = build.insert_element(whole, value, lane_type(lane))
        return whole

    def states() -> list[Any]:
        return [
            build.bitcast(build.gep(state, [index(k * WIDTH)]), vector.as_pointer())
            for k in range(2 * SECTIONS)
        ]

    k = [
        together([build.load(build.gep(coefficients, [index(number)]))] * WIDTH)
        for number in range(5 * SECTIONS)
    ]
    starts = [build.load(build.gep(places, [index(lane)])) for lane in range(WIDTH)]
    z_before = [build.load(at, align=8) for at in states()]
    build.branch(loop)

    build.position_at_end(loop)
    frame = build.phi(index)
    z = [build.phi(vector) for _ in z_before]
    moved = build.mul(frame, stride)
    at = [build.add(start, moved) for start in starts]
    into = [build.gep(result, [place]) for place in at]
    x = ir.Constant(vector, [0.0] * WIDTH)
    if not is_ring:
        found = [build.load(build.gep(samples, [place])) for place in at]
        x = together([build.fpext(f, double) if sample == "float" else f for f in found])
    z_after = []
    for n in range(SECTIONS):
        b0, b1, b2, minus_a1, minus_a2 = k[5 * n : 5 * n + 5]
        y = multiply_add(b0, x, z[2 * n])
        z_after.append(multiply_add(minus_a1, y, multiply_add(b1, x, z[2 * n + 1])))
        z_after.append(multiply_add(minus_a2, y, build.fmul(b2, x)))
        x = y
    if is_ring:
        x = build.fadd(x, together([build.load(place) for place in into]))
    for lane, place in enumerate(into):
        build.store(build.extract_element(x, lane_type(lane)), place)
    next_frame = build.add(frame, index(1))
    build.cbranch(build.icmp_signed("<", next_frame, n_frames), loop, done)
    for phi, first, later in zip([frame, *z], [index(0), *z_before], [next_frame, *z_after],
                                 strict=True):  # fmt: skip
        phi.add_incoming(first, before)
        phi.add_incoming(later, loop)

    build.position_at_end(done)
    for target, value in zip(states(), z_after, strict=True):
        build.store(value, target, align=8)
    build.ret_void()
    return module
