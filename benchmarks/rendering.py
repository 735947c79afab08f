"""Rows on rendering, beside other programs; ``speed.py`` prints them."""

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.measuring import Row, against, medians, missing, seconds  # noqa: E402
from neural_eq.eq.biquad import sections  # noqa: E402
from neural_eq.eq.cascade import Cascade  # noqa: E402
from neural_eq.eq.gliding import Journey  # noqa: E402
from neural_eq.eq.params import FIXED_BOUNDS, clamp  # noqa: E402
from neural_eq.eq.response import log_frequencies, response_db  # noqa: E402
from neural_eq.latent.terms import word_point  # noqa: E402
from neural_eq.model.config import BUILT_IN_MODEL_PATH  # noqa: E402
from neural_eq.model.decoder import read_decoder  # noqa: E402
from neural_eq.presets.bands import bands_of  # noqa: E402
from neural_eq.presets.commands import write_ffmpeg, write_sox  # noqa: E402
from neural_eq.presets.preset import Preset  # noqa: E402

RATE = 48000
BLOCK = 1 << 17
MAX_ERROR_DBFS = -140
SOX_SPEED = 1 / 1.5
MIN_REAL_TIME = 1000
MAX_CURVES_S = 0.008
MAX_MEMORY_MB = 250
AT_LEAST = {"one thread": 3.5, "two threads": 8.0}
"""Times pedalboard's speed."""


def rendering(folder: Path, *, minutes: float, repeats: int) -> Iterator[Row]:
    """Measure rendering in memory, of files and along a path, and curves."""
    warm, bright = words()
    samples = programme(int(60 * minutes * RATE))
    yield from in_memory(samples, warm, repeats)
    yield from whole_files(samples, Preset("warm", warm), folder, repeats)
    yield from journeys(samples, warm, bright, repeats)
    yield from responses(repeats)


def words() -> tuple[np.ndarray, np.ndarray]:
    """The built-in model's warm and bright, shape ``(13,)`` each."""
    decoder = read_decoder(BUILT_IN_MODEL_PATH)
    assert decoder is not None
    return word_point(decoder, "warm").params, word_point(decoder, "bright").params


def programme(n_frames: int) -> np.ndarray:
    """Noise that swells like music, float32."""
    swell = 0.02 + 0.06 * np.sin(0.7 * np.arange(n_frames) / RATE) ** 2
    noise = np.random.default_rng(0).standard_normal((n_frames, 2))
    return (noise * swell[:, None]).astype(np.float32)


def in_memory(samples: np.ndarray, params: np.ndarray, repeats: int) -> Iterator[Row]:
    sos = sections(params, sample_rate=RATE)[0]
    exact = signal.sosfilt(sos, samples.astype(np.float64), axis=0)
    runs: dict[str, Callable[[], np.ndarray]] = {
        "one thread": lambda: Cascade(sos, 2, n_threads=1).process(samples),
        "two threads": lambda: Cascade(sos, 2, n_threads=2).process(samples),
        "sosfilt": lambda: signal.sosfilt(sos, samples.astype(np.float64), axis=0),
    }
    error_dbfs = dbfs(runs["two threads"]() - exact)
    what, target = "error against float64", f"≤ {MAX_ERROR_DBFS} dBFS"
    try:
        import pedalboard
    except ImportError:
        yield missing("in memory, and its error", "pedalboard", target)
    else:
        filters = {
            "low_shelf": pedalboard.LowShelfFilter, "peaking": pedalboard.PeakFilter,
            "high_shelf": pedalboard.HighShelfFilter,
        }  # fmt: skip
        board = pedalboard.Pedalboard([
            filters[band.shape](
                cutoff_frequency_hz=band.freq_hz, gain_db=band.gain_db, q=band.q
            )
            for band in bands_of(params)
        ])  # fmt: skip
        turned = np.ascontiguousarray(samples.T)
        runs["pedalboard"] = lambda: board(turned, RATE)
        peer_dbfs = dbfs(board(turned, RATE).T - exact)
        yield Row(what, f"{error_dbfs:.0f} dBFS", f"pedalboard, {peer_dbfs:.0f} dBFS", None,
                  target, error_dbfs <= MAX_ERROR_DBFS)  # fmt: skip
    found_s = medians(runs, repeats)
    for threads, peer in itertools.product(AT_LEAST, runs):
        if peer not in AT_LEAST:
            at_least = AT_LEAST[threads] if peer == "pedalboard" else 0.0
            yield against(f"in memory, {threads}", found_s[threads], peer, found_s[peer], at_least)


def dbfs(error: np.ndarray) -> float:
    return 20 * float(np.log10(max(np.abs(error).max(), 1e-20)))


def whole_files(samples: np.ndarray, preset: Preset, folder: Path, repeats: int) -> Iterator[Row]:
    """Whole processes, from a 16-bit WAV to one; ours measures the file and matches its level."""
    source = folder / "in.wav"
    soundfile.write(source, samples, RATE, subtype="PCM_16")
    chains = {
        "sox": ["sox", source, folder / "sox.wav", *write_sox(preset).decode().split()],
        "ffmpeg": ["ffmpeg", "-v", "error", "-y", "-filter_threads", "1", "-i", source, "-af",
                   write_ffmpeg(preset).decode().strip(), folder / "ffmpeg.wav"],
    }  # fmt: skip
    ours = [sys.executable, "-m", "neural_eq", "render", source, folder / "ours.wav"]
    runs = {
        "a word": process([*ours, "--term", "warm"]),
        "a morph": process([*ours, "--term", "warm", "--to", "bright"]),
    }
    runs |= {name: process(chain) for name, chain in chains.items() if shutil.which(name)}
    found_s = medians(runs, repeats)
    for what, peer in itertools.product(("a word", "a morph"), chains):
        what_is_done, at_least = f"file, whole process, {what}", SOX_SPEED if peer == "sox" else 0.0
        if peer in found_s:
            yield against(what_is_done, found_s[what], peer, found_s[peer], at_least)
        else:
            yield missing(what_is_done, peer, f"≥ {at_least:.3g} times its speed")


def process(command: list) -> Callable[[], object]:
    place = {**os.environ, "PYTHONPATH": str(ROOT)}
    return lambda: subprocess.run(
        command, check=True, env=place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def journeys(
    samples: np.ndarray, start: np.ndarray, end: np.ndarray, repeats: int
) -> Iterator[Row]:
    way = np.linspace(start, end, 101)
    fades = samples.copy()
    fades[RATE:] = 0  # where numbers become too small to be quick
    duration_s = len(samples) / RATE

    def travel(piece: np.ndarray) -> None:
        one = Journey(way, np.zeros(101), sample_rate=RATE, n_channels=2, n_frames=len(piece))
        for first in range(0, len(piece), BLOCK):
            one.process(piece[first : first + BLOCK])

    def step_by_step() -> None:
        """As one would with scipy: a design and a call for every 64 frames."""
        state = np.zeros((5, 2, 2))
        for first in range(0, len(samples), 64):
            sos = sections(way[first * 100 // len(samples)], sample_rate=RATE)[0]
            _, state = signal.sosfilt(sos, samples[first : first + 64], axis=0, zi=state)

    pieces = {"noise": samples, "noise, then silence": fades}
    runs = {name: lambda p=piece: travel(p) for name, piece in pieces.items()}
    found_s = medians({**runs, "sosfilt": step_by_step}, max(3, repeats // 3))
    for name in pieces:
        speed = duration_s / found_s[name]
        yield Row(
            f"a morph along its path, {name}",
            f"{seconds(found_s[name])}, {speed:,.0f} × real time",
            f"sosfilt every 64 frames, {seconds(found_s['sosfilt'])}",
            found_s["sosfilt"] / found_s[name], f"≥ {MIN_REAL_TIME:,} × real time",
            speed >= MIN_REAL_TIME,
        )  # fmt: skip


def responses(repeats: int) -> Iterator[Row]:
    settings = clamp(FIXED_BOUNDS.denormalize(np.random.default_rng(0).random((1000, 13))))
    freq_hz = log_frequencies(512)

    def loop() -> None:
        for setting in settings:
            signal.sosfreqz(sections(setting, sample_rate=RATE)[0], freq_hz, fs=RATE)

    found_s = medians({"ours": lambda: response_db(settings, freq_hz), "scipy": loop}, repeats)
    yield Row(
        "1,000 curves at 512 frequencies", seconds(found_s["ours"]),
        f"a scipy loop, {seconds(found_s['scipy'])}", found_s["scipy"] / found_s["ours"],
        f"≤ {seconds(MAX_CURVES_S)}", found_s["ours"] <= MAX_CURVES_S,
    )  # fmt: skip


def long_files(folder: Path, hours: float) -> Iterator[Row]:
    """Memory at most: of usual files, and of one beyond 4 GB whatever its length in hours."""
    beyond_4_gb = max(hours, 3.2)
    over_time = ("--to", "bright", "--over-time")
    yield long_file(folder / "long.wav", hours, "WAV", "PCM_16")
    yield long_file(folder / "long.flac", hours, "FLAC", "PCM_16")
    yield long_file(folder / "long.wav", beyond_4_gb, "RF64", "FLOAT")
    yield long_file(folder / "long.wav", hours, "WAV", "PCM_16", *over_time)


def long_file(source: Path, hours: float, container: str, subtype: str, *options: str) -> Row:
    minute = programme(60 * RATE)
    with soundfile.SoundFile(source, "w", RATE, 2, subtype, format=container) as file:
        for _ in range(round(60 * hours)):
            file.write(minute)
    code = (
        "import sys; from neural_eq.cli import main; main(sys.argv[1:]);"
        " print([line for line in open('/proc/self/status') if 'VmHWM' in line][0])"
    )
    output = source.with_stem("long_out")
    done = subprocess.run(
        [sys.executable, "-c", code, "render", source, output, "--term", "warm", *options],
        check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    peak_mb = int(done.stdout.split("VmHWM:")[1].split()[0]) / 1024
    size_gb = source.stat().st_size / 1e9
    for path in (source, output):
        path.unlink()
    what = f"memory, {hours:g} hours, {container}, {size_gb:.1f} GB{' over time' * bool(options)}"
    return Row(what, f"{peak_mb:.0f} MB", "", None, f"< {MAX_MEMORY_MB} MB",
               peak_mb < MAX_MEMORY_MB)  # fmt: skip
