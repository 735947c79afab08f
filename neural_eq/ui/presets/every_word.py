"""Every word of the model as presets, in one zip."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from neural_eq.errors import NeuralEqError
from neural_eq.files import ScratchFolder
from neural_eq.presets.formats import FORMATS
from neural_eq.ui import cached, models, state
from neural_eq.ui.markdown import escaped
from neural_eq.ui.presets import take_home

STRENGTHS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, -1.0)


@dataclass(frozen=True)
class Made:
    """A zip that was made, or why it was not.

    Attributes:
        key: What was asked for.
        said: One sentence of what is in it.
        notes: What else there is to say.
        error: One sentence, if it failed.
        folder: Where the zip is; it goes when this object does.
    """

    key: tuple[object, ...]
    said: str = ""
    notes: tuple[str, ...] = ()
    error: str = ""
    folder: ScratchFolder | None = None


def draw() -> None:
    """Draw the choices, make the zip when asked to, and offer it."""
    n_words = len(models.model().terms)
    st.markdown(
        f"All {n_words} words of the model in use as presets, in one zip with a text that says"
        " what it is."
    )
    format_ = take_home.software_input("Software", key=state.WORDS_SOFTWARE)
    strengths = st.pills(
        "Strengths", STRENGTHS, selection_mode="multi", key=state.WORDS_STRENGTHS,
        persist_state="session", format_func=lambda strength: f"{strength:g}".replace("-", "−"),
        help="1 is as people set it, 0.5 half the gain in dB, 2 twice it, −1 the opposite.",
    )  # fmt: skip
    with_schools = st.toggle(
        "Also the ways in which people mean a word", key=state.WORDS_SCHOOLS,
        persist_state="session",
        help="“warm” is a bass shelf to some and a treble cut to others: each way is a preset of"
        " its own, found in the data in use.",
    )  # fmt: skip
    key = (
        format_.id, tuple(strengths), with_schools, models.model_ref().key,
        cached.data_key(state.dataset()),
    )  # fmt: skip
    st.button(
        "Make the zip", icon=":material/folder_zip:", type="primary", disabled=not strengths,
        on_click=state.want, args=(state.WORDS_WANTED,),
        help=None if strengths else "Choose one strength or more.",
    )  # fmt: skip
    if state.is_wanted(state.WORDS_WANTED):
        st.session_state[state.WORDS_WANTED] = key  # even if this is interrupted and begins anew
    if st.session_state.get(state.WORDS_WANTED) == key:
        _make(key, format_.id, strengths, with_schools)
    made: Made | None = st.session_state.get(state.WORDS_MADE)
    if made is not None and made.key == key:
        _draw_made(made, format_.id)


def _make(
    key: tuple[object, ...], format_id: str, strengths: list[float], with_schools: bool
) -> None:
    from neural_eq.presets.vocabulary import write_vocabulary

    place = st.empty()
    bar = place.progress(0.0, text="Beginning …")

    def hear(share: float, stage: str) -> None:
        bar.progress(share, text=f"{escaped(stage)} …")

    try:
        folder = ScratchFolder()
        made = write_vocabulary(
            models.model(), folder.path / "words.zip", format_id=format_id, strengths=strengths,
            data=state.dataset() if with_schools else None,
            provenance={"model_sha256": models.model_ref().key},
            on_progress=hear,
        )  # fmt: skip
    except NeuralEqError as error:
        result = Made(key, error=str(error))
    else:
        schools = f" and {made.n_schools} ways of meaning them" if made.n_schools else ""
        said = (
            f"{made.n_files} files: {made.n_words} words{schools}. Worst deviation of all:"
            f" **{take_home.deviation(made.proof)}**, 20 Hz–20 kHz."
        )
        reason = (made.proof.reason,) if made.proof.reason else ()
        result = Made(key, said, (*reason, *made.notes), folder=folder)
    place.empty()
    st.session_state[state.WORDS_MADE] = result
    st.session_state[state.WORDS_WANTED] = None


def _draw_made(made: Made, format_id: str) -> None:
    if made.folder is None:
        st.error(escaped(made.error))
        return
    st.markdown(made.said)
    for note in made.notes:
        st.caption(f":material/info: {escaped(note)}")
    path = made.folder.path / "words.zip"
    st.download_button(
        f"Download the zip for {FORMATS[format_id].label} ({path.stat().st_size / 1e3:,.0f} kB)",
        path.read_bytes, file_name=f"neural_eq_words_{format_id}.zip", mime="application/zip",
        icon=":material/download:", on_click="ignore", key="words_download",
    )  # fmt: skip
