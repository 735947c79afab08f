"""What a blind test may compare: bypass and EQ, two words, two models, two routes."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from neural_eq.eq.params import DEFAULT
from neural_eq.eq.response import curve_error_db
from neural_eq.model.guide_words import guide_words
from neural_eq.ui import cached, models, state
from neural_eq.ui.audio import applied
from neural_eq.ui.audio.applied import Applied, word_input
from neural_eq.ui.markdown import escaped
from neural_eq.ui.morph.inputs import ROUTES as ROUTE_WORDS

BYPASS, WORDS, MODELS, ROUTES = "bypass", "words", "models", "routes"
LABELS = {
    BYPASS: "Bypass and an EQ",
    WORDS: "Two words",
    MODELS: "Two models",
    ROUTES: "Two routes",
}

_GUIDE = "guide "
MIDDLE, FARTHEST = "middle", "farthest"
_OF_WORD = {
    MIDDLE: "The middle of its settings",
    FARTHEST: "The one setting they give back most differently",
}

Pair = tuple[Applied, Applied]


def pair_input() -> Pair | None:
    """Draw the choice of what is compared; None until there are two."""
    kind = st.selectbox(
        "What you compare", list(LABELS), key=state.BLIND_PAIR, persist_state="session",
        format_func=LABELS.__getitem__,
    )  # fmt: skip
    if kind == BYPASS:
        eq = applied.inputs()
        return None if eq is None else (Applied("Bypass", DEFAULT.copy()), eq)
    draw = {WORDS: _words, MODELS: _models, ROUTES: _routes}[kind]
    return draw()


def difference_db(pair: Pair) -> float:
    """Return the RMS difference of both curves over 20 Hz to 20 kHz."""
    return float(curve_error_db(pair[0].params[None], pair[1].params[None])[0][0])


def _key(name: str) -> str:
    return state.BLIND_PREFIX + name


def _words() -> Pair:
    from neural_eq.latent.terms import word_point

    left, right = st.columns(2)
    with left:
        first = word_input("A", key=_key("word_a"), first="warm")
    with right:
        second = word_input("B", key=_key("word_b"), first="bright")
    model = models.model()
    a, b = (Applied(word, word_point(model, word).params) for word in (first, second))
    return a, b


def _models() -> Pair | None:
    refs = models.model_refs()
    labels = {f"{_GUIDE}{name}": f"The guide's {name}" for name in guide_words()}
    labels |= {model_id: ref.label for model_id, ref in refs.items()}
    rest: dict[str, Any] = {"persist_state": "session"}
    chosen = []
    for label, place in (("A", 0), ("B", 1)):
        key = _key(f"model_{label}")
        if st.session_state.get(key) not in labels:
            st.session_state[key] = list(labels)[place]
        chosen.append(
            st.selectbox(
                f"Model {label}", list(labels), key=key,
                format_func=lambda i: labels.get(i, i), **rest,
                help="The guide's V2 and V3 are the networks that Neural EQ descends from, trained"
                " on SAFE-DB as their guide says."
            )
        )  # fmt: skip
    known = [_words_of(model_id) for model_id in chosen]
    shared = [word for word in known[0] if word in known[1]]
    if not shared:
        st.info("These two models share no word: choose models of the same data.")
        return None
    key = _key("word")
    if st.session_state.get(key) not in shared:
        st.session_state[key] = "bright" if "bright" in shared else shared[0]
    word = st.selectbox("Word", shared, key=key, **rest)
    label, made = word, [_word_by(model_id, word) for model_id in chosen]
    if any(model_id.startswith(_GUIDE) for model_id in chosen):
        st.caption("Of the guide's models the middle of each word is at hand.")
    elif _of_word() == FARTHEST:
        farthest = _farthest(word, *chosen)
        if farthest is None:
            st.info(f"The data in use has no setting of “{escaped(word)}”.")
            return None
        label, *made = farthest
    first, second = (
        Applied(f"{label} by {labels[model_id]}", params)
        for model_id, params in zip(chosen, made, strict=True)
    )
    return first, second


def _of_word() -> str:
    st.session_state.setdefault(_key("of_word"), MIDDLE)
    return st.radio(
        "What of it", list(_OF_WORD), key=_key("of_word"), persist_state="session",
        format_func=_OF_WORD.__getitem__,
        help="Models that learned the same settings agree on a word's middle; how exactly they give"
        " back one setting may still be heard.",
    )  # fmt: skip


def _farthest(word: str, first: str, second: str) -> tuple[str, np.ndarray, np.ndarray] | None:
    """The setting of a word that two models give back most differently: its name, then theirs."""
    rows, _ = cached.shown_rows(state.dataset())
    numbers = np.flatnonzero(rows.terms == word)
    if not len(numbers):
        return None
    params = rows.params[numbers]
    one, other = (_model(model_id).reconstruct(params) for model_id in (first, second))
    at = int(curve_error_db(one, other)[0].argmax())
    return f"{word}, setting {rows.setting_ids[numbers[at]]}", one[at], other[at]


def _words_of(model_id: str) -> list[str]:
    if model_id.startswith(_GUIDE):
        return list(guide_words()[model_id.removeprefix(_GUIDE)])
    return list(_model(model_id).terms)


def _word_by(model_id: str, word: str) -> np.ndarray:
    """What a model makes of a word, shape ``(13,)``."""
    if model_id.startswith(_GUIDE):
        return guide_words()[model_id.removeprefix(_GUIDE)][word]
    from neural_eq.latent.terms import word_point

    return word_point(_model(model_id), word).params


def _model(model_id: str) -> Any:
    ref = models.model_refs()[model_id]
    if ref.path is None:
        return st.session_state[state.UPLOADED_MODEL][1]
    return cached.trained_model(str(ref.path), ref.key)


def _routes() -> Pair:
    from neural_eq.latent.terms import word_point

    known = list(ROUTE_WORDS)
    for name, value in (("at", 50), ("route_a", known[0]), ("route_b", known[1])):
        st.session_state.setdefault(_key(name), value)
    left, right = st.columns(2)
    with left:
        start = word_input("From", key=_key("from"), first="warm")
        first = st.selectbox(
            "Route A", known, key=_key("route_a"), persist_state="session",
            format_func=lambda route: ROUTE_WORDS[route][0],
        )  # fmt: skip
    with right:
        end = word_input("To", key=_key("to"), first="bright")
        second = st.selectbox(
            "Route B", known, key=_key("route_b"), persist_state="session",
            format_func=lambda route: ROUTE_WORDS[route][0],
        )  # fmt: skip
    at = st.slider("Morph", 0, 100, key=_key("at"), persist_state="session", format="%d %%")
    model, ref = models.model(), models.model_ref()
    points = [word_point(model, word) for word in (start, end)]

    def halfway(route: str) -> Applied:
        path = cached.morph_path(ref.key, (start, end), route, model, *points)
        name = ROUTE_WORDS[route][0].lower()
        return Applied(f"{start} → {end}, {at} %, {name}", path.setting(at / 100))

    return halfway(first), halfway(second)
