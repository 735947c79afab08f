"""The picture of a morph: both ends, the morph with its bands, and what people do."""

from __future__ import annotations

import re

import numpy as np
import streamlit as st

from neural_eq.ui import cached, models, state
from neural_eq.ui.current_eq import Morph
from neural_eq.ui.figures import WORD_STYLES, Band
from neural_eq.ui.live import eq_editor
from neural_eq.ui.live.eq_editor import Line
from neural_eq.ui.markdown import escaped
from neural_eq.ui.morph import edits, ends

END_COLOURS = ("#d55e00", "#2a85c7", "#a87900", "#c4659b")
DASHES = ("9 5", "2 4", "9 4 2 4", "4 4")
PERCENTILES = (10, 90)
SPREAD_MOST_DB = 12.0
"""The picture opens no farther for the spread alone."""


def draw_heading(morph: Morph) -> None:
    """Write what the morph is; numbers need no escaping, and read better without."""
    label = morph.eq.label
    shown = re.sub(r"[^\s\d.,%→-]+", lambda part: escaped(part[0]), label[:1].upper() + label[1:])
    st.subheader(shown, anchor=False)


def draw(morph: Morph) -> None:
    """Draw the picture, and what is to be said about it."""
    from neural_eq.latent.terms import with_strength

    strength = st.session_state[state.STRENGTH]
    points = [morph.start, morph.end, *(point for point, _ in morph.extras)]
    names = ["A: ", "B: ", "", ""]
    lines = [
        Line(f"{names[i]}{p.label}", with_strength(p.params, strength), colour, DASHES[i])
        for i, (p, colour) in enumerate(zip(points, _colours(morph), strict=False))
    ]
    spread, lack = _spread(morph)
    chosen = st.session_state.get(state.ZOOM_DB)
    reach_db = abs(strength) * float(np.abs(morph.path.curves_db).max())
    if spread:  # which is to be seen whole too, within reason
        widest_db = float(max(np.abs(spread.low_db).max(), np.abs(spread.high_db).max()))
        reach_db = max(reach_db, min(widest_db, SPREAD_MOST_DB))
    eq_editor.draw(
        name="edited" if morph.is_edited else "morph",
        label=morph.eq.label if morph.is_edited else f"{morph.eq.label}, edited",
        params=morph.eq.params,
        morph=morph.base,
        seq=edits.sequence(morph),
        lines=lines,
        spread=spread,
        zoom_db=chosen or eq_editor.fitting_zoom_db(reach_db),
        is_zoom_chosen=chosen is not None,
        on_change=edits.take_edit,
    )
    if lack:
        st.caption(escaped(lack))
    if morph.eq.n_stopped:
        count = morph.eq.n_stopped
        st.caption(
            f"{count} gain{'s' * (count > 1)} would pass ±12 dB at this strength"
            f" and stop{'s' * (count == 1)} there."
        )


def _colours(morph: Morph) -> list[str]:
    """Both ends by their word where it has a colour of its own, no two alike."""
    words = [ends.word_of(point.label) for point in (morph.start, morph.end)]
    own = [WORD_STYLES[word][0] if word and word in WORD_STYLES else None for word in words]
    one = own[0] or next(c for c in END_COLOURS if c != own[1])
    two = own[1] if own[1] not in (None, one) else next(c for c in END_COLOURS[1:] if c != one)
    return [one, two or END_COLOURS[1], *(c for c in END_COLOURS if c not in (one, two))]


def nearer_word(morph: Morph) -> str:
    """The word of the end that the slider is nearer to; the nearest word where it has none."""
    at = st.session_state[state.AT]
    name = (morph.start if at < 50 else morph.end).label
    return ends.word_of(name) or nearest_words(morph)[0][0]


def nearest_words(morph: Morph) -> list[tuple[str, float]]:
    """The model's words, nearest first, with the RMSE in dB of their centres' curves to this."""
    from neural_eq.latent.nearness import curves_of

    centres = cached.word_centres(models.model_ref().key, models.model())
    curve_db = curves_of(morph.eq.params[None])[0]
    away = {w: float(np.sqrt(((c - curve_db) ** 2).mean())) for w, c in centres.items()}
    return sorted(away.items(), key=lambda pair: pair[1])


def _spread(morph: Morph) -> tuple[Band | None, str]:
    """Where eight of ten settings of the nearer end's word lie, or why that is not known."""
    name = (morph.start if st.session_state[state.AT] < 50 else morph.end).label
    word = nearer_word(morph)
    rows, _ = cached.shown_rows(state.dataset())
    curves_db = cached.all_curves(cached.data_key(rows), rows)[rows.terms == word]
    shown = word
    school = ends.school_of(name)
    if school is not None and len(school.rows) == len(curves_db):
        curves_db, shown = curves_db[school.rows], name
    if not len(curves_db):
        return None, (
            f"No spread of people's settings is drawn: the data in use has none of {word!r}."
        )
    low_db, high_db = np.percentile(curves_db, PERCENTILES, axis=0)
    plural = "s" * (len(curves_db) != 1)
    title = f"10–90 % of {len(curves_db)} setting{plural} of {shown}"
    return Band(title, low_db, high_db, WORD_STYLES.get(word, ("#808488", ""))[0]), ""
