"""Time a training beside the reference's layout: ``training_time.py [TABLE.csv]``.

Same settings, same epochs and batch size, same machine, same process; the two take turns.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from neural_eq.data.sources import open_dataset  # noqa: E402
from neural_eq.model.config import TrainConfig  # noqa: E402
from neural_eq.model.reference import train_reference  # noqa: E402
from neural_eq.model.training import train  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", nargs="?", type=Path, help="SAFE-DB's CSV")
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    dataset = open_dataset(options.table)
    config = TrainConfig(epochs=options.epochs, keep_junk=True, device="cpu")
    runs = {"reference": train_reference, "ours": train}
    times_s: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(options.repeats):
        for name, run in runs.items():
            started = time.perf_counter()
            run(dataset, config)
            times_s[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(values) for name, values in times_s.items()}
    print(f"{dataset.origin}, {options.epochs} epochs, median of {options.repeats} in turns")
    print("| | seconds | ratio to the reference |\n|---|---|---|")
    for name, median in medians.items():
        print(f"| {name} | {median:.2f} | {median / medians['reference']:.2f} |")


if __name__ == "__main__":
    main()
