"""All runs: a table to choose from, their curves overlaid, and what can be done with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# st.dataframe would import it amid a drawing, when plotly of another session trips over its half
import pandas  # noqa: F401
import streamlit as st

from neural_eq.errors import NeuralEqError
from neural_eq.jobs import Run
from neural_eq.jobs.run_folder import LIVE_STATES, MAX_NAME_CHARS
from neural_eq.ui import cached, models, state
from neural_eq.ui.markdown import escaped
from neural_eq.ui.names import toast_if_cut
from neural_eq.ui.redrawing import redrawn
from neural_eq.ui.train.actions import attempt, show_run
from neural_eq.ui.train.form import prefill
from neural_eq.ui.train.pictures import OVERLAYS, overlay_figure
from neural_eq.ui.train.wording import differences

SPARKLINE_POINTS, REFRESH_S = 60, 2.0


def draw_runs() -> None:
    """Draw the table, and below it what is chosen in it."""
    runs = cached.training_jobs().runs()
    st.subheader("All runs", anchor=False)
    _draw_undo()
    if runs:
        if any(run.is_live for run in runs):
            _draw_growing_table(list(st.session_state.get(state.CHOSEN_RUNS, [])))
        else:
            _draw_table(runs)
        ids = {run.run_id for run in runs}
        chosen = [i for i in st.session_state.get(state.CHOSEN_RUNS, []) if i in ids]
        _draw_chosen([run for run in runs if run.run_id in chosen])
    else:
        st.markdown("Runs stand here once there are some, to be compared, named, used or deleted.")
    st.file_uploader(
        "Add a model file as a run (.pt made by Neural EQ)", type="pt", key=state.RUN_UPLOAD,
        on_change=_take_in,
    )  # fmt: skip


def _draw_undo() -> None:
    deleted = st.session_state.get(state.DELETED_RUNS, [])
    with st.container(horizontal=True, vertical_alignment="center"):
        if deleted:
            n = f"{len(deleted)} run{'s' * (len(deleted) > 1)}"
            st.markdown(f"Deleted {n}; the trash keeps them for a week.", width="content")
            st.button(f"Bring back {n}", icon=":material/undo:", key="undo_delete", on_click=_undo)


@redrawn(REFRESH_S)
def _draw_growing_table(chosen: list[str]) -> None:
    """Draw the table again and again while a run trains, the page once another row is chosen."""
    if chosen != st.session_state.get(state.CHOSEN_RUNS, []):
        st.rerun()
    _draw_table(cached.training_jobs().runs())


def _draw_table(runs: Sequence[Run]) -> None:
    config = st.column_config
    key = f"runs_table_{hash(tuple(run.run_id for run in runs))}"
    kept = st.session_state.get(state.RUNS_TABLE)
    if kept is None or kept[0] != key:  # rows moved: choose the same runs in their new places
        chosen = st.session_state.get(state.CHOSEN_RUNS, [])
        kept = (key, [row for row, run in enumerate(runs) if run.run_id in chosen])
        st.session_state[state.RUNS_TABLE] = kept
    st.dataframe(
        table(runs, {run.run_id: cached.training_jobs().history(run.run_id) for run in runs}),
        key=key,
        hide_index=True,
        placeholder="–",
        on_select=lambda: _choose(key, [run.run_id for run in runs]),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": kept[1]}},
        alt="All runs; choose one or several",
        column_config={
            "Held-out error": config.NumberColumn(
                "Held-out error (dB)", format="%.3g",
                help="Mean curve error on settings that training never saw.",
            ),
            "By epoch": config.LineChartColumn(
                width="small", color="#009e73", help="Held-out error in dB, epoch by epoch."
            ),
            "Total loss": config.NumberColumn(format="%.3g"),
            "Words apart": config.NumberColumn(
                format="%.2f",
                help="Silhouette of the two commonest words, on held-out settings where there are"
                " enough: −1 to 1, well apart from 0.5.",
            ),
        },
    )  # fmt: skip


def table(
    runs: Sequence[Run], histories: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, list[Any]]:
    """The table's columns, a row a run."""
    columns: dict[str, list[Any]] = {
        name: []
        for name in (
            "Run", "State", "Held-out error", "By epoch", "Differs from the defaults", "Epochs",
            "Total loss", "Words apart", "Started", "Data",
        )
    }  # fmt: skip
    for run in runs:
        history = histories[run.run_id]
        last = history[-1] if history else {}
        errors_db = [row["held_out_curve_db"] for row in history]
        step = max(1, len(errors_db) // SPARKLINE_POINTS)
        values = {
            "Run": run.title,
            "State": "uploaded" if run.uploaded else run.state,
            "Held-out error": last.get("held_out_curve_db"),
            "By epoch": [error for error in errors_db[::step] if error is not None],
            "Differs from the defaults": differences(run.config) or "–",
            "Epochs": "" if run.is_live else f"{run.epochs_done} of {run.config.epochs}",
            "Total loss": last.get("total_loss"),
            "Words apart": run.separation.silhouette if run.separation else None,
            "Data": run.data,
            "Started": run.started.replace("T", " "),
        }
        for name, value in values.items():
            columns[name].append(value)
    return columns


def _choose(key: str, run_ids: list[str]) -> None:
    """Callback: remember by its id what was chosen by its place."""
    rows = st.session_state[key]["selection"]["rows"]
    st.session_state[state.CHOSEN_RUNS] = [run_ids[row] for row in rows if row < len(run_ids)]


def _draw_chosen(runs: list[Run]) -> None:
    if not runs:
        st.caption("Choose runs by the boxes at the left: one to name or use, several to compare.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(runs) == 1:
            _draw_actions(runs[0])
        busy = any(run.state in LIVE_STATES for run in runs)
        st.button(
            "Delete" if len(runs) == 1 else f"Delete {len(runs)} runs", key="delete_runs",
            icon=":material/delete:", disabled=busy, on_click=_delete,
            args=([run.run_id for run in runs],),
            help="A run that trains must be stopped first." if busy else "Can be undone.",
        )  # fmt: skip
    histories = {}
    for run in runs:
        name = run.title if run.title not in histories else f"{run.title} ({run.run_id})"
        histories[name] = cached.training_jobs().history(run.run_id)
    curve = st.segmented_control(
        "Curve", list(OVERLAYS), key=state.OVERLAID, default=next(iter(OVERLAYS)), required=True
    )
    st.plotly_chart(
        overlay_figure(histories, curve=curve or next(iter(OVERLAYS))), key="runs_overlay",
        config={"displaylogo": False}, alt=f"{curve} of the chosen runs by epoch",
    )  # fmt: skip


def _draw_actions(run: Run) -> None:
    key = f"{state.RUN_NAME}_{run.run_id}"
    st.session_state[key] = run.name
    st.text_input(
        "Name", key=key, placeholder=run.title, width=240, on_change=_rename,
        args=(run.run_id, key), help=f"At most {MAX_NAME_CHARS} characters.",
    )  # fmt: skip
    st.button(
        "Show", icon=":material/visibility:", key="show_run", on_click=show_run, args=(run.run_id,)
    )
    st.button(
        "Fill in the form", icon=":material/edit_note:", key="copy_run", on_click=prefill,
        args=(run.config, {}, f"Filled in as run {escaped(run.title)}"),
    )  # fmt: skip
    if run.is_usable and run.model_path is not None:
        path = run.model_path
        if st.session_state[state.MODEL] != run.run_id:
            st.button(
                "Use this model", icon=":material/check:", key="use_chosen",
                on_click=models.use_run, args=(run.run_id,),
            )  # fmt: skip
        st.download_button(
            "Download checkpoint", path.read_bytes, f"{file_name(run)}.pt", key="download_run",
            icon=":material/download:", mime="application/octet-stream", on_click="ignore",
        )  # fmt: skip


def _rename(run_id: str, key: str) -> None:
    """Callback: call a run what was typed."""
    typed = st.session_state[key]
    attempt(cached.training_jobs().rename, run_id, typed)
    toast_if_cut(typed, most=MAX_NAME_CHARS)


def file_name(run: Run) -> str:
    """A run's title as a file's name that every system takes."""
    kept = "".join(c if c.isalnum() or c in "-_" else "_" for c in run.title)
    return f"neural_eq_{kept}"


def _delete(run_ids: list[str]) -> None:
    """Callback: move runs to the trash."""
    attempt(cached.training_jobs().delete, run_ids)
    if not st.session_state[state.RUNS_ERROR]:
        st.session_state[state.DELETED_RUNS] = run_ids
        st.session_state[state.CHOSEN_RUNS] = []


def _undo() -> None:
    """Callback: bring back what was deleted last."""
    run_ids = st.session_state[state.DELETED_RUNS]
    attempt(cached.training_jobs().restore, run_ids)
    st.session_state[state.DELETED_RUNS] = []
    st.session_state[state.CHOSEN_RUNS] = run_ids
    models.take_back(run_ids)


def _take_in() -> None:
    """Callback: keep an uploaded model as a run; a bad file changes nothing."""
    file = st.session_state.get(state.RUN_UPLOAD)
    st.session_state[state.RUNS_ERROR] = ""
    if file is None:
        return
    try:
        run_id = cached.training_jobs().take_in(file.getvalue(), name=file.name)
    except NeuralEqError as error:
        st.session_state[state.RUNS_ERROR] = str(error)
        return
    st.session_state[state.CHOSEN_RUNS] = [run_id]
    st.session_state[state.SHOWN_RUN] = run_id
