"""What is applied to the sound: the current EQ, a word, or a preset of the library or a file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from neural_eq.errors import NeuralEqError
from neural_eq.presets.opening import open_preset
from neural_eq.presets.preset import Preset
from neural_eq.ui import cached, models, state
from neural_eq.ui.current_eq import current_eq
from neural_eq.ui.live import eq_editor
from neural_eq.ui.markdown import escaped, heading
from neural_eq.ui.morph import ends

CURRENT, WORD, FILE = "current", "word", "file"
_CHOICES = {CURRENT: "Current EQ", WORD: "A word", FILE: "A preset"}
_WHOLE_WORD = -1
_FIRST_WORD = "warm"


@dataclass(frozen=True, eq=False)
class Applied:
    """An EQ ready to hear; one is equal to itself alone.

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


def from_session() -> Applied:
    """Return what is applied, without drawing the choice; the current EQ where none is made."""
    session = st.session_state
    choice = session[state.APPLIED]
    chosen = None
    if choice == WORD:
        word = _settled_word(state.APPLIED_WORD, _FIRST_WORD)
        chosen = _of_word(word, session.get(state.APPLIED_SCHOOL, _WHOLE_WORD))
    elif choice == FILE:
        chosen = session.get(state.PRESET)
    return strengthened(chosen or _of_current(), session[state.APPLIED_STRENGTH])


def _of_current() -> Applied:
    eq = current_eq()
    return Applied(eq.label, eq.params, eq.n_stopped)


def _of_word(word: str, school: int) -> Applied:
    from neural_eq.latent.terms import word_point

    schools = ends.schools(word)
    if not 0 <= school < len(schools):
        return Applied(word, word_point(models.model(), word).params)
    return Applied(f"{word}: {schools[school].name}", schools[school].centre.params)


def _current() -> Applied:
    eq = _of_current()
    st.markdown(f"**{heading(eq.label)}**")
    st.page_link("pages/morph.py", label="Change it on Morph", icon=":material/tune:")
    return eq


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
    _settled_word(key, first)
    return st.selectbox(label, list(models.model().terms), key=key, persist_state="session")


def _settled_word(key: str, first: str) -> str:
    """Return the chosen word; where the model in use does not know it, another is chosen."""
    words = list(models.model().terms)
    if st.session_state.get(key) not in words:
        st.session_state[key] = first if first in words else words[0]
    return st.session_state[key]


def _word() -> Applied:
    word = word_input("Word", key=state.APPLIED_WORD, first=_FIRST_WORD)
    with st.spinner(f"Looking at the ways people used “{escaped(word)}” …"):
        schools = ends.schools(word)
    if not schools:
        return _of_word(word, _WHOLE_WORD)
    names = {_WHOLE_WORD: f"All {sum(school.n for school in schools)} settings"}
    names |= {n: f"{s.name}, {s.share:.0%} ({s.n})" for n, s in enumerate(schools)}
    if st.session_state.get(state.APPLIED_SCHOOL) not in names:
        st.session_state[state.APPLIED_SCHOOL] = _WHOLE_WORD
    school = st.selectbox(
        "Which way of meaning it", list(names), key=state.APPLIED_SCHOOL, persist_state="session",
        format_func=lambda n: names.get(n, ""),
        help="People mean a word in several ways; each group of alike settings is one.",
    )  # fmt: skip
    return _of_word(word, school)


def _file() -> Applied | None:
    kept = {one.preset_id: one.preset.name for one in cached.preset_library().contents().kept}
    if kept:
        st.selectbox(
            "Preset of the library", [None, *list(kept)[: ends.MOST_OF_LIBRARY]],
            key=state.APPLIED_KEPT, on_change=_take_kept, placeholder="Choose one",
            format_func=lambda one: kept.get(one, "Choose one"),
        )  # fmt: skip
    st.file_uploader(
        "A setting of Neural EQ, or of any software that Presets reads",
        key=state.PRESET_UPLOAD, on_change=_take_preset,
    )  # fmt: skip
    if st.session_state.get(state.PRESET_ERROR):
        st.error(escaped(st.session_state[state.PRESET_ERROR]))
    preset = st.session_state.get(state.PRESET)
    if preset is None:
        st.info("Morph and Presets write such files; what Presets keeps is listed here.")
    else:
        st.markdown(f"**{escaped(preset.label)}**")
        for remark in st.session_state.get(state.PRESET_REMARKS, ()):
            st.caption(f":material/info: {escaped(remark)}")
    return preset


def _take_kept() -> None:
    """Callback: apply a preset of the library; the list then stands open for another."""
    chosen = st.session_state.get(state.APPLIED_KEPT)
    st.session_state[state.APPLIED_KEPT] = None
    for one in cached.preset_library().contents().chosen([chosen] if chosen else []):
        _apply(one.preset, [])


def _apply(preset: Preset, remarks: list[str]) -> None:
    st.session_state[state.PRESET_ERROR] = ""
    st.session_state[state.PRESET] = Applied(preset.name, preset.params)
    st.session_state[state.PRESET_REMARKS] = remarks


def _take_preset() -> None:
    """Callback: read the uploaded setting; a bad file changes nothing else."""
    upload = st.session_state.get(state.PRESET_UPLOAD)
    st.session_state[state.PRESET_ERROR] = ""
    if upload is None:
        return
    try:
        opened = open_preset(upload.getvalue(), name=upload.name)
    except NeuralEqError as error:
        st.session_state[state.PRESET_ERROR] = str(error)
        return
    _apply(opened.preset, opened.remarks())


def draw_curve(eq: Applied) -> None:
    """Draw the curve of the EQ that is applied, and say where the strength had to stop."""
    eq_editor.draw_fixed(eq.params, name=eq.label, key="audio_curve")
    if eq.n_stopped:
        one = eq.n_stopped == 1
        st.caption(
            f"{eq.n_stopped} gain{'' if one else 's'} would pass ±12 dB at this strength and"
            f" stop{'s' if one else ''} there."
        )
