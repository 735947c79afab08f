"""Damaged files, some hundreds a reader in CI; ``python -m tests.fuzzing`` tries for longer."""

import io
import zipfile

import pytest

from .fuzzing import READERS, Reader, fuzz, mutated


def zipped_pickle(pickle: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickle)
        archive.writestr("archive/version", "3\n")
    return file.getvalue()


FOUND = {
    "csv": [
        b"a\n" * 2_000_000,
        (b"," * 24 + b"\n") * 200_000,
        b"," * 4_000_000,
    ],
    "model": [
        # a name that torch refuses, and then searches in the square of its length
        zipped_pickle(b"\x80\x02c" + b"x" * 200_000 + b"\ny\n."),
    ],
    "preset": [
        b"\n" * 50_000 + b"x",
        b"filters:\n" + b"\n" * 50_000 + b"x",
        b"eq enabled: on\n" + b" \r\n" * 50_000 + b"x",
        b"GraphicEQ:" + b"\n" * 50_000 + b"x",
        b"Filter 1: ON PK Fc 100 Hz Gain 1 dB Q 1\n" * 30_000,
    ],
}
"""What readers once choked on: read or refused within 5 s and a gigabyte. Models with one wrong
value are in test_checkpoint.py, sounds that claim what they do not hold in
test_loudness_table.py."""

HARD = [
    ("csv", b'"' * 300_000),
    ("preset", b"[" * 100_000),
    ("preset", b"Filter 1: ON PK Fc 1e999 Hz Gain nan dB Q " + b"9" * 5000),
    ("zip", b"PK\x03\x04" + b"\xff" * 400),
    ("model", b"PK\x05\x06" + b"\0" * 18),
    ("audio", b"RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\x7f\1\0" + b"\xff" * 90),
]
"""What a parser may choke on: depth, endless quotes, lengths that lie, numbers beyond numbers."""

SECONDS = 4.0


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_damaged_files_end_in_a_sentence_or_a_result(name: str) -> None:
    tally = fuzz(name, seed=1, n_files=400, seconds=SECONDS, n_least=20)  # also on a busy machine
    assert tally.tried >= 20 and tally.refused > 0
    assert not tally.findings, tally.findings[0]


@pytest.mark.parametrize("name", FOUND)
def test_what_was_once_a_finding_ends_in_a_sentence_or_a_result(name: str) -> None:
    with Reader(name, []) as reader:
        for content in FOUND[name]:
            assert reader.read(content) in ("refused", "result"), content[:40]


@pytest.mark.parametrize(("name", "content"), HARD)
def test_what_is_made_to_be_hard_is_refused(name: str, content: bytes) -> None:
    with Reader(name, []) as reader:
        assert reader.read(content) == "refused"


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"well", "result"), (b"raise", "IndexError: a fault"), (b"crash", "died of SIGSEGV"),
     (b"memory", "MemoryError"), (b"hang", "hung")],
)  # fmt: skip
def test_every_kind_of_fault_is_found_and_the_next_file_is_read(content: bytes, said: str) -> None:
    with Reader("broken", [b"well"], cpu_limit_s=0.5) as reader:
        assert said in reader.read(content)
        assert reader.read(b"well") == "result"


def test_damage_repeats_by_its_numbers_and_differs_between_them() -> None:
    files = READERS["csv"][1]()
    made = [mutated(files, seed=3, number=number) for number in range(50)]
    assert made == [mutated(files, seed=3, number=number) for number in range(50)]
    assert len(set(made)) > 45
