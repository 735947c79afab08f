"""Many files at once: what is due is made once, whole, and said; nothing stops the others."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from neural_eq.cli import main
from neural_eq.data import batch as batch_module
from neural_eq.data.audio_encoding import FORMATS
from neural_eq.data.batch import Outcome, Task, make, render_folder
from neural_eq.data.batch_names import REPORT_NAME, find_sounds, output_names
from neural_eq.data.batch_report import FAILED, MADE, UP_TO_DATE, WAITING
from neural_eq.data.crew import processes
from neural_eq.data.file_rendering import Treatment
from neural_eq.eq.params import DEFAULT
from neural_eq.errors import AudioError, DataError, ParameterError
from neural_eq.jobs import lock

ROOT = Path(__file__).parents[1]
WAIT_S = 120
RATE = 44100
LOUDER = np.where(np.arange(13) == 2, 6.0, DEFAULT)
TREATMENT = Treatment(LOUDER, label="")


def write(path: Path, *, seconds: float = 0.2, seed: int = 0, subtype: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).normal(0, 0.1, (round(seconds * RATE), 2))
    soundfile.write(path, noise, RATE, subtype=subtype)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    for seed, name in enumerate(["drums.wav", "takes/voice.flac", "takes/late/bass.wav"]):
        write(folder / name, seed=seed)
    return folder


def one_by_one(tasks: Sequence[Task]) -> Generator[tuple[Task, Outcome], None, None]:
    for task in tasks:
        yield task, make(task)


def states(report) -> dict[str, str]:
    return {name: entry.state for name, entry in report.files.items()}


def files_of(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != REPORT_NAME)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


# What is due


def test_every_file_is_made_in_its_place_and_is_then_up_to_date(folder, tmp_path):
    out = tmp_path / "out"
    seen = []
    report = render_folder(
        folder, out, TREATMENT, one_by_one, on_progress=lambda *said: seen.append(said)
    )
    made = files_of(out)
    assert set(made) == {"drums.wav", "takes/voice.flac", "takes/late/bass.wav"}
    assert set(states(report).values()) == {MADE}
    assert [due for _, due, _ in seen] == [sum(map(len, files_of(folder).values()))] * 3
    assert seen[-1][0] == seen[-1][1]
    for name in made:
        assert soundfile.info(out / name).subtype == soundfile.info(folder / name).subtype
        assert made[name] != (folder / name).read_bytes()
    again = render_folder(folder, out, TREATMENT, one_by_one)
    assert set(states(again).values()) == {UP_TO_DATE}
    assert files_of(out) == made
    content = json.loads((out / REPORT_NAME).read_text())
    assert content["counts"] == {MADE: 0, UP_TO_DATE: 3, FAILED: 0, WAITING: 0}


def test_only_what_changed_is_made_again(folder, tmp_path):
    out = tmp_path / "out"
    render_folder(folder, out, TREATMENT, one_by_one)
    write(folder / "drums.wav", seed=9)
    (out / "takes" / "voice.flac").unlink()
    report = render_folder(folder, out, TREATMENT, one_by_one)
    expected = {"drums.wav": MADE, "takes/voice.flac": MADE, "takes/late/bass.wav": UP_TO_DATE}
    assert states(report) == expected
    (out / "drums.wav").write_bytes(b"someone wrote here")
    report = render_folder(folder, out, TREATMENT, one_by_one)
    assert [name for name, state in states(report).items() if state == MADE] == ["drums.wav"]
    other = Treatment(LOUDER, label="", level_match=False)
    assert set(states(render_folder(folder, out, other, one_by_one)).values()) == {MADE}
    anew = render_folder(folder, out, other, one_by_one, again=True)
    assert set(states(anew).values()) == {MADE}


def test_a_result_that_no_report_vouches_for_is_made_again(folder, tmp_path):
    """As after a kill between the result and the report."""
    out = tmp_path / "out"

    def killed(tasks):
        make(tasks[0])  # its outcome is lost
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        render_folder(folder, out, TREATMENT, killed)
    assert len(files_of(out)) == 1
    litter = out / ".drums.wav.0123abcd.part"
    litter.write_bytes(b"half")
    report = render_folder(folder, out, TREATMENT, one_by_one)
    assert set(states(report).values()) == {MADE}
    assert not litter.exists()


@pytest.mark.parametrize("cut", ["", '["drums.wav", {"state": "ma'])
def test_what_was_finished_since_the_report_is_not_made_again(folder, tmp_path, monkeypatch, cut):
    """As after a kill between two of the report's savings: the folder as it was then."""
    monkeypatch.setattr(batch_module, "_SAVE_EVERY_S", 1e9)

    def killed(tasks):
        yield tasks[0], make(tasks[0])
        yield tasks[1], make(tasks[1])
        shutil.copytree(tmp_path / "out", tmp_path / "as it was")

    render_folder(folder, tmp_path / "out", TREATMENT, killed)
    assert not list((tmp_path / "out").glob(".*"))
    (journal,) = (tmp_path / "as it was").glob(".*")
    with journal.open("a") as file:
        file.write(cut)
    report = render_folder(folder, tmp_path / "as it was", TREATMENT, one_by_one)
    assert report.count(UP_TO_DATE) == 2 and report.count(MADE) == 1
    assert not list((tmp_path / "as it was").glob(".*"))


def test_one_bad_file_stops_no_other_and_is_tried_again(folder, tmp_path):
    (folder / "takes" / "bad.wav").write_bytes(b"RIFF and no more")
    soundfile.write(folder / "empty.wav", np.zeros((0, 1)), RATE)
    report = render_folder(folder, tmp_path / "out", TREATMENT, one_by_one)
    assert report.count(MADE) == 3 and report.count(FAILED) == 2
    assert report.files["takes/bad.wav"].error.startswith("takes/bad.wav is damaged or not an")
    assert report.files["empty.wav"].error.startswith("empty.wav: The audio is empty")
    write(folder / "takes" / "bad.wav")
    report = render_folder(folder, tmp_path / "out", TREATMENT, one_by_one)
    assert states(report)["takes/bad.wav"] == MADE and report.count(UP_TO_DATE) == 3


def test_what_lies_there_and_is_not_ours_is_never_replaced(folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "drums.wav").write_bytes(b"my only master")
    for _ in range(2):
        report = render_folder(folder, out, TREATMENT, one_by_one)
        assert "was not made by --batch" in report.files["drums.wav"].error
        assert (out / "drums.wav").read_bytes() == b"my only master"
    assert report.count(UP_TO_DATE) == 2


def test_a_source_that_is_gone_leaves_its_result_and_the_report_says_so(folder, tmp_path):
    out = tmp_path / "out"
    render_folder(folder, out, TREATMENT, one_by_one)
    (folder / "drums.wav").unlink()
    for _ in range(2):
        report = render_folder(folder, out, TREATMENT, one_by_one)
        assert report.left_over == ["drums.wav"]
        assert (out / "drums.wav").exists()


def test_a_full_disk_ends_the_batch_and_keeps_what_was_made(folder, tmp_path):
    out = tmp_path / "out"

    def disk_fills(tasks):
        yield tasks[0], make(tasks[0])
        yield tasks[1], Outcome(error="No space left on device.", is_hopeless=True)
        raise AssertionError("a third file was begun")

    report = render_folder(folder, out, TREATMENT, disk_fills)
    assert [report.count(state) for state in (MADE, FAILED, WAITING)] == [1, 1, 1]
    report = render_folder(folder, out, TREATMENT, one_by_one)
    assert [report.count(state) for state in (MADE, UP_TO_DATE)] == [2, 1]


def test_a_report_that_is_none_stops_the_batch_before_anything_is_written(folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    for content in (b"", b"{}", b"[1]", b'{"format": "neural-eq-batch", "version": 99}', b"\xff"):
        (out / REPORT_NAME).write_bytes(content)
        with pytest.raises(DataError, match="is no report that this program can read"):
            render_folder(folder, out, TREATMENT, one_by_one)
        assert (out / REPORT_NAME).read_bytes() == content
    assert files_of(out) == {}


def test_folders_that_cannot_be_are_refused(folder, tmp_path):
    with pytest.raises(ParameterError, match="is no folder"):
        render_folder(tmp_path / "nowhere", tmp_path / "out", TREATMENT, one_by_one)
    with pytest.raises(ParameterError, match="where the sources lie"):
        render_folder(folder, folder, TREATMENT, one_by_one)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ParameterError, match="holds no sound file"):
        render_folder(tmp_path / "empty", tmp_path / "out", TREATMENT, one_by_one)
    assert not (tmp_path / "out").exists()


# Names


def test_what_is_no_sound_is_counted_and_results_inside_are_no_sources(folder, tmp_path):
    (folder / "cover.jpg").touch()
    (folder / "README").touch()
    (folder / "._drums.wav").touch()
    (folder / "linked").symlink_to(folder / "takes")
    os.mkfifo(folder / "pipe.wav")
    out = folder / "out"
    for _ in range(2):
        report = render_folder(folder, out, TREATMENT, one_by_one)
        assert len(report.files) == 3
        assert report.left_aside == {
            ".jpg": 1, "linked folder": 1, "no ordinary file": 1, "without an ending": 1,
        }  # fmt: skip


def test_results_of_another_batch_are_no_sources_and_are_counted(folder, tmp_path):
    render_folder(folder, folder / "warm", TREATMENT, one_by_one)
    report = render_folder(folder, tmp_path / "out", TREATMENT, one_by_one)
    assert len(report.files) == 3 and report.left_aside == {"folder of results": 1}
    again = render_folder(folder / "warm", tmp_path / "twice", TREATMENT, one_by_one)
    assert len(again.files) == 3  # asked for by its own name, it is a folder like any other


def test_two_sources_never_become_one_result(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    for seed, name in enumerate(["a.flac", "a.wav", "A.aiff", "b.wav"]):
        write(folder / name, seed=seed)
    report = render_folder(folder, out, TREATMENT, one_by_one, suffix=".wav")
    names = {"a.wav": "a.wav", "a.flac": "a_flac.wav", "A.aiff": "A_aiff.wav", "b.wav": "b.wav"}
    assert {name: entry.output for name, entry in report.files.items()} == names
    assert len(set(files_of(out).values())) == 4
    (folder / "a.wav").unlink()
    report = render_folder(folder, out, TREATMENT, one_by_one, suffix=".wav")
    assert report.files["a.flac"].output == "a_flac.wav"  # a name once given stays
    assert report.count(UP_TO_DATE) == 3


@given(
    st.lists(
        st.builds(
            lambda folders, stem, ending: "/".join([*folders, stem + ending]),
            st.lists(st.sampled_from(["x", "X", "con", "e\u0301", "\u00e9", "a:b"]), max_size=2),
            st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=6)
            | st.just("n" * 250),
            st.sampled_from([".wav", ".WAV", ".flac", ".au"]),
        ).filter(lambda name: not name.startswith(".") and len(PurePosixPath(name).suffix) > 2),
        unique=True,
    ),
    st.sampled_from([None, ".flac", ".wav"]),
)
def test_names_are_safe_unlike_and_stay(sources, suffix):
    names = output_names(sources, suffix=suffix, earlier={})
    assert set(names) == set(sources)
    assert len({name.casefold() for name in names.values()}) == len(sources)
    for name in names.values():
        path = PurePosixPath(name)
        assert not path.is_absolute() and ".." not in path.parts
        assert path.suffix in FORMATS and (suffix is None or path.suffix == suffix)
        for part in path.parts:
            assert part.isprintable() and not set(part) & set('\\:*?"<>|')
            assert len(part.encode()) < 220 and part.split(".")[0].lower() != "con"
    assert output_names(sources[::-1], suffix=suffix, earlier=names) == names


def test_a_kind_that_cannot_be_written_is_refused():
    with pytest.raises(AudioError, match="it must be one of wav"):
        output_names(["a.wav"], suffix=".au", earlier={})


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may read anywhere")
def test_a_folder_that_cannot_be_read_is_said(folder, tmp_path):
    (folder / "takes").chmod(0)
    try:
        found = find_sounds(folder, leave_out=tmp_path / "out")
    finally:
        (folder / "takes").chmod(0o700)
    assert found.unreadable == {"takes": "takes cannot be read: Permission denied."}


# In processes


@pytest.mark.slow
def test_a_file_that_kills_its_process_stops_no_other(folder, tmp_path):
    write(folder / "deadly.wav")

    def deadly(task: Task) -> Outcome:
        if task.name == "deadly.wav":
            os.kill(os.getpid(), signal.SIGKILL)
        return make(task)

    report = render_folder(folder, tmp_path / "out", TREATMENT, processes(2, work=deadly))
    assert report.count(MADE) == 3 and report.count(FAILED) == 1
    assert "ended the process that worked on it" in report.files["deadly.wav"].error


# From the command line


def batch(*args: object) -> list[str]:
    return ["render", "--batch", *map(str, args), "--term", "warm"]


@pytest.mark.slow
def test_the_command_makes_says_and_reports(folder, tmp_path, capsys):
    out = tmp_path / "new" / "out"
    (folder / "bad.wav").write_bytes(b"no sound")
    assert main(batch(folder, out, "--workers", 2)) == 1
    said = capsys.readouterr().out
    assert "Made 3 files" in said and "1 failed" in said
    assert "Failed: bad.wav is damaged" in said
    assert f"Report: {out / REPORT_NAME}" in said
    (folder / "bad.wav").unlink()
    assert main(batch(folder, out, "--json")) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["counts"][UP_TO_DATE] == 3
    assert printed["files"] == json.loads((out / REPORT_NAME).read_text())["files"]


def test_a_way_over_time_is_made_of_many_files_as_of_one(folder, tmp_path, capsys):
    way = ("--to", "bright", "--over-time")
    assert main([*batch(folder, tmp_path / "out", "--workers", 1), *way]) == 0
    assert "warm to bright over the file" in capsys.readouterr().out
    one = tmp_path / "one.wav"
    assert main(["render", str(folder / "drums.wav"), str(one), "--term", "warm", *way]) == 0
    assert (tmp_path / "out" / "drums.wav").read_bytes() == one.read_bytes()
    capsys.readouterr()
    assert main([*batch(folder, tmp_path / "out", "--workers", 1), "--to", "bright"]) == 0
    assert "Made 3 files" in capsys.readouterr().out  # another treatment


def test_the_command_refuses_what_cannot_be(folder, tmp_path, capsys):
    def refused(*args: object) -> str:
        assert main([str(arg) for arg in args]) == 2
        return capsys.readouterr().err

    out = tmp_path / "out"
    assert "--json goes with --batch" in refused(
        "render", folder / "drums.wav", tmp_path / "o.wav", "--term", "warm", "--json"
    )
    assert "kind is 'aac'; it must be one of wav," in refused(*batch(folder, out, "--kind", "aac"))
    assert "is no folder" in refused(*batch(tmp_path / "nowhere", out))
    assert not out.exists()
    assert "leave one of" in refused(*batch(folder, out, "--workers", 2, "--scheduler", "x:1"))
    (tmp_path / "file").touch()
    assert "cannot be made" in refused(*batch(folder, tmp_path / "file"))
    out.mkdir()
    with lock.held(out / ".neural-eq-batch.lock", patience_s=1):
        assert "Another batch is writing" in refused(*batch(folder, out))
    assert not (out / REPORT_NAME).exists()


def command(*args: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "neural_eq", *batch(*args)],
        cwd=ROOT, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def until(condition, *, timeout_s: float = WAIT_S) -> None:
    ends = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.005)


def assert_all_whole(folder: Path, out: Path) -> int:
    """Every result has its source's length; return how many there are."""
    results = [path for path in out.rglob("*.wav") if not path.name.startswith(".")]
    for path in results:
        frames = soundfile.read(path)[0]
        assert len(frames) == soundfile.info(folder / path.relative_to(out)).frames
    return len(results)


@pytest.mark.slow
def test_a_batch_killed_at_any_moment_goes_on(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    for number in range(8):
        write(folder / f"{number}.wav", seconds=4, seed=number)
    moment = int(np.random.default_rng(time.time_ns()).integers(1, 7))
    process = command(folder, out, "--workers", 2)
    until(lambda: len(list(out.glob("[0-9].wav"))) >= moment or process.poll() is not None)
    process.kill()
    process.communicate(timeout=WAIT_S)  # its workers, who hold the other ends, end with it
    before = {path: path.stat().st_mtime_ns for path in out.glob("[0-9].wav")}
    assert assert_all_whole(folder, out) >= moment
    report = json.loads((out / REPORT_NAME).read_text())["files"]
    process = command(folder, out)
    assert "0 failed" in process.communicate(timeout=WAIT_S)[0]
    assert process.returncode == 0
    assert assert_all_whole(folder, out) == 8
    assert not list(out.rglob("*.part"))
    for path, changed_ns in before.items():  # what the report vouched for was not made again
        if report[path.name]["state"] == MADE:
            assert path.stat().st_mtime_ns == changed_ns
