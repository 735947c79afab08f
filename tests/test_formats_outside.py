"""Formats against what is not ours: real programs, published structures, and other readings."""

import json
import re
import shutil
import subprocess

import jsonschema
import numpy as np
import pytest
import soundfile
import yaml
from scipy.signal import freqz_sos

from neural_eq.data.demo import built_in_dataset
from neural_eq.eq.biquad import sections
from neural_eq.eq.params import (
    FIXED_BOUNDS,
    FREQ_COLUMNS,
    GAIN_COLUMNS,
    MAXIMUM,
    MINIMUM,
    Q_COLUMNS,
)
from neural_eq.eq.render import apply_eq
from neural_eq.eq.response import response_db
from neural_eq.presets.formats import write_format
from neural_eq.presets.preamp import preamp_db
from neural_eq.presets.preset import Preset

RATE = 48000
N_FRAMES = 4 * RATE
BINS = np.rint(np.geomspace(20, 20000, 400) * N_FRAMES / RATE).astype(int)
FREQ_HZ = BINS * RATE / N_FRAMES
WORKED = np.array([4.5, 180, 3.2, 420, 0.8, -2.6, 1100, 1.4, 5.1, 3300, 2.2, -6.3, 7200])


def sharp():
    params = np.sqrt(np.abs(MINIMUM * MAXIMUM))
    params[list(GAIN_COLUMNS)], params[list(Q_COLUMNS)] = (9, -12, 12, -9, 6), (10, 0.1, 5)
    params[list(FREQ_COLUMNS)] = (22, 82, 1000, 10000, 20000)
    return params


SETTINGS = [WORKED, sharp(), *built_in_dataset().params[:2]]


def impulse():
    samples = np.zeros((N_FRAMES, 1))
    samples[0] = 0.25  # below full scale after the loudest EQ and its preamp
    return samples


def measured_db(samples):
    """The spectrum of a response to :func:`impulse`, at :data:`FREQ_HZ`."""
    spectrum = np.fft.rfft(samples[:N_FRAMES, 0], N_FRAMES)
    return 20 * np.log10(np.abs(spectrum[BINS]) / 0.25)


def rendered_db(params):
    """What our own renderer makes of the impulse, with the file's preamp."""
    rendered = apply_eq(impulse(), params, RATE, level_match=False, clip_guard=False)
    return measured_db(rendered.samples) + preamp_db(params)


def text_of(params, format_id):
    return write_format(Preset("warm → bright", params), format_id).decode()


@pytest.fixture
def sound(tmp_path):
    path = tmp_path / "in.wav"
    soundfile.write(path, impulse(), RATE, subtype="DOUBLE")
    return path


@pytest.mark.parametrize("params", SETTINGS, ids=range(len(SETTINGS)))
def test_ffmpeg_plays_the_setting(params, sound, tmp_path):
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    out = tmp_path / "out.wav"
    chain = text_of(params, "ffmpeg").strip()
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", sound, "-af", chain, "-c:a", "pcm_f64le", out], check=True
    )
    samples, _ = soundfile.read(out, always_2d=True)
    assert np.abs(measured_db(samples) - rendered_db(params)).max() <= 0.01


@pytest.mark.parametrize("params", SETTINGS, ids=range(len(SETTINGS)))
def test_sox_plays_the_setting(params, sound, tmp_path):
    if shutil.which("sox") is None:
        pytest.skip("SoX is not installed")
    out = tmp_path / "out.wav"
    chain = text_of(params, "sox").split()
    subprocess.run(
        ["sox", "-D", sound, "-b", "64", "-e", "floating-point", out, *chain], check=True
    )
    samples, _ = soundfile.read(out, always_2d=True)
    # whole numbers of 32 bits: what is quieter than -130 dB is noise
    assert np.abs(measured_db(samples) - rendered_db(params)).max() <= 0.01


def within_bounds(n):
    """So many settings from all over the bounds."""
    low, high = FIXED_BOUNDS.normalize(MINIMUM), FIXED_BOUNDS.normalize(MAXIMUM)
    share = np.random.default_rng(1).random((n, len(low)))
    return FIXED_BOUNDS.denormalize(low + share * (high - low))


def test_pedalboard_plays_the_setting():
    pytest.importorskip("pedalboard", reason="pedalboard is not installed")
    away_db, ways = [], set()
    for params in [*SETTINGS, *within_bounds(16), *built_in_dataset().params[::60][:16]]:
        text, made = text_of(params, "pedalboard"), {}
        exec(text, made)  # what a user runs
        samples = made["board"](impulse().T.astype(np.float32), RATE).T
        away_db.append(np.abs(measured_db(samples.astype(float)) - rendered_db(params)).max())
        ways.add("in_64_bits" in text)
    assert max(away_db) <= 0.01
    assert ways == {True, False}, "filters where 32 bits hold them, an impulse response elsewhere"


def test_minidsp_coefficients_are_the_filters_that_scipy_plays():
    text = text_of(WORKED, "minidsp")
    numbers = [float(value) for value in re.findall(r"=(-?[\d.]+)", text)]
    sos = [[b0, b1, b2, 1, -a1, -a2] for b0, b1, b2, a1, a2 in np.reshape(numbers, (5, 5))]
    _, heard = freqz_sos(sos, FREQ_HZ, fs=RATE)
    _, ours = freqz_sos(sections(WORKED, sample_rate=RATE)[0], FREQ_HZ, fs=RATE)
    assert np.abs(20 * np.log10(np.abs(heard / ours))).max() < 1e-4


# Equalizer APO's own rules, written down once more

APO_TYPE = re.compile(r"^\s*ON\s+([A-Za-z]+)")
APO_FREQ = re.compile(r"\s+Fc\s*([-+0-9.eE\u00A0]+)\s*H\s*z")
APO_GAIN = re.compile(r"\s+Gain\s*([-+0-9.eE]+)\s*dB")
APO_Q = re.compile(r"\s+Q\s*([-+0-9.eE]+)")


def played_by_apo(text):
    """Sections and preamp that Equalizer APO makes of a configuration."""
    rows, preamp = [], 0.0
    for line in text.splitlines():
        command, _, rest = line.partition(":")
        if command == "Preamp":
            preamp += float(re.match(r"\s*([-+0-9.]+)\s*dB", rest)[1])
        elif command.startswith("Filter"):
            rest = rest.replace(",", ".")
            kind, rest = APO_TYPE.match(rest)[1], rest[APO_TYPE.match(rest).end() :]
            freq_text = APO_FREQ.search(rest)[1]
            freq = float(freq_text)
            if len(freq_text) >= 5 and freq_text[-4] == ".":
                freq *= 1000
            gain, q = float(APO_GAIN.search(rest)[1]), float(APO_Q.search(rest)[1])
            rows.append(cookbook(kind, freq, gain, q))
    return np.array(rows), preamp


def cookbook(kind, freq, gain, q):
    """The Audio EQ Cookbook, from its text: a shelf's corner is moved unless it ends in C."""
    a, w0 = 10 ** (gain / 40), 2 * np.pi * freq / RATE
    cos, alpha = np.cos(w0), np.sin(w0) / (2 * q)
    if kind == "PK":
        b = [1 + alpha * a, -2 * cos, 1 - alpha * a]
        return [*b, 1 + alpha / a, -2 * cos, 1 - alpha / a]
    sign = {"LSC": 1, "HSC": -1}[kind]
    root = 2 * np.sqrt(a) * alpha
    return [
        a * ((a + 1) - sign * (a - 1) * cos + root),
        sign * 2 * a * ((a - 1) - sign * (a + 1) * cos),
        a * ((a + 1) - sign * (a - 1) * cos - root),
        (a + 1) + sign * (a - 1) * cos + root,
        sign * -2 * ((a - 1) + sign * (a + 1) * cos),
        (a + 1) + sign * (a - 1) * cos - root,
    ]


@pytest.mark.parametrize("params", SETTINGS, ids=range(len(SETTINGS)))
def test_apo_plays_the_setting_by_its_own_rules(params):
    rows, preamp = played_by_apo(text_of(params, "apo"))
    sos = rows / rows[:, 3:4]
    _, heard = freqz_sos(sos, FREQ_HZ, fs=RATE)
    assert len(rows) == 5 and preamp == preamp_db(params)
    assert np.abs(20 * np.log10(np.abs(heard)) - response_db(params, FREQ_HZ)).max() <= 0.02


# Published structures

POSITIVE = {"type": "number", "exclusiveMinimum": 0}
NUMBER = {"type": "number"}
FIVE_POINTS = {
    "type": {"const": "FivePointPeq"},
    **{f"f{place}": {**POSITIVE, "exclusiveMaximum": RATE / 2} for place in
       ("ls", "p1", "p2", "p3", "hs")},
    **{f"g{place}": NUMBER for place in ("ls", "p1", "p2", "p3", "hs")},
    **{f"q{place}": POSITIVE for place in ("ls", "p1", "p2", "p3", "hs")},
}  # fmt: skip


def strict(properties, *optional):
    """An object that takes no other key, as CamillaDSP and OPRA do."""
    required = [key for key in properties if key not in optional]
    return {
        "type": "object", "properties": properties, "required": required,
        "additionalProperties": False,
    }  # fmt: skip


CAMILLADSP = strict(
    {
        "devices": strict(
            {
                "samplerate": {"type": "integer"}, "chunksize": {"type": "integer"},
                "capture": strict({"type": {"const": "Stdin"}, "channels": {"const": 2},
                                   "format": {"enum": ["S32_LE", "S32LE"]}}),
                "playback": strict({"type": {"const": "Stdout"}, "channels": {"const": 2},
                                    "format": {"enum": ["S32_LE", "S32LE"]}}),
            }
        ),
        "filters": {
            "type": "object",
            "additionalProperties": {
                "oneOf": [
                    strict({"type": {"const": "Gain"}, "parameters": strict(
                        {"gain": NUMBER, "inverted": {"type": "boolean"}, "scale": {"const": "dB"}}
                    )}),
                    strict({"type": {"const": "BiquadCombo"}, "parameters": strict(FIVE_POINTS)}),
                ]
            },
        },
        "pipeline": {
            "type": "array",
            "items": strict(
                {
                    "type": {"const": "Filter"},
                    "channels": {"type": "array", "items": {"type": "integer"}},
                    "names": {"type": "array", "items": {"type": "string"}},
                }
            ),
        },
    },
    "devices",
)  # fmt: skip

OPRA_BAND = {
    "type": "object",
    "properties": {
        "type": {"enum": ["peak_dip", "high_shelf", "low_shelf"]},
        "frequency": NUMBER, "gain_db": NUMBER, "q": {"type": "number", "minimum": 0.1},
    },
    "required": ["type", "frequency", "q"],
}  # fmt: skip
OPRA = strict(
    {
        "author": {"type": "string", "minLength": 1},
        "details": {"type": "string", "minLength": 1},
        "link": {"type": "string", "pattern": "^https?://"},
        "type": {"enum": ["parametric_eq"]},
        "parameters": {
            "type": "object",
            "properties": {"gain_db": NUMBER, "bands": {"type": "array", "items": OPRA_BAND}},
            "required": ["gain_db", "bands"],
        },
    },
    "details", "link",
)  # fmt: skip


@pytest.mark.parametrize("params", SETTINGS, ids=range(len(SETTINGS)))
@pytest.mark.parametrize("format_id", ["camilladsp", "camilladsp-full", "camilladsp-full-3"])
def test_camilladsp_has_every_value_and_no_unknown_key(params, format_id):
    values = yaml.safe_load(text_of(params, format_id))
    jsonschema.validate(values, CAMILLADSP)
    samples = {device["format"] for device in values.get("devices", {}).values()
               if isinstance(device, dict)}  # fmt: skip
    assert samples == {"camilladsp": set(), "camilladsp-full": {"S32_LE"},
                       "camilladsp-full-3": {"S32LE"}}[format_id]  # fmt: skip
    (step,) = values["pipeline"]
    assert step["names"] == list(values["filters"])
    peq = values["filters"]["neural_eq"]["parameters"]
    kept = [peq[key] for key in ("gls", "fls", "gp1", "fp1", "qp1", "gp2", "fp2", "qp2", "gp3",
                                 "fp3", "qp3", "ghs", "fhs")]  # fmt: skip
    np.testing.assert_allclose(kept, params, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "rest", [{}, {"author": "A", "details": "d", "link": "https://example.org"}], ids=range(2)
)
def test_opra_has_its_structure_and_the_loudest_band_first(rest):
    for name in ("warm → bright", ""):
        content = json.loads(write_format(Preset(name, WORKED, **rest), "opra"))
        jsonschema.validate(content, OPRA)
    gains = [abs(band["gain_db"]) for band in content["parameters"]["bands"]]
    assert gains == sorted(gains, reverse=True)


def test_ours_is_opras_with_more_beside_it():
    ours = json.loads(write_format(Preset("x", WORKED, author="me"), "neural-eq"))
    kept = {key: ours[key] for key in ("author", "type", "parameters")}
    jsonschema.validate(kept, OPRA)


EASYEFFECTS_BAND = strict(
    {
        "type": {"enum": ["Bell", "Lo-shelf", "Hi-shelf"]}, "mode": {"const": "APO (DR)"},
        "slope": {"const": "x1"}, "solo": {"const": False}, "mute": {"const": False},
        "gain": {"type": "number", "minimum": -36, "maximum": 36},
        "frequency": {"type": "number", "minimum": 10, "maximum": 24000},
        "q": {"type": "number", "minimum": 0, "maximum": 100}, "width": NUMBER,
    }
)  # fmt: skip


@pytest.mark.parametrize("params", SETTINGS, ids=range(len(SETTINGS)))
def test_easyeffects_has_both_channels_and_its_modes(params):
    output = json.loads(text_of(params, "easyeffects"))["output"]
    assert output["plugins_order"] == ["equalizer#0"] and output["blocklist"] == []
    equalizer = output["equalizer#0"]
    assert equalizer["left"] == equalizer["right"]
    assert list(equalizer["left"]) == [f"band{i}" for i in range(equalizer["num-bands"])]
    for band in equalizer["left"].values():
        jsonschema.validate(band, EASYEFFECTS_BAND)
    for key in ("input-gain", "output-gain"):
        assert -36 <= equalizer[key] <= 36
