"""Two presets of the library side by side: both curves, either one in use, and a morph between."""

from __future__ import annotations

import streamlit as st

from neural_eq.presets.collection import Contents
from neural_eq.presets.preset import Preset
from neural_eq.ui import state
from neural_eq.ui.figures import Curve
from neural_eq.ui.live import curve_chart
from neural_eq.ui.markdown import escaped
from neural_eq.ui.presets import facts, using

SIDES = ("A", "B")
COLOURS = ("#d55e00", "#2a85c7")
DASHES = ("solid", "dash")


def set_side(side: str, preset_id: str) -> None:
    """Callback: let a preset be A or B."""
    st.session_state[state.PAIR] = {**st.session_state.get(state.PAIR, {}), side: preset_id}


def set_both(first: str, second: str) -> None:
    """Callback: compare two presets."""
    st.session_state[state.PAIR] = dict(zip(SIDES, (first, second), strict=True))


def _close() -> None:
    st.session_state[state.PAIR] = {}


def _swap() -> None:
    pair = st.session_state[state.PAIR]
    st.session_state[state.PAIR] = {"A": pair["B"], "B": pair["A"]}


def draw(contents: Contents) -> None:
    """Draw both, where two are set; say what is missing where one is."""
    pair: dict[str, str] = st.session_state.get(state.PAIR, {})
    presets = {
        side: found[0].preset
        for side in SIDES
        if side in pair and (found := contents.chosen([pair[side]]))
    }
    if not presets:
        return
    st.subheader("A and B", anchor=False)
    if len(presets) == 1:
        ((side, preset),) = presets.items()
        other = "B" if side == "A" else "A"
        st.markdown(
            f"{side} is **{escaped(preset.name)}**. Choose another preset and set it as {other}."
        )
        st.button("Close", icon=":material/close:", key="close_pair", on_click=_close)
        return
    _draw_both(presets["A"], presets["B"])


def _draw_both(first: Preset, second: Preset) -> None:
    curves = [
        Curve(f"{side}: {_short(preset.name)}", facts.facts(preset).curve_db, colour, dash, 2.5)
        for side, preset, colour, dash in zip(
            SIDES, (first, second), COLOURS, DASHES, strict=True
        )
    ]  # fmt: skip
    curve_chart.draw(
        curves,
        key="preset_pair",
        spoken=f"EQ curves of A, {first.name}, and B, {second.name}",
    )
    with st.container(horizontal=True):
        st.button(
            "Hear both in the player", icon=":material/compare_arrows:", key="play_pair",
            on_click=using.put_into_player, args=(first, second),
            help="Puts them into the player's A and B, to change between while the music plays.",
        )  # fmt: skip
        for side, preset in zip(SIDES, (first, second), strict=True):
            st.button(
                f"Use {side}", icon=":material/headphones:", key=f"use_{side}",
                on_click=using.use, args=(preset,), help=f"Makes {side} the EQ in use.",
            )  # fmt: skip
        morphs = st.button(
            "Morph A → B", key="morph_pair", on_click=using.morph_between, args=(first, second)
        )
        st.button("Swap A and B", icon=":material/swap_horiz:", key="swap_pair", on_click=_swap)
        st.button("Close", icon=":material/close:", key="close_pair", on_click=_close)
    if morphs:
        st.switch_page("pages/morph.py")


def _short(name: str) -> str:
    """A name for a legend."""
    return name if len(name) <= 40 else f"{name[:39]}…"
