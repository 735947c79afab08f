"""Feed damaged files to every reader: ``python -m tests.fuzzing --minutes 10``.

Any bytes whatever must end in a result or in an error that a user may see: no other exception,
no crash, no hang, no gigabyte. Each reader does with a file all that the program would do, in a
process of its own, which is limited in time and memory; what it dies of is a finding, kept as a
file in ``--keep FOLDER``. A table at the end counts what came of them.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from neural_eq.errors import NeuralEqError

ROOT = Path(__file__).parents[1]
CPU_LIMIT_S, WALL_LIMIT_S = 5.0, 60.0
"""A hang burns the processor; the second is for one that would not, on a busy machine."""

MEMORY_LIMIT_BYTES = 1 << 30
"""Beyond what the process has after reading a whole file."""

_HUGE = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_WORDS = (b"nan", b"inf", b"-1", b"1e999", b"9" * 400, b"[" * 3000, b"{", b'"', b"\0", b"\xff\xfe")
_PIECES = (
    b"\n",
    b" ",
    b"\r\n",
    b",",
    b";",
    b'"',
    b"1,",
    b"a\n",
    b"[",
    b"- ",
    b"Filter",
    b"\0",
    b"\xff",
)
"""What is repeated tens of thousands of times: a parser may take the square of it."""

_ZIP_S = 2.0
_N_SETTINGS = 120
"""Of the built-in set, to train on."""


# The readers, and files that are whole


def read_csv(content: bytes) -> None:
    from neural_eq.data import safe_db

    safe_db.read_csv(content).describe()


def read_preset(content: bytes) -> None:
    from neural_eq.presets.opening import open_preset

    open_preset(content, name="fuzzed").remarks()


def read_zip(content: bytes) -> None:
    from neural_eq.presets.archive import open_zip

    open_zip(content, name="fuzzed.zip", most_s=_ZIP_S)


def read_model(content: bytes) -> None:
    from neural_eq.cli import main as run
    from neural_eq.cli.judging import print_figures, print_held_out
    from neural_eq.data.demo import built_in_dataset
    from neural_eq.jobs import TrainingJobs
    from neural_eq.latent.terms import word_point
    from neural_eq.model import checkpoint, decoder
    from neural_eq.model.evaluation import evaluate
    from neural_eq.model.training import train

    path = _file(content, "fuzzed.pt")
    without_torch = decoder.read_decoder(path)
    if without_torch is not None:
        without_torch.decode(next(iter(without_torch.terms.values())).centre[None])
    with tempfile.TemporaryDirectory() as folder:
        jobs = TrainingJobs(Path(folder))
        try:
            jobs.take_in(content, name="fuzzed.pt")
        finally:
            left = [entry.name for entry in Path(folder).iterdir() if entry.is_dir()]
            assert len(left) == len(jobs.runs()), f"left behind: {left}"
    model = checkpoint.load(path)
    data = built_in_dataset().rows(np.arange(_N_SETTINGS))
    first, last = list(model.terms)[0], list(model.terms)[-1]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        run(["morph", "--model", str(path), "--from", first, "--to", last])
        print_figures(evaluate(model, data))
        print_held_out(model)
    for word in (first, last):
        word_point(model, word)
    config = model.config
    if model.resume_state is not None and config.epochs == 1 and len(model.history) == 1:
        train(data, replace(config, epochs=2, batch_size=max(config.batch_size, 64)),
              resume_from=model)  # fmt: skip


def read_audio(content: bytes) -> None:
    from neural_eq.data.audio_file import open_audio
    from neural_eq.data.file_rendering import Treatment, render_file
    from neural_eq.data.listening import loudness_table, overview, read_frames, stream_of
    from neural_eq.eq.params import DEFAULT

    file = open_audio(_file(content, "fuzzed.wav"))
    file.describe()
    bright = DEFAULT.copy()
    bright[[0, 12, 11]] = -3.0, 8000.0, 6.0
    output = _file(b"", "rendered.wav")
    for work in (
        lambda: render_file(file, output, Treatment(bright, "bright")),
        lambda: render_file(file, output, Treatment(np.stack([DEFAULT, bright]), "journey")),
        lambda: loudness_table(file).matching_gain_db(bright),
        lambda: overview(file),
        lambda: read_frames(stream_of(file), 0, 1 << 17),
        lambda: read_frames(stream_of(file), max(file.n_frames - 9, 0), 1 << 17),
    ):
        with contextlib.suppress(NeuralEqError):  # what one part refuses, another may still read
            work()


def _file(content: bytes, name: str) -> Path:
    path = Path(tempfile.gettempdir()) / f"{os.getpid()}-{name}"
    path.write_bytes(content)
    return path


def whole_csv() -> list[bytes]:
    from neural_eq.eq.params import DEFAULT, MAXIMUM, MINIMUM

    generator = np.random.default_rng(0)
    rows = []
    for number in range(6):
        params = np.where(
            generator.random(13) < 0.3,
            DEFAULT,
            MINIMUM + generator.random(13) * (MAXIMUM - MINIMUM),
        )
        cells = [number, '"warm, ""soft"""', "s1", 2, 2, *params.tolist(), *[""] * 6, "0"]
        rows.append(",".join(map(str, cells)))
    return ["\r\n".join(rows).encode(), ("\ufeff" + "\n".join(rows)).encode()]


def whole_presets() -> list[bytes]:
    from neural_eq.eq.params import DEFAULT
    from neural_eq.presets.formats import FORMATS, write_format
    from neural_eq.presets.preset import Preset

    params = DEFAULT.copy()
    params[[0, 2, 5, 12]] = 3.0, -2.5, 1.5, 9000.0
    preset = Preset("warm ü", params, author="me", details="d", link="https://example.org")
    return [write_format(preset, key) for key, one in FORMATS.items() if one.opens]


def whole_zips() -> list[bytes]:
    from neural_eq.presets.archive import write_zip

    members = [(f"a/{number}.txt", content) for number, content in enumerate(whole_presets())]
    zips = []
    for chosen in (members[:1], members[:3]):  # few, so that many are tried
        file = io.BytesIO()
        write_zip(file, chosen)
        zips.append(file.getvalue())
    return zips


def whole_models() -> list[bytes]:
    from neural_eq.data.demo import built_in_dataset
    from neural_eq.model import checkpoint
    from neural_eq.model.config import ModelConfig, TrainConfig
    from neural_eq.model.training import train

    models = []
    data = built_in_dataset().rows(np.arange(_N_SETTINGS))
    for latent_dim in (2, 16):
        config = TrainConfig(epochs=1, device="cpu", model=ModelConfig(latent_dim, 8))
        path = _file(b"", "whole.pt")
        checkpoint.save(train(data, config), path)
        models.append(path.read_bytes())
        path.unlink()
    return models


def whole_audio() -> list[bytes]:
    import soundfile

    files = []
    for format_, subtype in (
        ("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "PCM_24"), ("WAV", "IMA_ADPCM"),
        ("WAVEX", "PCM_32"), ("RF64", "PCM_16"), ("AIFF", "PCM_16"), ("FLAC", "PCM_16"),
        ("FLAC", "PCM_24"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"),
        ("AU", "PCM_16"), ("CAF", "PCM_16"), ("W64", "DOUBLE"),
    ):  # fmt: skip
        file = io.BytesIO()
        noise = np.random.default_rng(0).normal(0, 0.1, (6000, 2))
        soundfile.write(file, noise, 48000, subtype=subtype, format=format_)
        files.append(file.getvalue())
    return files


READERS: dict[str, tuple[Callable[[bytes], None], Callable[[], list[bytes]]]] = {
    "csv": (read_csv, whole_csv),
    "preset": (read_preset, whole_presets),
    "zip": (read_zip, whole_zips),
    "model": (read_model, whole_models),
    "audio": (read_audio, whole_audio),
}


# Damage


def mutated(files: list[bytes], *, seed: int, number: int) -> bytes:
    """Return a file that is damaged in one to eight places; equal numbers, equal damage."""
    generator = np.random.default_rng((seed, number))
    content = bytearray(files[generator.integers(len(files))])
    if b"data.pkl" in content[:200] and generator.integers(2):
        return _revalued(bytes(content), generator)
    if content.startswith(b"PK") and generator.integers(2):
        return _repacked(bytes(content), files, generator)
    for _ in range(generator.integers(1, 9)):
        content = _damaged(content, files, generator)
    return bytes(content[: 1 << 22])


def _repacked(content: bytes, files: list[bytes], generator: np.random.Generator) -> bytes:
    """Damage what is in a zip and pack it well again: check sums would hide it."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        chosen = generator.integers(len(old.namelist()))
        for number, name in enumerate(old.namelist()):
            inside = bytearray(old.read(name))
            # the pickle of a model is its first member, and what all others hang on
            if number == chosen or (number == 0 and generator.integers(2)):
                inside = _damaged(inside, files, generator)
            new.writestr(name, bytes(inside))
    return made.getvalue()


def _revalued(content: bytes, generator: np.random.Generator) -> bytes:
    """Give one to three places of a model another value, and write a whole file of it."""
    import torch

    found = torch.load(io.BytesIO(content), weights_only=True)
    for _ in range(generator.integers(1, 4)):
        place: Any = found
        while True:  # down to a leaf, or to somewhere on the way
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = keys[generator.integers(len(keys))]
            inside = isinstance(place[key], dict | list) and generator.integers(8) > 0
            if not inside or not len(place[key]):
                if isinstance(place, dict) and generator.integers(20) == 0:
                    place[("", 0, None, "x" * 300, " X\n")[generator.integers(5)]] = place.pop(key)
                else:
                    place[key] = _odd(place[key], generator)
                break
            place = place[key]
    file = io.BytesIO()
    torch.save(found, file)  # nothing but what a stranger could write as well
    if generator.integers(2):  # with the part that is read without torch, as it was
        with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "a") as new:
            name = next(name for name in old.namelist() if name.endswith(".npz"))
            new.writestr(name, old.read(name))
    return file.getvalue()


def _odd(value: Any, generator: np.random.Generator) -> Any:
    """Another value in the place of one: of its kind but extreme, or of another kind."""
    import torch

    is_small = isinstance(value, torch.Tensor) and value.numel() < 1 << 20
    if is_small and generator.integers(3):
        shapes = ((), (0,), (3,), (1, *value.shape), value.shape, value.shape, value.shape)
        shape = shapes[generator.integers(len(shapes))]
        fill = (0.0, 1e4, -1e4, 1e30, float("nan"), float("inf"))[generator.integers(6)]
        kinds = (torch.float32, torch.float64, torch.int8, torch.complex64, torch.bool)
        kind = kinds[generator.integers(len(kinds))]
        return torch.full(shape, fill, dtype=torch.float64).nan_to_num(0).to(kind) if (
            kind in (torch.int8, torch.bool)
        ) else torch.full(shape, fill, dtype=kind)  # fmt: skip
    if isinstance(value, list | dict) and generator.integers(2):
        several = value * 20_000 if isinstance(value, list) else [value] * 20_000
        return [several, [], {}, [value], {"x": value}][generator.integers(5)]
    odd = (
        None, True, 0, -1, 1, 2, 1.5, 1e300, float("nan"), float("inf"), 10**20, 10**400, "", "x",
        "x" * 300, "x" * 3_000_000, "<img src=x>", "a\nb", b"x", [], {}, (1,), [[]], {"x": 1},
        torch.zeros(2), torch.zeros(1).expand(1 << 31), torch.zeros(2, 2).to_sparse(),
        torch.empty(3, device="meta"),
    )  # fmt: skip
    return copy.deepcopy(odd[generator.integers(len(odd))])


def _damaged(content: bytearray, files: list[bytes], generator: np.random.Generator) -> bytearray:
    at = _place(len(content), generator)
    size = int(generator.integers(1, 64))
    match int(generator.integers(9)):
        case 0:  # flip a bit
            if content:
                content[min(at, len(content) - 1)] ^= 1 << int(generator.integers(8))
        case 1:  # overwrite with noise
            content[at : at + size] = generator.bytes(size)
        case 2:  # cut the end
            del content[at:]
        case 3:  # take a piece out
            del content[at : at + size]
        case 4:  # repeat a piece
            times = int(generator.integers(1, 200))
            content[at:at] = content[at : at + size] * times
        case 5:  # a number of some width that says something huge, or nothing
            order, code = "<>"[generator.integers(2)], "BHIQ"[generator.integers(4)]
            value = _HUGE[generator.integers(len(_HUGE))]
            bits = 8 * struct.calcsize(order + code)
            packed = struct.pack(order + code, value % (1 << bits))
            content[at : at + len(packed)] = packed
        case 6:  # a piece of another file
            other = files[generator.integers(len(files))]
            start = _place(len(other), generator)
            content[at : at + size] = other[start : start + 4 * size]
        case 7:  # a word that means something to a parser of text
            content[at:at] = _WORDS[generator.integers(len(_WORDS))]
        case 8:  # one piece over and over
            piece = _PIECES[generator.integers(len(_PIECES))]
            content[at:at] = piece * (int(10 ** generator.uniform(3, 6)) // len(piece))
    return content


def _place(length: int, generator: np.random.Generator) -> int:
    """Anywhere, but as often as not where headers and lists of content lie."""
    spans = ((0, length), (0, length), (0, min(length, 200)), (max(0, length - 1500), length))
    low, high = spans[generator.integers(len(spans))]
    return int(generator.integers(low, high + 1))


# The process that reads


class Reader:
    """A process that reads what it is given, and is started anew when it died of it."""

    def __init__(self, name: str, files: list[bytes], *, cpu_limit_s: float = CPU_LIMIT_S):
        self.files = files
        self.command = [sys.executable, "-m", "tests.fuzzing", "--read", name, str(cpu_limit_s)]
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def read(self, content: bytes) -> str:
        """Return ``"result"``, ``"refused"``, or what went wrong."""
        if self.process is None:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            for whole in self.files:
                if self._answer(self.process, whole) != "result":
                    raise RuntimeError(f"{self.command} cannot even read whole files")
            self._answer(self.process, b"")
        process = self.process
        answer = self._answer(process, content or b" ")
        if answer is not None:
            return answer
        code = process.wait()
        self._end()
        if -code in (signal.SIGPROF, signal.SIGALRM):
            return "hung"
        return f"died of {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"

    def _answer(self, process: subprocess.Popen[bytes], content: bytes) -> str | None:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(struct.pack("<I", len(content)) + content)
        process.stdin.flush()
        line = process.stdout.readline()
        return json.loads(line) if line.endswith(b"\n") else None

    def _end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def serve(name: str, cpu_limit_s: float) -> None:
    """Be the process that reads: lengths and contents come in, one line each goes out.

    Whole files come first, which import all there is to import. An empty one ends them; from
    there on memory is limited.
    """
    import resource

    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    is_limited = False
    read = read_broken if name == "broken" else READERS[name][0]
    while header := sys.stdin.buffer.read(4):
        content = sys.stdin.buffer.read(struct.unpack("<I", header)[0])
        if not content:
            used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            limit = used + MEMORY_LIMIT_BYTES
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            is_limited = True
        if is_limited:
            signal.setitimer(signal.ITIMER_PROF, cpu_limit_s)
            signal.setitimer(signal.ITIMER_REAL, WALL_LIMIT_S)
        try:
            if content:
                read(content)
            answer = "result"
        except NeuralEqError as error:
            said = str(error)
            answer = "refused" if said and "\n" not in said else f"refused in lines: {said!r}"
        except BaseException:
            answer = traceback.format_exc()
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(json.dumps(answer), file=out, flush=True)


def read_broken(content: bytes) -> None:
    """A reader with every fault there is, for the test of this program."""
    if content == b"raise":
        raise IndexError("a fault")
    if content == b"crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if content == b"memory":
        bytearray(2 << 30)
    while content == b"hang":
        pass


# Many of them


@dataclass
class Tally:
    """What came of one reader's files.

    Attributes:
        results: Files that were read all the same.
        refused: Files that ended in a sentence.
        findings: What went wrong, and the file that did it.
    """

    results: int = 0
    refused: int = 0
    findings: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def tried(self) -> int:
        return self.results + self.refused + len(self.findings)


def fuzz(
    name: str, *, seed: int, n_files: int = 1 << 40, seconds: float = 1e9, n_least: int = 0
) -> Tally:
    """Feed damaged files to one reader until there were enough of them, or it was long enough."""
    tally, files = Tally(), READERS[name][1]()
    with Reader(name, files) as reader:
        reader.read(files[0])  # the time is for damaged files alone
        ends = time.monotonic() + seconds
        while tally.tried < n_files and (tally.tried < n_least or time.monotonic() < ends):
            content = mutated(files, seed=seed, number=tally.tried)
            answer = reader.read(content)
            if answer == "result":
                tally.results += 1
            elif answer == "refused":
                tally.refused += 1
            else:
                tally.findings.append((answer, content))
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="over all readers")
    parser.add_argument("--only", choices=tuple(READERS), help="one reader")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6)
    parser.add_argument("--keep", type=Path, help="folder for the files that are findings")
    parser.add_argument("--read", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        serve(options.read[0], float(options.read[1]))
        return 0
    names = [options.only] if options.only else list(READERS)
    tallies = {}
    for name in names:
        tally = fuzz(name, seed=options.seed, seconds=60 * options.minutes / len(names))
        tallies[name] = tally
        print(f"{name}: {len(tally.findings)} findings", flush=True)
        for number, (what, content) in enumerate(tally.findings):
            print(f"  {len(content):,} bytes: {what.strip()}")
            if options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                (options.keep / f"{name}-{options.seed}-{number}").write_bytes(content)
    print(f"\nSeed {options.seed}\nkind        tried   refused      read  findings")
    for name, one in tallies.items():
        counts = (one.tried, one.refused, one.results, len(one.findings))
        print(f"{name:7}" + "".join(f"{count:10,}" for count in counts))
    return min(sum(len(one.findings) for one in tallies.values()), 1)


if __name__ == "__main__":
    sys.exit(main())
