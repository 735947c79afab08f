"""What the Train page shows: the data, the form, and the run while it goes on."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import streamlit as st

from neural_eq.data.safe_db import select
from neural_eq.errors import NeuralEqError
from neural_eq.jobs import Run
from neural_eq.model.config import ModelConfig, Option, TrainConfig, options
from neural_eq.ui import cached, figures, state

POLL_S = 0.5


def draw_data() -> None:
    """Show what training would see of the data in use, and what it would leave out."""
    value = st.session_state.get
    config = TrainConfig(
        min_examples=value(f"{state.TRAIN_PREFIX}min_examples", TrainConfig().min_examples),
        keep_junk=value(f"{state.TRAIN_PREFIX}keep_junk", TrainConfig().keep_junk),
    )
    dataset = state.dataset()
    try:
        chosen = select(dataset, min_examples=config.min_examples, keep_junk=config.keep_junk)
    except NeuralEqError as error:
        st.warning(str(error))
        return
    st.markdown(f"Training uses **{chosen.describe()}**.")
    with st.expander("Words, and rows set aside"):
        left, right = st.columns(2)
        left.markdown(_table("Word", chosen.term_counts()))
        if chosen.set_aside:
            aside = sum(chosen.set_aside.values())
            right.markdown(f"{aside:,} rows were set aside, because they have:")
            right.markdown(_table("Reason", chosen.set_aside))
        else:
            right.markdown("No row was set aside.")


def _table(head: str, counts: Any) -> str:
    lines = [f"| {head} | Rows |", "|:--|--:|"]
    for name, n in counts.items():
        lines.append(f"| {_escaped(name)} | {n:,} |")
    return "\n".join(lines)


def _escaped(text: str) -> str:
    """Show an uploaded table's words as they are, whatever Markdown would make of them."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]()<>#+-.!|$~:&" else c for c in text)


def form(*, busy: bool) -> TrainConfig | None:
    """Draw every parameter; return the configuration when Start was pressed.

    Raises:
        ParameterError: If a number is out of bounds.
    """
    with st.form("train_form"):
        values: dict[type, dict[str, Any]] = {TrainConfig: {}, ModelConfig: {}}
        fields = [
            (config, f, option)
            for config in (TrainConfig, ModelConfig)
            for f in dataclasses.fields(config)
            if (option := options(config).get(f.name))
        ]
        _inputs([entry for entry in fields if not entry[2].advanced], values)
        with st.expander("Advanced"):
            _inputs([entry for entry in fields if entry[2].advanced], values)
        pressed = st.form_submit_button(
            "Start training", type="primary", icon=":material/play_arrow:", disabled=busy
        )  # fmt: skip
        if busy:
            st.caption("A training is running; the next one can start when it has ended.")
    if not pressed:
        return None
    return TrainConfig(model=ModelConfig(**values[ModelConfig]), **values[TrainConfig])


def _inputs(
    fields: list[tuple[type, dataclasses.Field, Option]], values: dict[type, dict[str, Any]]
) -> None:
    """Draw inputs two in a row, numbers first; on a narrow screen they keep their order."""
    fields = sorted(fields, key=lambda entry: bool(entry[2].choices) or entry[1].type == "bool")
    for first in range(0, len(fields), 2):
        columns = st.columns(2, vertical_alignment="bottom")
        for column, (config, f, option) in zip(columns, fields[first : first + 2], strict=False):
            with column:
                values[config][f.name] = _input(f.name, f.default, option)


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
    assert option.minimum is not None and option.maximum is not None
    return st.number_input(
        option.label,
        min_value=number(option.minimum),
        max_value=number(option.maximum),
        step=1 if number is int else _step(default),
        format="%d" if number is int else "%g",
        **rest,
    )


def _step(default: float) -> float:
    """A tenth of the default's first digit."""
    return 10.0 ** (math.floor(math.log10(default)) - 1) if default > 0 else 0.01


def start(config: TrainConfig) -> None:
    """Start a run, which this session then follows, and draw the page anew."""
    run_id = cached.training_jobs().start(state.dataset(), config)
    st.session_state[state.FOLLOWED_RUN] = st.session_state[state.SHOWN_RUN] = run_id
    st.rerun()


def shown_run() -> Run | None:
    """Return the run to show: the one going on, else this session's, else the newest."""
    jobs = cached.training_jobs()
    live = jobs.live()
    if live is not None:
        st.session_state[state.SHOWN_RUN] = live.run_id
        return live
    shown = st.session_state.get(state.SHOWN_RUN)
    run = jobs.run(shown) if shown else None
    return run or next(iter(jobs.runs()), None)


def draw_run(run: Run) -> None:
    """Draw a run; poll it while it is going on, then draw the whole page once more."""

    @st.fragment(run_every=POLL_S if run.is_live else None)
    def view() -> None:
        now = cached.training_jobs().run(run.run_id) or run
        if run.is_live and not now.is_live:
            st.rerun()
        _draw_snapshot(now)

    view()


def _draw_snapshot(run: Run) -> None:
    history = cached.training_jobs().history(run.run_id)
    last = history[-1] if history else None
    held_out_db = last["held_out_curve_db"] if last else None
    with st.container(key="held_out_number"):
        st.metric(
            "Held-out curve error",
            "–" if held_out_db is None else f"{_three_digits(held_out_db)} dB",
            help="Mean difference between the EQ curves of settings that training never saw and"
            " what the model makes of them, RMS over 20 Hz to 20 kHz."
            " Below 0.5 dB is hard to hear.",
        )
    epochs = run.config.epochs
    with st.container():
        if run.is_live:
            _draw_progress(run, last)
        else:
            _draw_end(run, last)
    if history:
        config = {"displaylogo": False}
        left, right = st.columns(2)
        left.plotly_chart(
            figures.held_out_figure(history, epochs=epochs), key="train_held_out", config=config,
            alt="Held-out curve error in dB by epoch",
        )  # fmt: skip
        right.plotly_chart(
            figures.loss_figure(history, epochs=epochs), key="train_losses", config=config,
            alt="Reconstruction, contrastive and total loss by epoch",
        )  # fmt: skip


def _draw_progress(run: Run, last: dict[str, Any] | None) -> None:
    done, epochs = run.epochs_done, run.config.epochs
    left = f"{_duration(last['time_left_s'])} left" if last else "starting"
    text = "stopping after this epoch" if run.state == "stopping" else left
    st.progress(min(done / epochs, 1.0), text=f"Epoch {done} of {epochs}, {text}")
    st.button(
        "Stop and keep", icon=":material/stop:", disabled=run.state == "stopping",
        on_click=cached.training_jobs().stop, args=(run.run_id,),
        help="Ends after this epoch and keeps what was learned so far.",
    )  # fmt: skip


def _draw_end(run: Run, last: dict[str, Any] | None) -> None:
    took = f" in {_duration(last['elapsed_s'])}" if last else ""
    what = f"{run.epochs_done} of {run.config.epochs} epochs{took} on {run.data}."
    if run.state == "failed":
        st.error(f"The training failed after {run.epochs_done} epochs: {run.error}")
    elif run.state == "interrupted":
        kept = "its last checkpoint is kept" if run.is_usable else "it had no checkpoint yet"
        st.warning(f"The training ended with the server, after {run.epochs_done} epochs; {kept}.")
    else:
        st.markdown(f"{run.state.capitalize()}: {what}")
    if run.is_usable and st.session_state[state.MODEL] != run.run_id:
        st.button(
            "Use this model", icon=":material/check:", on_click=state.use_run, args=(run.run_id,)
        )
    elif run.is_usable:
        st.caption("Its model is in use.")


def _three_digits(value: float) -> str:
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < 90 else f"{whole // 60} min {whole % 60:02d} s"
