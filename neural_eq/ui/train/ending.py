"""What became of a run that has ended: its state, the verdicts, and the ways on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from neural_eq.jobs import Run, verdicts
from neural_eq.jobs.history import trained_s
from neural_eq.ui import cached, models, state
from neural_eq.ui.markdown import escaped
from neural_eq.ui.train.actions import attempt, resume
from neural_eq.ui.train.form import prefill
from neural_eq.ui.train.wording import changes_text, duration


def draw_end(run: Run, history: Sequence[Mapping[str, Any]]) -> None:
    """Say how a run ended and offer what can be done about it."""
    took = "" if run.uploaded or not history else f" in {duration(trained_s(history))}"
    what = f"{run.epochs_done} of {run.config.epochs} epochs{took} on {escaped(run.data)}"
    if run.augmentation:
        what += f"; {run.augmentation}"
    checkpoint = (
        f"its checkpoint of epoch {run.checkpoint_epoch} is kept"
        if run.is_usable
        else "it had no checkpoint yet"
    )
    if run.state == "failed":
        st.error(f"The training failed after {run.epochs_done} epochs: {escaped(run.error)}")
        st.caption(f"{checkpoint.capitalize()}.")
    elif run.state == "interrupted":
        st.warning(
            f"The training's process ended before its time, after {run.epochs_done} epochs;"
            f" {checkpoint}."
        )
    else:
        came = "Uploaded" if run.uploaded else run.state.capitalize()
        st.markdown(f"{came}: {what}.")
    for number_, verdict in enumerate(verdicts.verdicts(run, history)):
        _draw_verdict(run, verdict, key=f"remedy_{number_}")
    _draw_ways_on(run)


def _draw_verdict(run: Run, verdict: verdicts.Verdict, *, key: str) -> None:
    (st.success if verdict.is_good else st.warning)(escaped(verdict.text))
    if verdict.remedy:
        st.button(
            f"Try {changes_text(verdict.remedy)}", icon=":material/healing:", key=key,
            on_click=prefill,
            args=(run.config, verdict.remedy, f"Filled in from run **{escaped(run.title)}**"),
            help="Fills in the form with this run's settings and that change.",
        )  # fmt: skip


def _draw_ways_on(run: Run) -> None:
    jobs = cached.training_jobs()
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.is_resumable:
            start = f"epoch {run.checkpoint_epoch}" if run.checkpoint_epoch else "the start"
            st.button(
                f"Go on from {start}", icon=":material/resume:", key="resume_run", type="primary",
                on_click=resume, args=(run.run_id,),
            )  # fmt: skip
            if run.state == "paused" and run.checkpoint_epoch:
                st.button(
                    "Keep as it is", key="keep_run", on_click=attempt,
                    args=(jobs.stop, run.run_id),
                    help="Calls it stopped; its model stays as it is.",
                )  # fmt: skip
        if run.is_usable and st.session_state[state.MODEL] != run.run_id:
            st.button(
                "Use this model", icon=":material/check:", key="use_run",
                on_click=models.use_run, args=(run.run_id,),
            )  # fmt: skip
        elif run.is_usable:
            st.caption("Its model is in use.")
