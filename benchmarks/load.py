"""Eight people at once: ``load.py [--minutes 5]``.

Each session speaks the app's own protocol over a socket, so that no browser competes with the
server for the cores. One session alone first; then several click at once while a model trains.
Told are errors, sessions that saw another's choices, response times of both, and the server's
memory before, with all of them, and after they left. The exit code is 1 where there was an error,
or where answers took more than twice the time of one session's, or memory did not come back.
"""

import argparse
import statistics
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.measuring import Row, print_rows, seconds  # noqa: E402
from neural_eq.data.demo import built_in_dataset  # noqa: E402
from neural_eq.jobs import TrainingJobs  # noqa: E402
from neural_eq.model.config import TrainConfig  # noqa: E402
from tests.browser import driver  # noqa: E402
from tests.browser.session import Session  # noqa: E402

PAIRS = [
    ("warm", "bright"), ("bright", "warm"), ("clear", "muddy"), ("airy", "deep"),
    ("boomy", "thin"), ("full", "tinny"), ("thin", "warm"), ("deep", "clear"),
]  # fmt: skip
MAX_SLOWER = 2.0  # times the response times of one session
MAX_KEPT = 1.2  # times the memory before
LEFT_S = 150  # a session that was left is kept for two minutes, in case its browser comes back


def together(address: str, n_sessions: int, seconds: float) -> list[Session]:
    """Let sessions click at once; return what became of them."""
    until = time.perf_counter() + seconds
    sessions = [Session(address, pair) for pair in PAIRS[:n_sessions]]
    threads = [threading.Thread(target=session.live, args=(until,)) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sessions


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="with all sessions")
    parser.add_argument("--sessions", type=int, default=len(PAIRS))
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        driver.server(Path(folder) / "runs", data=None) as address,
    ):
        together(address, 1, 20)  # what is loaded once
        before_mb = driver.server_memory_mb()
        alone = together(address, 1, 60 * options.minutes / 2)
        with closing(TrainingJobs(Path(folder) / "runs")) as jobs:
            run_id = jobs.start(built_in_dataset(), TrainConfig(epochs=10_000, device="cpu"))
            many = together(address, options.sessions, 60 * options.minutes)
            with_all_mb = driver.server_memory_mb()
            jobs.stop(run_id)
        print(f"waiting {LEFT_S} s for the server to forget them")
        time.sleep(LEFT_S)
        after_mb = driver.server_memory_mb()
    times_s = {}
    print("| | runs | median | 95th percentile |\n|---|--:|--:|--:|")
    for name, sessions in (("one session", alone), (f"{len(many)} and a training", many)):
        times = sorted(t for session in sessions for t in session.times_s)
        high = times[min(len(times) - 1, round(0.95 * len(times)))]
        times_s[name] = statistics.median(times), high
        print(f"| {name} | {len(times)} | {times_s[name][0]:.3f} s | {high:.3f} s |")
    print(
        f"server: {before_mb:.0f} MB before, {with_all_mb:.0f} MB with all, {after_mb:.0f} MB after"
    )
    faults = [fault for session in (*alone, *many) for fault in session.faults]
    n_named = sum(session.n_named for session in many)
    print(f"{n_named} runs named the EQ in use")
    print(f"{len(faults)} errors or choices of somebody else's", *faults[:5], sep="\n")
    (one_median, one_high), (all_median, all_high) = times_s.values()
    rows = [
        Row(f"response time, {what}", seconds(of_all), f"one session, {seconds(of_one)}",
            of_one / of_all, f"≤ {MAX_SLOWER:g} times its time", of_all <= MAX_SLOWER * of_one)
        for what, of_all, of_one in (("median", all_median, one_median),
                                     ("95th percentile", all_high, one_high))
    ]  # fmt: skip
    rows.append(
        Row("memory after all left", f"{after_mb:.0f} MB", f"before, {before_mb:.0f} MB",
            before_mb / after_mb, f"≤ {MAX_KEPT:g} times", after_mb <= MAX_KEPT * before_mb)
    )  # fmt: skip
    return 0 if print_rows(rows) and not faults else 1


if __name__ == "__main__":
    sys.exit(main())
