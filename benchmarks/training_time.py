"""Rows on training, beside the reference's layout and by size; ``speed.py`` prints them.

Same settings, same epochs and batch size, same machine, same process; they take turns.
"""

import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measuring import Row, against, medians, seconds, turns  # noqa: E402
from neural_eq.data.demo import STATISTICS_PATH, draw  # noqa: E402
from neural_eq.data.safe_db import Dataset  # noqa: E402
from neural_eq.jobs import run_folder, settings_file, worker  # noqa: E402
from neural_eq.model.config import TrainConfig  # noqa: E402
from neural_eq.model.reference import train_reference  # noqa: E402
from neural_eq.model.training import train  # noqa: E402

MAX_CHARTS_S = 1.0
SIZES = (1283, 10_000, 100_000)
MAX_UNEVEN = 1.5
"""Times the cost of a setting in the smallest table: the machine's own unevenness included."""


def beside_the_reference(dataset: Dataset, epochs: int, repeats: int) -> Iterator[Row]:
    """Measure the reference, ours, and ours as the app trains it, with charts and checkpoints."""
    config = TrainConfig(epochs=epochs, keep_junk=True, device="cpu")
    took_s = turns(
        {
            "reference": lambda: train_reference(dataset, config),
            "ours": lambda: train(dataset, config),
            "app": lambda: train_as_the_app(dataset, config),
        },
        repeats,
        n_warm_up=0,
    )
    found_s = {name: statistics.median(values) for name, values in took_s.items()}
    what = f"training, {len(dataset):,} settings, {epochs} epochs"
    yield against(what, found_s["ours"], "the reference's layout", found_s["reference"], 2.0)
    # within a turn, since the machine's own speed changes from one to the next by more than that
    more_s = statistics.median(
        app_s - ours_s for app_s, ours_s in zip(took_s["app"], took_s["ours"], strict=True)
    )
    yield Row(
        "what live charts and checkpoints add", f"{more_s:.2f} s", f"none, {found_s['ours']:.2f} s",
        None, f"≤ {seconds(MAX_CHARTS_S)}", more_s <= MAX_CHARTS_S,
    )  # fmt: skip


def by_size(epochs: int, repeats: int) -> Iterator[Row]:
    """Measure what a setting costs in each epoch, start and end of the run included.

    Each size sees as many settings in all as the largest does in one epoch, at least.
    """
    datasets = {size: drawn(size) for size in SIZES}
    runs = {size: max(1, min(epochs, round(max(SIZES) / size))) for size in SIZES}

    def run(size: int) -> Callable[[], object]:
        config = TrainConfig(epochs=runs[size], keep_junk=True, device="cpu")
        return lambda: train(datasets[size], config)

    found_s = medians({str(size): run(size) for size in SIZES}, repeats, n_warm_up=0)
    costs = {size: found_s[str(size)] / runs[size] / len(datasets[size]) for size in SIZES}
    first = costs[SIZES[0]]
    for size in SIZES[1:]:
        yield Row(
            f"a setting's epoch, {size:,} settings", f"{1e6 * costs[size]:.0f} µs",
            f"with {SIZES[0]:,}, {1e6 * first:.0f} µs", first / costs[size],
            f"≤ {MAX_UNEVEN:g} times its time", costs[size] <= MAX_UNEVEN * first,
        )  # fmt: skip


def train_as_the_app(dataset: Dataset, config: TrainConfig) -> None:
    """Train in a run's folder: history, views and checkpoints are written on the way."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "run").mkdir()
        settings_file.write(folder / "run" / run_folder.DATA_FILE, dataset)
        run = run_folder.Run("run", "running", "2000-01-01T00:00:00", config, dataset.describe())
        run_folder.write(folder, run)
        worker.train_run(folder, run, lambda: False)
        ended = run_folder.read(folder, "run")
        assert ended is not None and ended.state == "finished", ended


def drawn(n_settings: int) -> Dataset:
    """A set like the built-in one, of about as many settings as asked for."""
    content = json.loads(STATISTICS_PATH.read_text("utf-8"))
    total = sum(term["count"] for term in content["terms"].values())
    for term in content["terms"].values():
        term["count"] = max(5, round(term["count"] * n_settings / total))
    return draw(content, seed=1)
