"""The blind test: begun, answered trial by trial, and judged."""

from __future__ import annotations

import math
import secrets
import struct
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from neural_eq.eq import abx
from neural_eq.ui import cached, state
from neural_eq.ui.audio import blind_pairs, player, sources
from neural_eq.ui.audio.sources import Sound
from neural_eq.ui.audio.take import Excerpt
from neural_eq.ui.markdown import escaped

ALIKE_DB = 0.01
"""Curves nearer than this are the same setting."""

_DISGUISE_BYTES = 16


@dataclass(frozen=True)
class BlindTest:
    """A test that is going on or done, with the sounds that it plays.

    Attributes:
        abx: The trials and the answers.
        wavs: What A and B are.
        x: What X is in this trial: the same sound as one of them, in other bytes.
        sound: Which sound it is.
        sample_rate: In Hz.
        duration_s: Of each.
        difference_db: RMS difference of both curves, 20 Hz to 20 kHz.
    """

    abx: abx.AbxTest
    wavs: tuple[bytes, bytes]
    x: bytes
    sound: str
    sample_rate: int
    duration_s: float
    difference_db: float


def current() -> BlindTest | None:
    """Return the session's test, if there is one."""
    return st.session_state.get(state.BLIND_TEST)


def disguised(wav: bytes) -> bytes:
    """Return a WAV file of the same sound and size as any other, but of other bytes.

    The browser asks for files by a name made of their content: without this, X would have the
    name of A or of B.
    """
    noise = secrets.token_bytes(_DISGUISE_BYTES)
    chunk = struct.pack("<4sI", b"JUNK", len(noise)) + noise
    body = wav[8:] + chunk
    return wav[:4] + struct.pack("<I", len(body)) + body


def draw() -> None:
    """Draw the test that is going on, its result, or what a new one needs."""
    test = current()
    if test is None:
        _draw_setup()
    elif test.abx.is_done:
        _draw_result(test)
    else:
        _draw_trial(test)


def _draw_setup() -> None:
    st.markdown(
        "A and B are two versions of a sound, X is one of them: can you tell which? A coin is"
        " tossed for each trial, and all are equally loud."
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        sound = sources.chosen()
        excerpt = sources.excerpt_input(sound) if sound else None
        place = st.container()
    with right:
        _draw_choice(sound, excerpt, place)


def _draw_choice(sound: Sound | None, source: Excerpt | None, place: Any) -> None:
    """Draw what is compared, the button that begins, and at a place the rehearsal."""
    pair = blind_pairs.pair_input()
    n_trials = st.slider(
        "Trials", abx.MIN_TRIALS, 25, key=state.BLIND_TRIALS, persist_state="session",
        help="More trials find smaller differences; 10 to 16 is usual.",
    )  # fmt: skip
    needed = abx.needed_right(n_trials)
    st.caption(f"{needed} of {n_trials} right would show a difference; fewer could be luck.")
    if pair is None or sound is None or source is None:
        return
    trouble = _trouble(pair, source)
    if trouble:
        st.info(trouble)
    if state.is_wanted(state.BLIND_TEST) and not trouble:
        _begin(sound, source, pair, n_trials)
        st.rerun()
    st.button(
        "Start the test", icon=":material/hearing:", type="primary", disabled=bool(trouble),
        on_click=state.want, args=(state.BLIND_TEST,),
    )  # fmt: skip
    if not trouble:
        with place:
            _draw_rehearsal(sound, source, pair)


def _trouble(pair: blind_pairs.Pair, source: Excerpt) -> str:
    """Say why these cannot be compared; empty if they can."""
    apart_db = blind_pairs.difference_db(pair)
    if apart_db < ALIKE_DB:
        return (
            f"The curves of A and B differ by {apart_db:.4f} dB (RMS), which nobody hears: choose"
            " two that differ."
        )
    if not math.isfinite(source.side.loudness_lufs):
        return "This part of the sound is silent: choose another, or another part."
    return ""


def _wavs(sound: Sound, source: Excerpt, pair: blind_pairs.Pair) -> tuple[bytes, bytes]:
    first, second = (eq.params for eq in pair)
    names = first.tobytes(), second.tobytes()
    return cached.equal_wavs(sound.key, source.start_s, names, source, first, second)


def _draw_rehearsal(sound: Sound, source: Excerpt, pair: blind_pairs.Pair) -> None:
    """Let both versions be heard, before it counts."""
    st.markdown("**Hear both before it counts**")
    wavs = zip(("A", "B"), _wavs(sound, source, pair), strict=True)
    player.draw(
        [player.Version(label, label.lower(), wav) for label, wav in wavs],
        key="rehearsal", sound=f"{sound.key} {source.start_s}",
        sample_rate=source.audio.sample_rate, duration_s=source.audio.duration_s,
        hint="Both run together and are equally loud. Keys A and B switch.",
    )  # fmt: skip
    a, b = (escaped(eq.label) for eq in pair)
    st.markdown(f"A is **{a}**, B is **{b}**.")


def _begin(sound: Sound, source: Excerpt, pair: blind_pairs.Pair, n_trials: int) -> None:
    """Begin with both versions as they are rehearsed."""
    audio = source.audio
    a, b = (disguised(wav) for wav in _wavs(sound, source, pair))
    test = abx.begin(pair[0].label, pair[1].label, n_trials=n_trials)
    st.session_state[state.BLIND_TEST] = BlindTest(
        test, (a, b), _x(test, (a, b)), sound.file.name, audio.sample_rate, audio.duration_s,
        blind_pairs.difference_db(pair),
    )  # fmt: skip
    st.session_state[state.BLIND_SHOW_SCORE] = False


def _again(test: BlindTest) -> None:
    """Callback: the same comparison anew."""
    a = test.abx
    fresh = abx.begin(a.label_a, a.label_b, n_trials=max(a.n_trials, abx.MIN_TRIALS))
    st.session_state[state.BLIND_TEST] = replace(test, abx=fresh, x=_x(fresh, test.wavs))


def _answer(trial: int, said_a: bool) -> None:
    """Callback: take an answer, once."""
    test = current()
    if test is None or test.abx.n_answered != trial:
        return
    answered = test.abx.answered(said_a)
    st.session_state[state.BLIND_TEST] = replace(test, abx=answered, x=_x(answered, test.wavs))


def _x(test: abx.AbxTest, wavs: tuple[bytes, bytes]) -> bytes:
    """What X is now, under a new disguise in place of the old one."""
    wav = wavs[0 if test.current_is_a else 1]
    return disguised(wav[: -8 - _DISGUISE_BYTES])


def _stop() -> None:
    """Callback: end the test with the answers it has; without any, drop it."""
    test = current()
    if test is not None and test.abx.n_answered:
        st.session_state[state.BLIND_TEST] = replace(test, abx=test.abx.stopped())
    else:
        _drop()


def _drop() -> None:
    """Callback: forget the test."""
    st.session_state.pop(state.BLIND_TEST, None)


def _draw_trial(test: BlindTest) -> None:
    number, n_trials = test.abx.n_answered, test.abx.n_trials
    st.progress(number / n_trials, text=f"Trial {number + 1} of {n_trials}")
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown("Is **X** the sound of **A** or of **B**? Switch as often as you like.")
        labels = (("A", test.wavs[0]), ("B", test.wavs[1]), ("X", test.x))
        player.draw(
            [player.Version(label, label.lower(), wav) for label, wav in labels],
            key="blind_player", sound=test.sound, sample_rate=test.sample_rate,
            duration_s=test.duration_s, trial=number,
            hint="All three run together and are equally loud. Keys A, B and X switch.",
        )  # fmt: skip
        for column, letter in zip(st.columns(2), "AB", strict=True):
            column.button(
                f"X is {letter}", width="stretch", shortcut=f"Shift+{letter}",
                on_click=_answer, args=(number, letter == "A"),
            )  # fmt: skip
    with right:
        if st.toggle(
            "Show my score so far", key=state.BLIND_SHOW_SCORE, persist_state="session",
            help="Hidden, since knowing it may change how you answer.",
        ):  # fmt: skip
            st.caption(f"{test.abx.n_right} of {number} right, p = {test.abx.p_value:.3f}.")
        st.button(
            "Stop here", icon=":material/stop:", on_click=_stop,
            help="Ends the test with the answers so far. To stop just when the score looks good"
            " makes luck look like hearing.",
        )  # fmt: skip


def _draw_result(test: BlindTest) -> None:
    result = test.abx
    st.subheader("The result", anchor=False)
    left, right = st.columns(2)
    left.metric("Right answers", f"{result.n_right} of {result.n_answered}")
    right.metric("p-value (one-sided binomial)", f"{result.p_value:.3g}")
    st.markdown(abx.verdict(result))
    st.markdown(
        f"A was **{escaped(result.label_a)}**, B was **{escaped(result.label_b)}**, on"
        f" {escaped(test.sound)}. Their curves differ by {test.difference_db:.1f} dB (RMS, 20 Hz to"
        " 20 kHz), and both were equally loud."
    )
    with st.container(horizontal=True):
        st.download_button(
            "Download the answers (CSV)", abx.answers_csv(result, sound=test.sound),
            file_name="blind_test.csv", mime="text/csv", icon=":material/download:",
            on_click="ignore",
        )  # fmt: skip
        st.button("The same again", icon=":material/replay:", on_click=_again, args=(test,))
        st.button("Another test", icon=":material/tune:", on_click=_drop)
