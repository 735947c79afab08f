"""What is applied to the sound: the current EQ, a word, or a setting from a file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from neural_eq.errors import NeuralEqError
from neural_eq.presets.setting import read_setting
from neural_eq.ui import figures, state
from neural_eq.ui.current_eq import current_eq
from neural_eq.ui.markdown import escaped
from neural_eq.ui.morph import ends

CURRENT, WORD, FILE = "current", "word", "file"
_CHOICES = {CURRENT: "Current EQ", WORD: "A word", FILE: "A setting file"}
_WHOLE_WORD = -1


@dataclass(frozen=True)
class Applied:
    """An EQ ready to hear.

    Attributes:
        label: In words, with the strength.
        params: With the strength applied, in dB, Hz and Q, shape ``(13,)``.
        n_stopped: Gains that the strength drove into 12 dB.
    """

    label: str
    params: np.ndarray
    n_stopped: int = 0

    @property
    def stem(self) -> str:
        """A part of a file's name."""
        kept = "".join(c if c.isalnum() else "_" for c in self.label.replace("→", "to"))
        return "_".join(part for part in kept.split("_") if part)[:80]


def inputs() -> Applied | None:
    """Draw the choice of an EQ and its strength; None until there is one."""
    choice = st.segmented_control(
        "What is applied", list(_CHOICES), key=state.APPLIED, persist_state="session",
        format_func=_CHOICES.__getitem__, required=True, width="stretch",
    )  # fmt: skip
    draw = {WORD: _word, FILE: _file}.get(choice or CURRENT, _current)
    chosen = draw()
    if chosen is None:
        return None
    strength = st.slider(
        "Strength of what is applied", -1.0, 2.0, step=0.05, key=state.APPLIED_STRENGTH,
        format="%.2f", persist_state="session",
        help="1 as it is, 0 flat, 2 twice the gain in dB, −1 the opposite.",
    )  # fmt: skip
    return strengthened(chosen, strength)


def _current() -> Applied:
    eq = current_eq()
    st.markdown(f"**{escaped(eq.label.capitalize())}**")
    st.page_link("pages/morph.py", label="Change it on Morph", icon=":material/tune:")
    return Applied(eq.label, eq.params, eq.n_stopped)


def strengthened(eq: Applied, strength: float) -> Applied:
    """Scale an EQ's gains; at 1 it stays as it is."""
    if strength == 1:
        return eq
    from neural_eq.latent.terms import stopped_gains, with_strength

    return Applied(
        f"{eq.label} × {strength:.2f}".replace("-", "−"),
        with_strength(eq.params, strength),
        stopped_gains(eq.params, strength),
    )


def word_input(label: str, *, key: str, first: str) -> str:
    """Draw a choice among the words of the model in use."""
    words = list(state.model().terms)
    if st.session_state.get(key) not in words:
        st.session_state[key] = first if first in words else words[0]
    return st.selectbox(label, words, key=key, persist_state="session")


def _word() -> Applied:
    from neural_eq.latent.terms import word_point

    word = word_input("Word", key=state.APPLIED_WORD, first="warm")
    whole = word_point(state.model(), word)
    with st.spinner(f"Looking at the ways people used “{escaped(word)}” …"):
        schools = ends.schools(word)
    if not schools:
        return Applied(word, whole.params)
    names = {_WHOLE_WORD: f"All {sum(school.n for school in schools)} settings"}
    names |= {n: f"{s.name}, {s.share:.0%} ({s.n})" for n, s in enumerate(schools)}
    if st.session_state.get(state.APPLIED_SCHOOL) not in names:
        st.session_state[state.APPLIED_SCHOOL] = _WHOLE_WORD
    school = st.selectbox(
        "Which way of meaning it", list(names), key=state.APPLIED_SCHOOL, persist_state="session",
        format_func=lambda n: names.get(n, ""),
        help="People mean a word in several ways; each group of alike settings is one.",
    )  # fmt: skip
    if school == _WHOLE_WORD:
        return Applied(word, whole.params)
    return Applied(f"{word}: {schools[school].name}", schools[school].centre.params)


def _file() -> Applied | None:
    st.file_uploader(
        "A setting (JSON from Morph, or from the command line)", type="json",
        key=state.PRESET_UPLOAD, on_change=_take_preset,
    )  # fmt: skip
    if st.session_state.get(state.PRESET_ERROR):
        st.error(escaped(st.session_state[state.PRESET_ERROR]))
    preset = st.session_state.get(state.PRESET)
    if preset is None:
        st.info("Morph writes such files: “Download as JSON”.")
    else:
        st.markdown(f"**{escaped(preset.label)}**")
    return preset


def _take_preset() -> None:
    """Callback: read the uploaded setting; a bad file changes nothing else."""
    upload = st.session_state.get(state.PRESET_UPLOAD)
    st.session_state[state.PRESET_ERROR] = ""
    if upload is None:
        return
    try:
        name, params = read_setting(upload.getvalue(), name=upload.name)
    except NeuralEqError as error:
        st.session_state[state.PRESET_ERROR] = str(error)
        return
    st.session_state[state.PRESET] = Applied(name, params)


def draw_curve(eq: Applied) -> None:
    """Draw the curve of the EQ that is applied, and say where the strength had to stop."""
    figure = figures.setting_figure(eq.params)
    st.plotly_chart(
        figure, key="audio_curve", config={"displaylogo": False}, alt=f"EQ curve of {eq.label}"
    )
    if eq.n_stopped:
        one = eq.n_stopped == 1
        st.caption(
            f"{eq.n_stopped} gain{'' if one else 's'} would pass ±12 dB at this strength and"
            f" stop{'s' if one else ''} there."
        )
