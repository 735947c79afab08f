"""Before and after: the player, the levels and the spectrum."""

from __future__ import annotations

import streamlit as st

from neural_eq.ui import cached, state
from neural_eq.ui.audio import charts, player
from neural_eq.ui.audio.applied import Applied
from neural_eq.ui.audio.sources import Sound
from neural_eq.ui.audio.take import Excerpt, Take

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
            help="Turns the whole down where its true peak would clip, and says so.",
        )  # fmt: skip


def take(sound: Sound, source: Excerpt, eq: Applied) -> Take:
    """Put the excerpt through the EQ as the switches say."""
    level_match, clip_guard = (st.session_state[k] for k in (state.LEVEL_MATCH, state.CLIP_GUARD))
    return cached.take(
        sound.key, source.start_s, eq.params.tobytes(), level_match, clip_guard, source, eq.params
    )


def draw(sound: Sound, source: Excerpt, made: Take) -> None:
    """Draw the player, what was done, the levels and the spectrum."""
    audio = source.audio
    player.draw(
        [
            player.Version("Before", "b", source.side.wav, charts.BEFORE_COLOUR,
                           source.side.outline),
            player.Version("After", "a", made.side.wav, charts.AFTER_COLOUR, made.side.outline),
        ],
        key="player",
        sound=f"{sound.key} {source.start_s}",
        sample_rate=audio.sample_rate,
        duration_s=audio.duration_s,
        hint="Both run together: switch at any moment, B for before and A for after.",
    )  # fmt: skip
    for note in made.notes:
        st.caption(f":material/info: {note}")
    if audio.n_channels > 2:
        st.caption(
            f":material/info: The player mixes the {audio.n_channels} channels to one;"
            " a download keeps them."
        )
    st.markdown(charts.levels_markdown(source.side, made.side))
    st.plotly_chart(
        charts.spectrum_figure(source.side, made.side), key="spectrum",
        config={"displaylogo": False}, alt="Spectrum of the sound before and after the EQ",
    )  # fmt: skip
