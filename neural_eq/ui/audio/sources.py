"""Where the sound comes from: a demo clip, files of one's own, or the microphone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from neural_eq.data.audio_file import AudioFile, minutes, open_audio
from neural_eq.errors import NeuralEqError, OutputError
from neural_eq.files import ScratchFolder, written_whole
from neural_eq.ui import cached, state
from neural_eq.ui.audio import waveform
from neural_eq.ui.audio.take import EXCERPT_S, Excerpt
from neural_eq.ui.markdown import escaped

OWN_FILES, MICROPHONE = "own", "microphone"
SUFFIXES = ("wav", "flac", "ogg", "mp3", "aiff", "aif")
RECORDING_SAMPLE_RATE = 48000
_PLACES = {OWN_FILES: "Files of your own", MICROPHONE: "Your microphone"}


@dataclass(frozen=True)
class Sound:
    """A sound that was chosen.

    Attributes:
        key: Equal keys, equal content.
        file: Where it lies.
    """

    key: str
    file: AudioFile


def chosen() -> Sound | None:
    """Draw the choice of a sound; None until there is one."""
    places = [*cached.clip_paths(), *_PLACES]
    if st.session_state[state.CLIP] not in places:
        st.session_state[state.CLIP] = places[0]
    place = st.selectbox(
        "Sound", places, key=state.CLIP, persist_state="session",
        format_func=_title,
    )  # fmt: skip
    if place == OWN_FILES:
        sound = _own_file()
    elif place == MICROPHONE:
        sound = _recording()
    else:
        sound = Sound(place, cached.clip_file(place))
    return sound


def is_demo(sound: Sound) -> bool:
    """Whether it is one of our own clips, each of which runs into its beginning without a seam."""
    return sound.key in cached.clip_paths()


def current() -> Sound:
    """Return the sound that was chosen, without drawing the choice.

    Until there is a file or a recording where one is to be, it is the demo clip before.
    """
    return _current()[1]


def _current() -> tuple[str, Sound]:
    """The sound that was chosen, after its id."""
    session = st.session_state
    place = session[state.CLIP]
    if place == OWN_FILES and (files := _own_files()):
        sound = files.get(session.get(state.OWN_FILE, "")) or next(iter(files.values()))
        return f"{OWN_FILES}/{sound.key}", sound
    if place == MICROPHONE and session.get(state.RECORDING) is not None:
        return MICROPHONE, session[state.RECORDING]
    clips = cached.clip_paths()
    name = next(name for name in (place, session.get(state.LAST_CLIP), *clips) if name in clips)
    session[state.LAST_CLIP] = name
    return name, Sound(name, cached.clip_file(name))


def all_names() -> dict[str, str]:
    """Return every sound that can be chosen at once, by an id that :func:`choose` knows."""
    found = {name: _title(name) for name in cached.clip_paths()}
    found |= {f"{OWN_FILES}/{key}": sound.file.name for key, sound in _own_files().items()}
    if st.session_state.get(state.RECORDING) is not None:
        found[MICROPHONE] = "Your recording"
    return found


def current_id() -> str:
    """Return which of :func:`all_names` is chosen."""
    return _current()[0]


def choose(sound_id: str) -> None:
    """Callback: take another sound; one that is gone changes nothing."""
    if sound_id not in all_names():
        return
    place, _, key = sound_id.partition("/")
    st.session_state[state.CLIP] = place
    if key:
        st.session_state[state.OWN_FILE] = key


def _title(place: str) -> str:
    return _PLACES.get(place) or place.replace("_", " ").capitalize()


def to_render(sound: Sound) -> list[Sound]:
    """Return what a download is made of: all files of one's own, or the one sound."""
    if st.session_state[state.CLIP] == OWN_FILES:
        return list(_own_files().values())
    return [sound]


def excerpt_input(sound: Sound) -> Excerpt:
    """Draw the choice of the part that is heard, where the sound is longer; read it."""
    start_s, duration_s = 0, sound.file.duration_s
    key = state.EXCERPT_PREFIX + sound.key
    latest_s = max(0, int(duration_s) - EXCERPT_S + 1)
    picture = st.container()
    if duration_s > EXCERPT_S:
        start_s = st.slider(
            "Measured from (seconds)", 0, latest_s, key=key, persist_state="session",
            format="%d s",
            help=f"{EXCERPT_S} seconds are measured here and heard in the blind test; the player"
            " and a download have the whole. A press on the picture moves them too.",
        )  # fmt: skip
        end_s = min(start_s + EXCERPT_S, duration_s)
        st.caption(
            f"Measured: {minutes(start_s)} to {minutes(end_s)} of {minutes(duration_s)};"
            " the player and a download have the whole."
        )

    def move(start_s: float) -> None:
        st.session_state[key] = min(latest_s, max(0, round(start_s)))

    with picture:
        waveform.draw(
            sound.key, name=sound.file.name, duration_s=duration_s, start_s=start_s,
            length_s=EXCERPT_S, on_choice=move,
        )  # fmt: skip
    return cached.excerpt(sound.key, start_s, sound.file)


def _own_files() -> dict[str, Sound]:
    return st.session_state.get(state.OWN_FILES, {})


def _own_file() -> Sound | None:
    turn = st.session_state.get(state.UPLOAD_TURN, 0)
    st.file_uploader(
        "Your sounds (WAV, FLAC, OGG, MP3 or AIFF, up to 200 MB each)",
        type=SUFFIXES,
        accept_multiple_files=True,
        key=f"{state.AUDIO_UPLOAD}_{turn}",
        on_change=_take_files,
    )
    for sentence in st.session_state.get(state.AUDIO_ERROR, ()):
        st.error(escaped(sentence))
    files = _own_files()
    if not files:
        st.info("Choose one file or several to hear the EQ on them, or take a sound from the list.")
        return None
    if st.session_state.get(state.OWN_FILE) not in files:
        st.session_state[state.OWN_FILE] = next(iter(files))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = st.selectbox(
            f"Your files ({len(files)}): the one you hear", list(files), key=state.OWN_FILE,
            persist_state="session", format_func=lambda k: files[k].file.name if k in files else k,
        )  # fmt: skip
        st.button("Remove", icon=":material/delete:", on_click=_remove, args=(key,))
    st.caption(f"{escaped(files[key].file.describe())}.")
    return files[key]


def _take_files() -> None:
    """Callback: keep the uploaded sounds; a bad one is named and changes nothing else."""
    turn = st.session_state.get(state.UPLOAD_TURN, 0)
    uploads = st.session_state.get(f"{state.AUDIO_UPLOAD}_{turn}") or []
    files, errors = dict(_own_files()), []
    for upload in uploads:
        try:
            sound = _kept(upload)
        except NeuralEqError as error:
            errors.append(str(error))
        else:
            files[sound.key] = sound
            st.session_state[state.OWN_FILE] = sound.key
    st.session_state[state.OWN_FILES] = files
    st.session_state[state.AUDIO_ERROR] = tuple(errors)
    # a fresh uploader: the old one would hold the files in memory a second time
    st.session_state[state.UPLOAD_TURN] = turn + 1


def _remove(key: str) -> None:
    """Callback: forget a file."""
    files = dict(_own_files())
    sound = files.pop(key, None)
    if sound is not None:
        sound.file.path.unlink(missing_ok=True)
    st.session_state[state.OWN_FILES] = files


def _recording() -> Sound | None:
    st.audio_input(
        "Record a sound", sample_rate=RECORDING_SAMPLE_RATE, key=state.MICROPHONE,
        on_change=_take_recording,
    )  # fmt: skip
    for sentence in st.session_state.get(state.AUDIO_ERROR, ()):
        st.error(escaped(sentence))
    sound = st.session_state.get(state.RECORDING)
    if sound is None:
        st.info("Press the microphone, allow it in the browser, and press again to stop.")
    else:
        st.caption(f"{escaped(sound.file.describe())}.")
    return sound


def _take_recording() -> None:
    """Callback: keep what was recorded; taken away, the last one stays."""
    upload = st.session_state.get(state.MICROPHONE)
    st.session_state[state.AUDIO_ERROR] = ()
    if upload is None:
        return
    try:
        st.session_state[state.RECORDING] = _kept(upload, name="recording.wav")
    except NeuralEqError as error:
        st.session_state[state.AUDIO_ERROR] = (str(error),)


def _kept(upload: Any, *, name: str | None = None) -> Sound:
    """Write an upload into the session's folder and read its header.

    Raises:
        AudioError: If it is no audio.
        OutputError: If there is no room for it.
    """
    title, content = name or upload.name, upload.getvalue()  # getbuffer() would copy it
    key = hashlib.sha256(content).hexdigest()[:24]
    path = sounds_folder() / key
    if not path.exists():
        try:
            with written_whole(path) as file:
                file.write(content)
        except OutputError as error:
            raise OutputError(
                f"{title} cannot be kept: {getattr(error.__cause__, 'strerror', None) or error}."
                " Free some space on the server's disk, or choose a shorter sound."
            ) from error
    try:
        return Sound(key, open_audio(path, name=title))
    except NeuralEqError:
        path.unlink(missing_ok=True)
        raise


def sounds_folder() -> Path:
    """The session's folder of sounds; it goes when the session does."""
    if state.SOUND_FOLDER not in st.session_state:
        st.session_state[state.SOUND_FOLDER] = ScratchFolder()
    return st.session_state[state.SOUND_FOLDER].path
