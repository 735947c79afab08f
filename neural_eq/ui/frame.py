"""What every page shares: the line that tells the data and the model in use."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from neural_eq.data.safe_db import Dataset, select
from neural_eq.errors import NeuralEqError
from neural_eq.jobs.registry import queue_of
from neural_eq.model.config import TrainConfig
from neural_eq.ui import cached, models, state, tables
from neural_eq.ui.markdown import escaped, inline
from neural_eq.ui.redrawing import redrawn

SHORTEST_POLL_S, LONGEST_POLL_S, POLLS_LEFT = 1.0, 10.0, 20
"""A look at the training costs a page as much as a press of a widget, so that it is taken the
less often the longer the training will go on."""


def header() -> None:
    """Draw the line of data and model in use, each of which opens to be changed."""
    models.adopt_finished_run()
    with st.container(horizontal=True, key="in_use", vertical_alignment="center", gap="small"):
        data, model = inline(_short(state.dataset())), inline(models.model_ref().label)
        with st.popover(f"Data: {data}", icon=":material/dataset:", wrap=True):
            _data_panel()
        with st.popover(f"Model: {model}", icon=":material/memory:", wrap=True):
            _model_panel()
        # always there, so that what follows keeps its place while a fragment draws
        with st.container(width="content"):
            _training_line()
    with st.container():
        for key in (state.DATA_ERROR, state.MODEL_ERROR):
            _say(key)


def _say(key: str) -> None:
    """Show what went wrong with data or model: on the page, and in the panel that hides it."""
    if st.session_state.get(key):
        st.error(escaped(st.session_state[key]))


def _short(dataset: Dataset) -> str:
    try:
        return select(dataset, min_examples=TrainConfig().min_examples).describe()
    except NeuralEqError:
        return f"{dataset.describe()}, none with enough settings"


def _data_panel() -> None:
    dataset = state.dataset()
    st.markdown(f"**In use:** {escaped(_short(dataset))}")
    rows, _ = cached.shown_rows(dataset)
    st.caption(
        f"The table holds {len(dataset):,} settings, which Compare judges all. {len(rows):,} have a"
        " word that describes a sound: those the map shows. Training takes the words with"
        f" {TrainConfig().min_examples} settings or more, as counted above."
    )
    names = tables.known()
    names.setdefault(st.session_state[state.TABLE], dataset.origin)
    if tables.DOWNLOADED not in names:
        st.markdown(
            "The built-in set is drawn from SAFE-DB's statistics, so that everything works"
            " offline; nobody saved these settings. The real ones are 0.5 MB to download."
        )
        if st.button("Download SAFE-DB", icon=":material/download:", type="primary"):
            _download()
    _choice("Table", names, key=state.TABLE, then=tables.choose)
    st.file_uploader(
        "Use a table of your own (CSV in SAFE-DB's layout)",
        type="csv",
        key=state.DATA_UPLOAD,
        on_change=tables.take,
    )
    _say(state.DATA_ERROR)


def _choice(
    label: str, names: Mapping[str, str], *, key: str, then: Callable[[], None], help_text: str = ""
) -> None:
    """Draw a choice in a panel that may be shut.

    A panel that is shut hears nothing of what changes meanwhile, and its widget goes on sending
    what it last showed. So a value that the widget did not send itself makes it a new one.

    Args:
        names: What each value is called.
        key: Where the session keeps the value.
        then: What a choice of the user's does.
    """
    session = st.session_state
    turn, sent = session.get(f"{key}_turn", (0, session[key]))
    turn += sent != session[key]
    session[f"{key}_turn"] = (turn, session[key])
    widget = f"{key}_choice_{turn}"

    def choose() -> None:
        value = session[widget]
        if turn != session[f"{key}_turn"][0] or value == session[key]:
            return  # an echo of what Python has set meanwhile
        session[f"{key}_turn"] = (turn, value)
        if value in names:  # what could be chosen a moment ago may be gone, and is sent as None
            session[key] = value
            then()

    values = list(names)
    st.selectbox(
        label, values, index=values.index(session[key]), key=widget, on_change=choose,
        format_func=lambda value: names.get(value, value), help=help_text or None,
    )  # fmt: skip


def _download() -> None:
    """Fetch the published table while a bar shows how far it is."""
    from neural_eq.data.sources import download

    bar = st.progress(0.0, text="Connecting …")

    def on_progress(done: int, total: int) -> None:
        bar.progress(done / total, text=f"{done / 1000:,.0f} of {total / 1000:,.0f} kB")

    try:
        download(on_progress=on_progress)
    except NeuralEqError as error:
        bar.empty()
        st.error(escaped(str(error)))
        return
    tables.use_downloaded()
    st.rerun()


def _model_panel() -> None:
    refs = models.model_refs()
    if st.session_state[state.MODEL] not in refs:
        st.session_state[state.MODEL] = state.BUILT_IN
    _choice(
        "Model in use",
        {model_id: ref.label for model_id, ref in refs.items()},
        key=state.MODEL,
        then=models.check_model,
        help_text="The built-in one, what was trained here, or a file of yours.",
    )
    st.file_uploader(
        "Use a model file (.pt made by Neural EQ)",
        type="pt",
        key=state.MODEL_UPLOAD,
        on_change=models.take_model,
    )
    _say(state.MODEL_ERROR)


def _training_line() -> None:
    """Say that a training is going on; when it ends, draw the page anew, with its model."""
    jobs = cached.training_jobs()
    jobs.tend()
    begun = jobs.live()
    if begun is None:
        return

    last = next(reversed(jobs.history(begun.run_id)), None)
    left_s = last["time_left_s"] if last else 0.0

    @redrawn(min(LONGEST_POLL_S, max(SHORTEST_POLL_S, left_s / POLLS_LEFT)))
    def poll() -> None:
        run = jobs.live()
        if run is None or run.run_id != begun.run_id:
            st.rerun()
        n_waiting = len(queue_of(jobs.runs())) - (run.state == "queued")
        waiting = f", {n_waiting} waiting" if n_waiting else ""
        st.markdown(
            f":material/model_training: Training: epoch {run.epochs_done} of {run.config.epochs}"
            f"{waiting}"
        )

    poll()
