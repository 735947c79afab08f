import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neural_eq.data import safe_db
from neural_eq.data.safe_db import JUNK_TERMS, N_COLUMNS, Dataset, read_csv, select
from neural_eq.eq.params import DEFAULT, MAXIMUM, MINIMUM
from neural_eq.errors import DataError, NeuralEqError

REAL_TABLE = Path(__file__).parents[2] / "shared" / "safe-db" / "SAFEEqualiserUserData.csv"
PERSONAL = ("192.0.2.77", "Nowhereville", "ten-years", "forty-two", "Esperanto", "d41d8cd98f00")


def row(number=1, term="warm", *, params=DEFAULT, submitter="192.0.2.77", cells=None):
    """One line in SAFE-DB's layout, invented; ``cells`` replaces some by column."""
    line = [str(number), term, submitter, "2", "2", *(f"{value!r}" for value in map(float, params))]
    line += ["Rock", "Guitar", *PERSONAL[1:]]
    for column, value in (cells or {}).items():
        line[column] = value
    return ",".join(line)


def table(*lines):
    return ("\n".join(lines) + "\n").encode()


def test_every_column_lands_where_it_belongs():
    params = np.linspace(MINIMUM, MAXIMUM, 5)[2]
    dataset = read_csv(
        table(row(7, "  Warm  Sound ", params=params), row(9, "BRIGHT", submitter="192.0.2.1")),
        origin="mine.csv",
    )
    np.testing.assert_array_equal(dataset.setting_ids, [7, 9])
    np.testing.assert_array_equal(dataset.params[0], params)
    assert dataset.terms.tolist() == ["warm sound", "bright"]
    assert dataset.submitters.tolist() == [1, 2]
    assert dataset.genres.tolist() == ["Rock"] * 2
    assert dataset.instruments.tolist() == ["Guitar"] * 2
    assert dataset.describe() == "mine.csv, 2 settings, 2 words"
    assert not dataset.is_built_in and dataset.set_aside == {}


def test_no_personal_value_is_anywhere_in_the_dataset():
    dataset = read_csv(table(*(row(i) for i in range(5))))
    everything = pickle.dumps(dataset) + repr(vars(dataset)).encode()
    for value in PERSONAL:
        assert value.encode() not in everything
    assert b"Guitar" in everything  # the search does find what is there


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({5: ""}, "a missing number"),
        ({17: "   "}, "a missing number"),
        ({6: "loud"}, "a cell that is not a number"),
        ({7: "NaN"}, "a number that is not finite"),
        ({7: "inf"}, "a number that is not finite"),
        ({5: "1e9"}, "a gain out of range"),
        ({5: "-12.1"}, "a gain out of range"),
        ({6: "1e9"}, "a frequency out of range"),
        ({17: "579"}, "a frequency out of range"),
        ({9: "0.05"}, "a q out of range"),
        ({1: "  "}, "no word"),
    ],
)
def test_a_row_that_cannot_be_used_is_set_aside_and_counted_by_reason(cells, reason):
    dataset = read_csv(table(row(1), row(2, cells=cells), row(3, cells=cells), row(4)))
    assert dataset.setting_ids.tolist() == [1, 4]
    assert dataset.set_aside == {reason: 2}


def test_a_row_with_too_few_columns_is_set_aside():
    dataset = read_csv(table(row(1), row(2), "3,warm,192.0.2.1,2,2,0.0"))
    assert dataset.set_aside == {"too few columns": 1}


def test_rounding_to_float32_is_no_fault():
    cells = {9: "0.09999999999", 5: "12.000001"}
    dataset = read_csv(table(row(1, cells=cells)))
    assert dataset.params[0, 4] == 0.1 and dataset.params[0, 0] == 12


def test_a_header_a_byte_order_mark_and_stray_bytes_cost_no_setting():
    header = ",".join(f"column{i}" for i in range(N_COLUMNS))
    content = b"\xef\xbb\xbf" + table(row(41), header, row(2, "kühl"), row(3, "Gänsehaut"))
    dataset = read_csv(content)
    assert dataset.setting_ids.tolist() == [41, 2, 3]
    assert dataset.terms[1] == "kühl"
    assert dataset.set_aside == {"a cell that is not a number": 1}
    latin = table(row(1, "warm"), row(2, "k_hl")).replace(b"k_hl", b"k\xfchl")
    assert read_csv(latin).setting_ids.tolist() == [1, 2]
    windows = table(row(1), row(2)).replace(b"\n", b"\r\n")
    assert len(read_csv(windows)) == 2
    quoted = table(row(1, '"warm, yet clear"'))
    assert read_csv(quoted).terms.tolist() == ["warm, yet clear"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \r\n \n", "is empty"),
        (b"\n,,\n".replace(b",,", b'""'), "1 column;"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(200), "not a text table"),
        (b"1,warm,0.5\n2,bright,0.7\n", "3 columns; SAFE-DB's equaliser table has 25"),
        (table(row(1, cells={5: "nan"}), row(2, cells={6: "1e9"})), "no valid setting: 1 with"),
        (b'"' + b"x" * 200_000, "not a CSV table"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(content, message):
    with pytest.raises(DataError, match=message) as caught:
        read_csv(content, origin="mine.csv")
    assert str(caught.value).startswith("mine.csv ")


def test_a_file_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"gone\.csv cannot be read: No such file"):
        read_csv(tmp_path / "gone.csv")
    with pytest.raises(DataError, match="cannot be read"):
        read_csv(tmp_path)
    big = tmp_path / "big.csv"
    big.write_bytes(table(row(1)))
    monkeypatch.setattr(safe_db, "MAX_SIZE_BYTES", 10)
    with pytest.raises(DataError, match="at most 10"):
        read_csv(big)
    with pytest.raises(
        DataError, match="mine.csv has .* bytes; a table of settings has at most 10"
    ):
        read_csv(big.read_bytes(), origin="mine.csv")


def test_a_table_beyond_all_bounds_is_refused_before_it_takes_memory(monkeypatch):
    tracemalloc.start()
    for content, said in (
        (b"a\n" * 1_000_000, "has 1 column; SAFE-DB's equaliser table has 25"),
        ((b"," * 24 + b"\n") * 200_000, "mine.csv has more than 150,000 rows"),
        (b"," * 5_000_000, "mine.csv is not a CSV table: a line has 131,072 or more"),
    ):
        with pytest.raises(DataError, match=said):
            read_csv(content, origin="mine.csv")
    most_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most_bytes < 20 << 20
    monkeypatch.setattr(safe_db, "MAX_ROWS", 3)
    assert len(read_csv(table(row(1), row(2), "", row(3)))) == 3  # empty lines are no rows


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(content):
    try:
        assert isinstance(read_csv(content), Dataset)
    except NeuralEqError as error:
        assert str(error)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(max_size=6), min_size=N_COLUMNS, max_size=N_COLUMNS))
def test_no_cells_crash_the_reader(cells):
    line = ",".join(cells).encode("utf-8", errors="replace")
    try:
        dataset = read_csv(table(row(1)) + line)
        assert len(dataset) >= 1
    except NeuralEqError as error:
        assert str(error)


def words(**counts):
    number = 0
    lines = []
    for term, count in counts.items():
        for _ in range(count):
            number += 1
            lines.append(row(number, term))
    return read_csv(table(*lines), origin="mine.csv")


def test_junk_and_rare_words_are_left_out_by_a_switch():
    dataset = words(warm=5, test=6, re27=5, vocals=5, default=7, bright=4)
    chosen = select(dataset, min_examples=5)
    assert chosen.term_counts() == {"warm": 5}
    assert chosen.set_aside == {
        "a word that describes no sound": 23,
        "a word with fewer than 5 settings": 4,
    }
    kept = select(dataset, min_examples=5, keep_junk=True)
    assert list(kept.term_counts()) == ["default", "test", "re27", "vocals", "warm"]
    assert set(kept.set_aside.values()) == {4}
    assert {"test", "re27", "vocals", "default"} <= JUNK_TERMS


def test_nothing_left_says_what_would_leave_something():
    with pytest.raises(DataError, match="min_examples is 50.*the most is 5"):
        select(words(warm=5, test=60), min_examples=50)
    with pytest.raises(DataError, match="the most is 0"):
        select(words(test=60), min_examples=1)


def test_equal_settings_have_equal_fingerprints():
    one, two = words(warm=3, bright=2), words(warm=3, bright=2)
    assert one.fingerprint() == two.fingerprint()
    assert one.fingerprint() != words(warm=2, bright=3).fingerprint()
    assert one.fingerprint() != one.rows(np.arange(4)).fingerprint()


@pytest.mark.skipif(not REAL_TABLE.exists(), reason="SAFE-DB's table is not on this machine")
def test_the_real_table_has_the_words_it_should():
    dataset = read_csv(REAL_TABLE)
    assert len(dataset) == 1443 and dataset.set_aside == {}
    assert len(dataset.term_counts()) == 328
    assert dataset.params[:, [1, 3, 6, 9, 12]].min() >= 22
    kept = select(dataset, min_examples=5, keep_junk=True)
    assert kept.term_counts() == {
        "warm": 425, "bright": 403, "test": 145, "clear": 6, "re27": 6, "thin": 6,
        "airy": 5, "boomy": 5, "vocals": 5,
    }  # fmt: skip
    assert len(kept) == 1006
    chosen = select(dataset, min_examples=5)
    assert len(chosen) == 850 and len(chosen.term_counts()) == 6
    assert dataset.submitters.max() == len(set(dataset.submitters)) <= 148
