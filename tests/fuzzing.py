"""Feed damaged files to every reader: ``python -m tests.fuzzing --minutes 10``.

Any bytes whatever must end in a result or in an error that a user may see: no other exception,
no crash, no hang, no gigabyte. Each reader runs in a process of its own, which is limited in time
and memory; what it dies of is a finding, kept as a file in ``--keep FOLDER``.
"""

from __future__ import annotations

import argparse
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
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
CPU_LIMIT_S, WALL_LIMIT_S = 5.0, 60.0
"""A hang burns the processor; the second is for one that would not, on a busy machine."""

MEMORY_LIMIT_BYTES = 1 << 30
"""Beyond what the process has after reading a whole file."""

_HUGE = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_WORDS = (b"nan", b"inf", b"-1", b"1e999", b"9" * 400, b"[" * 3000, b"{", b'"', b"\0", b"\xff\xfe")


# The readers, and files that are whole


def read_csv(content: bytes) -> None:
    from neural_eq.data import safe_db

    safe_db.read_csv(content).describe()


def read_preset(content: bytes) -> None:
    from neural_eq.presets.opening import open_preset

    open_preset(content, name="fuzzed").remarks()


def read_zip(content: bytes) -> None:
    from neural_eq.presets.archive import open_zip

    open_zip(content, name="fuzzed.zip")


def read_model(content: bytes) -> None:
    from neural_eq.eq.params import DEFAULT
    from neural_eq.model import checkpoint, decoder

    path = _file(content, "fuzzed.pt")
    without_torch = decoder.read_decoder(path)
    if without_torch is not None:
        without_torch.decode(next(iter(without_torch.terms.values())).centre[None])
    model = checkpoint.load(path)
    model.reconstruct(DEFAULT[None])


def read_audio(content: bytes) -> None:
    from neural_eq.data.audio_file import open_audio, read_blocks, read_excerpt

    file = open_audio(_file(content, "fuzzed.wav"))
    file.describe()
    read_excerpt(file, start_s=0.01, duration_s=0.05)
    for count, _ in enumerate(read_blocks(file)):
        if count > 20:
            break


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
    for latent_dim in (2, 16):
        config = TrainConfig(epochs=1, device="cpu", model=ModelConfig(latent_dim, 8))
        path = _file(b"", "whole.pt")
        checkpoint.save(train(built_in_dataset(), config), path)
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


def _damaged(content: bytearray, files: list[bytes], generator: np.random.Generator) -> bytearray:
    at = _place(len(content), generator)
    size = int(generator.integers(1, 64))
    match int(generator.integers(8)):
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

    from neural_eq.errors import NeuralEqError

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


def fuzz(name: str, *, seed: int, n_files: int = 1 << 40, seconds: float = 1e9) -> Tally:
    """Feed damaged files to one reader until there were enough of them, or it was long enough."""
    tally, files = Tally(), READERS[name][1]()
    with Reader(name, files) as reader:
        reader.read(files[0])  # the time is for damaged files alone
        ends = time.monotonic() + seconds
        while tally.tried < n_files and time.monotonic() < ends:
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
    n_findings = 0
    for name in names:
        tally = fuzz(name, seed=options.seed, seconds=60 * options.minutes / len(names))
        print(
            f"{name}, seed {options.seed}: {tally.tried:,} files, {tally.refused:,} refused,"
            f" {tally.results:,} read, {len(tally.findings)} findings",
            flush=True,
        )
        for number, (what, content) in enumerate(tally.findings):
            print(f"  {len(content):,} bytes: {what.strip()}")
            if options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                (options.keep / f"{name}-{options.seed}-{number}").write_bytes(content)
        n_findings += len(tally.findings)
    return min(n_findings, 1)


if __name__ == "__main__":
    sys.exit(main())
