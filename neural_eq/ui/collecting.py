"""Garbage that is collected without anybody waiting for it."""

from __future__ import annotations

import gc
import sys
import threading

RUNS_BETWEEN = 200
"""After so many runs what was set aside is looked through too, for what sessions left in it."""

FEW_MODULES = 20
"""So many new ones are not worth the time it takes to set them aside."""

_lock = threading.Lock()
_n_runs = _n_modules = 0


def set_modules_aside() -> None:
    """Keep what imports made out of the collections; to be called at the end of each run.

    Streamlit collects garbage after every run, and Python more often than that. Looking through
    torch's and the others' objects, which stay to the end, takes each collection a tenth of a
    second in which no thread sends or runs anything. So whenever much was imported since the last
    time, all that is alive is set aside, sessions too: what is garbage among it later is
    found the next time.
    """
    global _n_runs, _n_modules
    with _lock:
        _n_runs += 1
        if len(sys.modules) < _n_modules + FEW_MODULES and _n_runs < RUNS_BETWEEN:
            return
        _n_runs, _n_modules = 0, len(sys.modules)
        gc.unfreeze()
        gc.collect()
        gc.freeze()
