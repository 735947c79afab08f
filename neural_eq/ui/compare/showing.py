"""Tables and pictures of a comparison, and the report to take away."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.model.comparison_report import (
    seconds_text,
    target_rows,
    to_html,
    verdict_text,
    word_rows,
)
from neural_eq.ui import cached, figures, state
from neural_eq.ui.live import curve_chart
from neural_eq.ui.markdown import escaped

CONFIG = {"displaylogo": False}
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
COLOURS = ("#2a85c7", "#d55e00", "#009e73", "#c4659b", "#a87900")

SIDE_BY_SIDE = 3  # models whose bands a table of half the page's width can hold
_UNIT = re.compile(r"(?<=[✓✗<Q]) | (?=%|(?:dB|Hz|s)\b)")  # the space within a quantity

Models = Sequence[dict[str, Any]]


def draw_verdicts(models: Models) -> None:
    """Say in a line for each model how many targets it meets, then all figures in a table."""
    for model in models:
        st.markdown(f"**{escaped(model['name'])}** {escaped(verdict_text(model))}.")
    st.caption(
        f"Judged on all {len(state.dataset()):,} settings of the data, whatever their word."
        " The targets are meant for settings that a model never saw. Where it was trained on this"
        " table, its clusters look better than they are; the held-out error below is the run's"
        " own, on what it left out."
    )
    held_out = [_db(m["held_out_curve_rmse_db_mean"]) for m in models]
    rows = [
        *target_rows(models),
        ["Held-out curve error while training", *held_out],
        ["Latent dimensions", *(str(m["latent_dim"]) for m in models)],
        ["Normalisation bounds", *(f"{m['bounds']} ({_version(m)})" for m in models)],
        ["Training time", *(seconds_text(m["training_s"]) for m in models)],
    ]
    _table(["Figure (target)", *(m["name"] for m in models)], rows)


def _version(model: dict[str, Any]) -> str:
    return "as V2" if model["bounds"] == "data" else "as V3"


def _db(value: float | None) -> str:
    if value is None:
        return "none held out"
    if value < 0.001:
        return "< 0.001 dB"
    return f"{value:.2f} dB" if value >= 0.1 else f"{value:.3f} dB"


def draw_coverage(models: Models) -> None:
    """Draw how far each band's frequencies reach, in the data and in each model."""
    figure = go.Figure()
    bands = [band["name"] for band in models[0]["frequency_ranges"]]
    settings = [(r["data_low_hz"], r["data_high_hz"]) for r in models[0]["frequency_ranges"]]
    figure.add_trace(_span_bars(bands, settings, name="the settings", colour=figures.GREY))
    for m, colour in zip(models, COLOURS, strict=False):
        for kind, spans in (("can reach", m["reach"]), ("", m["frequency_ranges"])):
            hz = [(span["low_hz"], span["high_hz"]) for span in spans]
            figure.add_trace(_span_bars(bands, hz, name=m["name"], colour=colour, outline=kind))
    figure.update_xaxes(
        type="log", title="Frequency (Hz)", range=[np.log10(20), np.log10(20000)],
        tickvals=list(figures.FREQ_TICKS), ticktext=list(figures.FREQ_TICKS.values()),
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(
        barmode="group", height=120 + 22 * (1 + len(models)) * len(bands),
        margin={"l": 80, "r": 20, "t": 10, "b": 40},
        legend={"orientation": "h", "y": -0.12, "yanchor": "top"}, uirevision="constant",
    )  # fmt: skip
    st.plotly_chart(
        figure, key="compare_coverage", config=CONFIG,
        alt="Lowest to highest frequency of each band, in the settings and in each model, and how"
        " far each model can reach",
    )  # fmt: skip
    st.caption(
        "Full: where the settings lie, as each model gives them back. Outlined: how far it could"
        " go, by its bounds. V2's bounds end where its data ended, V3's where the plug-in's do."
    )
    _table(["Can reach (Hz)", *(m["name"] for m in models)], reach_rows(models))


def reach_rows(models: Models) -> list[list[str]]:
    """How far each model can place each band, a row a band."""
    return [
        [
            band["name"],
            *(f"{m['reach'][n]['low_hz']:,.0f}–{m['reach'][n]['high_hz']:,.0f}" for m in models),
        ]
        for n, band in enumerate(models[0]["frequency_ranges"])
    ]


def _span_bars(
    bands: list[str],
    spans_hz: Sequence[tuple[float, float]],
    *,
    name: str,
    colour: str,
    outline: str = "",
) -> go.Bar:
    """Draw one bar a band, full or, where ``outline`` says what it means, only its edge."""
    look = {"color": "rgba(0,0,0,0)", "line": {"color": colour, "width": 1.5}}
    return go.Bar(
        y=bands,
        base=[low for low, _ in spans_hz],
        x=[high - low for low, high in spans_hz],
        orientation="h",
        name=figures.plain(f"{name} {outline}".strip()),
        offsetgroup=name,
        legendgroup=name,
        showlegend=not outline,
        marker=look if outline else {"color": colour, "line": {"color": colour, "width": 1.5}},
        customdata=spans_hz,
        hovertemplate="%{customdata[0]:,.0f} to %{customdata[1]:,.0f} Hz"
        "<extra>%{fullData.name}</extra>",
    )


def draw_words(models: Models) -> None:
    """Draw "warm" and "bright", beside each other where their tables have room."""
    places = st.columns(2, gap="large") if len(models) <= SIDE_BY_SIDE else [st.container()] * 2
    for place, word in zip(places, ("warm", "bright"), strict=True):
        with place:
            _draw_word(models, word)


def _draw_word(models: Models, word: str) -> None:
    """Draw a word as each model has it: the curves, then band by band."""
    known = [model for model in models if word in model["centres"]]
    st.subheader(f"“{word.capitalize()}”", anchor=False)
    if not known:
        st.info(f"The data in use has no setting of “{word}”.")
        return
    freq_hz = log_frequencies(cached.N_FREQS)
    curves = [
        figures.Curve(m["name"], response_db(np.array(m["centres"][word]), freq_hz), colour, dash)
        for m, colour, dash in zip(known, COLOURS, DASHES, strict=False)
    ]
    curve_chart.draw(
        curves, key=f"compare_{word}", spoken=f"EQ curve of the middle of {word} in each model"
    )
    _table(["Band", *(m["name"] for m in known)], word_rows(known, word))


def draw_downloads(models: Models) -> None:
    """Offer the whole comparison as a page and as JSON.

    A rerun by the press itself could end before the browser has asked for the file, and take the
    file with it.
    """
    data = state.dataset().describe()
    with st.container(horizontal=True):
        st.download_button(
            "Report (HTML)", lambda: to_html(models, data=data), "comparison.html", "text/html",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        st.download_button(
            "Report (JSON)",
            lambda: json.dumps({"data": data, "models": list(models)}, indent=1),
            "comparison.json", "application/json", icon=":material/download:", on_click="ignore",
        )  # fmt: skip


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    # a cell is broken between its parts alone: not "32-" over "D", nor a number over its unit
    head = [str(cell).replace("-D", "\u2011D") for cell in head]
    rows = [
        [
            line[0],
            *(_UNIT.sub("\u00a0", str(cell)).replace("–", "\u2060–\u2060") for cell in line[1:]),
        ]
        for line in rows
    ]
    lines = [head, [":--", *["--:"] * (len(head) - 1)]]
    text = "\n".join(
        "| " + " | ".join(c if line is lines[1] else escaped(str(c)) for c in line) + " |"
        for line in [*lines, *rows]
    )
    st.markdown(text)
