"""Tables and pictures of a comparison, and the report to take away."""

from __future__ import annotations

import json
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
from neural_eq.ui.live import chart_spectrum
from neural_eq.ui.markdown import escaped

CONFIG = {"displaylogo": False}
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
COLOURS = ("#2a85c7", "#d55e00", "#009e73", "#c4659b", "#a87900")

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
    return f"{value:.2f} dB" if value >= 0.1 else f"{value:.4f} dB"


def draw_coverage(models: Models) -> None:
    """Draw how far each band's frequencies reach, in the data and in each model."""
    figure = go.Figure()
    bands = [band["name"] for band in models[0]["frequency_ranges"]]
    spans = [("the settings", "data_low_hz", "data_high_hz", models[0], figures.GREY)]
    spans += [
        (m["name"], "low_hz", "high_hz", m, colour)
        for m, colour in zip(models, COLOURS, strict=False)
    ]
    for name, low, high, model, colour in spans:
        ranges = model["frequency_ranges"]
        figure.add_trace(
            go.Bar(
                y=bands,
                base=[r[low] for r in ranges],
                x=[r[high] - r[low] for r in ranges],
                orientation="h",
                name=figures.plain(name),
                marker={"color": colour},
                customdata=[[r[low], r[high]] for r in ranges],
                hovertemplate="%{customdata[0]:,.0f} to %{customdata[1]:,.0f} Hz"
                "<extra>%{fullData.name}</extra>",
            )
        )
    figure.update_xaxes(
        type="log", title="Frequency (Hz)", range=[np.log10(20), np.log10(20000)],
        tickvals=list(figures.FREQ_TICKS), ticktext=list(figures.FREQ_TICKS.values()),
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(
        barmode="group", height=120 + 22 * len(spans) * len(bands),
        margin={"l": 80, "r": 20, "t": 10, "b": 40},
        legend={"orientation": "h", "y": -0.12, "yanchor": "top"}, uirevision="constant",
    )  # fmt: skip
    st.plotly_chart(
        figure, key="compare_coverage", config=CONFIG,
        alt="Lowest to highest frequency of each band, in the settings and in each model",
    )  # fmt: skip


def draw_word(models: Models, word: str) -> None:
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
    st.plotly_chart(
        figures.response_figure(freq_hz, curves, height=300), key=f"compare_{word}", config=CONFIG,
        alt=f"EQ curve of the middle of {word} in each model",
    )  # fmt: skip
    chart_spectrum.draw(f"compare_{word}")
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
    lines = [head, [":--", *["--:"] * (len(head) - 1)]]
    text = "\n".join(
        "| " + " | ".join(c if line is lines[1] else escaped(str(c)) for c in line) + " |"
        for line in [*lines, *rows]
    )
    st.markdown(text)
