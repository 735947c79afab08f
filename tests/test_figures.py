"""Figures: the right numbers in the right traces, readable on both grounds."""

from __future__ import annotations

import numpy as np
import pytest

from neural_eq.eq.params import DEFAULT
from neural_eq.ui import figures
from neural_eq.ui.train import pictures

GROUNDS = {"light": "#fafaf9", "dark": "#161719"}


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("ground", GROUNDS)
def test_every_colour_reads_on_both_grounds(ground):
    """WCAG 2.2, 1.4.11: graphics need 3:1."""
    colours = {c for c, _ in figures.WORD_STYLES.values()} | {*figures.COLOURS, figures.GREY}
    low = {c: contrast(c, GROUNDS[ground]) for c in colours | {figures.MORPH_COLOUR}}
    assert min(low.values()) >= 3, low


def simulate_deuteranopia(colour: str) -> np.ndarray:
    """Source: Viénot, Brettel, Mollon, 1999, for linear RGB."""
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]) ** 2.2
    matrix = [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]
    return np.clip(np.array(matrix) @ rgb, 0, 1) ** (1 / 2.2)


def test_warm_and_bright_differ_without_red_and_green_and_by_symbol():
    (warm, warm_symbol), (bright, bright_symbol) = (
        figures.WORD_STYLES[word] for word in ("warm", "bright")
    )
    assert warm_symbol != bright_symbol
    difference = simulate_deuteranopia(warm) - simulate_deuteranopia(bright)
    assert np.abs(difference).max() > 0.3


def test_fifty_words_have_fifty_styles():
    styles = figures.word_styles(["warm", "bright", *(f"word {i}" for i in range(48))])
    assert len(set(styles.values())) == 50
    assert figures.word_styles(["a", "warm"])["warm"] == styles["warm"]


def history(n: int) -> list[dict]:
    return [
        {
            "epoch": i + 1, "reconstruction_loss": 0.1 / (i + 1), "contrastive_loss": 3.0,
            "total_loss": 0.4, "held_out_curve_db": None if i == 0 else 1.0 / i,
        }
        for i in range(n)
    ]  # fmt: skip


@pytest.mark.parametrize("n", [0, 1, 5])
def test_loss_charts_have_a_point_an_epoch_and_room_for_all(n):
    losses = pictures.loss_chart(history(n), epochs=150)
    held_out = pictures.held_out_chart(history(n), epochs=150)
    assert [len(line["x"]) for line in losses["groups"]] == [n, n, n]
    names = {line["name"] for line in losses["groups"]}
    assert names == {"Contrastive", "Total", "Reconstruction"}
    assert len(held_out["groups"][0]["y"]) == n
    assert losses["x"]["range"] == held_out["x"]["range"] == [0, 150]
    assert "dB" in held_out["y"]["title"] and losses["y"]["log"]


def test_the_band_table_has_five_bands_with_units():
    params = DEFAULT.copy()
    params[0], params[2] = -3.24, -0.04
    lines = figures.bands_markdown(params).splitlines()
    assert lines[0] == "| Band | Gain (dB) | Frequency (Hz) | Q |"
    assert len(lines) == 7
    assert lines[2] == "| Low Shelf | −3.2 | 150 | 0.71 |"
    assert "| 0.0 |" in lines[3] and "−0.0" not in lines[3]
