"""A chart of EQ curves: a legend that hides them, frequency and note where one points, the spectrum
of what plays behind them.

A plotly chart takes long to draw, and Streamlit draws it anew at every change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from neural_eq.ui.figures import Band, Curve
from neural_eq.ui.live.sources import text
from neural_eq.ui.sound import scripts

HEIGHT_PX = 320
DASHES = {
    "solid": "", "dash": "9 5", "dot": "2 4", "dashdot": "9 4 2 4", "longdash": "16 5",
}  # fmt: skip
"""How a line is broken: lengths drawn and left out, in pixels."""

_mount = st.components.v2.component(
    "neural_eq_curve_chart",
    html=text("curve_chart.html"),
    css=text("eq_plane.css", "curve_chart.css"),
    js="\n".join(
        [
            scripts.store(),
            text("response.js", "drawing.js", "spectrum.js", "eq_plane.js", "curve_chart.js"),
        ]
    ),
)


def draw(
    curves: Sequence[Curve],
    *,
    key: str,
    spoken: str,
    spread: Band | None = None,
    height_px: int = HEIGHT_PX,
) -> None:
    """Draw curves over 20 Hz to 20 kHz; the vertical axis holds all that are shown.

    Args:
        curves: The later ones lie above.
        key: Of the chart; what its legend hides and its zoom are kept under it.
        spoken: For screen readers.
        spread: The band behind.
        height_px: Of the picture.
    """
    data: dict[str, Any] = {
        "key": key,
        "spoken": spoken,
        "height": height_px,
        "lines": [
            {
                "name": curve.name, "colour": curve.colour, "dash": DASHES[curve.dash],
                "width": curve.width, "hidden": curve.hidden, "db": _rounded(curve.curve_db),
            }
            for curve in curves
        ],
        "spread": spread and {
            "name": spread.name, "colour": spread.colour, "low_db": _rounded(spread.low_db),
            "high_db": _rounded(spread.high_db),
        },
    }  # fmt: skip
    # in a dictionary Streamlit would look for tables, and load pandas for that alone
    _mount(key=key, data=(data,))


def _rounded(curve_db: np.ndarray) -> list[float]:
    return np.asarray(curve_db, dtype=float).round(3).tolist()
