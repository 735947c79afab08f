"""What became of a run that has ended: its state, the verdicts, and the ways on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from neural_eq.jobs import Run, verdicts
from neural_eq.jobs.history import trained_s
from neural_eq.ui import cached, models, state
from neural_eq.ui.markdown import escaped
from neural_eq.ui.train.actions import attempt, resume, show_run
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


def draw_death(shown: Run | None) -> None:
    """Say which run died last, where another one is in focus, and offer to go on with it."""
    died = [run for run in cached.training_jobs().runs() if run.state in ("interrupted", "failed")]
    run = max(died, key=lambda run: run.queued_s, default=None)
    heard = st.session_state.get(state.HEARD_RUN)
    if run is None or (shown and shown.run_id == run.run_id) or heard == _death(run):
        return
    why = f": {run.error}" if run.error else ""
    how = "failed" if run.state == "failed" else "died"
    st.warning(f"Run {escaped(run.title)} {how} after {run.epochs_done} epochs{escaped(why)}")
    with st.container(horizontal=True):
        if run.is_resumable:
            st.button(
                f"Go on with {escaped(run.title)}", icon=":material/resume:", key="resume_died",
                on_click=resume, args=(run.run_id,),
            )  # fmt: skip
        st.button(
            "Show it", icon=":material/visibility:", key="show_died", on_click=show_run,
            args=(run.run_id,),
        )  # fmt: skip
        st.button("Dismiss", key="dismiss_died", on_click=_hear, args=(_death(run),))


def _death(run: Run) -> str:
    """Name one death of a run: it may go on and die again."""
    return f"{run.run_id} {run.queued_s}"


def _hear(death: str) -> None:
    """Callback: say no more of it."""
    st.session_state[state.HEARD_RUN] = death


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
