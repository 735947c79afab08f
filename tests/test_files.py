"""Files written whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from neural_eq.errors import OutputError
from neural_eq.files import ScratchFolder, written_whole


def test_a_block_that_ends_well_leaves_the_whole_file(tmp_path: Path) -> None:
    with written_whole(tmp_path / "a") as file:
        file.write(b"whole")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a").read_bytes() == b"whole"
    assert os.listdir(tmp_path) == ["a"]


def test_the_folder_is_written_down_as_well_as_the_file(tmp_path: Path, monkeypatch) -> None:
    synced = []
    sync = os.fsync

    def noting(number: int) -> None:
        synced.append((stat.S_ISDIR(os.fstat(number).st_mode), (tmp_path / "a").exists()))
        sync(number)

    monkeypatch.setattr(os, "fsync", noting)
    with written_whole(tmp_path / "a") as file:
        file.write(b"whole")
    assert synced == [(False, False), (True, True)]


def test_a_block_that_fails_keeps_the_earlier_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"earlier")
    with pytest.raises(ZeroDivisionError), written_whole(tmp_path / "a") as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert (tmp_path / "a").read_bytes() == b"earlier"
    assert os.listdir(tmp_path) == ["a"]


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="missing/a cannot be written: No such file"):  # noqa: SIM117
        with written_whole(tmp_path / "missing" / "a"):
            pass


def test_a_scratch_folder_goes_with_its_object() -> None:
    folder = ScratchFolder()
    path = folder.path
    (path / "a").write_bytes(b"a")
    del folder
    assert not path.exists()


def test_a_scratch_folder_without_room_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**options: str) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkdtemp", full)
    with pytest.raises(OutputError, match="can be made: No space left on device. Free some space"):
        ScratchFolder()
