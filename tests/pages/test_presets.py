"""The Presets page through ``app.py``."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from neural_eq.presets.formats import FORMATS
from neural_eq.presets.opening import open_preset
from neural_eq.presets.preset import Preset, read_preset, write_preset
from neural_eq.ui import cached, state
from neural_eq.ui.presets.listing import SORTS
from tests.pages.opening import opened, said, turned, widget

PARAMS = np.array([3.0, 120, -2.5, 400, 0.8, 1.5, 1000, 1.2, 4.0, 3000, 2.0, -1.0, 8000])
EVIL = "<img src=x onerror=alert(1)>"
MINE = Preset(EVIL, PARAMS, tags=("bus",), details="for drums")
OTHER = Preset("Other", np.where(PARAMS < 12, -PARAMS / 2, PARAMS).clip(-12))
OTHER.params[[4, 7, 10]] = 1.0


def shown(app) -> str:
    kinds = (app.markdown, app.caption, app.error, app.warning, app.success, app.info)
    return "\n".join(element.value for kind in kinds for element in kind)


def library():
    return cached.preset_library()


def names() -> list[str]:
    return [kept.preset.name for kept in library().contents().kept]


def view(app, name: str):
    app.session_state[state.PRESETS_VIEW] = name
    app.run()
    assert not app.exception
    return app


def choose(app, *ids: str):
    app.session_state[state.CHOSEN_PRESETS] = list(ids)
    app.run()
    assert not app.exception
    return app


def press(app, label: str):
    widget(app.button, label).click().run()
    assert not app.exception
    return app


def upload(app, *files: tuple[str, bytes]):
    app.file_uploader[-1].set_value([(name, content, "") for name, content in files]).run()
    assert not app.exception
    return app


def table(app) -> list[str]:
    return app.dataframe[0].value["Name"].tolist()


def test_the_eq_in_use_is_shown_with_its_bands_its_proof_and_kept():
    app = opened("presets", at="30")
    said = shown(app)
    assert "warm → bright, 30 %" in said and "| Low Shelf |" in said
    assert "Worst deviation" in said and "The library is empty" in said
    app.text_input(key=state.PRESET_NAME).set_value("  My   glow ").run()
    press(app, "Save to library")
    (kept,) = library().contents().kept
    preset = kept.preset
    assert preset.name == "My glow" and names() == table(app)
    assert (preset.meaning["term_a"], preset.meaning["term_b"], preset.meaning["t"]) == (
        "warm", "bright", 0.3,
    )  # fmt: skip
    assert preset.provenance["model_sha256"] == cached.file_key(cached.BUILT_IN_MODEL_PATH)
    assert len(preset.provenance["dataset_sha256"]) == 64
    assert app.text_input(key=state.PRESET_NAME).value == ""
    assert table(opened("presets")) == ["My glow"]  # another tab


@pytest.mark.parametrize("format_id", list(FORMATS))
def test_each_software_has_its_sentence_its_proof_and_its_file(format_id):
    app = opened("presets")
    widget(app.selectbox, "Software").set_value(format_id).run()
    assert not app.exception
    said = shown(app)
    assert "Worst deviation **" in said
    (button,) = [b for b in app.get("download_button") if b.label == "Download the file"]
    assert button.proto.url or button.proto.deferred_file_id


def test_the_table_of_all_proofs_names_every_software():
    app = opened("presets")
    app.session_state["all_proofs"] = True
    app.run()
    assert not app.exception
    (rows,) = [m.value for m in app.markdown if m.value.startswith("| Software |")]
    assert rows.count("\n") == len(FORMATS) + 1
    assert rows.count("\u00a0dB |") == len(FORMATS)


def test_a_preset_of_a_device_is_bound_to_its_rate():
    app = opened("presets")
    bound = next(f for f in FORMATS.values() if f.needs_rate)
    widget(app.selectbox, "Software").set_value(bound.id).run()
    app.session_state[state.SOFTWARE_RATE] = 96000
    app.run()
    assert not app.exception and app.session_state[state.SOFTWARE_RATE] == 96000


def test_files_are_opened_shown_used_and_kept():
    app = view(opened("presets"), "Open a file")
    assert "opens here" in app.info[0].value
    content = write_preset(MINE).encode()
    upload(app, ("mine.json", content), ("mine2.json", content), ("bad.json", b"[" * 100))
    assert len(app.error) == 1 and app.error[0].value.startswith("bad\\.json")
    assert widget(app.selectbox, "Opened: 2 presets").options == [EVIL, f"{EVIL} 2"]
    text = shown(app)
    assert "read as Neural EQ" in text and "taken exactly" in text
    assert "Nearest words: " in text
    assert EVIL not in text  # only with every sign of markup escaped
    press(app, "Use as EQ")
    assert app.session_state[state.USED_DOT].params == pytest.approx(PARAMS.tolist())
    widget(app.button, "Save all 2 to library").click().run()
    assert names() == [EVIL, EVIL] and app.session_state[state.PRESETS_VIEW] == "Library"


def test_what_was_used_keeps_all_that_its_file_said():
    app = view(opened("presets"), "Open a file")
    upload(app, ("mine.json", write_preset(replace(MINE, unknown={"x-mine": 7})).encode()))
    press(app, "Use as EQ")
    app.text_input(key=state.PRESET_NAME).set_value("Again").run()
    widget(app.button, "Save to library").click().run()
    (kept,) = library().contents().kept
    assert kept.preset.unknown == {"x-mine": 7} and kept.preset.details == "for drums"
    assert kept.preset.name == "Again"


def test_a_name_is_shown_as_it_was_typed_in_what_pops_up_and_as_a_title():
    app = view(opened("presets"), "Open a file")
    upload(app, ("mine.json", write_preset(replace(MINE, name="# DRUM bus")).encode()))
    press(app, "Use as EQ")
    assert said(app.toast) == "# DRUM bus is the EQ in use." != app.toast[0].value
    widget(app.button, "Save to library").click().run()
    assert app.toast[0].value.startswith(r"\# DRUM bus")
    titles = [m.value for m in turned(app, "audio").markdown if "DRUM" in m.value]
    assert titles[0].startswith(r"**\# DRUM bus")


def test_an_opened_file_becomes_an_end_of_the_morph():
    app = view(opened("presets"), "Open a file")
    upload(app, ("mine.json", write_preset(MINE).encode()))
    press(app, "Morph to here")
    assert app.title[0].value == "Morph"
    assert app.session_state[state.TO] == f"{EVIL}{state.FROM_FILE}"


def test_a_zip_is_opened_and_what_is_no_preset_is_said():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a/one.json", write_preset(MINE))
        archive.writestr("two.json", write_preset(OTHER))
        archive.writestr("README.txt", "hello")
    app = view(opened("presets"), "Open a file")
    upload(app, ("mine.zip", file.getvalue()))
    assert widget(app.selectbox, "Opened: 2 presets").options == [EVIL, "Other"]
    assert app.error[0].value.startswith("1 file of mine\\.zip stays out\\. README\\.txt")
    widget(app.button, "Save all 2 to library").click().run()
    assert names() == [EVIL, "Other"]


def test_an_unsafe_zip_is_one_sentence_and_nothing_of_it_is_taken():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("good.json", write_preset(MINE))
        archive.writestr("../evil.json", write_preset(MINE))
    app = view(opened("presets"), "Open a file")
    upload(app, ("mine.zip", file.getvalue()))
    assert len(app.error) == 1 and "outside itself" in app.error[0].value
    assert "opens here" in app.info[0].value


def test_the_library_is_searched_and_sorted():
    library().add([MINE, OTHER, replace(OTHER, name="Zebra", is_starred=True)])
    app = opened("presets")
    assert table(app) == [EVIL, "Other", "Zebra"]
    app.session_state[state.COLLECTION_SORT] = "Starred first"
    app.run()
    assert table(app)[0] == "Zebra"
    for order in SORTS:
        app.session_state[state.COLLECTION_SORT] = order
        app.run()
        assert not app.exception and sorted(table(app)) == sorted(names())
    for search, wanted in (("BUS", [EVIL]), ("drums img", [EVIL]), ("zeb", ["Zebra"])):
        app.session_state[state.COLLECTION_SEARCH] = search
        app.run()
        assert table(app) == wanted
    app.session_state[state.COLLECTION_SEARCH] = "no such preset"
    app.run()
    assert "No preset has all of these words" in app.info[0].value and not app.dataframe


def test_most_like_the_eq_in_use_comes_first():
    near, far = replace(MINE, name="near"), replace(OTHER, name="far")
    library().add([far, near])
    app = view(opened("presets"), "Open a file")
    upload(app, ("mine.json", write_preset(MINE).encode()))
    press(app, "Use as EQ")
    view(app, "Library")
    app.session_state[state.COLLECTION_SORT] = "Most like the EQ in use"
    app.run()
    assert table(app) == ["near", "far"]


def test_a_preset_is_renamed_tagged_starred_and_copied():
    (one,) = library().add([MINE])
    app = choose(opened("presets"), one)
    widget(app.text_input, "Name of the preset").set_value("Better").run()
    widget(app.multiselect, "Tags").set_value(["bus", "mix"]).run()
    press(app, "Star")
    (kept,) = library().contents().kept
    assert (kept.preset.name, kept.preset.tags, kept.preset.is_starred) == (
        "Better", ("bus", "mix"), True,
    )  # fmt: skip
    press(app, "Duplicate")
    assert names() == ["Better copy", "Better"]
    assert "Unstar" in [button.label for button in app.button]


def test_a_name_that_cannot_be_is_said_and_the_old_one_stays():
    (one,) = library().add([OTHER])
    app = choose(opened("presets"), one)
    widget(app.text_input, "Name of the preset").set_value(" \u200b ").run()
    assert "needs a name" in app.error[0].value
    assert widget(app.text_input, "Name of the preset").value == "Other"


def test_what_is_deleted_comes_back():
    ids = library().add([MINE, OTHER])
    app = choose(opened("presets"), *ids)
    press(app, "Delete 2 presets")
    assert names() == [] and "Deleted 2 presets" in shown(app)
    press(app, "Undo")
    assert names() == [EVIL, "Other"] and "Deleted" not in shown(app)


def test_each_deletion_comes_back_in_turn():
    first, second = library().add([MINE, OTHER])
    app = choose(opened("presets"), first)
    press(app, "Delete")
    app = choose(app, second)
    press(app, "Delete")
    press(app, "Undo")
    press(app, "Undo")
    assert sorted(names()) == sorted([EVIL, "Other"]) and "Deleted" not in shown(app)


def test_what_a_preset_is_made_of_is_told():
    meaning = {"term_a": "warm", "term_b": "bright", "t": 0.5, "strength": 1.0, "route": "latent"}
    mixed = {**meaning, "with": [{"name": "airy", "weight": 0.56}, {"name": "full"}, "thin"]}
    plain, mixture = library().add([replace(OTHER, meaning=m) for m in (meaning, mixed)])
    app = choose(opened("presets"), plain)
    assert r"Made of warm → bright, 50 %, strength 1\.00, route latent" in shown(app)
    app = choose(app, mixture)
    assert r"Made of warm → bright, 50 %, with 56 % airy, strength 1\.00" in shown(app)


def test_what_hinders_is_one_sentence():
    (one,) = library().add([MINE])
    app = choose(opened("presets"), one)
    library().delete([one])  # in another tab
    widget(app.button, "Star").click().run()
    assert not app.exception
    assert "not there any more" in app.error[0].value


def test_a_damaged_file_is_named_and_the_others_are_there():
    library().add([OTHER])
    (cached.presets_folder() / "*half*.json").write_text("{", "utf-8")
    app = opened("presets")
    assert "\\*half\\*\\.json" in app.warning[0].value
    assert table(app) == ["Other"]


def test_two_presets_are_compared_and_morphed():
    first, second = library().add([MINE, OTHER])
    app = choose(opened("presets"), first)
    press(app, "Set as A")
    assert "Choose another preset and set it as B" in shown(app)
    choose(app, second)
    press(app, "Set as B")
    assert "A and B" in [heading.value for heading in app.subheader]
    press(app, "Swap A and B")
    assert app.session_state[state.PAIR] == {"A": second, "B": first}
    press(app, "Use B")
    assert app.session_state[state.USED_DOT].params == pytest.approx(PARAMS.tolist())
    app.session_state[state.STRENGTH] = 0.5
    press(app, "Morph A → B")
    assert app.title[0].value == "Morph"
    assert app.session_state[state.FROM] == "Other (file)"
    assert app.session_state[state.TO] == f"{EVIL} (file)"
    assert app.session_state[state.STRENGTH] == 1.0
    turned(app, "presets")
    press(app, "Close")
    assert "A and B" not in [heading.value for heading in app.subheader]


def test_presets_of_one_name_are_two_ends():
    ids = library().add([MINE, replace(OTHER, name=EVIL)])
    app = choose(opened("presets"), *ids)
    press(app, "Compare as A and B")
    press(app, "Morph A → B")
    assert app.session_state[state.FROM] == f"{EVIL} (file)"
    assert app.session_state[state.TO] == f"{EVIL} 2 (file)"


def test_every_word_is_made_into_a_zip():
    app = view(opened("presets"), "Every word")
    app.session_state[state.WORDS_SCHOOLS] = False
    app.session_state[state.WORDS_STRENGTHS] = [0.5, 1.0]
    app.run()
    press(app, "Make the zip")
    n_words = len(cached.saved_words(cached.file_key(cached.BUILT_IN_MODEL_PATH)))
    assert f"{2 * n_words} files: {n_words} words. Worst deviation of all" in shown(app)
    made = app.session_state[state.WORDS_MADE]
    with zipfile.ZipFile(made.folder.path / "words.zip") as archive:
        (name,) = [name for name in archive.namelist() if name.startswith("warm, strength 0.5")]
        assert open_preset(archive.read(name), name=name).preset.params.shape == (13,)
    app.session_state[state.WORDS_STRENGTHS] = [1.0]
    app.run()
    assert "Worst deviation of all" not in shown(app)  # it was made of another choice


def test_what_is_chosen_in_the_moment_of_the_press_counts():
    app = opened("presets")
    app.text_input(key=state.PRESET_NAME).set_value("My glow")
    press(app, "Save to library")
    assert names() == ["My glow"]
    view(app, "Every word")
    app.session_state[state.WORDS_SCHOOLS] = False
    app.run()
    widget(app.button_group, "Strengths").set_value([0.5])
    press(app, "Make the zip")
    with zipfile.ZipFile(app.session_state[state.WORDS_MADE].folder.path / "words.zip") as archive:
        (made,) = [name for name in archive.namelist() if name.startswith("warm")]
    assert made.startswith("warm, strength 0.5")


def test_no_strength_makes_no_zip():
    app = view(opened("presets"), "Every word")
    app.session_state[state.WORDS_STRENGTHS] = []
    app.run()
    assert widget(app.button, "Make the zip").disabled


def test_a_folder_of_the_environment_is_used(tmp_path, monkeypatch):
    monkeypatch.setenv("NEURAL_EQ_PRESETS", str(tmp_path / "elsewhere"))
    app = opened("presets")
    press(app, "Save to library")
    (path,) = (tmp_path / "elsewhere").glob("*.json")
    assert read_preset(path.read_bytes()).name.startswith("warm → bright")


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x", "utf-8")
    monkeypatch.setenv("NEURAL_EQ_PRESETS", str(tmp_path / "file"))
    app = opened("presets")
    app.text_input(key=state.PRESET_NAME).set_value("kept name").run()
    press(app, "Save to library")
    assert any("a file stands where the folder would be" in e.value for e in app.error)
    assert app.text_input(key=state.PRESET_NAME).value == "kept name"
