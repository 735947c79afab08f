"""Loops written in LLVM's own terms, made to run here.

It is done within a tenth of a second: nothing is to be kept on a disk, nothing to be waited for.
"""

from __future__ import annotations

import ctypes
from typing import Any

POINTER, NUMBER = ctypes.c_void_p, ctypes.c_int64
"""What such a loop may take: the address of an array, and an integer of 64 bits."""

_engines: list[Any] = []  # what they made lives as long as they do


def machine_code(module: Any, *arguments: Any) -> Any:
    """Compile the function ``run`` of a module, which returns nothing.

    Args:
        module: Of ``llvmlite.ir``.
        arguments: What it takes, :data:`POINTER` or :data:`NUMBER` each.

    Returns:
        What runs it; other threads go on meanwhile.
    """
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    machine = binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=3,
    )
    parsed = binding.parse_assembly(str(module))
    parsed.verify()
    engine = binding.create_mcjit_compiler(parsed, machine)
    engine.finalize_object()
    _engines.append(engine)
    return ctypes.CFUNCTYPE(None, *arguments)(engine.get_function_address("run"))
