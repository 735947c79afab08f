"""Presets from files: of any readable format, one by one or in a zip."""

from __future__ import annotations

import numpy as np
import streamlit as st

from neural_eq.errors import NeuralEqError
from neural_eq.presets.archive import MAX_ZIP_BYTES, is_zip, open_zip
from neural_eq.presets.opening import EXACT_DB, Opened, open_preset
from neural_eq.ui import figures, state
from neural_eq.ui.live import eq_editor
from neural_eq.ui.markdown import escaped
from neural_eq.ui.presets import facts, listing, using

MAX_SAID = 5
"""Files left out that are told one by one; the rest are counted."""


def draw() -> None:
    """Take files, show the one that is chosen, and pass it on."""
    st.file_uploader(
        "Presets of any software here, or a zip of them", accept_multiple_files=True,
        key=state.OPENED_UPLOAD, on_change=_take_files, max_upload_size=MAX_ZIP_BYTES >> 20,
        help="Neural EQ, Equalizer APO and AutoEq text, EasyEffects, CamillaDSP, OPRA, GraphicEQ,"
        " or a table of frequency and dB (CSV).",
    )  # fmt: skip
    _open_pending()
    for error in st.session_state.get(state.OPENED_ERRORS, ()):
        st.error(escaped(error))
    opened: dict[str, Opened] = st.session_state.get(state.OPENED, {})
    if not opened:
        st.info(
            "A file opens here with its curve and the words nearest to it. Other equalisers than"
            " five bands are fitted to ours, and how far off the fit is stands beside."
        )
        return
    _draw_opened(opened)


def _take_files() -> None:
    """Callback: note what was uploaded; it is opened as the page is drawn, which shows progress."""
    files = st.session_state.get(state.OPENED_UPLOAD) or ()
    st.session_state[state.PENDING_FILES] = [(file.name, file.getvalue()) for file in files]


def _open_pending() -> None:
    """Open what was uploaded; a bad file is said and takes nothing along."""
    session = st.session_state
    pending: list[tuple[str, bytes]] | None = session.get(state.PENDING_FILES)
    if pending is None:
        return
    found: list[Opened] = []
    errors: list[str] = []
    with st.empty():
        for number, (name, content) in enumerate(pending):
            bar = st.progress(number / len(pending), text=f"Opening {escaped(name)} …")

            def hear(done: int, total: int, bar=bar, name=name) -> None:
                bar.progress(done / total, text=f"Opening {escaped(name)}: {done} of {total} …")

            try:
                if is_zip(content):
                    inside = open_zip(content, name=name, on_progress=hear)
                    found += inside.opened
                    errors += _few(inside.left_out, name)
                    errors += [inside.ended] if inside.ended else []
                else:
                    found.append(open_preset(content, name=name))
            except NeuralEqError as error:
                errors.append(str(error))
        st.container()  # the bar has done its work
    opened: dict[str, Opened] = {}
    for one in found:
        label, number = one.preset.name, 2
        while label in opened:
            label, number = f"{one.preset.name} {number}", number + 1
        opened[label] = one
    session[state.OPENED], session[state.OPENED_ERRORS] = opened, errors
    session[state.PENDING_FILES] = None


def _few(left_out: tuple[str, ...], name: str) -> list[str]:
    """Say which files of a zip are no presets, in one paragraph."""
    if not left_out:
        return []
    rest = len(left_out) - MAX_SAID
    more = [f"And {rest} more."] if rest > 0 else []
    n = len(left_out)
    start = f"{n} file{'s' * (n > 1)} of {name} stay{'s' * (n == 1)} out."
    return [" ".join([start, *left_out[:MAX_SAID], *more])]


def _draw_opened(opened: dict[str, Opened]) -> None:
    name = next(iter(opened))
    if len(opened) > 1:
        name = st.selectbox(
            f"Opened: {len(opened)} presets", list(opened), key=state.OPENED_NAME,
            persist_state="session",
        )  # fmt: skip
        st.button(
            f"Save all {len(opened)} to library", icon=":material/bookmarks:",
            on_click=_keep, args=([one.preset for one in opened.values()],),
        )  # fmt: skip
    one = opened.get(name) or next(iter(opened.values()))
    preset = one.preset
    st.markdown(f"**{escaped(preset.name)}**, read as {escaped(one.format_label)}. {fit(one)}")
    for note in one.notes:
        st.caption(f":material/info: {escaped(note)}")
    eq_editor.draw_fixed(np.asarray(preset.params), name=preset.name, key="preset_opened")
    with st.spinner("Comparing with the words …"):
        nearest = facts.nearest_words([preset])[0]
    st.markdown(
        f"Nearest words: {escaped(listing.words(nearest))}.",
        help="The RMS difference in dB from the curve of each word's centre, 20 Hz to 20 kHz.",
    )
    with st.container(horizontal=True):
        using.buttons(preset, key="opened")
        st.button(
            "Save to library", icon=":material/bookmark_add:", key="opened_save",
            on_click=_keep, args=([preset],),
        )  # fmt: skip
    with st.expander("Its five bands"):
        st.markdown(figures.bands_markdown(np.asarray(preset.params)))


def fit(one: Opened) -> str:
    """Say how far the five bands are from what the file holds."""
    if one.worst_db < EXACT_DB:
        return "Its five bands are taken exactly."
    return f"Fitted to five bands: at worst **{one.worst_db:.2f} dB** off, 20 Hz–20 kHz."


def _keep(presets: list) -> None:
    """Callback: put what was opened into the library, and show it there."""
    using.keep(presets)
    if not st.session_state[state.PRESETS_ERROR]:
        st.session_state[state.PRESETS_VIEW] = "Library"
