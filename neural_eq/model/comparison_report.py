"""A comparison of models as plain values, and as a page of HTML that stands by itself."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from neural_eq import __version__
from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import BANDS, SHELF_Q
from neural_eq.model.checkpoint import TrainedModel
from neural_eq.model.comparison import SMALL_MAP_DB, TARGETS, describe_coder
from neural_eq.model.evaluation import scope

LOW_HZ, HIGH_HZ = 20.0, 20000.0

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem;
  color: #1c1e21; background: #fff; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { border: 1px solid #c9ccd1; padding: .3rem .6rem; text-align: right; }
th:first-child, td:first-child { text-align: left; }
svg { width: 100%; max-width: 60rem; height: auto; }
@media (prefers-color-scheme: dark) {
  body { color: #e6e8eb; background: #14171b; } th, td { border-color: #454a52; } }
"""


def describe_model(model: TrainedModel, dataset: Dataset, *, name: str) -> dict[str, Any]:
    """Judge one model for a comparison.

    Args:
        model: To judge.
        dataset: On all of its settings.
        name: What to call the model.

    Returns:
        Plain values for JSON: what it is, how it was trained and for how many seconds, the
        figures of ``evaluate``, ``targets`` met or missed, ``frequency_ranges`` and ``centres``.
    """
    figures = describe_coder(model, dataset, dataset, words=model.terms)
    ranges, centres = figures.pop("frequency_ranges"), figures.pop("centres")
    last = model.history[-1] if model.history else {}
    return {
        "name": name,
        "scope": scope(model, dataset),
        "latent_dim": model.latent_dim,
        "bounds": model.config.bounds,
        "epochs": len(model.history),
        "trained_on": model.data_origin,
        "training_s": last.get("elapsed_s"),
        "held_out_curve_rmse_db_mean": last.get("held_out_curve_db"),
        "augmentation": model.augmentation,
        "figures": figures,
        "targets": [
            {
                "figure": target.figure,
                "label": target.label,
                "unit": target.unit,
                "value": figures[target.figure],
                "bound": target.bound,
                "is_maximum": target.is_maximum,
                "is_met": target.is_met(figures),
            }
            for target in TARGETS
        ],
        "frequency_ranges": ranges,
        "centres": centres,
    }


def target_rows(models: Sequence[dict[str, Any]]) -> list[list[str]]:
    """A row a target: what it asks for, then what each model reached."""
    return [
        [
            f"{target['label']} ({target_text(target)})",
            *(value_text(model["targets"][i]) for model in models),
        ]
        for i, target in enumerate(models[0]["targets"])
    ]


def verdict_text(model: dict[str, Any]) -> str:
    """How many targets a model meets, whether it knew the settings, and how it was changed."""
    known = [target for target in model["targets"] if target["is_met"] is not None]
    n_met = sum(target["is_met"] for target in known)
    seen = "it was trained on this table"
    if model["scope"] != "in-sample":
        seen = "it was trained on another table, which may share settings with this one"
    bound_db = SMALL_MAP_DB.get(model["latent_dim"])
    if bound_db is None:
        text = f"meets {n_met} of {len(known)} targets; {seen}"
    else:
        met = "meets" if model["figures"]["curve_rmse_db_mean"] <= bound_db else "misses"
        text = (
            f"{met} the target of a map of {model['latent_dim']} dimensions, a mean curve error of"
            f" at most {bound_db:g} dB, and {n_met} of the {len(known)} targets for models with"
            f" room for all the detail; {seen}"
        )
    return f"{text}; {model['augmentation']}" if model["augmentation"] else text


def target_text(target: dict[str, Any]) -> str:
    """What a target asks for: ``at most 0.1 dB``, ``at least 95 %``."""
    sign = "at most" if target["is_maximum"] else "at least"
    return f"{sign} {_amount(target['bound'], target['unit'])}"


def value_text(target: dict[str, Any]) -> str:
    """What a model reached, and whether that is enough: ``✓ 0.05 dB``, ``✗ 3.4 dB``."""
    if target["value"] is None:
        return "not in this data"
    mark = "✓" if target["is_met"] else "✗"
    return f"{mark} {_amount(target['value'], target['unit'])}"


def seconds_text(seconds: float | None) -> str:
    """``16 s``, or that it is not known."""
    return "not recorded" if seconds is None else f"{seconds:,.1f} s"


def _amount(value: float, unit: str) -> str:
    if unit == "%":
        return f"{value:.1%}".replace(".0%", "%").replace("%", " %")
    if unit == "dB" and 0 <= value < 0.001:
        return "< 0.001 dB"
    digits = 2 if abs(value) >= 0.095 else 4
    return f"{value:.{digits}f} {unit}".rstrip()


def band_text(params: Sequence[float], number: int) -> str:
    """One band of a setting: ``+3.9 dB at 307 Hz, Q 0.83``."""
    band = BANDS[number]
    q = SHELF_Q if band.q is None else params[band.q]
    gain = f"{params[band.gain]:+.1f}".replace("-", "−")
    gain = "0.0" if gain[1:] == "0.0" else gain
    return f"{gain} dB at {params[band.freq]:,.0f} Hz, Q {q:.2f}"


def to_html(models: Sequence[dict[str, Any]], *, data: str) -> str:
    """Write a comparison as one page that needs nothing else.

    Args:
        models: What :func:`describe_model` gave.
        data: What they were judged on, in words.
    """
    names = [str(model["name"]) for model in models]
    rows = [
        ["Latent dimensions", *(str(m["latent_dim"]) for m in models)],
        ["Normalisation bounds", *(str(m["bounds"]) for m in models)],
        ["Epochs", *(str(m["epochs"]) for m in models)],
        ["Trained on", *(str(m["trained_on"]) for m in models)],
        ["Training took", *(seconds_text(m["training_s"]) for m in models)],
        ["Augmentation", *(m["augmentation"] or "none" for m in models)],
        ["These settings are to it", *(str(m["scope"]) for m in models)],
    ]
    parts = [
        "<h1>Models compared</h1>",
        f"<p>Judged on {html.escape(data)}, by Neural EQ {html.escape(__version__)}.</p>",
        _table(["", *names], rows),
        "<h2>Targets</h2>",
        *(
            f"<p>{html.escape(name)} {html.escape(verdict_text(m))}.</p>"
            for name, m in zip(names, models, strict=True)
        ),
        _table(["Figure (target)", *names], target_rows(models)),
        "<h2>Frequency coverage, band by band</h2>",
        _coverage_svg(models),
        _table(["Band", "the settings", *names], _coverage_rows(models)),
    ]
    for word in ("warm", "bright"):
        known = [m for m in models if word in m["centres"]]
        if known:
            parts += [
                f"<h2>{word.capitalize()}, band by band</h2>",
                _table(["Band", *(str(m["name"]) for m in known)], word_rows(known, word)),
            ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Models compared</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def word_rows(models: Sequence[dict[str, Any]], word: str) -> list[list[str]]:
    """A word's middle as each model has it, a row a band."""
    return [
        [band.name, *(band_text(m["centres"][word], i) for m in models)]
        for i, band in enumerate(BANDS)
    ]


def _coverage_rows(models: Sequence[dict[str, Any]]) -> list[list[str]]:
    def span(low: float, high: float) -> str:
        return f"{low:,.0f}–{high:,.0f} Hz"

    return [
        [
            band["name"],
            span(band["data_low_hz"], band["data_high_hz"]),
            *(
                span(m["frequency_ranges"][i]["low_hz"], m["frequency_ranges"][i]["high_hz"])
                for m in models
            ),
        ]
        for i, band in enumerate(models[0]["frequency_ranges"])
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

    body = "".join(line(row, "td") for row in rows)
    return f"<table><thead>{line(head, 'th')}</thead><tbody>{body}</tbody></table>"


def _coverage_svg(models: Sequence[dict[str, Any]]) -> str:
    """Bars from the lowest to the highest frequency of each band, log axis 20 Hz to 20 kHz."""
    bar, left, width = 14, 160, 760

    def x(freq_hz: float) -> float:
        share = math.log(np.clip(freq_hz, LOW_HZ, HIGH_HZ) / LOW_HZ) / math.log(HIGH_HZ / LOW_HZ)
        return left + width * share

    shapes, y = [], 10
    for i, band in enumerate(models[0]["frequency_ranges"]):
        bars = [("the settings", band["data_low_hz"], band["data_high_hz"])]
        for m in models:
            own = m["frequency_ranges"][i]
            bars.append((str(m["name"]), own["low_hz"], own["high_hz"]))
        shapes.append(f'<text x="0" y="{y + bar - 2}">{html.escape(band["name"])}</text>')
        for number, (name, low, high) in enumerate(bars):
            shapes.append(
                f'<rect x="{x(low):.1f}" y="{y}" width="{max(x(high) - x(low), 1):.1f}"'
                f' height="{bar - 3}" fill="{"#808488" if number == 0 else "#2a85c7"}"'
                f' opacity="{1 if number == 0 else max(0.35, 1 - 0.25 * (number - 1))}">'
                f"<title>{html.escape(name)}: {low:,.0f} to {high:,.0f} Hz</title></rect>"
            )
            y += bar
        y += bar
    for freq_hz, label in ((20, "20 Hz"), (200, "200 Hz"), (2000, "2 kHz"), (20000, "20 kHz")):
        anchor = "end" if freq_hz == HIGH_HZ else "start" if freq_hz == LOW_HZ else "middle"
        shapes.append(
            f'<text x="{x(freq_hz):.0f}" y="{y + 4}" text-anchor="{anchor}">{label}</text>'
        )
    return (
        f'<svg viewBox="0 0 {left + width} {y + 12}" role="img" font-size="13" fill="currentColor"'
        ' aria-label="Frequency coverage of each band: the settings first, in grey, then each'
        f' model in the order of the tables">{"".join(shapes)}</svg>'
    )
