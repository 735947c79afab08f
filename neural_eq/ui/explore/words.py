"""What is shown of words: their curves, how many people made them, and what they meant."""

from __future__ import annotations

import numpy as np
import streamlit as st

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import BANDS
from neural_eq.ui import cached, models
from neural_eq.ui.explore import selection
from neural_eq.ui.explore.actions import leave_button, setting_buttons
from neural_eq.ui.explore.curves import spread_of
from neural_eq.ui.explore.view import MapView
from neural_eq.ui.figures import GREY, Curve, short, word_styles
from neural_eq.ui.live import curve_chart
from neural_eq.ui.markdown import escaped, heading
from neural_eq.ui.state import NamedSetting

DRAWN_AT_FIRST = 4
HIGH_HZ = 10_000
"""Where a raised high shelf is no longer brightness but air; the tables show how many go there."""

_DASHES = ("solid", "dash", "dot", "dashdot")


def counts_of(counts: tuple[int, int], rows: Dataset) -> str:
    """Say how many settings and people: "403 settings by 92 people"."""
    n, m = counts
    invented = "invented " if rows.is_built_in else ""
    people = "person" if m == 1 else "people"
    return f"{n:,} setting{'s' * (n != 1)} by {m:,} {invented}{people}"


def short_label(word: str, counts: tuple[int, int]) -> str:
    """Name a word with its settings and people where there is little room."""
    return f"{word} ({counts[0]:,} by {counts[1]:,})"


def draw_words(view: MapView, words: tuple[str, ...]) -> None:
    """Draw the mean curves of some words, and a table of how many settings and people each has."""
    st.subheader("What the words mean", anchor=False)
    curves_db = cached.all_curves(cached.data_key(view.rows), view.rows)
    styles = word_styles([*view.words, *(w for w in words if w not in view.words)])
    curves = [
        Curve(
            short(word), curves_db[view.rows.terms == word].mean(axis=0), styles[word][0],
            _DASHES[i % 4], hidden=i >= DRAWN_AT_FIRST,
        )
        for i, word in enumerate(words)
    ]  # fmt: skip
    if curves:
        curve_chart.draw(curves, key="explore_curves", spoken="Mean EQ curve of each word")
        st.caption(
            "Mean curve of each word's settings; click a word above the curves to show it, and"
            " find one above the map to see what people meant by it."
        )
    counts = cached.word_counts(cached.data_key(view.rows), view.rows)
    lines = ["| Word | Settings | People |", "|:--|--:|--:|"]
    lines += [f"| {escaped(w)} | {counts[w][0]:,} | {counts[w][1]:,} |" for w in words]
    st.markdown("\n".join(lines))
    if view.rows.is_built_in:
        st.caption("The built-in set's people are invented numbers; the real ones are SAFE-DB's.")


def draw_word(view: MapView, word: str) -> None:
    """Draw one word: its curve and spread, who made it, its schools, and what to do with it."""
    rows = view.rows
    data = cached.data_key(rows)
    mask = rows.terms == word
    st.subheader(heading(word), anchor=False)
    shelf = BANDS[-1]
    params = rows.params[mask]
    share = float(((params[:, shelf.gain] > 0) & (params[:, shelf.freq] > HIGH_HZ)).mean())
    counts = cached.word_counts(data, rows)[word]
    st.markdown(
        f"**{counts_of(counts, rows)}.** {share * 100:.0f} % of them raise the high shelf above"
        f" {HIGH_HZ // 1000} kHz."
    )
    curves_db = cached.all_curves(data, rows)[mask]
    style = word_styles([*view.words, *(() if word in view.words else (word,))])[word]
    mean = Curve(f"mean of {word}", curves_db.mean(axis=0), style[0], width=3)
    place = st.empty()
    _draw_curves(place, "word_curve", [mean], curves_db, style[0], word)
    with st.spinner(f"Finding what people meant by “{escaped(word)}” …"):
        found = cached.described_word(data, models.model_ref().key, word, rows, models.model())
    if len(found.schools) > 1:
        schools = [
            Curve(school.name, school.mean_db, GREY, _DASHES[1 + i % 3])
            for i, school in enumerate(found.schools)
        ]
        _draw_curves(place, "word_curves", [*schools, mean], curves_db, style[0], word)
        st.markdown(f"People meant it in **{len(found.schools)} ways**:")
        lines = ["| Way | Share | Settings | People |", "|:--|--:|--:|--:|"]
        lines += [
            f"| {escaped(s.name)} | {s.share * 100:.0f} % | {s.n:,} | {s.n_submitters:,} |"
            for s in found.schools
        ]
        st.markdown("\n".join(lines))
    else:
        st.markdown(f"Its settings form one cloud: {escaped(found.schools[0].name)}.")
    centre = NamedSetting(f"{word}, centre", tuple(found.centre.params.tolist()))
    setting_buttons(
        centre, key="word", help_text="The setting that the model makes of the word's centre."
    )
    leave_button("Back to all words", selection.choose_no_words)


def _draw_curves(
    place, key: str, curves: list[Curve], curves_db: np.ndarray, colour: str, word: str
) -> None:
    with place.container():  # the second drawing takes the place of the first
        curve_chart.draw(
            curves,
            key=key,
            spoken=f"Mean EQ curve of {word} with the spread of its settings and its schools",
            spread=spread_of(curves_db).band("8 of 10 settings", colour),
        )
