"""The Train page: the form of a new run, the run in focus while it learns, and all runs."""

from neural_eq.ui.train.form import draw_form
from neural_eq.ui.train.runs_table import draw_runs
from neural_eq.ui.train.watching import draw_notices, draw_run

__all__ = ["draw_form", "draw_notices", "draw_run", "draw_runs"]
