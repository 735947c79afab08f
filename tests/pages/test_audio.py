"""The Audio page through ``app.py``."""

from __future__ import annotations

import io
import re
import tracemalloc

import numpy as np
import pytest
import soundfile

from neural_eq.data.demo import built_in_dataset
from neural_eq.eq.params import DEFAULT, GAIN_COLUMNS, check_params
from neural_eq.eq.response import curve_error_db
from neural_eq.model import checkpoint
from neural_eq.model.guide_words import guide_words
from neural_eq.presets.preset import Preset, write_preset
from neural_eq.ui import cached, state
from neural_eq.ui.audio import sources
from tests.pages.opening import (
    ROOT,
    drawn,
    said,
    turned,
    widget,
)

BOOST = DEFAULT.copy()
BOOST[[0, 11]] = 9.0
MIME = "audio/wav"
CLIPS = ROOT / "assets" / "clips"


def wav(samples, rate=8000, subtype="PCM_16"):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, subtype=subtype, format="WAV")
    return file.getvalue()


def noise(n_frames=8000, n_channels=1, level=0.1):
    return np.random.default_rng(n_frames).standard_normal((n_frames, n_channels)) * level


def text(app):
    """What is written, without the marks that keep it from being Markdown."""
    written = " ".join(e.value for kind in (app.caption, app.markdown) for e in kind)
    return written.replace("\\", "")


def levels(app):
    """The table of levels: its rows by name, as before, after and change."""
    table = next(m.value for m in app.markdown if "Loudness" in m.value)
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]
    ]
    return {row[0].split(" (")[0]: row[1:] for row in rows}


def player(app):
    """What the player of the blind test was given."""
    return drawn(app, "versions")


def dock(app):
    """What the player at the foot of the page was given."""
    return drawn(app, "sounds")


@pytest.fixture
def audio(app):
    return turned(app, "audio")


@pytest.fixture
def own(audio):
    """The page with a place for files of one's own."""
    return widget(audio.selectbox, "Sound").set_value("own").run()


def uploaded(app, *files):
    app.file_uploader[-1].set_value([(name, content, MIME) for name, content in files])
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize("clip", ["drums", "bass_and_chords", "voice", "pink_noise"])
def test_every_clip_is_measured_and_played(audio, clip):
    widget(audio.selectbox, "Sound").set_value(clip).run()
    assert not audio.exception
    before, after, change = levels(audio)["Loudness"]
    assert before == after and change == "0.0"
    assert "Level-matched:" in text(audio)
    given = dock(audio)
    assert given["chosen"] == clip and given["base"]["params"]
    assert given["sound"]["n_frames"] == soundfile.info(CLIPS / f"{clip}.flac").frames


def test_a_word_with_its_schools_and_a_strength_is_applied(audio):
    widget(audio.get("button_group"), "What is applied").set_value("word").run()
    assert not audio.exception
    widget(audio.selectbox, "Word").set_value("bright").run()
    whole = dock(audio)["base"]
    schools = widget(audio.selectbox, "Which way of meaning it")
    assert schools.options[0].startswith("All ") and "%" in schools.options[1]
    schools.set_value(1).run()
    one_way = dock(audio)["base"]
    assert one_way["params"] != whole["params"] and one_way["label"].startswith("bright: ")
    widget(audio.slider, "Strength of what is applied").set_value(0.0).run()
    gains = [dock(audio)["base"]["params"][column] for column in GAIN_COLUMNS]
    assert not any(gains)
    assert "The EQ is flat: the sound is unchanged." in text(audio)
    widget(audio.slider, "Strength of what is applied").set_value(2.0).run()
    assert not audio.exception


def test_a_preset_of_the_library_is_applied_by_its_name(audio):
    presets = [Preset("my *boost*", BOOST), Preset("flat", DEFAULT.copy())]
    ids = cached.preset_library().add(presets)
    widget(audio.get("button_group"), "What is applied").set_value("file").run()
    kept = widget(audio.selectbox, "Preset of the library")
    assert kept.options[1:] == ["my *boost*", "flat"]
    kept.set_value(ids[0]).run()
    assert not audio.exception
    assert dock(audio)["base"]["params"] == pytest.approx(BOOST.tolist())
    assert dock(audio)["base"]["label"] == "my *boost*"


def test_a_setting_file_is_applied_and_a_bad_one_leaves_it(audio):
    widget(audio.get("button_group"), "What is applied").set_value("file").run()
    assert "Morph and Presets write such files" in audio.info[0].value
    good = write_preset(Preset("my *boost*", BOOST)).encode()
    audio.file_uploader[-1].set_value(("boost.json", good, "application/json")).run()
    assert "my *boost*" in text(audio)
    widget(audio.toggle, "Level-matched").set_value(False).run()
    widget(audio.toggle, "Clip guard").set_value(False).run()
    assert float(levels(audio)["Loudness"][2]) > 5
    assert "Level-matched:" not in text(audio)
    assert dock(audio)["is_matched"] is False
    assert dock(audio)["base"]["params"] == pytest.approx(BOOST.tolist())
    audio.file_uploader[-1].set_value(("no.json", b"{}", "application/json")).run()
    assert "no.json is JSON of no kind that is read here" in said(audio.error)
    assert dock(audio)["base"]["params"] == pytest.approx(BOOST.tolist())


def test_without_a_file_of_ones_own_the_page_says_what_to_do(own):
    assert "Choose one file or several" in own.info[0].value
    assert not own.exception


def test_files_are_kept_through_a_page_switch_until_they_are_removed(own):
    uploaded(own, ("one.wav", wav(noise())), ("two.wav", wav(noise(9000, 2))))
    assert "two.wav: 0:01.1 min, 2 channels at 8,000 Hz" in text(own)
    assert len(levels(own)) == 3
    turned(turned(own, "morph"), "audio")
    files = next(s for s in own.selectbox if s.label.startswith("Your files (2)"))
    assert files.options == ["one.wav", "two.wav"]
    widget(own.button, "Remove").click().run()
    assert "one.wav: 0:01.0 min, 1 channel at" in text(own)
    widget(own.button, "Remove").click().run()
    assert "Choose one file or several" in own.info[0].value


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"this is a text", "damaged or not an audio file; give a WAV"),
        (b"", "damaged or not an audio file"),
        (wav(np.zeros((0, 2))), "The audio is empty: it has no sample"),
        (wav(noise(), rate=4000), "The sample rate is 4000 Hz; it must lie within 8000"),
    ],
    ids=("text", "nothing", "no sample", "slow rate"),
)
def test_a_bad_file_is_refused_in_a_sentence_and_nothing_is_lost(own, content, sentence):
    uploaded(own, ("good.wav", wav(noise())))
    uploaded(own, ("bad.wav", content), ("also.wav", wav(noise(500))))
    assert len(own.error) == 1
    assert "bad.wav" in said(own.error) and sentence in said(own.error)
    assert "also.wav: 0:00.1 min" in text(own)
    assert any(s.label.startswith("Your files (2)") for s in own.selectbox)


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (np.zeros((8000, 2)), "silent or below −70 LUFS"),
        (np.full((1, 1), 0.5), "Level-matched"),
        (noise(8000, 8), "mixes the 8 channels to one"),
    ],
)
def test_silence_a_single_sample_and_eight_channels_are_shown(own, samples, said):
    uploaded(own, ("odd.wav", wav(samples)))
    assert said in text(own)
    assert not own.error


def test_samples_that_are_no_numbers_are_named(own):
    bad = noise()
    bad[100] = np.nan
    uploaded(own, ("bad.wav", wav(bad, subtype="FLOAT")))
    assert "bad.wav: 1 of 8,000 samples are not finite" in said(own.error)
    widget(own.selectbox, "Sound").set_value("drums").run()
    assert not own.error and len(levels(own)) == 3


def test_a_full_disk_is_said(own, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("neural_eq.files.os.fsync", full)
        uploaded(own, ("song.wav", wav(noise())))
    assert said(own.error).startswith("song.wav cannot be kept: No space left on device. Free some")

    uploaded(own, ("song.wav", wav(noise())))
    assert not own.error and len(levels(own)) == 3


def test_a_long_sound_is_measured_in_part_and_played_whole(own):
    uploaded(own, ("long.wav", wav(noise(8000 * 65))))
    assert "Measured: 0:00.0 min to 0:20.0 min of 1:05.0 min; the player and" in text(own)
    widget(own.slider, "Measured from (seconds)").set_value(30).run()
    assert "Measured: 0:30.0 min to 0:50.0 min" in text(own)
    assert dock(own)["sound"]["n_frames"] == 8000 * 65
    widget(own.toggle, "Level-matched").set_value(False)
    widget(own.button, "Render the whole sound").click().run()  # which knows of the switch
    assert not own.exception
    assert not own.session_state[state.RENDERING].treatment.level_match


def test_a_recording_is_a_sound(audio):
    widget(audio.selectbox, "Sound").set_value("microphone").run()
    assert "Press the microphone" in audio.info[0].value
    audio.audio_input[0].set_value(("audio.wav", wav(noise(), 48000), MIME)).run()
    assert "recording.wav: 0:00.2 min" in text(audio)
    turned(turned(audio, "morph"), "audio")
    assert len(levels(audio)) == 3


def test_a_format_that_cannot_hold_the_sound_says_so_and_the_rest_stays(own):
    uploaded(own, ("wide.wav", wav(noise(8000, 9))))
    widget(own.get("button_group"), "File format").set_value("FLAC").run()
    assert "FLAC holds at most 8 channels" in said(own.error)
    assert len(levels(own)) == 3


def start_blind(app, pair="bypass", trials=5):
    widget(app.get("button_group"), "What to do").set_value("Blind test").run()
    widget(app.selectbox, "What you compare").set_value(pair).run()
    widget(app.slider, "Trials").set_value(trials)  # and at once, in the same run:
    widget(app.button, "Start the test").click().run()
    assert not app.exception
    return app


@pytest.mark.parametrize("pair", ["bypass", "words", "models", "routes"])
def test_a_blind_test_is_answered_and_judged(audio, pair):
    start_blind(audio, pair)
    urls = set()
    for number in range(5):
        data = player(audio)
        assert [v["label"] for v in data["versions"]] == ["A", "B", "X"]
        assert data["trial"] == number
        urls |= {v["url"] for v in data["versions"]}
        is_a = audio.session_state[state.BLIND_TEST].abx.current_is_a
        widget(audio.button, "X is A" if is_a else "X is B").click().run()
    assert len(urls) == 2 + 5, "X has the name of A, of B, or of an earlier X"
    found = {m.label: m.value for m in audio.metric}
    assert found["Right answers"] == "5 of 5"
    assert found["p-value (one-sided binomial)"] == "0.0312"
    assert "You hear a difference." in text(audio)
    assert widget(audio.get("download_button"), "Download the answers (CSV)")
    widget(audio.button, "The same again").click().run()
    assert player(audio)["trial"] == 0
    assert not audio.metric


def test_x_is_one_of_both_in_every_byte_but_its_disguise(audio):
    start_blind(audio)
    for _ in range(5):
        test = audio.session_state[state.BLIND_TEST]
        is_a = test.abx.current_is_a
        assert len(test.x) == len(test.wavs[0]) == len(test.wavs[1])
        heard, *both = (soundfile.read(io.BytesIO(w))[0] for w in (test.x, *test.wavs))
        np.testing.assert_array_equal(heard, both[0 if is_a else 1])
        assert np.abs(heard - both[1 if is_a else 0]).max() > 0.001
        assert test.x not in test.wavs
        widget(audio.button, "X is B").click().run()


def test_a_blind_test_survives_a_page_switch_and_hides_its_score(audio):
    start_blind(audio)
    widget(audio.button, "X is A").click().run()
    turned(turned(audio, "morph"), "audio")
    assert player(audio)["trial"] == 1
    assert "right, p" not in text(audio)
    widget(audio.toggle, "Show my score so far").set_value(True).run()
    assert "of 1 right, p = " in text(audio)
    widget(audio.button, "Stop here").click().run()
    assert "Too few answers to tell" in text(audio)
    widget(audio.button, "Another test").click().run()
    assert widget(audio.selectbox, "What you compare")


def test_the_guides_models_are_compared_on_bright(audio):
    widget(audio.get("button_group"), "What to do").set_value("Blind test").run()
    widget(audio.selectbox, "What you compare").set_value("models").run()
    assert widget(audio.selectbox, "Word").value == "bright"
    assert "A is **bright by The guide's V2**, B is **bright by The guide's V3**" in text(audio)
    widget(audio.button, "Start the test").click().run()
    assert audio.session_state[state.BLIND_TEST].difference_db > 0.5
    assert all(len(check_params(words["bright"])) == 1 for words in guide_words().values())


def test_two_models_are_compared_on_the_setting_that_they_give_back_most_differently(audio):
    widget(audio.get("button_group"), "What to do").set_value("Blind test").run()
    widget(audio.selectbox, "What you compare").set_value("models").run()
    widget(audio.selectbox, "Model A").set_value("built-in").run()
    widget(audio.selectbox, "Model B").set_value("built-in-3").run()
    widget(audio.radio, "What of it").set_value("farthest").run()
    a, b = re.findall(r"is \*\*bright, setting (\d+) by", text(audio))
    assert a == b
    rows, _ = cached.shown_rows(built_in_dataset())
    row = rows.setting_ids.tolist().index(int(a))
    assert rows.terms[row] == "bright"
    widget(audio.button, "Start the test").click().run()
    models = [checkpoint.load(cached.built_in_model_path(dims)) for dims in (32, 3)]
    bright = rows.params[rows.terms == "bright"]
    apart_db = curve_error_db(*(model.reconstruct(bright) for model in models))[0].max()
    test = audio.session_state[state.BLIND_TEST]
    assert test.difference_db == pytest.approx(apart_db) and apart_db > 1


def test_what_cannot_be_compared_is_not(audio):
    widget(audio.get("button_group"), "What to do").set_value("Blind test").run()
    widget(audio.selectbox, "What you compare").set_value("words").run()
    widget(audio.selectbox, "B").set_value("warm").run()
    assert "which nobody hears: choose two that differ" in audio.info[0].value
    assert widget(audio.button, "Start the test").disabled
    widget(audio.selectbox, "B").set_value("bright").run()
    assert not widget(audio.button, "Start the test").disabled
    widget(audio.selectbox, "Sound").set_value("own").run()
    uploaded(audio, ("silent.wav", wav(np.zeros((8000, 1)))))
    assert "This part of the sound is silent" in audio.info[-1].value


def test_a_sound_that_is_kept_is_not_copied_in_memory(tmp_path, monkeypatch):
    content = io.BytesIO()
    soundfile.write(content, np.zeros((4_000_000, 1)), 44100, "PCM_16", format="WAV")
    upload = io.BytesIO(content.getvalue())  # which shares the bytes, as an upload does
    upload.name = "long.wav"  # type: ignore[attr-defined]
    monkeypatch.setattr(sources, "sounds_folder", lambda: tmp_path)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        sound = sources._kept(upload)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sound.file.n_frames == 4_000_000
    assert peak - before < 2_000_000
