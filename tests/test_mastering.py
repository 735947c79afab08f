"""Whole files through the EQ, block by block."""

import errno
import zipfile

import numpy as np
import pytest
import soundfile

from neural_eq.data import audio_file
from neural_eq.data.audio_file import open_audio, read_blocks, read_excerpt
from neural_eq.data.file_rendering import Treatment
from neural_eq.data.mastering import master, master_all
from neural_eq.eq.params import DEFAULT
from neural_eq.eq.render import apply_eq
from neural_eq.errors import AudioError, OutputError

BRIGHT = np.array([-4, 120, 3, 400, 0.71, -6, 900, 2.0, 5, 3000, 1.0, 8, 7000.0])


def sound(path, n_frames=20_000, n_channels=2, rate=44100, level=0.1, subtype="PCM_24"):
    samples = np.random.default_rng(n_frames).standard_normal((n_frames, n_channels)) * level
    soundfile.write(path, samples, rate, subtype=subtype)
    return open_audio(path)


@pytest.fixture(autouse=True)
def short_blocks(monkeypatch):
    """Several blocks in little audio."""
    monkeypatch.setattr(audio_file, "BLOCK_FRAMES", 6000)


@pytest.mark.parametrize("level_match", [True, False])
@pytest.mark.parametrize("level", [0.1, 1.5])
def test_a_file_in_blocks_is_what_the_whole_gives(tmp_path, level_match, level):
    source = sound(tmp_path / "in.wav", level=level, subtype="FLOAT")
    treatment = Treatment(BRIGHT, "bright", level_match=level_match)
    notes = master(source, tmp_path / "out.wav", treatment)
    samples = soundfile.read(source.path, always_2d=True, dtype="float32")[0]
    expected = apply_eq(samples, BRIGHT, 44100, level_match=level_match)
    made, rate = soundfile.read(tmp_path / "out.wav", always_2d=True)
    assert rate == 44100
    np.testing.assert_allclose(made, expected.samples, atol=1e-6)
    assert notes == expected.notes


@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [(".wav", "PCM_16"), (".wav", "PCM_24"), (".wav", "FLOAT"), (".flac", "PCM_16"),
     (".flac", "PCM_24"), (".wav", None)],
)  # fmt: skip
@pytest.mark.parametrize(("rate", "n_channels"), [(8000, 1), (48000, 8), (96000, 2)])
def test_rate_and_channels_stay_and_the_depth_is_the_one_asked_for(
    tmp_path, suffix, subtype, rate, n_channels
):
    source = sound(tmp_path / "in.wav", rate=rate, n_channels=n_channels)
    output = tmp_path / f"out{suffix}"
    master(source, output, Treatment(BRIGHT, "x", suffix=suffix, subtype=subtype))
    info = soundfile.info(output)
    assert (info.samplerate, info.channels, info.frames) == (rate, n_channels, 20_000)
    assert info.subtype == (subtype or "PCM_24")


def test_a_flat_eq_changes_nothing(tmp_path):
    source = sound(tmp_path / "in.wav", level=2)
    notes = master(source, tmp_path / "out.wav", Treatment(DEFAULT, "flat"))
    assert notes == ("The EQ is flat: the audio is unchanged.",)
    np.testing.assert_array_equal(
        soundfile.read(tmp_path / "out.wav")[0], soundfile.read(tmp_path / "in.wav")[0]
    )


def test_several_become_a_zip_and_a_bad_one_is_left_out(tmp_path):
    for folder in ("a", "b", "out"):
        (tmp_path / folder).mkdir()
    sources = [sound(tmp_path / "a" / "song.wav"), sound(tmp_path / "b" / "song.wav", 9_000)]
    bad = np.full((9_000, 1), 0.1)
    bad[8_500] = np.nan
    soundfile.write(tmp_path / "bad.wav", bad, 44100, subtype="FLOAT")
    sources.insert(1, open_audio(tmp_path / "bad.wav"))
    heard = []
    made = master_all(
        sources, tmp_path / "out", Treatment(BRIGHT, "warm"),
        on_progress=lambda share, what: heard.append((share, what)),
    )  # fmt: skip
    assert (made.n_made, made.n_failed, made.file_name) == (2, 1, "3_sounds_warm.zip")
    assert made.notes[0].startswith("Left out: bad.wav: 1 of 3,000 samples are not finite")
    with zipfile.ZipFile(made.path) as archive:
        assert archive.namelist() == ["song_warm.wav", "song_warm_2.wav"]
        assert archive.testzip() is None
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["3_sounds_warm.zip"]
    shares = [share for share, _ in heard]
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)
    assert heard[0][1] == "Measuring song.wav (1 of 3)"


def test_files_of_one_name_are_told_apart_by_their_kind(tmp_path):
    (tmp_path / "out").mkdir()
    names = ("song.wav", "song.flac", "Song.aiff", "SONG.wav")
    sources = []
    for folder, name in enumerate(names):
        (tmp_path / str(folder)).mkdir()
        sources.append(sound(tmp_path / str(folder) / name, 9_000))
    made = master_all(sources, tmp_path / "out", Treatment(BRIGHT, "warm", suffix=".wav"))
    with zipfile.ZipFile(made.path) as archive:
        assert archive.namelist() == [
            "song_warm.wav", "song_warm_flac.wav", "Song_warm_aiff.wav", "SONG_warm_2.wav",
        ]  # fmt: skip


def test_where_every_file_is_bad_the_reasons_are_the_error(tmp_path):
    soundfile.write(tmp_path / "n.wav", np.full((900, 1), np.inf), 44100, subtype="FLOAT")
    (tmp_path / "out").mkdir()
    with pytest.raises(AudioError, match="Left out: n.wav: .* Left out: n.wav: "):
        master_all([open_audio(tmp_path / "n.wav")] * 2, tmp_path / "out", Treatment(BRIGHT, "x"))
    assert not list((tmp_path / "out").iterdir())


def test_a_full_disk_is_said_with_the_way_out(tmp_path, monkeypatch):
    def full(*args, **rest):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "out").mkdir()
    sources = [sound(tmp_path / "a.wav"), sound(tmp_path / "b.wav")]
    monkeypatch.setattr("zipfile.ZipFile.write", full)
    with pytest.raises(
        OutputError, match=r"2_sounds_x\.zip cannot be written: No space left.*Free"
    ):
        master_all(sources, tmp_path / "out", Treatment(BRIGHT, "x"))
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match=r"a_x\.wav cannot be written: No space left.*Free some"):
        master_all(sources[:1], tmp_path / "out", Treatment(BRIGHT, "x"))
    assert not list((tmp_path / "out").iterdir())


def test_what_the_progress_raises_ends_the_work_and_leaves_nothing(tmp_path):
    def stop(share, what):
        if share > 0.8:
            raise KeyboardInterrupt

    (tmp_path / "out").mkdir()
    with pytest.raises(KeyboardInterrupt):
        master_all(
            [sound(tmp_path / "a.wav")], tmp_path / "out", Treatment(BRIGHT, "x"), on_progress=stop
        )
    assert not list((tmp_path / "out").iterdir())


def test_names_from_elsewhere_stay_in_the_folder(tmp_path):
    source = sound(tmp_path / "a.wav")
    strange = open_audio(source.path, name="../../etc/pass\nwd.wav")
    assert Treatment(BRIGHT, "x").file_name(strange) == ".._.._etc_pass_wd_x.wav"


def test_an_excerpt_is_that_part_of_the_file(tmp_path):
    source = sound(tmp_path / "a.flac", 44100, rate=22050, subtype="PCM_16")
    whole = soundfile.read(source.path, dtype="float32", always_2d=True)[0]
    part = read_excerpt(source, start_s=0.5, duration_s=1.0)
    np.testing.assert_array_equal(part.samples, whole[11025:33075])
    rest = read_excerpt(source, start_s=1.5, duration_s=9)
    np.testing.assert_array_equal(rest.samples, whole[33075:])
    np.testing.assert_array_equal(np.concatenate(list(read_blocks(source))), whole)
    assert source.describe() == "a.flac: 0:02.0 min, 2 channels at 22,050 Hz"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "a.wav is damaged or not an audio file; give a WAV, FLAC"),
        (b"this is a text", "a.wav is damaged or not an audio file"),
        (None, "a.wav cannot be read: No such file"),
    ],
)
def test_what_is_no_audio_is_refused(tmp_path, content, sentence):
    if content is not None:
        (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(AudioError, match=sentence):
        open_audio(tmp_path / "a.wav")


def test_an_empty_file_and_a_rate_out_of_reach_are_refused(tmp_path):
    soundfile.write(tmp_path / "e.wav", np.zeros((0, 2)), 44100)
    with pytest.raises(AudioError, match=r"e\.wav: The audio is empty: it has no sample"):
        open_audio(tmp_path / "e.wav")
    soundfile.write(tmp_path / "r.wav", np.zeros((10, 1)), 4000)
    with pytest.raises(AudioError, match=r"r\.wav: The sample rate is 4000 Hz"):
        open_audio(tmp_path / "r.wav")
