"""Runs that take turns, and the rows of a table that says whether a target is met."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

Runs = Mapping[str, Callable[[], object]]


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: Is measured.
        ours: This program's figure, with its unit.
        peer: The other's name and figure; what is missing where it is not there.
        ratio: How many times as good as the peer: its time through ours; None without a peer.
        target: To be met; empty for a line that only informs.
        is_met: Whether it is.
    """

    what: str
    ours: str
    peer: str
    ratio: float | None
    target: str = ""
    is_met: bool = True


def turns(runs: Runs, repeats: int, *, n_warm_up: int = 1) -> dict[str, list[float]]:
    """Run all in turns; returns the seconds that each took in each."""
    times_s: dict[str, list[float]] = {name: [] for name in runs}
    for repeat, (name, run) in itertools.product(range(repeats + n_warm_up), runs.items()):
        started = time.perf_counter()
        run()
        if repeat >= n_warm_up:
            times_s[name].append(time.perf_counter() - started)
    return times_s


def medians(runs: Runs, repeats: int, *, n_warm_up: int = 1) -> dict[str, float]:
    """Run all in turns; returns seconds."""
    times_s = turns(runs, repeats, n_warm_up=n_warm_up)
    return {name: statistics.median(values) for name, values in times_s.items()}


def seconds(value_s: float) -> str:
    return f"{value_s * 1000:.3g} ms" if value_s < 0.1 else f"{value_s:.3g} s"


def against(what: str, ours_s: float, peer: str, peer_s: float, at_least: float = 0.0) -> Row:
    """Compare times; the ratio is how many times the peer's speed."""
    ratio = peer_s / ours_s
    target = f"≥ {at_least:.3g} times its speed" if at_least else ""
    return Row(
        what, seconds(ours_s), f"{peer}, {seconds(peer_s)}", ratio, target, ratio >= at_least
    )


def missing(what: str, peer: str, target: str) -> Row:
    """A line that cannot be measured is not met."""
    return Row(what, "–", f"{peer} is not installed", None, target, False)


def print_rows(rows: Iterable[Row]) -> bool:
    """Print a table, each line as soon as it is known; returns whether all targets are met."""
    print("| what | ours | peer | ratio | target | met |\n|---|--:|---|--:|---|---|")
    all_met = True
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        met = ("yes" if row.is_met else "**no**") if row.target else ""
        print(f"| {row.what} | {row.ours} | {row.peer} | {ratio} | {row.target} | {met} |",
              flush=True)  # fmt: skip
        all_met &= row.is_met
    return all_met
