"""Files of strangers: each a preset with a word on what it took, or one clear sentence, at once."""

import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neural_eq.eq.params import DEFAULT, FIXED_BOUNDS, MAXIMUM, MINIMUM
from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.errors import NeuralEqError, PresetError
from neural_eq.presets.fitting import exact_params, fit
from neural_eq.presets.formats import FORMATS, write_format
from neural_eq.presets.opening import open_preset
from neural_eq.presets.preset import Preset, write_preset
from neural_eq.presets.reading import ReadBand, shelf_q_of_slope, slope_of_shelf_q
from neural_eq.presets.sampled import curve_points, read_csv

WORKED = np.array([4.5, 180, 3.2, 420, 0.8, -2.6, 1100, 1.4, 5.1, 3300, 2.2, -6.3, 7200])
APO = write_format(Preset("x", WORKED), "apo").decode()
PEAK = "Filter 1: ON PK Fc 1000 Hz Gain 6 dB Q 2\n"


def opened(text, name="my file.txt"):
    content = text if isinstance(text, bytes) else text.encode()
    began = time.perf_counter()
    try:
        return open_preset(content, name=name)
    finally:
        assert time.perf_counter() - began < 10  # a machine that is busy; alone, well below 2 s


def notes(text):
    return " ".join(opened(text).notes)


def curve(params):
    return response_db(params, log_frequencies())


# What is exact stays exact


@pytest.mark.parametrize("format_id", [key for key, one in FORMATS.items() if one.opens])
def test_a_file_is_known_by_what_is_in_it(format_id):
    labels = {
        "rew": "Equalizer APO",
        "camilladsp-full": "CamillaDSP",
        "camilladsp-full-3": "CamillaDSP",
        "safe": "Row of SAFE-DB",
    }
    content = write_format(Preset("warm", WORKED), format_id)
    one = open_preset(content, name="nothing-says-what")
    first_word = FORMATS[format_id].label.split(",")[0].split()[0]
    assert one.format_label.startswith(labels.get(format_id, first_word))


def test_rows_may_stand_in_any_order():
    preamp, *filters = APO.splitlines()
    one = opened("\n".join([*reversed(filters), preamp]))
    assert (one.worst_db, one.notes, one.format_label) == (0, (), "Equalizer APO")
    expected = WORKED.copy()
    expected[2:5], expected[8:11] = WORKED[8:11], WORKED[2:5]  # the first peak is the first row
    np.testing.assert_allclose(one.preset.params, expected)


def test_peaks_go_to_the_bands_that_reach_them():
    one = opened(
        "Filter 1: ON PK Fc 9000 Hz Gain 3 dB Q 1\nFilter 2: ON PK Fc 100 Hz Gain -2 dB Q 1\n"
    )
    assert one.worst_db == 0 and one.notes == ()
    assert one.preset.params[[3, 9]].tolist() == [100, 9000]
    assert one.preset.params[[0, 5, 11]].tolist() == [0, 0, 0]


def test_a_name_an_author_and_a_link_come_along():
    content = write_format(
        Preset("ü", WORKED, author="me", details="d", link="https://example.org"), "opra"
    )
    preset = opened(content).preset
    assert (preset.name, preset.author, preset.link) == ("ü", "me", "https://example.org")
    assert preset.details == "ü • d" and preset.provenance["opened_from"] == "OPRA"
    assert opened(PEAK).preset.name == "my file"


def test_an_old_shelf_is_taken_as_ours_and_said():
    one = opened(APO.replace("Q 0.7100", "Q 0.70"))
    assert 0 < one.worst_db < 0.05
    assert one.notes[0] == "The low shelf has Q 0.7; the equaliser's has 0.71."


# Equalizer APO's text


def test_a_point_before_three_digits_is_a_thousands_separator_and_is_said():
    text = PEAK.replace("1000 Hz", "1.234 Hz")
    assert opened(text).preset.params[[3, 6, 9]].max() == 3300  # a band that is not used
    assert opened(text).preset.params[3] == 1234
    assert "says Fc 1.234 Hz: read as 1234 Hz" in notes(text)
    trap = PEAK.replace("1000 Hz", "142.857 Hz")
    assert opened(trap).preset.params[3] == pytest.approx(142.857)
    assert "read as 142.857 Hz; Equalizer APO would take it for 142857 Hz" in notes(trap)


def test_decimal_commas_and_spaces_are_read():
    assert opened(PEAK.replace("6 dB", "6,5 dB")).preset.params[2] == 6.5
    spaced = "  Filter  1:  ON  PK   Fc  1\u00a0200 Hz  Gain  6.0 dB  Q  2.00\n"
    assert opened(spaced).preset.params[3] == 1200


def test_a_shelf_by_its_corner_is_moved_to_its_centre_and_said():
    text = "Filter 1: ON {} Fc 200 Hz Gain 12 dB Q 0.71\n"
    centre, corner = opened(text.format("LSC")), opened(text.format("LS"))
    slope = slope_of_shelf_q(0.71, 12)
    assert centre.notes == () and centre.preset.params[1] == 200
    assert corner.preset.params[1] == pytest.approx(200 * 10 ** (12 / 80 / slope))
    assert "Filter 1 is LS: its Fc 200 Hz is a corner" in corner.notes[0]
    high = opened("Filter 1: ON HS Fc 5000 Hz Gain -12 dB Q 0.71\n")
    assert high.preset.params[12] == pytest.approx(5000 / 10 ** (12 / 80 / slope))


def test_a_slope_becomes_a_q():
    text = "Filter 1: ON LSC 12 dB Fc 200 Hz Gain 6 dB\n"
    assert opened(text).worst_db < 0.03  # S of 1 is Q 0.7071
    assert shelf_q_of_slope(1, 6) == pytest.approx(0.5**0.5)
    steep = opened(text.replace("12 dB Fc", "6 dB Fc"))
    assert "five bands were fitted" in " ".join(steep.notes).lower()
    assert slope_of_shelf_q(shelf_q_of_slope(0.4, -9), -9) == pytest.approx(0.4)


def test_a_bandwidth_becomes_a_q():
    one = opened("Filter 1: ON PK Fc 1000 Hz Gain 6 dB BW Oct 1\n")
    assert one.preset.params[4] == pytest.approx(1.41, abs=0.01)


def test_what_is_off_commented_or_no_filter_is_left_out():
    text = (
        "# Filter 9: ON PK Fc 50 Hz Gain 9 dB Q 1\nDevice: all\n" + PEAK
        + "Filter 2: OFF PK Fc 2000 Hz Gain 6 dB Q 2\nFilter 3: ON None\nFilter 4: OFF\n"
        + "Filter 5: ON HP Fc 30 Hz\nInclude: other.txt\n"
    )  # fmt: skip
    one = opened(text)
    assert one.preset.params[[2, 3, 4]].tolist() == [6, 1000, 2] and one.worst_db == 0
    said = " ".join(one.notes)
    assert "3 filters that are off left out." in said
    assert "Filter 5 is a high-pass, which the five bands are not: left out." in said
    assert "“Include:” is passed over" in said


def test_the_first_channel_counts():
    text = "Channel: L\n" + PEAK + "Channel: R\n" + PEAK.replace("1000", "2000")
    assert opened(text).preset.params[[2, 5, 8]].tolist() == [6, 0, 0]
    assert "“Channel: R” is left out" in notes(text)


def test_a_preamp_of_its_own_is_said():
    assert "preamp" not in notes("Preamp: -6 dB\n" + PEAK)  # what the curve needs
    assert "Its preamp of -9.5 dB is left out" in notes("Preamp: -9.5 dB\n" + PEAK)


# More than five bands hold


def test_thirty_bands_are_fitted_with_the_error_told():
    freqs = np.geomspace(30, 15000, 30)
    text = "".join(
        f"Filter {i}: ON PK Fc {f:.1f} Hz Gain {3 * np.sin(i / 4):.2f} dB Q 2\n"
        for i, f in enumerate(freqs, start=1)
    )
    one = opened(text)
    assert "It has 30 bands (30 peaks); the equaliser has a low shelf" in one.notes[0]
    assert 0.05 < one.worst_db < 3


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("PK Fc 40 Hz Gain 3 dB Q 1", "The peak at 40 Hz is outside 82 to 10000 Hz."),
        ("PK Fc 400 Hz Gain 15 dB Q 1", "The peak at 400 Hz has +15 dB; a band reaches ±12 dB."),
        ("PK Fc 400 Hz Gain 3 dB Q 20", "The peak at 400 Hz has Q 20; a peak's lies within 0.1"),
        ("LSC Fc 100 Hz Gain 3 dB Q 1.2", "The low shelf at 100 Hz has Q 1.2; the equaliser's"),
    ],
)
def test_what_is_out_of_reach_is_said_and_fitted(line, reason):
    one = opened(f"Filter 1: ON {line}\n")
    assert reason in one.notes[0] and one.notes[-1].startswith("Five bands were fitted")
    assert 0 < one.worst_db < 2


def test_the_error_told_is_the_error_made():
    text = APO.replace("Q 2.2000", "Q 2.2000\nFilter 6: ON PK Fc 6000 Hz Gain -4 dB Q 4")
    one = opened(text)
    reading = FORMATS["apo"].read(text.encode(), name="x", sample_rate=48000)
    freq_hz = log_frequencies(480)
    away_db = reading.curve_db(freq_hz, sample_rate=48000) + 4.8
    away_db -= response_db(one.preset.params, freq_hz)
    assert one.worst_db >= 0.01
    # apart from the level, which a note tells where it counts
    assert np.ptp(away_db) / 2 <= one.worst_db + 1e-9


def test_bands_without_gain_take_no_place():
    text = APO + "".join(f"Filter {i}: ON PK Fc 500 Hz Gain 0 dB Q 1\n" for i in range(6, 11))
    one = opened(text)
    assert one.worst_db == 0
    np.testing.assert_allclose(one.preset.params, WORKED)


def test_exact_params_knows_what_five_bands_are():
    two_low = [ReadBand("low_shelf", 100, 1, 0.71), ReadBand("low_shelf", 200, 1, 0.71)]
    assert exact_params(two_low) is None
    assert exact_params([ReadBand("peaking", 5000, 1, 1)] * 2) is None  # only peak 3 reaches it
    np.testing.assert_array_equal(exact_params([]), DEFAULT)


@pytest.mark.parametrize("seed", range(3))
def test_a_fit_finds_the_bands_behind_a_curve(seed):
    generator = np.random.default_rng(seed)
    params = DEFAULT.copy()
    params[[0, 2, 5, 8, 11]] = generator.uniform(-9, 9, 5)
    found = fit(log_frequencies(300), response_db(
        params, log_frequencies(300)) - 3)  # fmt: skip
    assert found.worst_db < 0.05
    assert np.ptp(curve(found.params) - curve(params)) < 0.1


# Curves of points


def table(separator=",", decimal=".", head="frequency,raw\n", freqs=None, unit=""):
    freq_hz = log_frequencies(60) if freqs is None else freqs
    rows = zip(freq_hz, response_db(WORKED, freq_hz), strict=True)
    lines = (f"{f:.2f}{separator}{v:.3f}{unit}".replace(".", decimal) for f, v in rows)
    return head + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        table(), table(head=""), table(";"), table("\t"), table(" "), table(";", ","),
        table("\t", ","), table(", ", head="* Freq(Hz), SPL(dB), Phase(degrees)\n* by REW\n"),
        table(",", ".", unit=",0.5,junk"), "\ufeff" + table(),
    ],
    ids=range(10),
)  # fmt: skip
def test_a_table_is_read_however_it_is_parted(text):
    one = opened(text)
    assert one.format_label == "Table of frequency and dB" and one.worst_db < 0.6
    assert np.ptp(curve(one.preset.params) - curve(WORKED)) / 2 < 0.6


def test_a_table_in_utf_16_with_its_mark_is_read():
    assert opened(table().encode("utf-16")).worst_db < 0.6
    assert opened(APO.encode("utf-16")).worst_db == 0


def test_the_level_and_the_reach_of_a_curve_are_said():
    freq_hz = np.geomspace(100, 5000, 80)
    text = "\n".join(f"{f:.1f} {v + 75:.2f}" for f, v in zip(
        freq_hz, response_db(WORKED, freq_hz), strict=True))  # fmt: skip
    said = notes(text)
    assert "reaches from 100 to 5000 Hz; nothing is known beyond." in said
    assert "dB higher there; five bands have no level." in said


def test_points_out_of_order_and_twice_are_put_in_order():
    lines = table(head="").splitlines()
    said = notes("\n".join([*lines[::-1], lines[3], "0,5"]))
    assert "stand more than once" in said and "1 points at 0 Hz" in said


# Bad files

GOOD_JSON = {key: write_format(Preset("x", WORKED), key) for key in ("easyeffects", "opra")}


def easyeffects(**changes):
    values = json.loads(GOOD_JSON["easyeffects"])
    values["output"]["equalizer#0"].update(changes)
    return json.dumps(values)


def opra(**changes):
    values = json.loads(GOOD_JSON["opra"])
    values["parameters"]["bands"][0].update(changes)
    return json.dumps(values)


def yaml_with(**changes):
    text = write_format(Preset("x", WORKED), "camilladsp").decode()
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    return text


BAD = {
    "empty": (b"", "is empty"),
    "blank": ("  \n", "is empty"),
    "brackets": (b"[" * (10 << 20), "10,485,760 bytes; a preset has at most 4,194,304"),
    "fewer brackets": (b"[" * (3 << 20), "3,145,728 bytes; a preset has at most 1,048,576"),
    "nested": (b"[" * 200_000, "nested too deeply"),
    "a zip": (b"PK\x03\x04" + bytes(range(256)), "is a zip file; the Presets page opens those"),
    "truncated": (GOOD_JSON["easyeffects"][:500], "is damaged JSON: it cannot be read from line"),
    "nan": ('{"parameters": {"bands": [], "gain_db": NaN}}', "holds NaN; every number must be"),
    "twice": ('{"parameters": {}, "parameters": {}}', "has 'parameters' twice"),
    "other json": ('{"hello": 1}', "is JSON of no kind that is read here"),
    "a list": ("[1, 2]", "is JSON of no kind"),
    "no equaliser": ('{"output": {"plugins_order": []}}', "without an equaliser"),
    "no channel": (easyeffects(left=None), "its equaliser has no channel 'left'"),
    "no band": (easyeffects(left={}), "has no “band0”"),
    "huge gain": (opra(gain_db=1e308), r"band 1 has gain 1e\+308 dB; it must lie within -36 to"),
    "loud": (opra(gain_db=37), "band 1 has gain 37 dB; it must lie within -36 to 36 dB"),
    "no q": (opra(q=None), "the Q of band 1 is 'None'; it must be a number"),
    "zero q": (opra(q=0), "band 1 has Q 0; it must lie within 0.01 to 100"),
    "odd type": (opra(type="comb"), "band 1 is of type 'comb'"),
    "apo without gain": ("Filter 1: ON PK Fc 100 Hz Q 1\n", "Filter 1 has no “Gain … dB”"),
    "apo without fc": ("Filter 1: ON PK Gain 3 dB Q 1\n", "Filter 1 has no “Fc … Hz”"),
    "apo without q": ("Filter 1: ON PK Fc 100 Hz Gain 3 dB\n", "has neither Q nor bandwidth"),
    "apo odd type": ("Filter 1: ON XY Fc 100 Hz Gain 3 dB\n", "is of type 'XY'; it must be PK"),
    "apo odd number": (PEAK.replace("1000", "1.0.0"), "Fc is '1.0.0'; it must be a number"),
    "apo huge": (PEAK.replace("6 dB", "1e308 dB"), r"has gain 1e\+308 dB"),
    "apo huge shelf": ("Filter 1: ON LS Fc 100 Hz Gain 9999 dB Q 1\n", "has gain 9999 dB"),
    "apo all off": ("Filter 1: OFF PK Fc 100 Hz Gain 3 dB Q 1\n", "has no band that is on"),
    "apo preamp": ("Preamp: loud\n" + PEAK, "the preamp is 'loud'"),
    "too many": (PEAK * 201, "has 201 bands; a preset has at most 200"),
    "graphic": ("GraphicEQ: 20 0; 50", "'50' in GraphicEQ must be a frequency and a gain"),
    "graphic short": ("GraphicEQ: 20 0; 50 1", "has 2 points; a curve needs 5 or more"),
    "yaml": ("filters: {a: [}", "is damaged YAML: it cannot be read from line 1"),
    "yaml nested": ("filters: " + "[" * 100_000, "nested too deeply"),
    "yaml list": ("filters: [1, 2]\n", "has no “filters”"),
    "yaml nan": (yaml_with(a=("fls: 180.0", "fls: .nan")), "has frequency nan Hz"),
    "yaml text": (yaml_with(a=("gls: 4.5", "gls: loud")), "gls of 'neural_eq' is 'loud'"),
    "yaml lost": (yaml_with(a=("names: [neural_eq_pre", "names: [other")), "names 'other'"),
    "yaml object": ("filters: !!python/object/apply:os.system ['true']\n", "is damaged YAML"),
    "words": ("warm and bright, they say\n" * 50, "is no EQ that can be read here"),
    "csv narrow": ("\n".join(f"{f},1" for f in range(100, 110)), "a curve needs an octave"),
    "csv nan": (table() + "25,nan\n", "holds the point 25 Hz, nan dB"),
    "csv huge": (table() + "25,1e308\n", r"holds the point 25 Hz, 1e\+308 dB"),
    "csv mostly text": ("a b\n" * 300 + table(), "lines that are no frequency and dB"),
    "rockbox off": ("eq enabled: off\neq precut: 3\n", "Rockbox would play it flat"),
    "poweramp": ('[{"parametric": true, "bands": [{"type": 7}]}]', "band 1 is of type '7'"),
    "safe": ("1,warm," + "x," * 22 + "\n", "has no valid setting"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_one_sentence(case):
    content, sentence = BAD[case]
    with pytest.raises(PresetError, match=sentence) as caught:
        opened(content)
    assert str(caught.value).startswith("my file.txt") and "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_what_other_programs_have_besides_is_said():
    values = json.loads(GOOD_JSON["easyeffects"])
    values["output"]["limiter#0"] = {}
    equalizer = values["output"]["equalizer#0"]
    equalizer.update({"bypass": True, "split-channels": True})
    equalizer["right"]["band1"]["gain"] = 1.0
    for side in ("left", "right"):
        equalizer[side]["band2"].update({"mode": "RLC (BT)", "slope": "x2"})
        equalizer[side]["band3"]["mute"] = True
    said = notes(json.dumps(values))
    for part in (
        "Its other effects are left out: limiter#0.", "is switched off there", "channels differ",
        "have the mode 'RLC (BT)'", "steeper than “x1”", "off or mute are left out",
    ):  # fmt: skip
        assert part in said


def test_camilladsp_is_read_however_it_is_written():
    text = """
filters:
  low: {type: Biquad, parameters: {type: Lowshelf, freq: 200, gain: 3, q: 0.71}}
  bell: {type: Biquad, parameters: {type: Peaking, freq: 1000, gain: -3, q: 1}}
  cut: {type: Biquad, parameters: {type: Highpass, freq: 20, q: 0.7}}
  spare: {type: Biquad, parameters: {type: Peaking, freq: 5000, gain: 9, q: 1}}
pipeline:
  - {type: Mixer, name: m}
  - {type: Filter, channel: 0, names: [low, bell, cut]}
  - {type: Filter, channels: [1], names: [spare]}
"""
    one = opened(text)
    assert one.worst_db == 0 and one.preset.params[[0, 2, 5, 8]].tolist() == [3, -3, 0, 0]
    said = " ".join(one.notes)
    assert "'cut' is of type 'Highpass' and is left out" in said
    assert "other channels than the first" in said and "no filters are left out" in said


def test_camilladsp_is_read_with_bandwidths_and_exponents():
    one = opened("""
filters:
  bell: {type: Biquad, parameters: {type: Peaking, freq: 1e3, gain: -3, bandwidth: 1.3845}}
  low: {type: Biquad, parameters: {type: Lowshelf, freq: 2.0E+2, gain: 3, q: 0.71}}
pipeline:
  - {type: Filter, channels: [0, 1], names: [bell, low]}
""")
    assert one.worst_db < 0.01
    np.testing.assert_allclose(one.preset.params[[1, 3, 4]], [200, 1000, 1.0], rtol=1e-3)
    with pytest.raises(PresetError, match="freq of 'a' is '1e3e3'; it must be a number"):
        opened("filters: {a: {type: Biquad, parameters: {type: Peaking, freq: 1e3e3, gain: 1}}}")


def test_what_equalizer_apo_does_besides_filters_is_said():
    text = "If: channels==2\nCopy: L=R\nConvolution: hall.wav\nEndIf:\n"
    one = opened(text + "Filter 1: ON PK Fc 1000 Hz Gain 3 dB Q 1\n")
    for command in ("If", "Copy", "Convolution"):
        assert f"A line “{command}:” is passed over; only filters are read here." in one.notes


def test_a_bomb_of_aliases_does_no_harm():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 8)}]" for i in range(1, 12)]
    with pytest.raises(PresetError, match="has the alias \\*a0, which is not read here"):
        opened("\n".join([*lines, "filters: *a11"]))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_no_bytes_crash_the_opening(content):
    with pytest.raises(NeuralEqError):
        open_preset(content, name="x")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([k for k, f in FORMATS.items() if f.opens and k != "csv"]), st.data())
def test_no_damage_crashes_the_opening(format_id, data):
    content = bytearray(write_format(Preset("x", WORKED), format_id))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        one = open_preset(bytes(content), name="x")
        assert np.isfinite(one.preset.params).all() and np.isfinite(one.worst_db)
    except NeuralEqError as error:
        assert "\n" not in str(error)


def test_a_curve_whose_commas_are_both_is_refused():
    rows = "\n".join(f"{20 * 1.07**n:.3f};-0.{n:04d}" for n in range(100))
    ambiguous = rows.replace(".", ",").replace(";", ",")
    with pytest.raises(
        PresetError, match="its columns by commas, and its decimals too.*semicolons"
    ):
        open_preset(ambiguous.encode(), name="curve.csv")
    assert open_preset(rows.replace(".", ",").encode(), name="curve.csv").worst_db < 0.5


@pytest.mark.parametrize("blank", [b"\n", b"\r\n", b" \n", b" ", b"\t"])
def test_a_text_of_blank_lines_is_refused_at_once(blank):
    started_s = time.process_time()
    with pytest.raises(PresetError, match="is no EQ that can be read here"):
        open_preset(blank * 50_000 + b"x", name="blank.txt")
    assert time.process_time() - started_s < 1.0


@pytest.mark.parametrize(
    ("text", "label"),
    [("\n\n  Filter 1: ON PK Fc 1000 Hz Gain 3 dB Q 1\n", "Equalizer APO"),
     ("\n \n\tGraphicEQ: 20 0; 100 1; 1000 2; 5000 1; 20000 0\n", "GraphicEQ"),
     ("\n\n eq enabled: on\n eq peak filter 1: 1000, 10, 30\n", "Rockbox")],
)  # fmt: skip
def test_blank_lines_and_blanks_before_it_change_nothing(text, label):
    assert open_preset(text.encode(), name="a.txt").format_label == label


SMOOTH = [(20 * 10 ** (n / 33), 4 * np.sin(n / 16)) for n in range(100)]


def written_by_spreadsheet(line, decimals=".", thousands=""):
    """A smooth curve as a spreadsheet of some country writes it."""
    signs = str.maketrans(".,", f"{decimals}_")
    return "\n".join(
        line.format(
            *(f"{v:,.2f}".translate(signs).replace("_", thousands) for v in (freq, level))
        )
        for freq, level in SMOOTH
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        written_by_spreadsheet('"{}","{}"', ","),
        written_by_spreadsheet('"{}";"{}"', ","),
        written_by_spreadsheet("{};{}", ",", "."),
        written_by_spreadsheet("{}\t{}", ",", "."),
        written_by_spreadsheet("{};{}", ".", ","),
        written_by_spreadsheet("{};{}", ",", " "),
        written_by_spreadsheet("{} {}", ","),
        written_by_spreadsheet("{},{}").replace("-", "\u2212"),
        "n;dB;Hz\n" + "\n".join(f"{n};{v};{f}" for n, (f, v) in enumerate(SMOOTH, start=1)),
        "Nr,Hz,dB\n" + "\n".join(f"{n},{f},{v}" for n, (f, v) in enumerate(SMOOTH, start=1)),
        "\n".join(f"{n},{f},{v}" for n, (f, v) in enumerate(SMOOTH, start=1)),
        "gain,frequency\n" + "\n".join(f"{v},{f}" for f, v in SMOOTH),
        "frequency,raw,equalization\n" + "\n".join(f"{f},{90 - f / 1e3},{v}" for f, v in SMOOTH),
        ("Frequenz;Verst\u00e4rkung\n" + written_by_spreadsheet("{};{}", ",")).encode("cp1252"),
    ],
)
def test_a_table_is_the_same_curve_however_it_is_written(text):
    reading = read_csv(text if isinstance(text, bytes) else text.encode(), name="curve.csv")
    expected = np.array(SMOOTH)
    np.testing.assert_allclose(reading.freq_hz, expected[:, 0], atol=0.006)
    np.testing.assert_allclose(reading.level_db, expected[:, 1], atol=0.006)
    assert all("passed over" not in note or "counts" in note for note in reading.notes)


@pytest.mark.parametrize("end", ["", ",0"])
def test_commas_between_columns_and_within_numbers_are_refused(end):
    text = "\n".join(f"{n},00,{n % 5},05{end}" for n in range(20, 900, 20))
    with pytest.raises(PresetError, match="separate its columns by semicolons or tabs"):
        opened(text)


def test_lines_that_are_passed_over_are_said():
    assert "2 lines that are no frequency and dB are passed over." in notes(
        table() + "21 Hz;x\n# a word\nend\n"
    )


def test_a_fit_that_is_far_off_is_said_first():
    far = "\n".join(f"{20 * 2 ** (n / 4)},{60 * (-1) ** n}" for n in range(40))
    assert opened(far).notes[0].startswith("Five bands cannot come near this curve.")


def test_a_band_that_is_off_in_ours_is_said():
    values = json.loads(write_preset(Preset("a", WORKED)))
    values["parameters"]["bands"][1]["enabled"] = False
    found = opened(json.dumps(values))
    assert found.notes == ("1 of its bands is off there, with 0 dB here.",)
    assert found.preset.params[2] == 0


def test_text_of_windows_is_read():
    assert opened(("# f\u00fcr\n" + PEAK).encode("cp1252")).worst_db == 0


@pytest.mark.parametrize("seed", [0, 3, 9, "all up"])
def test_our_own_curve_is_met_without_a_level_of_its_own(seed):
    if seed == "all up":
        params = DEFAULT.copy()
        params[[0, 2, 5, 8, 11]] = 12.0
    else:
        share = np.random.default_rng(3).random((12, 13))[seed]
        low, high = FIXED_BOUNDS.normalize(MINIMUM), FIXED_BOUNDS.normalize(MAXIMUM)
        params = FIXED_BOUNDS.denormalize(low + share * (high - low))
    found = fit(*curve_points(params, sample_rate=48000))
    assert found.level_db == 0 and found.worst_db < 0.02


def test_a_filter_that_stands_twice_is_refused():
    band = "  b: {type: Biquad, parameters: {type: Peaking, freq: 1000, gain: 6, q: 2}}\n"
    with pytest.raises(PresetError, match="has 'b' twice in one place"):
        opened("filters:\n" + 2 * band)
