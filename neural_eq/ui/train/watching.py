"""The run in focus: its numbers and curves while it learns, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from neural_eq.jobs import Run, verdicts
from neural_eq.jobs.registry import queue_of
from neural_eq.ui import cached, state
from neural_eq.ui.live import run_chart
from neural_eq.ui.markdown import escaped
from neural_eq.ui.redrawing import redrawn
from neural_eq.ui.train.actions import attempt, halt, show_run
from neural_eq.ui.train.ending import draw_death, draw_end
from neural_eq.ui.train.form import PRESETS
from neural_eq.ui.train.latent_view import draw_latent
from neural_eq.ui.train.pictures import held_out_chart, loss_chart, thinned
from neural_eq.ui.train.wording import decibels, duration, number

POLL_S, WATCH_S = 0.35, 2.0

SMALL_NUMBERS = (
    ("Reconstruction loss", "reconstruction_loss", "How far settings come back from themselves."),
    ("Contrastive loss", "contrastive_loss", "How mixed the words still are, before its weight."),
    (
        "Total loss",
        "total_loss",
        "What training lowers: the reconstruction loss, and the contrastive one times its weight"
        " and a tenth (on a small map a thousandth).",
    ),
    (
        "Learning rate",
        "learning_rate",
        "The optimiser's step at the end of this epoch: one cycle lifts the chosen rate to six"
        " times (on a small map ten) and then lowers it to nothing.",
    ),
    ("Contrastive weight", "contrastive_weight", "How hard words are pulled apart by now."),
)


def draw_notices() -> None:
    """Draw what hindered the last action, and draw the page anew when runs come, go or end."""
    with st.container():
        if st.session_state.get(state.RUNS_ERROR):
            st.error(escaped(st.session_state[state.RUNS_ERROR]))
    with st.container():
        draw_death(_shown_run())
    _watch(_signature())


@redrawn(WATCH_S)
def _watch(drawn: list[tuple[str, str, str, bool]]) -> None:
    """Other tabs and other servers change the same runs."""
    cached.training_jobs().tend()
    if _signature() != drawn:
        st.rerun()


def _signature() -> list[tuple[str, str, str, bool]]:
    runs = cached.training_jobs().runs()
    return [(run.run_id, run.state, run.name, run.is_usable) for run in runs]


def draw_run() -> None:
    """Draw the run in focus, or what this page is for."""
    run = _shown_run()
    if run is None:
        st.subheader("No run yet", anchor=False)
        st.markdown(
            "Press **Start training**: a model learns from the settings, its curves grow here, and"
            " its words find their places. You may leave this page meanwhile.\n\n"
            "The buttons above the form fill it in:\n\n"
            + "\n".join(f"- **{name}**: {meaning}" for name, (_, meaning) in PRESETS.items())
        )
        return
    st.subheader(f"Run {escaped(run.title)}", anchor=False)
    _draw(run)
    _draw_queue(run)


def _shown_run() -> Run | None:
    """The run this session asked to see, else the one that trains, else the newest."""
    jobs = cached.training_jobs()
    shown = st.session_state.get(state.SHOWN_RUN)
    run = jobs.run(shown) if shown else None
    return run or jobs.live() or next(iter(jobs.runs()), None)


def _draw(run: Run) -> None:
    """Poll a run while it goes on, then draw the whole page once more."""
    if not run.is_live:
        _draw_snapshot(run)  # its buttons change what stands elsewhere on the page
        return

    @redrawn(POLL_S)
    def view() -> None:
        now = cached.training_jobs().run(run.run_id)
        if now is None or not now.is_live:
            st.rerun()
        _draw_snapshot(now)

    view()


def _draw_snapshot(run: Run) -> None:
    history = cached.training_jobs().history(run.run_id)
    last = history[-1] if history else None
    _draw_numbers(last)
    with st.container():
        if run.is_live:
            _draw_progress(run, last)
        else:
            draw_end(run, history)
    drawn, epochs = thinned(history), run.config.epochs
    left, right = st.columns(2)
    with left:
        run_chart.draw(
            held_out_chart(drawn, epochs=epochs), key="train_held_out", revision=run.run_id,
            spoken="Held-out curve error in dB by epoch",
        )  # fmt: skip
    with right:
        run_chart.draw(
            loss_chart(drawn, epochs=epochs), key="train_losses", revision=run.run_id,
            spoken="Reconstruction, contrastive and total loss by epoch",
        )  # fmt: skip
    draw_latent(run)


def _draw_numbers(last: Mapping[str, Any] | None) -> None:
    held_out_db = last["held_out_curve_db"] if last else None
    with st.container(key="held_out_number"):
        st.metric(
            "Held-out curve error",
            "–" if held_out_db is None else decibels(held_out_db),
            help="Mean difference between the EQ curves of settings that training never saw and"
            " what the model makes of them, RMS over 20 Hz to 20 kHz."
            " Below 0.5 dB is hard to hear.",
        )
    with st.container(horizontal=True, key="small_numbers", gap="medium"):
        for label, field, help_text in SMALL_NUMBERS:
            value = "–" if last is None else number(last[field])
            st.metric(label, value, help=help_text, width="content")


def _draw_progress(run: Run, last: Mapping[str, Any] | None) -> None:
    done, epochs = run.epochs_done, run.config.epochs
    left = f"{duration(last['time_left_s'])} left" if last else "starting"
    text = {
        "queued": "waiting for its turn" if _waits(run) else "starting",
        "pausing": "pausing after this epoch",
        "stopping": "stopping after this epoch",
    }.get(run.state, left)
    st.progress(min(done / epochs, 1.0), text=f"Epoch {done} of {epochs}, {text}")
    jobs, asked = cached.training_jobs(), run.state in ("pausing", "stopping")
    with st.container(horizontal=True):
        st.button(
            "Pause", icon=":material/pause:", disabled=asked, key="pause_run",
            on_click=halt, args=(jobs.pause, run.run_id),
            help="Ends after this epoch with a checkpoint, to go on whenever you like.",
        )  # fmt: skip
        st.button(
            "Stop and keep", icon=":material/stop:", disabled=asked or run.state == "queued",
            key="stop_run", on_click=halt, args=(jobs.stop, run.run_id),
            help="Ends after this epoch and keeps what was learned so far.",
        )  # fmt: skip
    if run.augmentation:
        st.caption(f"Its data is {run.augmentation}.")
    for verdict in verdicts.verdicts(run, cached.training_jobs().history(run.run_id)):
        st.warning(escaped(verdict.text))


def _waits(run: Run) -> bool:
    live = cached.training_jobs().live()
    return live is not None and live.run_id != run.run_id


def _draw_queue(shown: Run) -> None:
    """List the runs that wait, and the one that trains if another is in focus."""
    jobs = cached.training_jobs()
    live, waiting = jobs.live(), queue_of(jobs.runs())
    if live is not None and live.run_id != shown.run_id:
        st.button(
            f"Show the run that trains: {escaped(live.title)}", key="show_live",
            icon=":material/visibility:", on_click=show_run, args=(None,),
        )  # fmt: skip
    for run in waiting:
        if run.run_id == shown.run_id:
            continue
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"Waiting: **{escaped(run.title)}**, {run.config.epochs} epochs,"
                f" {run.config.model.latent_dim}-D",
                width="content",
            )
            st.button(
                "Take out of the queue", key=f"unqueue_{run.run_id}",
                on_click=attempt, args=(jobs.pause, run.run_id),
            )  # fmt: skip
