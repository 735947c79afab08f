"""Zips of presets: what is unsafe, too large or damaged is refused whole, in one sentence."""

from __future__ import annotations

import io
import stat
import struct
import time
import tracemalloc
import zipfile
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neural_eq.errors import PresetError
from neural_eq.presets import archive
from neural_eq.presets.archive import is_zip, open_zip, read_zip, write_zip, written
from neural_eq.presets.preset import Preset, write_preset

PARAMS = np.array([3.0, 120, -2.5, 400, 0.8, 1.5, 1000, 1.2, 4.0, 3000, 2.0, -1.0, 8000])
WARM = Preset("warm", PARAMS)
TEXT = write_preset(WARM).encode()


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members:
            made.writestr(name, content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def refused(content: bytes, sentence: str) -> None:
    with pytest.raises(PresetError, match=sentence) as caught:
        open_zip(content, name="mine.zip")
    said = str(caught.value)
    assert said.startswith("mine.zip") and "\n" not in said and len(said) < 400


def test_presets_of_several_formats_come_out_in_order():
    apo = b"Preamp: -6 dB\nFilter 1: ON PK Fc 1000 Hz Gain 3 dB Q 1\n"
    found = open_zip(
        zipped(("a/one.json", TEXT), ("a/", b""), ("b.txt", apo), ("__MACOSX/._x", b"junk"),
               ("a/.DS_Store", b"junk"), ("README.txt", b"what this is"), ("x.png", b"\x89PNG\0")),
        name="mine.zip",
    )  # fmt: skip
    assert [one.preset.name for one in found.opened][0] == "warm"
    assert len(found.opened) == 2
    assert len(found.left_out) == 2
    assert found.left_out[0].startswith("README.txt") and found.left_out[1].startswith("x.png")


def test_progress_is_told():
    heard = []
    open_zip(
        zipped(("1.json", TEXT), ("2.json", TEXT)), name="z",
        on_progress=lambda done, total: heard.append((done, total)),
    )  # fmt: skip
    assert heard == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    "evil",
    ["../up.json", "a/../../up.json", "/etc/x.json", "..\\up.json", "\\\\host\\x", "C:\\x.json",
     "c:x.json", ".."],
)  # fmt: skip
def test_a_name_that_leads_out_is_refused(evil, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused(zipped(("good.json", TEXT), (evil, TEXT)), "names a file outside itself")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_what_is_no_file_is_refused(kind):
    link = zipfile.ZipInfo("link.json")
    link.create_system, link.external_attr = 3, (kind | 0o777) << 16
    refused(zipped(("good.json", TEXT), (link, b"/etc/passwd")), "is a link or no file")


def test_a_locked_zip_is_refused():
    content = bytearray(zipped(("good.json", TEXT)))
    for mark, flag_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flag_at] |= 1
    refused(bytes(content), "locked by a password")


def test_too_many_entries_are_refused_before_they_are_listed(monkeypatch):
    monkeypatch.setattr(archive, "MAX_ENTRIES", 20)
    refused(zipped(*((f"{n}.json", b"x") for n in range(21))), "21 entries; it may hold 20")
    content = bytearray(zipped(*((f"{n}.json", b"x") for n in range(21))))
    end = content.rindex(b"PK\x05\x06")
    content[end + 8 : end + 12] = struct.pack("<HH", 1, 1)  # the header lies
    refused(bytes(content), "21 entries")


def bomb(n_mb: int, *, said_bytes: int) -> bytes:
    """A member that unpacks to so many MB of zeros, whatever its header says."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    data = piece * n_mb + packer.flush()  # after a full flush nothing refers back
    name = b"bomb.json"
    sizes = struct.pack("<III", 0, len(data), said_bytes)
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 0) + sizes
    local += struct.pack("<HH", len(name), 0) + name + data
    central = b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 0) + sizes
    central += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


@pytest.mark.parametrize("said_bytes", [100, 0xFFFFFFFE])
def test_ten_gigabytes_inside_are_not_unpacked_whatever_the_header_says(said_bytes):
    content = bomb(10_240, said_bytes=said_bytes)
    assert len(content) < archive.MAX_ZIP_BYTES
    tracemalloc.start()
    try:
        began_s = time.monotonic()
        refused(content, "mine.zip")
        assert time.monotonic() - began_s < 2
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_a_file_too_large_is_refused_and_named():
    refused(bomb(64, said_bytes=64 << 20), "'bomb.json' is larger than 1 MB when unpacked")


def test_a_bomb_of_many_small_files_is_refused(monkeypatch):
    monkeypatch.setattr(archive, "MAX_INSIDE_BYTES", 100_000)
    refused(zipped(*((f"{n}.json", bytes(20_000)) for n in range(6))), "together larger than")


def test_a_zip_within_a_zip_is_refused():
    refused(zipped(("in.json", zipped(("a.json", TEXT)))), "holds another zip, 'in.json'")


def test_a_zip_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(archive, "MAX_ZIP_BYTES", 100)
    refused(zipped(("a.json", TEXT)), "a zip may have")


def test_damaged_zips_are_refused():
    whole = zipped(("a.json", TEXT), ("b.json", TEXT))
    flipped = bytearray(whole)
    flipped[60:80] = bytes(20)
    for content in (whole[:-30], bytes(flipped), b"PK\x03\x04", b"PK\x05\x06" + bytes(18)):
        refused(content, "mine.zip")
        assert is_zip(content)


def test_a_zip_without_a_preset_says_why():
    refused(zipped(("a.txt", b"hello")), "holds no preset")
    refused(zipped(("a/", b"")), "holds no preset")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_bytes_crash_the_reader(data):
    content = bytearray(zipped(("a.json", b"{}"), ("b.json", b"[]" * 40)))
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    try:
        read_zip(bytes(content[:cut]), name="z")
    except PresetError as error:
        assert str(error).startswith("z ") or str(error).startswith("z:")


def test_a_rate_bound_format_has_a_file_for_each_rate():
    names = [name for name, _ in written([WARM, WARM], "minidsp")]
    assert names == [
        "warm, 44.1 kHz.txt", "warm, 48 kHz.txt", "warm, 96 kHz.txt",
        "warm 2, 44.1 kHz.txt", "warm 2, 48 kHz.txt", "warm 2, 96 kHz.txt",
    ]  # fmt: skip


def test_what_is_written_opens_again():
    presets = [replace(WARM, name="a/b"), replace(WARM, name="A:B", params=PARAMS * 0.9)]
    file = io.BytesIO()
    assert write_zip(file, written(presets, "easyeffects")) == 2
    found = open_zip(file.getvalue(), name="z")
    for one, preset in zip(found.opened, presets, strict=True):
        np.testing.assert_allclose(one.preset.params, preset.params, rtol=1e-4)


def test_what_takes_too_long_is_left_out_and_said():
    many = zipped(*((f"{number}.json", TEXT) for number in range(5)))
    found = open_zip(many, name="mine.zip", most_s=0.0)
    assert [one.preset.name for one in found.opened] == ["warm"] and not found.left_out
    assert found.ended.startswith("mine.zip takes more than 0 s: the last 4 of its 5 files are not")
    assert open_zip(zipped(("1.json", TEXT)), name="mine.zip", most_s=0.0).ended == ""
    with pytest.raises(PresetError, match="mine.zip holds no preset. 1.txt .* the last 1 of its 2"):
        open_zip(zipped(("1.txt", b"x"), ("2.txt", b"x")), name="mine.zip", most_s=0.0)
