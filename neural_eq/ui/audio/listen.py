"""Before and after: the levels and the spectrum."""

from __future__ import annotations

import streamlit as st

from neural_eq.data.listening import MAX_CHANNELS
from neural_eq.ui import cached, state
from neural_eq.ui.audio import charts
from neural_eq.ui.audio.applied import Applied
from neural_eq.ui.audio.sources import Sound
from neural_eq.ui.audio.take import Excerpt, Take
from neural_eq.ui.markdown import escaped

LISTEN, BLIND = "Listen", "Blind test"


def is_blind() -> bool:
    """Draw the choice between listening and the blind test; say which it is."""
    mode = st.segmented_control(
        "What to do", (LISTEN, BLIND), key=state.AUDIO_MODE, persist_state="session",
        required=True, label_visibility="collapsed",
    )  # fmt: skip
    return mode == BLIND


def level_inputs() -> None:
    """Draw the switches of level."""
    with st.container(horizontal=True):
        st.toggle(
            "Level-matched", key=state.LEVEL_MATCH, persist_state="session",
            help="After is as loud as before, in LUFS, so that you judge the sound and not the"
            " level.",
        )  # fmt: skip
        st.toggle(
            "Clip guard", key=state.CLIP_GUARD, persist_state="session",
            help="Turns the whole of a download down where its true peak would clip, and says so."
            " The player cannot look ahead: its limiter turns down the peak alone.",
        )  # fmt: skip


def take(sound: Sound, source: Excerpt, eq: Applied) -> Take:
    """Put the excerpt through the EQ as the switches say."""
    level_match, clip_guard = (st.session_state[k] for k in (state.LEVEL_MATCH, state.CLIP_GUARD))
    return cached.take(
        sound.key, source.start_s, eq.params.tobytes(), level_match, clip_guard, source, eq.params
    )


def draw(source: Excerpt, made: Take) -> None:
    """Draw what was done, the levels and the spectrum."""
    st.caption(
        ":material/headphones: Play below (Space) and switch the EQ off and on (B): it sounds like"
        " the download."
    )
    for note in made.notes:
        st.caption(f":material/info: {escaped(note)}")
    if source.audio.n_channels > MAX_CHANNELS:
        st.caption(
            f":material/info: The player mixes the {source.audio.n_channels} channels to one;"
            " a download keeps them."
        )
    st.markdown(charts.levels_markdown(source.side, made.side))
    st.plotly_chart(
        charts.spectrum_figure(source.side, made.side), key="spectrum",
        config={"displaylogo": False}, alt="Spectrum of the sound before and after the EQ",
    )  # fmt: skip
