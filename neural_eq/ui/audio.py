"""What the Audio page shows: a sound before and after the current EQ."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from neural_eq.data.audio_io import Audio, encode_audio, read_audio
from neural_eq.eq.loudness import integrated_loudness_lufs
from neural_eq.eq.render import Rendered, apply_eq
from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.errors import NeuralEqError
from neural_eq.ui import cached, figures, state
from neural_eq.ui.current_eq import CurrentEq, file_stem

OWN_FILE = "own"
SUFFIXES = ("wav", "flac", "ogg", "mp3", "aiff", "aif")
PREVIEW_S = 300
"""Longest part that the players hold; the download has everything."""

FLAC_MAX_CHANNELS = 8
FORMATS = {"WAV": (".wav", "audio/wav"), "FLAC": (".flac", "audio/flac")}


@dataclass(frozen=True)
class Take:
    """A sound before and after an EQ.

    Attributes:
        before: The source.
        after: The same, equalised.
        rendered: How its level was treated.
        before_lufs: Integrated loudness of the source.
        after_lufs: Of the result.
        before_wav: The source for the player, 16-bit.
        after_wav: The result for the player, 16-bit.
    """

    before: Audio
    after: Audio
    rendered: Rendered
    before_lufs: float
    after_lufs: float
    before_wav: bytes
    after_wav: bytes


def source_input() -> Audio | None:
    """Draw the choice of a sound; None until there is one."""
    names = [*cached.clip_paths(), OWN_FILE]
    if st.session_state[state.CLIP] not in names:
        st.session_state[state.CLIP] = names[0]
    clip = st.selectbox(
        "Sound", names, key=state.CLIP, persist_state="session",
        format_func=lambda n: "A file of your own" if n == OWN_FILE else _title(n),
    )  # fmt: skip
    if clip != OWN_FILE:
        return cached.clip(clip)
    st.file_uploader(
        "Your sound (WAV, FLAC, OGG, MP3 or AIFF)",
        type=SUFFIXES,
        key=state.AUDIO_UPLOAD,
        on_change=take_audio,
    )
    if st.session_state.get(state.AUDIO_ERROR):
        st.error(st.session_state[state.AUDIO_ERROR])
    audio = st.session_state.get(state.OWN_AUDIO)
    if audio is None:
        st.info("Choose a file to hear the EQ on it, or take one of the sounds above.")
    else:
        st.caption(
            f"{audio.name}: {_minutes(audio.duration_s)}, {audio.n_channels}"
            f" channel{'s' * (audio.n_channels != 1)} at {audio.sample_rate:,} Hz."
        )
    return audio


def take_audio() -> None:
    """Callback: read the uploaded sound; a bad file changes nothing else."""
    file = st.session_state.get(state.AUDIO_UPLOAD)
    st.session_state[state.AUDIO_ERROR] = ""
    if file is None:
        return
    content = file.getvalue()
    try:
        audio = read_audio(content, name=file.name)
    except NeuralEqError as error:
        st.session_state[state.AUDIO_ERROR] = str(error)
        return
    st.session_state[state.OWN_AUDIO] = audio
    st.session_state[state.OWN_AUDIO_KEY] = hashlib.sha256(content).hexdigest()


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


def take(audio: Audio, eq: CurrentEq) -> Take:
    """Equalise a sound, or return what this session heard last if nothing changed."""
    clip = st.session_state[state.CLIP]
    level_match, clip_guard = (st.session_state[k] for k in (state.LEVEL_MATCH, state.CLIP_GUARD))
    name = st.session_state[state.OWN_AUDIO_KEY] if clip == OWN_FILE else clip
    key = (name, eq.params.tobytes(), level_match, clip_guard)
    kept = st.session_state.get(state.LAST_TAKE)
    if kept is not None and kept[0] == key:
        return kept[1]
    with st.spinner("Applying the EQ …"):
        rendered = apply_eq(
            audio.samples, eq.params, audio.sample_rate,
            level_match=level_match, clip_guard=clip_guard,
        )  # fmt: skip
        after = replace(audio, samples=rendered.samples)
        before_lufs, after_lufs = rendered.loudness_before_lufs, rendered.loudness_after_lufs
        if before_lufs is None:
            before_lufs = integrated_loudness_lufs(audio.samples, audio.sample_rate)
        if after_lufs is None:
            after_lufs = integrated_loudness_lufs(after.samples, audio.sample_rate)
        made = Take(
            audio, after, rendered, before_lufs, after_lufs, _preview(audio), _preview(after)
        )
    st.session_state[state.LAST_TAKE] = (key, made)
    return made


def _preview(audio: Audio) -> bytes:
    """The first minutes as a WAV file: ``st.audio`` would normalise arrays, and undo all levels."""
    part = audio.samples[: PREVIEW_S * audio.sample_rate]
    return encode_audio(replace(audio, samples=part), suffix=".wav", subtype="PCM_16").content


def draw_players(made: Take) -> None:
    """Draw both players with loudness and true peak, and what there is to say."""
    is_clip = st.session_state[state.CLIP] != OWN_FILE  # clips are made to go round
    columns = st.columns(2)
    rows = (
        ("Before", made.before_wav, made.before_lufs, made.rendered.true_peak_before_dbtp),
        ("After", made.after_wav, made.after_lufs, made.rendered.true_peak_after_dbtp),
    )
    for column, (title, wav, lufs, peak_dbtp) in zip(columns, rows, strict=True):
        column.markdown(f"**{title}**")
        column.audio(wav, format="audio/wav", loop=is_clip, alt=f"{title} the EQ")
        column.caption(f"{_level(lufs)} LUFS, true peak {_level(peak_dbtp)} dBTP")
    for note in made.rendered.notes:
        st.caption(f":material/info: {note}")
    if made.before.duration_s > PREVIEW_S:
        st.caption(f"The players hold the first {PREVIEW_S // 60} minutes; the download has all.")


def draw_download(made: Take, eq: CurrentEq) -> None:
    """Offer the equalised sound as a file."""
    formats = list(FORMATS)[: 1 if made.after.n_channels > FLAC_MAX_CHANNELS else 2]
    if st.session_state[state.AUDIO_FORMAT] not in formats:
        st.session_state[state.AUDIO_FORMAT] = formats[0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.segmented_control(
            "File format", formats, key=state.AUDIO_FORMAT, persist_state="session", required=True
        )
        suffix, mime = FORMATS[chosen or formats[0]]
        st.download_button(
            f"Download as {chosen or formats[0]}",
            _encoder(made.after, suffix),
            file_name=f"{Path(made.before.name).stem}_{file_stem(eq)}{suffix}",
            mime=mime,
            icon=":material/download:",
            type="primary",
            on_click="ignore",
        )


def _encoder(audio: Audio, suffix: str) -> Callable[[], bytes]:
    """Encode only when the button is pressed."""
    return lambda: encode_audio(audio, suffix=suffix).content


def draw_eq(eq: CurrentEq) -> None:
    """Draw the curve of the EQ that is applied."""
    freq_hz = log_frequencies(cached.N_FREQS)
    curve = figures.Curve("EQ", response_db(eq.params, freq_hz), figures.MORPH_COLOUR, width=3)
    figure = figures.response_figure(freq_hz, [curve], height=260)
    figure.update_layout(showlegend=False)
    st.plotly_chart(
        figure, key="audio_curve", config={"displaylogo": False}, alt=f"EQ curve of {eq.label}"
    )


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _level(value: float) -> str:
    return f"{value:.1f}".replace("-", "−") if math.isfinite(value) else "−∞"


def _minutes(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:04.1f} min"
