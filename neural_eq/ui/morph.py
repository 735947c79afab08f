"""What the Morph page shows: two ends, a slider, and the curves of all three."""

from __future__ import annotations

from typing import Any

import streamlit as st

from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.ui import cached, figures, state
from neural_eq.ui.current_eq import ROUTE_LABELS, Morph, check_ends, ends, file_stem, setting_json


def inputs() -> None:
    """Draw the ends, the slider, the strength and the route."""
    from neural_eq.latent.morphing import ROUTES
    from neural_eq.latent.terms import STRENGTH_MAXIMUM, STRENGTH_MINIMUM

    check_ends()
    rest: dict[str, Any] = {"persist_state": "session", "on_change": state.use_morph}
    left, middle, right = st.columns([5, 2, 5], vertical_alignment="bottom")
    left.selectbox("From", ends(), key=state.FROM, **rest)
    middle.button(
        "Swap", on_click=state.swap_ends, width="stretch",
        help="Exchange both ends; the sound stays.",
    )  # fmt: skip
    right.selectbox("To", ends(), key=state.TO, **rest)
    st.slider(
        "Morph", 0, 100, key=state.AT, format="%d %%", **rest,
        help="0 % is the left word, 100 % the right; equal steps are equal steps of sound.",
    )  # fmt: skip
    left, right = st.columns(2)
    left.slider(
        "Strength", STRENGTH_MINIMUM, STRENGTH_MAXIMUM, step=0.05, key=state.STRENGTH,
        format="%.2f", **rest,
        help="1 is as people set it, 0 is flat, 2 twice the gain in dB, −1 the opposite.",
    )  # fmt: skip
    right.radio(
        "Route", ROUTES, key=state.ROUTE, format_func=lambda route: ROUTE_LABELS.get(route, route),
        horizontal=True, **rest,
        help="Through the model passes what it learned to lie between; knob by knob turns each"
        " knob evenly; curve to curve keeps nearest to the mixture of both curves.",
    )  # fmt: skip


def draw_curves(morph: Morph) -> None:
    """Draw both ends and the morph, all at the strength in use."""
    from neural_eq.latent.terms import with_strength

    freq_hz = log_frequencies(cached.N_FREQS)
    strength = morph.eq.source["strength"]
    along_db = response_db(with_strength(morph.path.params, strength), freq_hz)
    start, end = morph.path.start, morph.path.end
    curves = []
    for end_point, dash, other in ((start, "dash", "#d55e00"), (end, "dot", "#2a85c7")):
        curve_db = response_db(with_strength(end_point.params, strength), freq_hz)
        colour = figures.WORD_STYLES.get(end_point.label, (other, ""))[0]
        curves.append(figures.Curve(end_point.label, curve_db, colour, dash))
    morph_db = response_db(morph.eq.params, freq_hz)
    curves.append(figures.Curve("morph", morph_db, figures.MORPH_COLOUR, width=4))
    # the axis must stand still while the slider moves, so it spans the whole path
    figure = figures.response_figure(freq_hz, curves, span_db=figures.span_of(along_db), height=420)
    st.plotly_chart(
        figure, key="morph_curves", config={"displaylogo": False},
        alt=f"EQ curves of {start.label}, {end.label} and the morph between them",
    )  # fmt: skip


def draw_setting(morph: Morph) -> None:
    """Show the morph band by band, and offer it as a file."""
    st.markdown(figures.bands_markdown(morph.eq.params))
    if morph.eq.n_stopped:
        count = morph.eq.n_stopped
        st.caption(
            f"{count} gain{'s' * (count > 1)} would pass ±12 dB at this strength"
            f" and stop{'s' * (count == 1)} there."
        )
    text = setting_json(morph.eq, model=state.model_ref().label)
    st.download_button(
        "Download as JSON",
        lambda: text,  # a file put up at each move would be gone before the browser asks for it
        file_name=f"{file_stem(morph.eq)}.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
    )


def draw_use(morph: Morph) -> None:
    """Say whether Audio plays this morph, and offer it if not."""
    if st.session_state[state.SOURCE] == state.MORPH_SOURCE:
        st.caption("This is the current EQ: Audio applies it.")
        return
    st.caption(f"Audio applies {st.session_state[state.USED_DOT].label}, not this morph.")
    st.button("Use this morph", icon=":material/headphones:", on_click=state.use_morph)
