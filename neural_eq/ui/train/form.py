"""The form of a new run: the data it learns from, presets, every parameter, Start."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from neural_eq.data.safe_db import select
from neural_eq.errors import NeuralEqError
from neural_eq.jobs.verdicts import remedied
from neural_eq.model.config import ModelConfig, Option, TrainConfig, options
from neural_eq.ui import cached, state
from neural_eq.ui.markdown import escaped
from neural_eq.ui.train.wording import changes_text

PRESETS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "Guide's defaults": ({}, "150 epochs, 32 dimensions: exact, and words well apart."),
    "Quick look": ({"epochs": 20}, "20 epochs: in seconds a model that already follows curves."),
    "Small map": ({"latent_dim": 2}, "Two dimensions: the latent is the map; curves only roughly."),
    "V2, to compare": (
        {"bounds": "data"},
        "Frequencies only as far as the data reaches, as V2 had it. Compare shows how far; to hear"
        " what the guide's own V2 made of a word, take the blind test on Audio.",
    ),
}
"""Name to the fields that differ from the defaults, and what comes of it."""

_SCROLL_JS = """
export default function({data}) {
  if (globalThis.__neuralEqFormTurn === data.turn) return;
  const first = globalThis.__neuralEqFormTurn === undefined;
  globalThis.__neuralEqFormTurn = data.turn;
  if (!first) document.querySelector(".st-key-new_run")?.scrollIntoView({block: "start"});
}
"""
_scroll = st.components.v2.component("neural_eq_form", html="<i hidden></i>", js=_SCROLL_JS)


def prefill(config: TrainConfig, changes: Mapping[str, Any], note: str) -> None:
    """Callback: write a configuration with changes into the form, say so, and bring it in sight.

    Args:
        note: For the screen, as Markdown; what follows it names the changes.
    """
    for name, value in remedied(config, changes).items():
        st.session_state[f"{state.TRAIN_PREFIX}{name}"] = value
    what = f", with {changes_text(changes)}" if changes else ""
    st.session_state[state.TRAIN_NOTE] = f"{note}{what}. Press **Start training**."
    st.session_state[state.TRAIN_TURN] = st.session_state.get(state.TRAIN_TURN, 0) + 1


def draw_form() -> None:
    """Draw it all; start a run when Start was pressed."""
    _scroll(key="form_turn", data={"turn": st.session_state.get(state.TRAIN_TURN, 0)})
    _presets()
    config = _form()
    if config is not None:
        _data(config)


def _presets() -> None:
    with st.container(horizontal=True, gap="small"):
        for name, (changes, meaning) in PRESETS.items():
            st.button(
                name, on_click=prefill, args=(TrainConfig(), changes, f"**{name}** filled in"),
                help=meaning, key=f"preset_{name}",
            )  # fmt: skip
    with st.container():
        if note := st.session_state.get(state.TRAIN_NOTE):
            st.info(note, icon=":material/edit_note:")


def _form() -> TrainConfig | None:
    """Draw every parameter; start a run if asked to. Returns what the form holds, if it may be."""
    values: dict[type, dict[str, Any]] = {TrainConfig: {}, ModelConfig: {}}
    fields = [
        (config, f, option)
        for config in (TrainConfig, ModelConfig)
        for f in dataclasses.fields(config)
        if (option := options(config).get(f.name))
    ]
    # the two that people change first come first
    fields.sort(key=lambda entry: entry[1].name not in ("epochs", "latent_dim"))
    with st.form("train_form"):
        _inputs([entry for entry in fields if not entry[2].advanced], values)
        with st.expander("Advanced"):
            _inputs([entry for entry in fields if entry[2].advanced], values)
        pressed = st.form_submit_button(
            "Start training", type="primary", icon=":material/play_arrow:"
        )
        live = cached.training_jobs().live()
        if live is not None:
            st.caption("A training is running; a new one waits for its turn.")
    try:
        config = TrainConfig(model=ModelConfig(**values[ModelConfig]), **values[TrainConfig])
        if pressed:
            _start(config)
    except NeuralEqError as error:
        st.error(escaped(str(error)))
        return None
    return config


def _start(config: TrainConfig) -> None:
    """Queue a run, which this session then follows, and draw the page anew."""
    run_id = cached.training_jobs().start(state.dataset(), config)
    st.session_state[state.FOLLOWED_RUN] = run_id
    st.session_state[state.SHOWN_RUN] = None  # whichever trains, then the newest
    st.session_state[state.TRAIN_NOTE] = ""
    st.rerun()


def _inputs(
    fields: list[tuple[type, dataclasses.Field, Option]], values: dict[type, dict[str, Any]]
) -> None:
    """Draw inputs two in a row, numbers first; on a narrow screen they keep their order."""
    fields = sorted(fields, key=lambda entry: bool(entry[2].choices) or entry[1].type == "bool")
    for first in range(0, len(fields), 2):
        columns = st.columns(2)
        for column, (config, f, option) in zip(columns, fields[first : first + 2], strict=False):
            with column:
                values[config][f.name] = _input(f.name, f.default, option)
                if option.recommended:
                    st.caption(f"Recommended: {option.recommended}")


def _input(name: str, default: Any, option: Option) -> Any:
    key = f"{state.TRAIN_PREFIX}{name}"
    st.session_state.setdefault(key, default)
    help_text = option.help
    if option.recommended:
        help_text += f" Recommended: {option.recommended}."
    rest: dict[str, Any] = {"key": key, "help": help_text, "persist_state": "session"}
    if option.choices:
        return st.selectbox(option.label, option.choices, **rest)
    if isinstance(default, bool):
        return st.toggle(option.label, **rest)
    number = type(default)
    # without the bounds, of which a field far above the button would tell and the button be dead
    return st.number_input(
        option.label,
        step=1 if number is int else _step(default),
        format="%d" if number is int else "%g",
        **rest,
    )


def _step(default: float) -> float:
    """A tenth of the default's first digit."""
    return 10.0 ** (math.floor(math.log10(default)) - 1) if default > 0 else 0.01


def _data(config: TrainConfig) -> None:
    """Show what training would see of the data in use, and what it would leave out."""
    dataset = state.dataset()
    try:
        chosen = select(dataset, min_examples=config.min_examples, keep_junk=config.keep_junk)
    except NeuralEqError as error:
        st.warning(escaped(str(error)))
        return
    st.markdown(f"Training uses **{escaped(chosen.describe())}**.")
    with st.expander("Words, and rows set aside"):
        left, right = st.columns(2)
        left.markdown(_table("Word", chosen.term_counts()))
        if chosen.set_aside:
            aside = sum(chosen.set_aside.values())
            right.markdown(f"{aside:,} rows were set aside, because they have:")
            right.markdown(_table("Reason", chosen.set_aside))
        else:
            right.markdown("No row was set aside.")


def _table(head: str, counts: Mapping[str, int]) -> str:
    lines = [f"| {head} | Rows |", "|:--|--:|"]
    for name, n in counts.items():
        lines.append(f"| {escaped(name)} | {n:,} |")
    return "\n".join(lines)
