"""What a morph may go between: words and their schools; settings of map, library and file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from neural_eq.errors import NeuralEqError, TermError
from neural_eq.presets.opening import open_preset
from neural_eq.ui import cached, models, state

if TYPE_CHECKING:
    from neural_eq.latent.terms import Point, School, Word

_SETTING = re.compile(r".+, setting (\d{1,18})")

MOST_OF_LIBRARY = 300
"""So many presets of the library, the newest, are offered: every drawing sends them all."""


def names() -> list[str]:
    """Return what can be picked: the model's words, each with the schools that were looked up,
    then settings, then the library's presets."""
    looked_up = st.session_state.get(state.LOOKED_UP, frozenset())
    found = []
    for word in models.model().terms:
        found.append(word)
        if word in looked_up:
            found += [school.centre.label for school in schools(word)]
    return [*found, *_settings(), *(name for name in _of_library() if name not in _settings())]


def _settings() -> dict[str, state.NamedSetting]:
    return st.session_state.get(state.DOTS, {})


def _of_library() -> dict[str, state.NamedSetting]:
    """The library's newest presets by their names here."""
    found = dict(_settings())
    kept = cached.preset_library().contents().kept[:MOST_OF_LIBRARY]
    named = []
    for preset in (one.preset for one in kept):
        named.append(state.from_file(preset.name, tuple(preset.params.tolist()), found))
        found[named[-1].label] = named[-1]
    return {setting.label: setting for setting in named}


def word_of(name: str) -> str | None:
    """Return the word that a name is, or is a school or a setting of; None if there is none."""
    known = models.model().terms
    if name in known:
        return name
    word = name.partition(": ")[0] if name not in _settings() else name.rpartition(", setting")[0]
    return word if word in known else None


def described(word: str) -> Word:
    """Say what people meant by a word; takes seconds at first.

    Raises:
        TermError: If the data in use has no setting of it.
    """
    rows = state.dataset()
    data, ref = cached.data_key(rows), models.model_ref()
    return cached.described_word(data, ref.key, word, rows, models.model())


def schools(word: str) -> tuple[School, ...]:
    """Return the schools of a word; none where people are of one mind or never used it."""
    try:
        found = described(word).schools
    except TermError:
        return ()
    return found if len(found) > 1 else ()


def school_of(name: str) -> School | None:
    """Return the school that a name is."""
    word = word_of(name)
    if word is None or name == word or name in _settings():
        return None
    return next((school for school in schools(word) if school.centre.label == name), None)


def look_up(word: str) -> None:
    """List a word's schools from now on."""
    found = st.session_state.get(state.LOOKED_UP, frozenset())
    st.session_state[state.LOOKED_UP] = found | {word}


def is_known(name: str) -> bool:
    """Whether a name can be an end; one that a link brought is looked up."""
    if name in models.model().terms or name in _settings():
        return True
    if school_of(name) is not None:
        look_up(name.partition(": ")[0])
        return True
    setting = _SETTING.fullmatch(name)
    rows, _ = cached.shown_rows(state.dataset())
    if name.endswith(state.FROM_FILE):
        dot = _of_library().get(name)
    else:
        dot = state.dot_of(rows, int(setting[1])) if setting else None
    if dot is None or dot.label != name:
        return False
    st.session_state[state.DOTS] = {**_settings(), name: dot}
    return True


def settle() -> None:
    """Bring the ends, the further words and the route to what the model in use knows, and note
    what had to change."""
    from neural_eq.latent.morphing import ROUTES

    session, words = st.session_state, list(models.model().terms)
    notes = []
    for place, key in enumerate((state.FROM, state.TO)):
        if not is_known(session[key]):
            first = state.FIRST_VALUES[key]
            stand_in = first if first in words else words[min(place, len(words) - 1)]
            notes.append(f"{_unknown(session[key])} {stand_in!r} stands in for it.")
            session[key] = stand_in
    for key in (state.THIRD, state.FOURTH):
        if session[key] is not None and not is_known(session[key]):
            notes.append(f"{_unknown(session[key])} It is left out of the mix.")
            session[key] = None
    if session[state.ROUTE] not in ROUTES:
        notes.append(f"There is no route {session[state.ROUTE]!r}; {ROUTES[0]!r} is taken.")
        session[state.ROUTE] = ROUTES[0]
    if notes:
        session[state.MORPH_NOTES] = notes


def _unknown(name: str) -> str:
    return f"{name!r} is no word of the model in use and no setting of the data in use."


def point(name: str) -> Point:
    """Return an end by its name, which :func:`is_known`."""
    from neural_eq.latent.terms import setting_point, word_point

    model = models.model()
    if name in _settings():
        return setting_point(model, np.array(_settings()[name].params), label=name)
    school = school_of(name)
    return word_point(model, name) if school is None else school.centre


def take_file(end: str) -> None:
    """Callback: put a setting from a file at one end; a bad file changes nothing."""
    session = st.session_state
    file = session.get(f"{state.SETTING_UPLOAD}_{end}")
    session.pop(f"{state.SETTING_ERROR}_{end}", None)
    if file is None:
        return
    try:
        opened = open_preset(file.getvalue(), name=file.name)
    except NeuralEqError as error:
        session[f"{state.SETTING_ERROR}_{end}"] = str(error)
        return
    name = f"{opened.preset.name}{state.FROM_FILE}"
    state.morph_dot(state.NamedSetting(name, tuple(opened.preset.params.tolist())), end)
    session[state.MORPH_NOTES] = [f"{file.name}: {remark}" for remark in opened.remarks()]
