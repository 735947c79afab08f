import io
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from neural_eq.data import audio_io
from neural_eq.data.audio_encoding import FORMATS
from neural_eq.data.audio_file import open_audio
from neural_eq.data.audio_io import Audio, encode_audio, read_audio, write_audio
from neural_eq.errors import AudioError, NeuralEqError, OutputError

LOSSLESS = [
    ("a.wav", "PCM_U8"), ("a.wav", "PCM_16"), ("a.wav", "PCM_24"), ("a.wav", "PCM_32"),
    ("a.wav", "FLOAT"), ("a.wav", "DOUBLE"), ("a.flac", "PCM_S8"), ("a.flac", "PCM_16"),
    ("a.flac", "PCM_24"), ("a.aiff", "PCM_S8"), ("a.aif", "PCM_16"), ("a.aiff", "PCM_24"),
    ("a.aiff", "PCM_32"), ("a.aiff", "FLOAT"), ("a.aiff", "DOUBLE"),
]  # fmt: skip
BITS = {"PCM_U8": 8, "PCM_S8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


def noise(n_frames=4800, n_channels=2, level=0.1):
    return np.random.default_rng(0).standard_normal((n_frames, n_channels)) * level


def audio(samples=None, rate=48000, format_="WAV", subtype="PCM_16"):
    return Audio(noise() if samples is None else samples, rate, format_, subtype, "a.wav")


def every_level(subtype):
    """Both limits, zero, and noise over the whole range, as the file holds them."""
    if subtype not in BITS:
        return np.concatenate([[[1.5, -2.0]], noise()]).astype(
            np.float32 if subtype == "FLOAT" else np.float64
        )
    limit = 2 ** (BITS[subtype] - 1)
    levels = np.random.default_rng(0).integers(-limit, limit, (4800, 2))
    levels[:3] = [[-limit, limit - 1], [0, 1], [-1, 0]]
    return levels / limit


@pytest.mark.parametrize(("name", "subtype"), LOSSLESS)
def test_an_unchanged_file_stays_bit_for_bit_what_it_was(tmp_path, name, subtype):
    samples = every_level(subtype)
    original = audio(samples, 44100, FORMATS[os.path.splitext(name)[1]], subtype)
    written = write_audio(tmp_path / name, original)
    assert (written.subtype, written.notes) == (subtype, ())
    first = read_audio(tmp_path / name)
    np.testing.assert_array_equal(first.samples, samples)
    assert (first.sample_rate, first.subtype, first.name) == (44100, subtype, name)
    write_audio(tmp_path / ("again_" + name), first)
    np.testing.assert_array_equal(read_audio(tmp_path / ("again_" + name)).samples, samples)


@pytest.mark.parametrize(("name", "subtype"), [("a.wav", "PCM_16"), ("a.flac", "PCM_24")])
def test_what_sox_wrote_is_read_and_kept(tmp_path, name, subtype):
    bits = {"PCM_16": "16", "PCM_24": "24"}[subtype]
    command = ["sox", "-n", "-r", "96000", "-c", "2", "-b", bits, tmp_path / name,
               "synth", "0.2", "sine", "440"]  # fmt: skip
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("sox is not installed")
    piece = read_audio(tmp_path / name)
    assert (piece.sample_rate, piece.n_channels, piece.subtype) == (96000, 2, subtype)
    assert piece.duration_s == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("name", "format_", "subtype"),
    [("a.ogg", "OGG", "VORBIS"), ("a.mp3", "MP3", "MPEG_LAYER_III")],
)
def test_lossy_files_go_in_and_out(tmp_path, name, format_, subtype):
    t = np.arange(48000) / 48000
    samples = np.stack([np.sin(2 * np.pi * 440 * t), np.sin(2 * np.pi * 220 * t)], axis=1) * 0.5
    written = write_audio(tmp_path / name, audio(samples, subtype="PCM_24"))
    assert (written.format, written.subtype) == (format_, subtype)
    assert "lossy" in written.notes[0]
    back = read_audio(tmp_path / name)
    assert (back.sample_rate, back.n_channels, back.format) == (48000, 2, format_)
    assert len(back.samples) == pytest.approx(48000, abs=2400)
    middle = slice(5000, 40000)
    error = np.abs(np.fft.rfft(back.samples[middle], axis=0)).argmax(axis=0) * 48000 / 35000
    np.testing.assert_allclose(error, [440, 220], atol=2)
    assert write_audio(tmp_path / ("again_" + name), back).notes == ()
    # to a lossless file it goes with more bits than a CD has, and that is said
    for suffix in (".flac", ".wav", ".aiff"):
        out = encode_audio(back, suffix=suffix)
        assert out.subtype == "PCM_24" and "24-bit" in out.notes[0]
    with pytest.raises(AudioError, match="WAV has no encoding 'MPEG_LAYER_III'"):
        encode_audio(back, suffix=".wav", subtype="MPEG_LAYER_III")


@pytest.mark.parametrize(
    ("subtype", "suffix", "expected", "is_said"),
    [
        ("FLOAT", ".flac", "PCM_24", True),
        ("PCM_32", ".flac", "PCM_24", True),
        ("DOUBLE", ".flac", "PCM_24", True),
        ("PCM_U8", ".flac", "PCM_S8", False),  # the same bits
        ("PCM_S8", ".wav", "PCM_U8", False),
        ("PCM_16", ".aiff", "PCM_16", False),
        ("FLOAT", ".aiff", "FLOAT", False),
        ("VORBIS", ".wav", "PCM_24", True),
    ],
)
def test_a_depth_that_a_format_has_not_becomes_the_nearest(subtype, suffix, expected, is_said):
    out = encode_audio(audio(subtype=subtype, format_="OTHER"), suffix=suffix)
    assert out.subtype == expected
    assert bool(out.notes) == is_said
    assert read_audio(out.content).subtype == expected


def test_another_depth_can_be_asked_for():
    assert encode_audio(audio(), subtype="FLOAT").subtype == "FLOAT"
    with pytest.raises(AudioError, match="FLAC has no encoding 'FLOAT'; it has PCM_S8, PCM_16"):
        encode_audio(audio(), suffix=".flac", subtype="FLOAT")


@pytest.mark.parametrize("n_channels", [1, 2, 3, 6, 7, 8, 16])
def test_any_number_of_channels_goes_through_a_wav(tmp_path, n_channels):
    samples = every_level("PCM_16")[:, :1] * np.ones(n_channels) / 2
    path = tmp_path / "a.wav"
    soundfile.write(path, samples, 48000, subtype="FLOAT")  # a plain WAV, as some programs do
    piece = read_audio(path)
    assert piece.n_channels == n_channels
    write_audio(tmp_path / "b.wav", piece)
    back = read_audio(tmp_path / "b.wav")
    np.testing.assert_array_equal(back.samples, piece.samples)
    assert (back.format == "WAVEX") == (n_channels > 2)


@pytest.mark.parametrize(
    ("suffix", "n_channels", "rate", "message"),
    [
        (".mp3", 7, 48000, "MP3 holds at most 2 channels and the audio has 7; write a WAV"),
        (".flac", 9, 48000, "FLAC holds at most 8 channels and the audio has 9; write a WAV"),
        (".mp3", 2, 96000, "MP3 has no sample rate of 96000 Hz"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_before_writing(suffix, n_channels, rate, message):
    with pytest.raises(AudioError, match=message):
        encode_audio(audio(noise(100, n_channels), rate), suffix=suffix)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".aiff"])
@pytest.mark.parametrize("rate", [8000, 11025, 192000])
def test_any_rate_is_kept(suffix, rate):
    out = encode_audio(audio(noise(4000), rate), suffix=suffix)
    assert read_audio(out.content).sample_rate == rate


def test_beyond_full_scale_integers_clip_and_never_wrap_and_it_is_said():
    samples = np.array([[1.5, -1.5], [1.0, -1.0], [0.5, -0.5]])
    out = encode_audio(audio(samples))
    back = read_audio(out.content).samples
    np.testing.assert_array_equal(back, [[32767 / 32768, -1], [32767 / 32768, -1], [0.5, -0.5]])
    assert out.notes == (
        "2 of 6 samples exceeded full scale and were clipped; turn the level down or write a"
        " floating-point WAV.",
    )
    kept = encode_audio(audio(samples), subtype="FLOAT")
    assert kept.notes == ()
    np.testing.assert_array_equal(read_audio(kept.content).samples, samples)


def test_dither_takes_the_distortion_and_leaves_silence_alone():
    # a sine of half a step vanishes when rounded, and is there on average when dithered
    n = np.arange(480000)
    quiet = (0.45 * np.sin(2 * np.pi * 1000 * n / 48000))[:, None] / 32768
    samples = np.concatenate([quiet, np.zeros((4800, 1))])
    dithered = read_audio(encode_audio(audio(samples)).content).samples[:, 0] * 32768
    plain = read_audio(encode_audio(audio(samples), dither=False).content).samples
    assert not plain.any()
    assert not dithered[480000:].any()
    recovered = 2 * np.mean(dithered[:480000] * np.sin(2 * np.pi * 1000 * n / 48000))
    assert recovered == pytest.approx(0.45, abs=0.01)
    # triangular, two steps wide: never more than a step and a half from the truth
    assert np.abs(dithered[:480000] - quiet[:, 0] * 32768).max() <= 1.5
    assert encode_audio(audio(samples)).content == encode_audio(audio(samples)).content


def test_24_bits_are_rounded_to_the_nearest():
    samples = noise()
    back = read_audio(encode_audio(audio(samples), subtype="PCM_24").content).samples
    assert np.abs(back - samples).max() <= 0.5 / 2**23 + 1e-12


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".flac", ".aiff", ".ogg", ".raw", ""])
def test_a_text_file_is_no_audio_whatever_its_name(tmp_path, suffix):
    path = tmp_path / ("notes" + suffix)
    path.write_text("this is not audio\n" * 50)
    with pytest.raises(AudioError, match="notes.* is damaged or not an audio file; give a WAV"):
        read_audio(path)


def test_an_empty_piece_is_refused(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros((0, 2)), 48000)
    with pytest.raises(AudioError, match=r"a\.wav: The audio is empty"):
        read_audio(tmp_path / "a.wav")
    (tmp_path / "b.wav").write_bytes(b"")
    with pytest.raises(AudioError, match="not an audio file"):
        read_audio(tmp_path / "b.wav")
    with pytest.raises(AudioError, match="empty"):
        write_audio(tmp_path / "c.wav", audio(np.zeros((0, 2))))
    assert not (tmp_path / "c.wav").exists()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_counted_and_not_repaired(tmp_path, bad):
    samples = noise(100)
    samples[10:13, 0] = bad
    soundfile.write(tmp_path / "a.wav", samples, 48000, subtype="FLOAT")
    with pytest.raises(AudioError, match=r"a\.wav: 3 of 200 samples are not finite"):
        read_audio(tmp_path / "a.wav")
    with pytest.raises(AudioError, match="3 of 200"):
        encode_audio(audio(samples))


@pytest.mark.parametrize("rate", [4000, 384000])
def test_a_rate_out_of_bounds_is_refused(tmp_path, rate):
    soundfile.write(tmp_path / "a.wav", noise(100), rate)
    with pytest.raises(AudioError, match=f"{rate} Hz; it must lie within 8000 to 192000 Hz"):
        read_audio(tmp_path / "a.wav")


def test_a_file_that_is_too_long_or_missing_is_refused(tmp_path, monkeypatch):
    with pytest.raises(AudioError, match=r"gone\.wav cannot be read: No such file"):
        read_audio(tmp_path / "gone.wav")
    soundfile.write(tmp_path / "a.wav", noise(100), 48000)
    monkeypatch.setattr(audio_io, "MAX_SAMPLES", 199)
    with pytest.raises(AudioError, match="200 samples over 2 channels; the most is 199"):
        read_audio(tmp_path / "a.wav")


def test_an_upload_is_read_like_its_file(tmp_path):
    soundfile.write(tmp_path / "a.flac", noise(), 48000, subtype="PCM_24")
    upload = read_audio((tmp_path / "a.flac").read_bytes(), name="mine.flac")
    np.testing.assert_array_equal(upload.samples, read_audio(tmp_path / "a.flac").samples)
    assert upload.name == "mine.flac"


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"RIFF", b"fLaC", b"OggS", b"FORM", b"ID3"]))
def test_no_bytes_crash_the_reader(content, magic):
    try:
        read_audio(magic + content)
    except NeuralEqError as error:
        assert str(error)


@settings(deadline=None)
@given(st.integers(0, 43), st.integers(0, 255))
def test_no_damaged_header_crashes_the_reader(place, value):
    file = io.BytesIO()
    soundfile.write(file, noise(50), 48000, format="WAV")
    content = bytearray(file.getvalue())
    content[place] = value
    try:
        read_audio(bytes(content))
    except NeuralEqError as error:
        assert str(error)


def test_an_unknown_ending_is_refused(tmp_path):
    for name in ("a.xyz", "a"):
        with pytest.raises(AudioError, match=r"ends in .*one of \.wav, \.flac"):
            write_audio(tmp_path / name, audio())


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(OutputError, match=r"a\.wav cannot be written: No such file"):
        write_audio(tmp_path / "gone" / "a.wav", audio())


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is unwritable for root"
)
def test_an_unwritable_folder_is_said(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied"):
        write_audio(tmp_path / "a.wav", audio())


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
def test_a_full_disk_leaves_the_earlier_file_and_nothing_else(tmp_path, monkeypatch, name):
    path = tmp_path / name
    write_audio(path, audio())
    before = path.read_bytes()

    class Full(io.FileIO):
        def write(self, content):
            if self.tell() > 1000:
                raise OSError(28, "No space left on device")
            return super().write(content)

    monkeypatch.setattr(type(path), "open", lambda self, mode: Full(self, mode.replace("b", "")))
    with pytest.raises(OutputError, match="No space left"):
        write_audio(path, audio(noise(48000)))
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_written_file_can_be_read_by_others(tmp_path):
    write_audio(tmp_path / "a.wav", audio())
    (tmp_path / "plain").write_bytes(b"")
    assert (tmp_path / "a.wav").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file here fails to be read")
def test_a_disk_that_fails_is_not_called_a_damaged_file():
    failing = Path("/proc/self/mem")  # reading its first byte is an error of input and output
    for read in (open_audio, read_audio):
        with pytest.raises(AudioError, match="song.wav cannot be read: (Input|Invalid)"):
            read(failing, name="song.wav")
