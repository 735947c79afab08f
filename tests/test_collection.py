"""The library of presets: a folder that many share."""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neural_eq.errors import NeuralEqError, OutputError, PresetError
from neural_eq.presets import preset_files
from neural_eq.presets.collection import TRASH_FOLDER, Library
from neural_eq.presets.labels import clean_name, clean_tags, copy_name, file_names, file_stem
from neural_eq.presets.preset import MAX_BYTES, MAX_TAGS, Preset, write_preset

PARAMS = np.array([3.0, 120, -2.5, 400, 0.8, 1.5, 1000, 1.2, 4.0, 3000, 2.0, -1.0, 8000])
WARM = Preset("warm", PARAMS, tags=("bus",), meaning={"mode": "word", "term_a": "warm"},
              unknown={"theirs": {"kept": True}})  # fmt: skip


@pytest.fixture
def library(tmp_path) -> Library:
    return Library(tmp_path / "presets")


def told(library: Library) -> list[tuple[str, str, float]]:
    """All that the folder holds, comparable."""
    kept = library.contents().kept
    return [(one.preset_id, write_preset(one.preset), one.added_s) for one in kept]


def names(library: Library) -> list[str]:
    return [kept.preset.name for kept in library.contents().kept]


def test_what_is_kept_is_there_in_every_tab_and_after_a_restart(library):
    assert library.contents().kept == () == library.contents().damaged
    (first,) = library.add([WARM])
    other = Library(library.folder)
    (kept,) = other.contents().kept
    assert kept.preset_id == first
    np.testing.assert_allclose(kept.preset.params, PARAMS)
    assert replace(kept.preset, params=WARM.params) == WARM
    assert abs(kept.added_s - time.time()) < 60
    other.add([replace(WARM, name="brighter")])
    assert names(library) == ["brighter", "warm"]


def test_several_come_in_their_order_and_none_where_one_cannot(library):
    presets = [replace(WARM, name=f"{n:02}") for n in range(30)]
    library.add(presets)
    assert names(library) == [preset.name for preset in presets]
    beyond = replace(WARM, params=np.full(13, 1e6))
    with pytest.raises(NeuralEqError):
        library.add([WARM, WARM, beyond])
    assert len(names(library)) == 30
    assert len(os.listdir(library.folder)) == 30


def test_a_preset_is_renamed_tagged_and_starred_and_keeps_the_rest(library):
    (one,) = library.add([WARM])
    library.change(one, name="  a\nnew   name ")
    library.change(one, tags=["Bus", "bus", " two words ", ""])
    library.change(one, is_starred=True)
    (kept,) = library.contents().kept
    assert kept.preset_id == one
    assert kept.preset.name == "a new name"
    assert kept.preset.tags == ("Bus", "two words")
    assert kept.preset.is_starred
    assert kept.preset.unknown == WARM.unknown
    assert kept.preset.meaning == WARM.meaning


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " \n\t"}, "needs a name"),
        ({"tags": ["x" * 99]}, "has 99 characters; a tag has at most 40"),
        ({"tags": map(str, range(MAX_TAGS + 1))}, "There are 51 tags"),
    ],
)
def test_what_cannot_be_kept_is_said_and_changes_nothing(library, changes, sentence):
    (one,) = library.add([WARM])
    before = told(library)
    with pytest.raises(PresetError, match=sentence):
        library.change(one, **changes)
    assert told(library) == before


def test_two_changes_at_once_both_last(library):
    (one,) = library.add([WARM])
    others = [Library(library.folder) for _ in range(2)]
    begin = threading.Barrier(2)

    def work(own: Library, changes: list[dict]) -> None:
        begin.wait()
        for change in changes:
            own.change(one, **change)

    threads = [
        threading.Thread(target=work, args=(others[0], [{"name": f"n{i}"} for i in range(40)])),
        threading.Thread(target=work, args=(others[1], [{"tags": [f"t{i}"]} for i in range(40)])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (kept,) = library.contents().kept
    assert (kept.preset.name, kept.preset.tags) == ("n39", ("t39",))


def test_copies_have_names_of_their_own(library):
    (one,) = library.add([WARM])
    library.duplicate([one])
    library.duplicate([one])
    assert sorted(names(library)) == ["warm", "warm copy", "warm copy 2"]
    assert len(copy_name("x" * 100, [])) <= 100


def test_what_is_deleted_can_come_back(library):
    first, second = library.add([WARM, replace(WARM, name="bright")])
    before = told(library)
    library.delete([first, second])
    assert library.contents().kept == ()
    Library(library.folder).restore([first, second])  # after a restart
    assert told(library) == before
    with pytest.raises(PresetError, match="not in the trash any more"):
        library.restore([first])


def test_the_trash_lets_go_after_a_week_and_not_before(library):
    old, young, next_one = library.add([WARM, WARM, WARM])
    library.delete([old, young])
    trash = library.folder / TRASH_FOLDER
    week_s = preset_files.TRASH_DAYS * 86400
    for preset_id, age_s in ((old, week_s + 60), (young, week_s - 3600)):
        os.utime(trash / f"{preset_id}.json", (time.time() - age_s,) * 2)
    library.delete([next_one])
    assert {path.stem for path in trash.iterdir()} == {young, next_one}


def test_one_that_went_in_another_tab_is_said_and_the_others_stay(library):
    first, second = library.add([WARM, WARM])
    Library(library.folder).delete([first])
    for act in (
        lambda: library.delete([second, first]),
        lambda: library.change(first, name="x"),
        lambda: library.duplicate([second, first]),
    ):
        with pytest.raises(PresetError, match="not there any more"):
            act()
    assert [kept.preset_id for kept in library.contents().kept] == [second]


@pytest.mark.parametrize(
    "evil", ["../x", "a/../../x", "..", "", "/etc/passwd", "a/b", ".trash", "c:x", "\\x"]
)
def test_no_id_leads_out_of_the_folder(library, evil):
    library.add([WARM])
    (library.folder / "a").mkdir()
    outside = library.folder.parent / "x.json"
    outside.write_text(write_preset(WARM), "utf-8")
    for act in (library.delete, library.restore, library.duplicate):
        with pytest.raises(PresetError):
            act([evil])
    with pytest.raises(PresetError):
        library.change(evil, name="x")
    assert json.loads(outside.read_text("utf-8"))["name"] == "warm"


def test_files_of_a_users_own_are_listed_and_damaged_ones_said_by_name(library):
    library.add([WARM])
    put = library.folder
    (put / "my own.json").write_text(write_preset(replace(WARM, name="mine")), "utf-8")
    (put / "half.json").write_text(write_preset(WARM)[:200], "utf-8")
    (put / "large.json").write_bytes(b" " * (MAX_BYTES + 1))
    (put / "deep.json").write_bytes(b"[" * 100_000)
    (put / "empty.json").write_bytes(b"")
    (put / "notes.txt").write_text("no preset", "utf-8")
    (put / ".hidden.json").write_text("no preset", "utf-8")
    (put / "folder.json").mkdir()
    contents = library.contents()
    assert sorted(kept.preset.name for kept in contents.kept) == ["mine", "warm"]
    assert [said.split(" ")[0] for said in contents.damaged] == [
        "deep.json", "empty.json", "half.json", "large.json",
    ]  # fmt: skip
    library.change("my own", is_starred=True)
    (put / "half.json").write_text(write_preset(replace(WARM, name="whole")), "utf-8")
    assert "whole" in names(library)


def test_a_file_that_came_back_meanwhile_is_not_overwritten(library):
    library.add([WARM])
    own = library.folder / "own.json"
    own.write_text(write_preset(replace(WARM, name="first")), "utf-8")
    library.delete(["own"])
    own.write_text(write_preset(replace(WARM, name="second")), "utf-8")
    with pytest.raises(PresetError, match="again; rename it"):
        library.restore(["own"])
    assert "second" in own.read_text("utf-8")


def test_a_file_is_read_again_only_when_it_changed(library, monkeypatch):
    library.add([WARM, WARM])
    library.contents()
    asked = []
    real = preset_files.read
    monkeypatch.setattr(preset_files, "read", lambda path: asked.append(path) or real(path))
    (one, _) = library.contents().kept
    assert asked == []
    library.change(one.preset_id, name="else")
    asked.clear()
    assert "else" in names(library)
    assert len(asked) == 1


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("x", "utf-8")
    for folder in (tmp_path / "file", tmp_path / "file" / "presets"):
        with pytest.raises(OutputError, match="a file stands where the folder would be"):
            Library(folder).add([WARM])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_folder_for_reading_alone_is_one_sentence(library):
    (one,) = library.add([WARM])
    library.folder.chmod(0o500)
    try:
        for act in (lambda: library.add([WARM]), lambda: library.delete([one])):
            with pytest.raises(OutputError, match="Permission denied"):
                act()
        assert names(library) == ["warm"]
    finally:
        library.folder.chmod(0o700)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_is_one_sentence_and_keeps_what_was(library, monkeypatch):
    (one,) = library.add([WARM])
    real = os.fsync

    def full(descriptor: int) -> None:
        real(descriptor)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="cannot be kept: .* No space left on device"):
        library.add([WARM, WARM])
    with pytest.raises(OutputError, match="No space left"):
        library.change(one, name="lost")
    assert names(library) == ["warm"]
    assert len(os.listdir(library.folder)) == 1


@settings(max_examples=60)
@given(st.lists(st.text(max_size=120), max_size=8))
def test_file_names_are_safe_and_differ(texts):
    made = file_names(texts, suffix=".txt")
    assert len({name.casefold() for name in made}) == len(texts)
    for name in made:
        assert not set(name) & set('/\\:*?"<>|\0\n') and name == name.strip(". ")
        assert not name.startswith((".", "-.")) and len(name.encode()) <= 4 * 90
        assert os.path.basename(name) == name


def test_file_names_say_what_they_are():
    assert file_stem("warm → bright, 40 %") == "warm to bright, 40 %"
    assert file_stem("warm: bass shelf, 120 Hz") == "warm - bass shelf, 120 Hz"
    assert file_stem("warm, strength 0.5.") == "warm, strength 0.5"
    assert file_stem("<img src=x onerror=alert(1)>") == "img src=x onerror=alert(1)"
    assert file_stem("../../etc/passwd") == "etc passwd"
    long = "warm - low-mid boost, 260 Hz to bright, 30 %, with 56 % airy and 56 % muddy, strength 1"
    assert file_stem(long) == long.partition(", strength")[0]
    assert file_stem("w" * 90) == "w" * 80
    assert [file_stem(name) for name in ("CON", "...", "温かい")] == [
        "CON preset",
        "preset",
        "温かい",
    ]


def test_labels_are_on_one_line():
    assert clean_name("a\u202eb\x00c") == "a b c"
    assert clean_tags(["A", "a", "b\n"]) == ("A", "b")
