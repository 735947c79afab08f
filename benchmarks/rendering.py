"""Time rendering beside other programs: ``rendering.py [--minutes 3] [--repeats 9] [--hours 3]``.

All take turns in one run; a row gives medians and their ratio to the peer's. "Times the peer's
speed" is above 1 where this program is faster.
"""

import argparse
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from neural_eq.eq.biquad import sections  # noqa: E402
from neural_eq.eq.cascade import Cascade  # noqa: E402
from neural_eq.eq.gliding import Journey  # noqa: E402
from neural_eq.eq.params import FIXED_BOUNDS, clamp  # noqa: E402
from neural_eq.eq.response import log_frequencies, response_db  # noqa: E402
from neural_eq.latent.terms import word_point  # noqa: E402
from neural_eq.model.config import BUILT_IN_MODEL_PATH  # noqa: E402
from neural_eq.model.decoder import read_decoder  # noqa: E402
from neural_eq.presets.commands import write_ffmpeg, write_pedalboard, write_sox  # noqa: E402
from neural_eq.presets.preset import Preset  # noqa: E402

RATE = 48000
BLOCK = 1 << 17
Runs = dict[str, Callable[[], object]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0, help="of audio")
    parser.add_argument("--repeats", type=int, default=9, help="of each, in turns")
    parser.add_argument("--hours", type=float, default=0.0, help="also a file so long: its memory")
    options = parser.parse_args()
    decoder = read_decoder(BUILT_IN_MODEL_PATH)
    assert decoder is not None
    warm, bright = (word_point(decoder, word).params for word in ("warm", "bright"))
    n_frames = int(60 * options.minutes * RATE)
    print(f"{options.minutes:g} minutes of stereo at {RATE} Hz, medians of {options.repeats} in"
          f" turns, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")  # fmt: skip
    print("| what | ours | peer | times the peer's speed |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        samples = programme(n_frames)
        in_memory(samples, warm, options.repeats)
        whole_files(samples, Preset("warm", warm), Path(folder), options.repeats)
        journey(samples, warm, bright, options.repeats)
        responses(options.repeats)
        if options.hours:
            long_file(Path(folder), options.hours)


def programme(n_frames: int) -> np.ndarray:
    """Noise that swells like music, float32."""
    swell = 0.02 + 0.06 * np.sin(0.7 * np.arange(n_frames) / RATE) ** 2
    noise = np.random.default_rng(0).standard_normal((n_frames, 2))
    return (noise * swell[:, None]).astype(np.float32)


def medians(runs: Runs, repeats: int) -> dict[str, float]:
    """Run all in turns, once to warm up; returns seconds."""
    times_s: dict[str, list[float]] = {name: [] for name in runs}
    for repeat, (name, run) in itertools.product(range(repeats + 1), runs.items()):
        started = time.perf_counter()
        run()
        if repeat:
            times_s[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in times_s.items()}


def row(what: str, ours_s: float, peer: str, peer_s: float) -> None:
    unit, factor = ("ms", 1000) if ours_s < 0.1 else ("s", 1)
    print(f"| {what} | {ours_s * factor:.3g} {unit} | {peer}, {peer_s * factor:.3g} {unit} |"
          f" {peer_s / ours_s:.2f} |")  # fmt: skip


def in_memory(samples: np.ndarray, params: np.ndarray, repeats: int) -> None:
    sos = sections(params, sample_rate=RATE)[0]
    exact = signal.sosfilt(sos, samples.astype(np.float64), axis=0)
    runs: Runs = {
        "one thread": lambda: Cascade(sos, 2, n_threads=1).process(samples),
        "two threads": lambda: Cascade(sos, 2, n_threads=2).process(samples),
        "sosfilt": lambda: signal.sosfilt(sos, samples.astype(np.float64), axis=0),
    }
    try:
        import pedalboard
    except ImportError:
        print("| in memory, against pedalboard | – | pedalboard is not installed | – |")
    else:
        found: dict[str, object] = {}
        exec(write_pedalboard(Preset("warm", params)).decode(), {"pedalboard": pedalboard}, found)
        board = next(b for b in found.values() if isinstance(b, pedalboard.Pedalboard))
        board = pedalboard.Pedalboard([p for p in board if not isinstance(p, pedalboard.Gain)])
        turned = np.ascontiguousarray(samples.T)
        runs["pedalboard"] = lambda: board(turned, RATE)
        print(f"| error against float64 | {dbfs(runs['two threads']() - exact):.0f} dBFS |"
              f" pedalboard, {dbfs(board(turned, RATE).T - exact):.0f} dBFS | |")  # fmt: skip
    found_s = medians(runs, repeats)
    for threads, peer in itertools.product(("one thread", "two threads"), runs):
        if "thread" not in peer:
            row(f"in memory, {threads}", found_s[threads], peer, found_s[peer])


def dbfs(error: np.ndarray) -> float:
    return 20 * float(np.log10(max(np.abs(error).max(), 1e-20)))


def whole_files(samples: np.ndarray, preset: Preset, folder: Path, repeats: int) -> None:
    """Whole processes, from a 16-bit WAV to one; ours measures the file and matches its level."""
    source = folder / "in.wav"
    soundfile.write(source, samples, RATE, subtype="PCM_16")
    chains = {
        "sox": ["sox", source, folder / "sox.wav", *write_sox(preset).decode().split()],
        "ffmpeg": ["ffmpeg", "-v", "error", "-y", "-filter_threads", "1", "-i", source, "-af",
                   write_ffmpeg(preset).decode().strip(), folder / "ffmpeg.wav"],
    }  # fmt: skip
    ours = [sys.executable, "-m", "neural_eq", "render", source, folder / "ours.wav"]
    runs: Runs = {
        "a word": process([*ours, "--term", "warm"]),
        "a morph": process([*ours, "--term", "warm", "--to", "bright"]),
    }
    runs |= {name: process(chain) for name, chain in chains.items() if shutil.which(name)}
    found_s = medians(runs, repeats)
    for what, peer in itertools.product(("a word", "a morph"), chains):
        if peer in found_s:
            row(f"file, whole process, {what}", found_s[what], peer, found_s[peer])
        else:
            print(f"| file, whole process, {what} | | {peer} is not installed | – |")


def process(command: list) -> Callable[[], object]:
    place = {**os.environ, "PYTHONPATH": str(ROOT)}
    return lambda: subprocess.run(
        command, check=True, env=place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def journey(samples: np.ndarray, start: np.ndarray, end: np.ndarray, repeats: int) -> None:
    way = np.linspace(start, end, 101)

    def travel() -> None:
        one = Journey(way, np.zeros(101), sample_rate=RATE, n_channels=2, n_frames=len(samples))
        for first in range(0, len(samples), BLOCK):
            one.process(samples[first : first + BLOCK])

    def step_by_step() -> None:
        """As one would with scipy: a design and a call for every 64 frames; a tenth of it."""
        state = np.zeros((5, 2, 2))
        for first in range(0, len(samples) // 10, 64):
            sos = sections(way[first * 100 // len(samples)], sample_rate=RATE)[0]
            _, state = signal.sosfilt(sos, samples[first : first + 64], axis=0, zi=state)

    found_s = medians({"ours": travel, "steps": step_by_step}, max(3, repeats // 3))
    duration_s = len(samples) / RATE
    speed = duration_s / found_s["ours"]
    row(f"a morph along its path ({speed:,.0f} times real time)", found_s["ours"],
        "sosfilt every 64 frames", 10 * found_s["steps"])  # fmt: skip


def responses(repeats: int) -> None:
    settings = clamp(FIXED_BOUNDS.denormalize(np.random.default_rng(0).random((1000, 13))))
    freq_hz = log_frequencies(512)

    def loop() -> None:
        for setting in settings:
            signal.sosfreqz(sections(setting, sample_rate=RATE)[0], freq_hz, fs=RATE)

    runs: Runs = {"ours": lambda: response_db(settings, freq_hz), "scipy": loop}
    found_s = medians(runs, repeats)
    row("1,000 curves at 512 frequencies", found_s["ours"], "a scipy loop", found_s["scipy"])


def long_file(folder: Path, hours: float) -> None:
    source = folder / "long.wav"
    minute = programme(60 * RATE)
    with soundfile.SoundFile(source, "w", RATE, 2, "PCM_16") as file:
        for _ in range(round(60 * hours)):
            file.write(minute)
    code = (
        "import sys; from neural_eq.cli import main; main(sys.argv[1:]);"
        " print([line for line in open('/proc/self/status') if 'VmHWM' in line][0])"
    )
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, "render", source, folder / "long_out.wav", "--term", "warm"],
        check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    took_s = time.perf_counter() - started
    peak_mb = int(done.stdout.split("VmHWM:")[1].split()[0]) / 1024
    print(f"| a file of {hours:g} hours, {source.stat().st_size / 1e9:.1f} GB | {took_s:.0f} s,"
          f" {peak_mb:.0f} MB of memory at most | | |")  # fmt: skip


if __name__ == "__main__":
    main()
