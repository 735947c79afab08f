"""The equalised sound as a file: at once where it is short, else rendered with progress."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from neural_eq.data.audio_encoding import planned, words
from neural_eq.data.audio_io import encode_audio
from neural_eq.data.file_rendering import Treatment
from neural_eq.eq.render import apply_eq
from neural_eq.errors import AudioError, OutputError
from neural_eq.ui import state
from neural_eq.ui.audio.applied import Applied
from neural_eq.ui.audio.rendering import Rendering
from neural_eq.ui.audio.sources import Sound, to_render
from neural_eq.ui.audio.take import EXCERPT_S, Excerpt
from neural_eq.ui.markdown import escaped
from neural_eq.ui.redrawing import redrawn

FORMATS = {"WAV": (".wav", "audio/wav"), "FLAC": (".flac", "audio/flac")}
_DEPTHS = {"WAV": ("PCM_16", "PCM_24", "FLOAT"), "FLAC": ("PCM_16", "PCM_24")}
AS_SOURCE = "source"
_POLL_S = 0.5


def draw(sound: Sound, source: Excerpt, eq: Applied) -> None:
    """Draw the format and the download: of the one sound, or of all files as a zip."""
    sounds = to_render(sound)
    st.subheader("Download", anchor=False)
    try:
        treatment = _treatment(sound, eq)
    except AudioError as error:
        st.error(escaped(str(error)))
        return
    if len(sounds) > 1 and st.toggle(
        "Only the file that is heard", key=state.ONLY_HEARD, persist_state="session",
        help=f"Off, all {len(sounds)} files are rendered, as one zip.",
    ):  # fmt: skip
        sounds = [sound]
    if len(sounds) == 1 and sound.file.duration_s <= EXCERPT_S:
        _draw_quick(sound, source, treatment)
        return
    _draw_rendering(sounds, treatment)


def _treatment(sound: Sound, eq: Applied) -> Treatment:
    """Draw the choice of format and depth."""
    left, right = st.columns(2, vertical_alignment="bottom")
    chosen = left.segmented_control(
        "File format", list(FORMATS), key=state.AUDIO_FORMAT, persist_state="session",
        required=True, width="stretch",
    )  # fmt: skip
    format_ = chosen or next(iter(FORMATS))
    suffix = FORMATS[format_][0]
    depths = (AS_SOURCE, *_DEPTHS[format_])
    if st.session_state[state.AUDIO_DEPTH] not in depths:
        st.session_state[state.AUDIO_DEPTH] = AS_SOURCE
    own = planned(sound.file, suffix=suffix)
    own_depth = words(own.subtype)
    depth = right.selectbox(
        "Bit depth", depths, key=state.AUDIO_DEPTH, persist_state="session",
        format_func=lambda d: f"As the source ({own_depth})" if d == AS_SOURCE else words(d),
        help="Rate and channels are always those of the source.",
    )  # fmt: skip
    for note in own.notes if depth == AS_SOURCE else ():
        st.caption(f":material/info: {escaped(note)}")
    return Treatment(
        eq.params, eq.stem, level_match=st.session_state[state.LEVEL_MATCH],
        clip_guard=st.session_state[state.CLIP_GUARD], suffix=suffix,
        subtype=None if depth == AS_SOURCE else depth,
    )  # fmt: skip


def _draw_quick(sound: Sound, source: Excerpt, treatment: Treatment) -> None:
    """Offer a sound that was heard whole: it is made when the button is pressed."""

    def content() -> bytes:
        audio = source.audio
        rendered = apply_eq(
            audio.samples, treatment.params, audio.sample_rate,
            level_match=treatment.level_match, clip_guard=treatment.clip_guard,
        )  # fmt: skip
        made = replace(audio, samples=rendered.samples)
        return encode_audio(made, suffix=treatment.suffix, subtype=treatment.subtype).content

    format_ = treatment.suffix[1:].upper()
    st.download_button(
        f"Download as {format_}", content, file_name=treatment.file_name(sound.file),
        mime=FORMATS[format_][1], icon=":material/download:", type="primary", on_click="ignore",
    )  # fmt: skip


def _draw_rendering(sounds: list[Sound], treatment: Treatment) -> None:
    """Offer to render, show how far it is, and offer the result."""
    key = (tuple(sound.key for sound in sounds), treatment.params.tobytes(), *_switches(treatment))
    what = f"all {len(sounds)} files" if len(sounds) > 1 else "the whole sound"
    if state.is_wanted(state.RENDERING):
        _start(sounds, treatment, key)
    running = st.session_state.get(state.RENDERING)
    is_live = running is not None and running.is_live
    st.button(
        f"Render {what}", icon=":material/graphic_eq:", type="primary", disabled=is_live,
        on_click=state.want, args=(state.RENDERING,),
        help="Goes on while you work elsewhere in the app.",
    )  # fmt: skip
    if is_live:
        _progress()
    elif running is not None:
        _draw_result(running, is_current=running.key == key)


def _switches(treatment: Treatment) -> tuple[object, ...]:
    return (treatment.level_match, treatment.clip_guard, treatment.suffix, treatment.subtype)


def _start(sounds: list[Sound], treatment: Treatment, key: object) -> None:
    """Render in the background."""
    try:
        files = [sound.file for sound in sounds]
        st.session_state[state.RENDERING] = Rendering(files, treatment, key=key)
    except OutputError as error:
        st.session_state.pop(state.RENDERING, None)
        st.toast(escaped(str(error)), icon=":material/error:")


@redrawn(_POLL_S)
def _progress() -> None:
    running = st.session_state[state.RENDERING]
    if not running.is_live:
        st.rerun()
    st.progress(running.share, text=f"{escaped(running.stage)} … {running.share:.0%}")
    st.button("Cancel", icon=":material/close:", on_click=running.cancel)


def _draw_result(done: Rendering, *, is_current: bool) -> None:
    """Offer what was rendered, or say why it was not."""
    result = done.result
    if result is None:
        st.error(escaped(done.error))
        return
    if not is_current:
        st.caption(
            f":material/info: The file below was made with {escaped(done.treatment.label)}, before"
            " you chose anew: render again for the present choice."
        )
    what = "the zip" if result.path.suffix == ".zip" else "the sound"
    size_mb = result.path.stat().st_size / 1e6
    st.download_button(
        f"Download {what} ({size_mb:,.1f} MB)",
        result.path.read_bytes, file_name=result.file_name, icon=":material/download:",
        on_click="ignore",
    )  # fmt: skip
    if result.n_failed:
        count = result.n_made + result.n_failed
        st.warning(f"{result.n_failed} of {count} files could not be used and are left out.")
    notes = [f"- {escaped(note)}" for note in result.notes]
    if notes:
        with st.expander("What was done", expanded=len(notes) < 5):
            st.markdown("\n".join(notes))
