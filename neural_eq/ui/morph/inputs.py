"""What a morph is made of: both ends, the slider, the strength, the route and further words."""

from __future__ import annotations

from typing import Any

import streamlit as st

from neural_eq.errors import TermError
from neural_eq.ui import state
from neural_eq.ui.current_eq import Morph
from neural_eq.ui.live import morph_slider
from neural_eq.ui.markdown import escaped
from neural_eq.ui.morph import edits, ends

ROUTES = {
    "latent": (
        "Through the model",
        "By way of sounds that the model learned to lie between; the most natural.",
    ),
    "parameters": ("Knob by knob", "Every knob turns evenly from one end to the other."),
    "curve": (
        "Curve to curve",
        "The playable setting whose curve is nearest to the mixture of both curves.",
    ),
}


def moved() -> None:
    """Callback: the morph becomes the current EQ; what was noted about its ends is over."""
    st.session_state.pop(state.MORPH_NOTES, None)
    state.use_morph()


_REST: dict[str, Any] = {"persist_state": "session", "on_change": moved}


def draw_notes() -> None:
    """Say what had to change, and what is wrong with a file."""
    for note in st.session_state.get(state.MORPH_NOTES, ()):
        st.warning(escaped(note))
    for end in (state.FROM, state.TO):
        error = st.session_state.get(f"{state.SETTING_ERROR}_{end}")
        if error:
            st.error(escaped(error))


def draw_ends() -> None:
    """Draw both ends."""
    ends.settle()
    names = ends.names()
    row = st.container(key="ends")  # one row on a narrow screen too
    left, middle, right = row.columns([5, 2, 5], vertical_alignment="center")
    with left:
        _end("From", state.FROM, names)
    middle.button(
        "Swap", on_click=_swap, width="stretch", help="Exchange both ends; the sound stays."
    )
    with right:
        _end("To", state.TO, names)
    draw_notes()


def draw_slider(morph: Morph) -> None:
    """Draw the slider between both ends; it is heard while it moves."""
    words = "".join(f" and {100 * w:.0f} % {p.label}" for p, w in morph.extras)
    morph_slider.draw(
        "at", name="Morph", key=state.AT_SLIDER, value=st.session_state[state.AT],
        minimum=0, maximum=100, step=1, on_move=_slide, on_motion=edits.drop_edit,
        help="0 % is the left end, 100 % the right; equal steps are equal steps of sound.",
        morph=morph_slider.path_data(
            morph.path.params, start=morph.start.label, end=morph.end.label,
            rest=words.replace(" and ", ", with ", 1),
        ),
    )  # fmt: skip


def _slide(percent: float) -> None:
    st.session_state[state.AT] = round(percent)
    moved()


def _strengthen(strength: float) -> None:
    st.session_state[state.STRENGTH] = round(strength, 2)
    moved()


def _swap() -> None:
    state.swap_ends()
    moved()


def _end(label: str, key: str, names: list[str]) -> None:
    """Draw one end: a list of names, and a panel for the rarer ways to choose."""
    st.selectbox(
        label, names, key=key, **_REST,
        help="A word as people use it on average, one of its schools, a setting, or a preset of the"
        " library.",
    )  # fmt: skip
    panel = st.popover(
        f"{label}: schools, file", key=f"{key}_panel", on_change="rerun", type="tertiary",
        help=f"{label} one of the ways in which people mean the word, or a setting from a file.",
    )  # fmt: skip
    with panel:
        if panel.open:
            _schools(key)
        st.file_uploader(
            "A setting from a file", key=f"{state.SETTING_UPLOAD}_{key}",
            on_change=_take_file, args=(key,),
            help="Of Neural EQ or any software that Presets reads.",
        )  # fmt: skip


def _take_file(key: str) -> None:
    st.session_state.pop(state.MORPH_NOTES, None)
    ends.take_file(key)


def _schools(key: str) -> None:
    """Offer the ways in which people mean the word of an end."""
    name = st.session_state[key]
    word = ends.word_of(name)
    if word is None:
        st.caption("This end is a setting of no word that the model in use knows.")
        return
    with st.spinner(f"Finding out what people mean by “{escaped(word)}” …"):
        ends.look_up(word)
        schools = ends.schools(word)
        try:
            described = ends.described(word)
        except TermError as error:
            st.info(escaped(str(error)))
            return
    if not schools:
        st.caption(
            f"People are of one mind about “{escaped(word)}”: its {described.n} settings by"
            f" {described.n_submitters} people make one school."
        )
        return
    options = [word, *(school.centre.label for school in schools)]
    captions = [f"all {described.n} settings by {described.n_submitters} people"] + [
        f"{school.n} settings ({100 * school.share:.0f} %) by {school.n_submitters} people"
        for school in schools
    ]
    st.radio(
        f"What people mean by “{escaped(word)}”", options,
        index=options.index(name) if name in options else None,
        captions=captions, key=f"{key}_school {word} {name}", format_func=escaped,
        on_change=_choose_school, args=(key, f"{key}_school {word} {name}"),
    )  # fmt: skip


def _choose_school(key: str, radio: str) -> None:
    st.session_state[key] = st.session_state[radio]
    moved()


def draw_way() -> None:
    """Draw the strength, the route and the further words."""
    from neural_eq.latent.terms import STRENGTH_MAXIMUM, STRENGTH_MINIMUM

    morph_slider.draw(
        "strength", name="Strength", key=state.STRENGTH_SLIDER,
        value=st.session_state[state.STRENGTH], minimum=STRENGTH_MINIMUM,
        maximum=STRENGTH_MAXIMUM, step=0.05, on_move=_strengthen,
        help="1 is as people set it, 0 is flat, 2 twice the gain in dB, −1 the opposite.",
    )  # fmt: skip
    names = ends.names()
    with st.expander("Route, and further words"):
        st.radio(
            "Route", list(ROUTES), key=state.ROUTE, format_func=lambda route: ROUTES[route][0],
            captions=[sentence for _, sentence in ROUTES.values()], **_REST,
        )  # fmt: skip
        for label, key, weight in (
            ("Third", state.THIRD, state.THIRD_WEIGHT),
            ("Fourth", state.FOURTH, state.FOURTH_WEIGHT),
        ):
            left, right = st.columns(2)
            left.selectbox(
                label, [None, *names], key=key, **_REST,
                format_func=lambda name: "none" if name is None else name,
                help="Mixed into both ends.",
            )  # fmt: skip
            right.slider(
                f"{label}: weight", 0, 100, key=weight, format="%d %%", **_REST,
                disabled=st.session_state[key] is None,
                help="At 100 % it counts as much as both ends together.",
            )  # fmt: skip


def draw_mix(morph: Morph) -> None:
    """Say what share of the mix each word has, where there are more than two."""
    if not morph.extras:
        return
    at = st.session_state[state.AT] / 100
    parts = [(morph.start.label, 1 - at), (morph.end.label, at)]
    parts += [(point.label, weight) for point, weight in morph.extras]
    total = sum(weight for _, weight in parts)
    shares = ", ".join(f"{escaped(name)} {100 * weight / total:.0f} %" for name, weight in parts)
    st.caption(f"In the mix: {shares}.")
