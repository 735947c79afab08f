"""The latent space organising itself by word: live, and to scrub through afterwards."""

from __future__ import annotations

import numpy as np
import streamlit as st

from neural_eq.jobs import Run, views
from neural_eq.jobs.views import ViewRows
from neural_eq.ui import cached, state
from neural_eq.ui.live import run_chart
from neural_eq.ui.redrawing import redrawn
from neural_eq.ui.train.pictures import latent_chart

PLAY_S = 0.4


def draw_latent(run: Run) -> None:
    """Draw the newest view of a run that trains, and all views of one that has ended."""
    jobs = cached.training_jobs()
    rows, epochs = jobs.view_rows(run.run_id), jobs.view_epochs(run.run_id)
    st.subheader("How words find their places", anchor=False)
    if rows is None or not epochs:
        st.caption(
            "The latent space is pictured here from the first epoch on."
            if run.is_live
            else "No pictures of its latent space were taken."
        )
        return
    if run.is_live:
        _draw_view(run, rows, epochs, at=epochs[-1])
    else:
        _draw_scrubber(run, rows, epochs)


def _draw_scrubber(run: Run, rows: ViewRows, epochs: list[int]) -> None:
    playing = st.session_state.get(state.VIEW_PLAYED) == run.run_id and len(epochs) > 1
    key = f"view_epoch_{run.run_id}"

    @redrawn(PLAY_S if playing else None)
    def scrubber() -> None:
        chosen = st.session_state.get(key)
        if chosen not in epochs:
            chosen = epochs[-1]
        if st.session_state.get(state.VIEW_PLAYED) == run.run_id and len(epochs) > 1:
            later = [epoch for epoch in epochs if epoch > chosen]
            if not later:
                st.session_state[state.VIEW_PLAYED] = None
                st.rerun()
            chosen = later[0]
        st.session_state[key] = chosen
        if len(epochs) > 1:
            slider, button = st.columns([5, 1], vertical_alignment="bottom")
            slider.select_slider("Epoch of the picture", epochs, key=key)
            if button.button(
                "Stop" if playing else "Replay", key="play_views", on_click=_toggle,
                icon=":material/stop:" if playing else ":material/play_arrow:",
                args=(run.run_id, key, epochs),
            ):  # fmt: skip
                st.rerun()  # how often the fragment draws is told when the page does
        _draw_view(run, rows, epochs, at=st.session_state[key])

    scrubber()


def _toggle(run_id: str, key: str, epochs: list[int]) -> None:
    """Callback: play a run's views, from the first where the last is shown, or stop."""
    if st.session_state.get(state.VIEW_PLAYED) == run_id:
        st.session_state[state.VIEW_PLAYED] = None
        return
    st.session_state[state.VIEW_PLAYED] = run_id
    if st.session_state.get(key) in (None, epochs[-1]):
        st.session_state[key] = epochs[0]


def _draw_view(run: Run, rows: ViewRows, epochs: list[int], *, at: int) -> None:
    jobs = cached.training_jobs()
    seen = [points for epoch in epochs if (points := jobs.view(run.run_id, epoch)) is not None]
    points = jobs.view(run.run_id, at)
    if points is None or len(points) != len(rows.terms):
        st.warning(f"The picture of epoch {at} is damaged.")
        return
    sample = "" if rows.n_settings == len(points) else f" (a sample of {rows.n_settings:,})"
    what = "as the encoder places them" if rows.axes == "Latent" else "their meaning, projected"
    reach = views.reach(seen)
    n_outside = int((abs(points) > reach).any(axis=1).sum())
    lie = "lies" if n_outside == 1 else "lie"
    outside = f" {n_outside} {lie} outside the axes: scroll to zoom out." if n_outside else ""
    n_other = int((~np.isin(rows.terms, rows.words)).sum())
    others = f" ({n_other:,} of other words, which training leaves out)" if n_other else ""
    st.caption(f"After epoch {at}: {len(points):,} settings{sample}{others}, {what}.{outside}")
    run_chart.draw(
        latent_chart(points, rows, reach=reach),
        key="train_latent",
        revision=run.run_id,
        spoken="Settings in the latent space in two dimensions, coloured by word",
    )
