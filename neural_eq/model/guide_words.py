"""What the models that this project descends from make of each word.

The guide's V2 and V3, trained on SAFE-DB as it says; written by ``assets/make_guide_words.py``.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np

PATH = Path(__file__).parents[2] / "assets" / "guide_words.json"


@cache
def guide_words() -> dict[str, dict[str, np.ndarray]]:
    """Return, by ``"V2"`` and ``"V3"`` and by word, 13 numbers in dB, Hz and Q."""
    found = json.loads(PATH.read_text("utf-8"))
    return {
        name: {word: np.array(params) for word, params in words.items()}
        for name, words in found.items()
    }
