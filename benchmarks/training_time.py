"""Time a training: ``training_time.py [TABLE.csv] [--sizes 1283,10000,100000]``.

Beside the reference's layout and as the app trains it, with its charts and checkpoints: same
settings, same epochs and batch size, same machine, same process; they take turns. With
``--sizes``, instead: what one setting costs in tables of these sizes, drawn as the built-in set is.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from neural_eq.data.demo import STATISTICS_PATH, draw  # noqa: E402
from neural_eq.data.safe_db import Dataset  # noqa: E402
from neural_eq.data.sources import open_dataset  # noqa: E402
from neural_eq.jobs import run_folder, settings_file, worker  # noqa: E402
from neural_eq.model.config import TrainConfig  # noqa: E402
from neural_eq.model.reference import train_reference  # noqa: E402
from neural_eq.model.training import train  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", nargs="?", type=Path, help="SAFE-DB's CSV")
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sizes", type=lambda text: [int(part) for part in text.split(",")])
    options = parser.parse_args()
    if options.sizes:
        by_size(options.sizes, options.epochs, options.repeats)
    else:
        beside_the_reference(open_dataset(options.table), options.epochs, options.repeats)


def beside_the_reference(dataset: Dataset, epochs: int, repeats: int) -> None:
    """Print seconds of the reference, of ours, and of ours as the app trains it."""
    config = TrainConfig(epochs=epochs, keep_junk=True, device="cpu")
    times_s = in_turns(
        {
            "reference": lambda: train_reference(dataset, config),
            "ours": lambda: train(dataset, config),
            "ours in the app": lambda: train_as_the_app(dataset, config),
        },
        repeats,
    )
    medians = {name: statistics.median(values) for name, values in times_s.items()}
    print(f"{dataset.origin}, {epochs} epochs, median of {repeats} in turns")
    print("| | seconds | ratio to the reference |\n|---|---|---|")
    for name, median in medians.items():
        print(f"| {name} | {median:.2f} | {median / medians['reference']:.2f} |")


def by_size(sizes: list[int], epochs: int, repeats: int) -> None:
    """Print what a setting costs in each epoch, start and end of the run included.

    Each size sees as many settings in all as the largest does in one epoch, at least.
    """
    datasets = {size: drawn(size) for size in sizes}
    runs = {size: max(1, min(epochs, round(max(sizes) / size))) for size in sizes}

    def run(size: int) -> Callable[[], object]:
        config = TrainConfig(epochs=runs[size], keep_junk=True, device="cpu")
        return lambda: train(datasets[size], config)

    times_s = in_turns({str(size): run(size) for size in sizes}, repeats)
    print(f"Built-in statistics, median of {repeats} in turns")
    print("| settings | epochs | seconds | microseconds a setting and epoch |\n|---|---|---|---|")
    for size in sizes:
        median = statistics.median(times_s[str(size)])
        cost = 1e6 * median / runs[size] / len(datasets[size])
        print(f"| {len(datasets[size]):,} | {runs[size]} | {median:.2f} | {cost:.0f} |")


def in_turns(runs: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Seconds of each, run after run."""
    times_s: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            times_s[name].append(time.perf_counter() - started)
    return times_s


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


if __name__ == "__main__":
    main()
