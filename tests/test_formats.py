"""Formats of other software: written exactly, proven by reading back, and opened again."""

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neural_eq.data.demo import built_in_dataset
from neural_eq.eq.params import DEFAULT, FREQ_COLUMNS, GAIN_COLUMNS, MAXIMUM, MINIMUM, Q_COLUMNS
from neural_eq.eq.response import curve_error_db, log_frequencies, response_db
from neural_eq.errors import ParameterError, PresetError
from neural_eq.presets.formats import FORMATS, write_format
from neural_eq.presets.opening import open_preset
from neural_eq.presets.preamp import preamp_db
from neural_eq.presets.preset import Preset
from neural_eq.presets.proof import EXACT_DB, prove

WORKED = np.array([4.5, 180, 3.2, 420, 0.8, -2.6, 1100, 1.4, 5.1, 3300, 2.2, -6.3, 7200])
ROUNDING = ("graphiceq", "rockbox", "png")
SAMPLED = ("graphiceq", "csv")
EXACT = [key for key in FORMATS if key not in ROUNDING]
BOTH_WAYS = [key for key in EXACT if FORMATS[key].opens and key not in SAMPLED]

params_drawn = st.tuples(
    *(st.floats(low, high) for low, high in zip(MINIMUM.tolist(), MAXIMUM.tolist(), strict=True))
).map(np.array)


def extremes():
    """Settings where rounding shows most: the narrowest, lowest and loudest, and all stacked."""
    sharp = MINIMUM.copy()
    sharp[list(Q_COLUMNS)], sharp[list(GAIN_COLUMNS)] = 10.0, 12.0
    stacked = sharp.copy()
    stacked[list(FREQ_COLUMNS)] = (1000, 1000.123, 1000.123, 1000.123, 1000)
    wide = MAXIMUM.copy()
    wide[list(Q_COLUMNS)] = 0.1
    return [sharp, -sharp * (MINIMUM < 0) + sharp * (MINIMUM > 0), stacked, wide, DEFAULT, WORKED]


def text_of(format_id, params=WORKED, **rest):
    return write_format(Preset("warm → bright", params, **rest), format_id).decode()


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize("format_id", EXACT)
def test_the_extremes_are_held_to_a_fiftieth_of_a_db(format_id, rate):
    for params in extremes():
        proof = prove(Preset("x", params), format_id, sample_rate=rate)
        assert proof.worst_db <= EXACT_DB, params
        assert not FORMATS[format_id].limit or FORMATS[format_id].limit not in proof.reason


@settings(max_examples=40, deadline=None)
@given(params_drawn)
def test_any_setting_is_held_to_a_fiftieth_of_a_db(params):
    worst = {key: prove(Preset("x", params), key).worst_db for key in EXACT}
    assert max(worst.values()) <= EXACT_DB, worst


@settings(max_examples=40, deadline=None)
@given(params_drawn)
def test_what_goes_both_ways_comes_back_as_the_same_curve(params):
    for format_id in BOTH_WAYS:
        opened = open_preset(write_format(Preset("x", params), format_id), name="file")
        assert opened.worst_db == 0 and opened.notes == (), format_id
        assert curve_error_db(opened.preset.params[None], params[None])[1][0] <= EXACT_DB


@settings(max_examples=40, deadline=None)
@given(params_drawn)
def test_a_rounded_file_comes_back_as_what_it_holds(params):
    preset = Preset("x", params)
    opened = open_preset(write_format(preset, "rockbox"), name="file")
    held_db = prove(preset, "rockbox").worst_db
    gap_db = curve_error_db(opened.preset.params[None], params[None])[1][0]
    # its shelves have Q 0.7
    assert gap_db <= held_db + opened.worst_db + 0.01


@pytest.mark.parametrize("format_id", SAMPLED)
def test_a_curve_of_points_comes_back_as_five_bands_near_it(format_id):
    for params in built_in_dataset().params[:3]:
        opened = open_preset(write_format(Preset("x", params), format_id), name="x.txt")
        assert opened.notes[0].startswith("Five bands were fitted to the curve of its")
        assert opened.worst_db < 0.3
        difference = response_db(opened.preset.params, log_frequencies()) - response_db(
            params, log_frequencies()
        )
        # the level of a curve is not the bands' to hold
        assert np.ptp(difference) / 2 < 0.4


def test_rounding_formats_lose_what_they_must_and_say_why():
    sample = built_in_dataset().params[:60]
    for format_id, median_db, most_db in (("rockbox", 0.12, 0.35), ("graphiceq", 0.12, 0.3)):
        proofs = [prove(Preset("x", params), format_id) for params in sample]
        worst = [proof.worst_db for proof in proofs]
        assert np.median(worst) <= median_db and np.quantile(worst, 0.95) <= most_db
        for proof in proofs:
            assert (FORMATS[format_id].limit in proof.reason) == (proof.worst_db > EXACT_DB)


def test_a_picture_shows_the_curve_to_its_pixels():
    proof = prove(Preset("x", WORKED), "png")
    assert EXACT_DB < proof.worst_db < 0.1 and proof.reason == FORMATS["png"].limit


def test_the_preamp_is_in_the_file_or_the_user_is_told():
    for format_id, chosen in FORMATS.items():
        content = write_format(Preset("x", WORKED), format_id)
        reading = chosen.read(content, name="x", sample_rate=48000)
        reason = prove(Preset("x", WORKED), format_id).reason
        if chosen.preamp == "own":
            assert reading.preamp_db == pytest.approx(-4.8, abs=1e-9), format_id
        assert ("turn the level down by 4.8 dB" in reason) == (chosen.preamp == "by hand")


def test_a_preamp_beyond_a_programs_reach_is_said():
    loud = DEFAULT.copy()
    loud[list(GAIN_COLUMNS)] = 12
    loud[[3, 6, 9]] = 1000
    assert preamp_db(loud) < -36
    reason = prove(Preset("x", loud), "rockbox").reason
    assert re.search(r"ends at -24\.0 dB: turn down by 1\d\.\d dB more", reason)
    assert prove(Preset("x", loud), "easyeffects").reason == ""  # in two steps of 36 dB


def test_a_file_that_lies_fails_its_proof(monkeypatch):
    other = WORKED.copy()
    other[2] += 0.1
    honest = FORMATS["apo"]
    lying = type(honest)(**{**vars(honest), "write": lambda preset, *, sample_rate: honest.write(
        Preset("x", other), sample_rate=sample_rate
    )})  # fmt: skip
    monkeypatch.setitem(FORMATS, "apo", lying)
    proof = prove(Preset("x", WORKED), "apo")
    assert proof.worst_db == pytest.approx(0.1, abs=0.01)
    assert proof.reason == "The format cannot hold these numbers."


# The exact words


def test_apo_has_a_preamp_and_five_filters_with_centres():
    assert text_of("apo").splitlines() == [
        "Preamp: -4.80 dB",
        "Filter 1: ON LSC Fc 180.00 Hz Gain 4.500 dB Q 0.7100",
        "Filter 2: ON PK Fc 420.00 Hz Gain 3.200 dB Q 0.8000",
        "Filter 3: ON PK Fc 1100.00 Hz Gain -2.600 dB Q 1.4000",
        "Filter 4: ON PK Fc 3300.00 Hz Gain 5.100 dB Q 2.2000",
        "Filter 5: ON HSC Fc 7200.00 Hz Gain -6.300 dB Q 0.7100",
    ]


@given(params_drawn)
def test_apo_never_prints_what_looks_like_thousands(params):
    for text in re.findall(r"Fc (\S+) Hz", text_of("apo", params) + text_of("rew", params)):
        assert re.fullmatch(r"\d+\.\d\d", text)


def test_rew_has_its_header_its_columns_and_a_date_where_one_is_known():
    lines = text_of("rew", created="2026-11-23T10:00:00Z").splitlines()
    assert lines[:4] == [
        "Filter Settings file", "", "Room EQ V5.31.3", "Dated: Nov 23, 2026 10:00:00 AM",
    ]  # fmt: skip
    assert lines[5] == "Notes:warm → bright"
    assert lines[-1] == "Filter  5: ON  HSQ      Fc  7200.00 Hz  Gain  -6.300 dB  Q  0.7100"
    assert len({line.index("Gain") for line in lines if line.startswith("Filter  ")}) == 1


def test_commands_say_that_a_width_is_a_q():
    assert text_of("ffmpeg") == (
        "volume=-4.8dB,lowshelf=f=180:t=q:w=0.71:g=4.5,equalizer=f=420:t=q:w=0.8:g=3.2,"
        "equalizer=f=1100:t=q:w=1.4:g=-2.6,equalizer=f=3300:t=q:w=2.2:g=5.1,"
        "highshelf=f=7200:t=q:w=0.71:g=-6.3\n"
    )
    assert text_of("sox") == (
        "gain -4.8 bass 4.5 180 0.71q equalizer 420 0.8q 3.2 equalizer 1100 1.4q -2.6"
        " equalizer 3300 2.2q 5.1 treble -6.3 7200 0.71q\n"
    )


def test_rockbox_has_all_ten_bands_in_whole_numbers():
    lines = text_of("rockbox").splitlines()
    assert lines[:4] == [
        "eq enabled: on", "eq precut: 48", "eq low shelf filter: 180, 7, 45",
        "eq peak filter 1: 420, 8, 32",
    ]  # fmt: skip
    assert lines[-1] == "eq high shelf filter: 7200, 7, -63" and len(lines) == 12
    assert all(line.endswith(", 10, 0") for line in lines[6:11])


def test_graphiceq_has_127_points_with_the_preamp_in_them():
    text = text_of("graphiceq")
    pairs = text.removeprefix("GraphicEQ: ").strip().split("; ")
    assert len(pairs) == 127 and pairs[0].startswith("20 ") and pairs[-1].startswith("20000 ")
    assert len({pair.split()[0] for pair in pairs}) == 127
    assert max(float(pair.split()[1]) for pair in pairs) <= 0


def test_minidsp_turns_the_sign_of_a1_and_a2_and_ends_without_a_comma():
    text = text_of("minidsp")
    b = dict(re.findall(r"(\w\d)=(-?[\d.]+)", text.split("biquad2")[0]))
    assert -2 < -float(b["a1"]) < 0 and float(b["a2"]) > -1  # a pole near 1, with their sign
    assert text.startswith("biquad1,\nb0=") and not text.rstrip().endswith(",")
    assert text.count("biquad") == 5
    at_96 = write_format(Preset("x", WORKED), "minidsp", sample_rate=96000)
    wrong = FORMATS["minidsp"].read(at_96, name="x", sample_rate=48000)
    off_db = wrong.curve_db(np.array([3300.0]), sample_rate=48000) - response_db(WORKED, [3300.0])
    assert abs(off_db[0]) > 3  # a file holds for one rate


def test_numbers_have_no_exponent_and_no_minus_zero():
    tiny = DEFAULT.copy()
    tiny[0], tiny[2], tiny[11] = -1e-7, 1e-9, -0.0
    for format_id in set(FORMATS) - {"neural-eq", "png", "svg"}:  # colours have letters
        text = text_of(format_id, tiny)
        assert not re.search(r"\d[eE][-+]?\d", text), format_id
        assert not re.search(r"-0(\.0+)?(?![\d.])", text), format_id


def test_names_of_strangers_stay_text():
    nasty = 'a"b\\c\n<script>alert(1)</script> # ${x} → ü'
    for format_id, chosen in FORMATS.items():
        content = write_format(Preset(nasty, WORKED), format_id)
        chosen.read(content, name="x", sample_rate=48000)
    assert "<script>" not in write_format(Preset(nasty, WORKED), "svg").decode()
    assert json.loads(write_format(Preset(nasty, WORKED), "poweramp"))[0]["name"] == " ".join(
        nasty.split()
    )


def test_voicemeeter_has_eight_channels_of_six_cells():
    text = text_of("voicemeeter")
    assert text.count("<Bus ") == 48
    assert 'cell="1" EQon="1" EQtype="5" dblevel="4.50" freq="180.00" Q="0.71" />' in text


def test_poweramp_keeps_its_own_two_shelves_first():
    (preset,) = json.loads(text_of("poweramp"))
    assert [band["type"] for band in preset["bands"]] == [0, 1, 0, 3, 3, 3, 1]
    assert preset["preamp"] == -4.8 and preset["parametric"] is True
    assert [band["gain"] for band in preset["bands"][:2]] == [0, 0]


def test_a_row_of_safe_db_has_its_25_columns_and_the_word():
    row = text_of("safe", meaning={"term_a": "warm"}).strip().split(",")
    assert len(row) == 25 and row[1] == "warm" and float(row[6]) == 180
    assert text_of("safe", meaning={"term_a": "warm", "term_b": "bright"}).split(",")[1] == (
        "warm → bright"
    )


def test_the_picture_has_its_title_and_its_axes():
    text = text_of("svg")
    assert "<title>EQ curve of warm → bright</title>" in text
    assert ">Frequency (Hz)<" in text and ">Gain (dB)<" in text and ">−6<" in text


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: write_format(Preset("x", WORKED), "mp3"), "format is 'mp3'; it must be one of"),
        (
            lambda: write_format(Preset("x", WORKED), "apo", sample_rate=8000),
            "sample_rate is 8000 Hz; it must lie within 44100 to 768000",
        ),
        (lambda: write_format(Preset("x", 2 * WORKED), "apo"), "must lie within"),
    ],
)
def test_what_cannot_be_written_is_refused(call, sentence):
    with pytest.raises(ParameterError, match=sentence):
        call()


@pytest.mark.parametrize("format_id", sorted(FORMATS))
def test_a_cut_file_is_a_sentence_or_a_shorter_one(format_id):
    content = write_format(Preset("x", WORKED), format_id)
    for share in (0.1, 0.5, 0.9):
        try:
            cut = content[: int(share * len(content))]
            FORMATS[format_id].read(cut, name="x", sample_rate=48000)
        except (PresetError, ParameterError) as error:
            assert "\n" not in str(error)
