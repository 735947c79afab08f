"""What a table says of its submitters goes no further than the parser."""

from __future__ import annotations

import csv
import gc
import logging
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from neural_eq.cli import main
from neural_eq.data import safe_db
from neural_eq.data.safe_db import Dataset, read_csv
from neural_eq.eq.params import DEFAULT, MAXIMUM, MINIMUM
from neural_eq.errors import DataError
from neural_eq.jobs import TrainingJobs
from neural_eq.latent.projection import ProjectionConfig, project
from neural_eq.model.config import ModelConfig, TrainConfig
from neural_eq.presets.collection import Library
from neural_eq.presets.preset import Preset
from neural_eq.ui.explore.maps import MapMaker

PERSONAL = {
    2: "203.0.113.77-qzaddress",  # where the submitter was
    20: "Qzplaceville",
    21: "qzexperience of 37 years",
    22: "qzage 4711",
    23: "qzlanguage",
    24: "qzchecksum",
}
MARKS = (b"203.0.113.77", b"qzadd", b"qzplace", b"qzexp", b"qzage", b"qzlang", b"qzcheck")
"""Lower case; nothing else here holds them."""

N_ROWS = 24
SMALL = TrainConfig(epochs=2, device="cpu", model=ModelConfig(4, 8))


def row_of(number: int, *, word: str | None = None) -> list[str]:
    generator = np.random.default_rng(number)
    params = np.where(
        generator.random(13) < 0.3, DEFAULT, MINIMUM + generator.random(13) * (MAXIMUM - MINIMUM)
    )
    cells = [str(number), word or ("warm" if number % 2 else "bright"), "", "2", "2"]
    cells += [*map(str, params.tolist()), "rock", "bass", *[""] * 5]
    for column, text in PERSONAL.items():
        cells[column] = f"{text} {number % 5}"
    return cells


def broken_rows() -> list[list[str]]:
    """Rows that are set aside, each for another reason, with everything personal in them."""
    text, short, missing, wide = (row_of(100 + i) for i in range(4))
    text[7] = PERSONAL[20]
    missing[8] = ""
    wide[5] = "1e9"
    return [text, short[:12] + [PERSONAL[2]], missing, wide]


def write(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = [row_of(number) for number in range(1, N_ROWS + 1)]
    return write(tmp_path / "people.csv", rows + broken_rows())


def is_personal(content: bytes) -> bool:
    low = content.lower()
    return any(mark in low or mark.decode().encode("utf-16-le") in low for mark in MARKS)


def reached(root: object) -> Iterator[object]:
    """Yield all that an object holds, however deep, but for modules and what they define."""
    seen, todo = set(), [root]
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, type | type(sys)):
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, np.ndarray) and one.dtype == object:
            todo += one.tolist()
        if isinstance(one, np.ndarray) and one.base is not None:
            todo.append(one.base)
        todo += gc.get_referents(one)


def as_bytes(one: object) -> bytes:
    if isinstance(one, str):
        return one.encode("utf-8", "replace")
    if isinstance(one, bytes | bytearray):
        return bytes(one)
    return one.tobytes() if isinstance(one, np.ndarray) and one.dtype != object else b""


def test_the_search_finds_what_is_there():
    kept = Dataset(*[np.array([f"x {PERSONAL[20]}"], dtype=object)] * 6, origin="")
    assert any(is_personal(as_bytes(one)) for one in reached(kept))
    assert is_personal(PERSONAL[2].encode("utf-16-le"))


def test_a_table_in_memory_holds_nothing_of_its_people(table):
    dataset = read_csv(table)
    assert len(dataset) == N_ROWS and sum(dataset.set_aside.values()) == 4
    assert dataset.submitters.max() == 5 and dataset.genres[0] == "rock"  # it was read, though
    held = list(reached(dataset))
    assert any(one == "warm" for one in held if isinstance(one, str))
    assert [one for one in held if is_personal(as_bytes(one))] == []


def test_no_sentence_about_a_bad_table_quotes_a_row(tmp_path):
    broken = broken_rows()
    for number, rows in enumerate(
        [broken, [*broken, ['"' + PERSONAL[20]]], [row[:20] for row in broken], [[PERSONAL[2]]]]
    ):
        path = write(tmp_path / f"{number}.csv", rows)
        with pytest.raises(DataError) as refused:
            read_csv(path)
        assert not is_personal(str(refused.value).encode())
    huge = f'"{PERSONAL[20] * 20_000}"'.encode()  # past the csv module's own limit
    with pytest.raises(DataError) as refused:
        safe_db.read_csv(huge, origin="huge.csv")
    assert not is_personal(str(refused.value).encode())


@pytest.mark.slow
def test_nothing_that_is_written_or_said_holds_anything_of_its_people(
    table, tmp_path, monkeypatch, capfd, caplog
):
    caplog.set_level(logging.DEBUG, logger="neural_eq")
    made = tmp_path / "made"
    made.mkdir()
    monkeypatch.chdir(made)
    dataset = read_csv(table)

    jobs = TrainingJobs(made / "runs")
    run_id = jobs.start(dataset, SMALL, name="a run")
    ended = jobs.wait(run_id, timeout_s=120)
    jobs.close()
    assert ended is not None and ended.state == "finished", ended
    config = ProjectionConfig("PCA", 2)
    maps = MapMaker(made / "runs" / "maps")
    found = maps.request("key", np.random.default_rng(0).normal(size=(N_ROWS, 4)), config)
    assert found is not None and project(np.eye(8), config) is not None
    Library(made / "presets").add([Preset("warm", dataset.params[0])])

    model = made / "model.pt"
    train = ["train", "--epochs", "2", "--latent-dim", "4", "--output", model]
    for command, code in (
        ([*train, "--data", table], 0),
        (["data", "info", "--data", table], 0),
        (["data", "info", "--data", table, "--json"], 0),
        (["report", "--model", model, "--data", table], 0),
        (["evaluate", "--model", model, "--data", table, "--json"], 0),
        (["terms", "--model", model, "--data", table, "--json"], 0),
        (["reconstruct", "--model", model, "--data", table, "-o", "back.csv"], 0),
        (["export", "--model", model, "--data", table, "--from", "warm", "-o", "w.json"], 0),
        (["export", "--model", model, "--data", table, "--all", "-o", "w.zip"], 0),
        (["data", "info", "--data", write(tmp_path / "broken.csv", broken_rows())], 2),
        (["data", "info", "--data", write(tmp_path / "other.csv", [[PERSONAL[2]]])], 2),
    ):
        assert main([str(arg) for arg in command]) == code, command
    said = "".join(capfd.readouterr())
    assert "warm" in said and not is_personal(said.encode())
    assert not is_personal(caplog.text.encode())
    files = [path for path in made.rglob("*") if path.is_file()]
    names = {path.name for path in files}
    assert {"model.pt", "data.npz", "run.json", "history.jsonl", "back.csv", "w.zip"} <= names
    for path in files:
        contents = [path.read_bytes()]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                contents += [archive.read(name) for name in archive.namelist()]
        assert not any(map(is_personal, contents)), path
