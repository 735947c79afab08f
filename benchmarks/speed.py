"""Measure all that is to be fast, beside its peers: ``speed.py [TABLE.csv] [--quick]``.

Peers take turns with this program in one run; figures are medians. The ratio is the peer's time
through ours. The exit code is 1 where a target is missed or a peer is not installed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import soundfile

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import rendering, training_time  # noqa: E402
from benchmarks.measuring import Row, against, medians, print_rows, seconds  # noqa: E402
from neural_eq.data.crew import n_cores  # noqa: E402
from neural_eq.data.sources import open_dataset  # noqa: E402

MAX_START_S = 0.5
MIN_OF_CORES = 0.7
"""Of the speed of all cores, what a batch must reach; its processes start anew each time."""

ONLY_WHAT_THEY_USE = {
    "render": {"torch", "umap", "numba", "sklearn", "pandas", "plotly", "matplotlib", "streamlit"},
    # scikit-learn, which judges clusters, brings pandas where it is installed
    "evaluate": {"umap", "numba", "plotly", "matplotlib", "streamlit"},
}
_IMPORTED = """
import sys
from neural_eq.cli import main
assert main(sys.argv[1:]) == 0
print("MODULES", *{name.partition(".")[0] for name in sys.modules})
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", nargs="?", type=Path, help="SAFE-DB's CSV")
    parser.add_argument("--minutes", type=float, default=3.0, help="of audio")
    parser.add_argument("--repeats", type=int, default=9, help="of each, in turns")
    parser.add_argument("--epochs", type=int, default=150, help="of a training")
    parser.add_argument("--hours", type=float, default=3.0, help="of a long file; 9 GB on the disk")
    parser.add_argument(
        "--quick", action="store_true", help="leave long files, large tables and the batch out"
    )
    options = parser.parse_args()
    print(f"{options.minutes:g} minutes of stereo at {rendering.RATE} Hz, medians of"
          f" {options.repeats} in turns, {n_cores()} cores, load {os.getloadavg()[0]:.1f} at the"
          " beginning\n")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        all_met = print_rows(rows(options, Path(folder)))
    print(f"\nLoad at the end: {os.getloadavg()[0]:.1f}")
    if options.quick:
        print("Left out by --quick: memory of long files, tables of 10,000 and 100,000, the batch.")
    return 0 if all_met else 1


def rows(options: argparse.Namespace, folder: Path) -> Iterator[Row]:
    few = max(1, options.repeats // 3)
    yield from rendering.rendering(folder, minutes=options.minutes, repeats=options.repeats)
    yield from start_up(folder, options.repeats)
    dataset = open_dataset(options.table)
    yield from training_time.beside_the_reference(dataset, options.epochs, few + 2)
    if options.quick:
        return
    yield from training_time.by_size(options.epochs, few)
    yield batch(folder, options.minutes, few)
    yield from rendering.long_files(folder, options.hours)


def start_up(folder: Path, repeats: int) -> Iterator[Row]:
    runs = {
        "ours": rendering.process([sys.executable, "-m", "neural_eq", "--help"]),
        "python": rendering.process([sys.executable, "-c", "pass"]),
    }
    found_s = medians(runs, repeats)
    yield Row(
        "--help, whole process", seconds(found_s["ours"]),
        f"Python doing nothing, {seconds(found_s['python'])}", found_s["python"] / found_s["ours"],
        f"≤ {seconds(MAX_START_S)}", found_s["ours"] <= MAX_START_S,
    )  # fmt: skip
    source = folder / "short.wav"
    soundfile.write(source, rendering.programme(rendering.RATE), rendering.RATE)
    commands = {
        "render": ["render", source, folder / "short_out.wav", "--term", "warm"],
        "evaluate": ["evaluate", "--json"],
    }
    for name, command in commands.items():
        done = subprocess.run(
            [sys.executable, "-c", _IMPORTED, *command], check=True, cwd=ROOT,
            capture_output=True, text=True,
        )  # fmt: skip
        unused = ONLY_WHAT_THEY_USE[name] & set(done.stdout.rpartition("MODULES")[2].split())
        named = ", ".join(sorted(unused)) or "nothing that it does not use"
        yield Row(f"{name} imports", named, "", None, "nothing it does not use", not unused)


def batch(folder: Path, minutes: float, repeats: int) -> Row:
    """Several files, by all cores and by one."""
    sources = folder / "batch"
    sources.mkdir()
    piece = rendering.programme(int(60 * minutes * rendering.RATE))
    for number in range(2 * n_cores()):
        soundfile.write(sources / f"{number}.wav", piece, rendering.RATE, subtype="PCM_16")
    command = [sys.executable, "-m", "neural_eq", "render", "--batch", sources, folder / "made",
               "--term", "warm", "--again"]  # fmt: skip
    found_s = medians(
        {
            "all": rendering.process(command),
            "one": rendering.process([*command, "--workers", "1"]),
        },
        repeats,
    )
    what = f"{2 * n_cores()} files over {n_cores()} cores"
    return against(what, found_s["all"], "one core", found_s["one"], MIN_OF_CORES * n_cores())


if __name__ == "__main__":
    sys.exit(main())
