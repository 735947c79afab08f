"""The player at the foot of every page, mounted before the page so that it is never taken down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from neural_eq.eq.loudness_table import N_BANDS
from neural_eq.eq.params import check_params
from neural_eq.ui import cached, state, undo
from neural_eq.ui.audio import sources
from neural_eq.ui.live.sources import text
from neural_eq.ui.sound import heard, scripts
from neural_eq.ui.sound.serving import PATH, PIECE_FRAMES, Broadcast

KEY = "dock"
N_ON_AIR = 3
_FOLDER = Path(__file__).parent
_SCRIPTS = ("dock_keys", "dock_drawing", "dock")
_mount = st.components.v2.component(
    "neural_eq_dock",
    html=(_FOLDER / "dock.html").read_text("utf-8"),
    css=(_FOLDER / "dock.css").read_text("utf-8"),
    js="\n".join(
        [text("response.js"), scripts.engine()]
        + [(_FOLDER / f"{name}.js").read_text("utf-8") for name in _SCRIPTS]
    ),
)


def draw(page: str) -> None:
    """Mount the player.

    Args:
        page: The title of the page that is about to be drawn.
    """
    sound = sources.current()
    eq = heard.heard(page)
    # an undo is heard even where it leads back to what the browser still takes for the EQ in use
    turn = st.session_state.get(state.EDITOR_TURN, 0)
    data = {
        "sound": _on_air(sound),
        "sounds": [{"id": i, "label": label} for i, label in sources.all_names().items()],
        "chosen": sources.current_id(),
        "base": eq and {
            "key": f"{heard.key_of(eq)} {turn}", "params": np.asarray(eq.params).tolist(),
            "label": eq.label,
        },
        "snapshots": st.session_state.get(state.SNAPSHOTS),
        "is_matched": st.session_state[state.LEVEL_MATCH],
        "can_undo": undo.can_undo(),
        "can_redo": undo.can_redo(),
        "session": undo.session_name(),
    }  # fmt: skip
    with st.bottom.container(key="player"):
        _mount(
            key=KEY,
            # in a dictionary Streamlit would look for tables, and load pandas for that alone
            data=(data,),
            on_asked_change=_do,
        )


def _on_air(sound: sources.Sound) -> dict[str, Any]:
    """Let the browser fetch a sound, and say how it comes."""
    session = st.session_state
    # the browser may still fetch what was chosen just before
    kept: dict[str, Broadcast] = session.get(state.ON_AIR, {})
    broadcast = kept.get(sound.key) or Broadcast(sound.file)
    earlier = {key: one for key, one in kept.items() if key != sound.key}
    session[state.ON_AIR] = {sound.key: broadcast, **dict(list(earlier.items())[: N_ON_AIR - 1])}
    stream, file = broadcast.stream, sound.file
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return {
        "key": f"{sound.key} {broadcast.token}",
        "url": f"{'/' + base if base else ''}{PATH}/{broadcast.token}",
        "sample_rate": file.sample_rate,
        "n_channels": stream.n_channels,
        "n_frames": file.n_frames,
        "dtype": stream.dtype,
        "is_seamless": sources.is_demo(sound),
        "piece_frames": PIECE_FRAMES,
        "n_bands": N_BANDS,
        "freqs_hz": cached.loudness_freq_hz(file.sample_rate),
    }


def _do() -> None:
    """Callback: what was pressed in the player."""
    said: Any = st.session_state[KEY]
    asked = said.get("asked") or {}
    undo.want(int(asked.get("n_steps", 0)))
    if asked.get("what") == "eq":
        st.session_state[state.EQ_WANTED] = True
    elif asked.get("what") == "sound":
        sources.choose(str(asked.get("id")))
    elif asked.get("what") == "use":
        params = check_params(np.array(asked["params"], dtype=np.float64))[0]
        state.use_dot(state.NamedSetting(str(asked["label"]), tuple(params.tolist())))
