"""A sound from end to end, with the part of it that is measured, which a press moves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from neural_eq.data.audio_file import minutes
from neural_eq.ui import state
from neural_eq.ui.live.sources import text
from neural_eq.ui.sound.serving import PATH

KEY = "waveform"
_FOLDER = Path(__file__).parent
_mount = st.components.v2.component(
    "neural_eq_waveform",
    html=(_FOLDER / "waveform.html").read_text("utf-8"),
    css=(_FOLDER / "waveform.css").read_text("utf-8"),
    js="\n".join([text("drawing.js"), (_FOLDER / "waveform.js").read_text("utf-8")]),
)


def draw(
    sound: str, *, name: str, duration_s: float, start_s: float, length_s: float,
    on_choice: Callable[[float], None],
) -> None:  # fmt: skip
    """Draw it.

    Args:
        sound: Its key; the player has it on air.
        name: What it is called.
        duration_s: Of the whole.
        start_s: Where the measured part begins.
        length_s: How long that part is.
        on_choice: Called with where it shall begin, before the next run.
    """

    def chosen() -> None:
        said: Any = st.session_state[KEY]
        choice = said.get("chosen")
        if choice and choice["sound"] == sound:
            on_choice(float(choice["start_s"]))

    on_air = st.session_state.get(state.ON_AIR, {}).get(sound)
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    end_s = min(start_s + length_s, duration_s)
    part = (
        f"measured from {minutes(start_s)} to {minutes(end_s)}" if length_s < duration_s
        else "all of it measured"
    )  # fmt: skip
    _mount(
        key=KEY,
        data={
            "sound": sound,
            "url": on_air and f"{'/' + base if base else ''}{PATH}/{on_air.token}/outline",
            "duration_s": duration_s, "start_s": start_s, "length_s": length_s,
            "spoken": f"Waveform of {name}, {minutes(duration_s)}; {part}",
        },
        on_chosen_change=chosen,
    )  # fmt: skip
