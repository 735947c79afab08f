"""What the app needs to run is free to use, and the table that says so is up to date."""

from __future__ import annotations

import importlib.util
import re
import sys

import pytest

from tests.test_layout import ROOT


@pytest.fixture(scope="module")
def licences():
    spec = importlib.util.spec_from_file_location(
        "make_licences", ROOT / "assets" / "make_licences.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_licences"] = module
    spec.loader.exec_module(module)
    return module


def test_all_that_runs_is_permissive(licences):
    packages = licences.needed()
    assert len(packages) > 30
    assert [package for package in packages if not package.is_permissive] == []


@pytest.mark.parametrize(
    ("licence", "is_permissive"),
    [
        ("GPL-3.0-only", False),
        ("MIT AND LGPL-2.1-or-later", False),
        ("GNU General Public License v3 (GPLv3)", False),
        ("not named", False),
        ("GPL-2.0-only OR MIT", True),
        ("BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", True),
        ("Apache-2.0 AND Apache-2.0 WITH LLVM-exception", True),
    ],
)
def test_a_licence_that_binds_is_told_from_one_that_does_not(licences, licence, is_permissive):
    assert licences.Package("x", licence).is_permissive == is_permissive


def test_a_requirement_is_read_with_its_own_licence(licences, tmp_path):
    asked = tmp_path / "requirements.txt"
    asked.write_text("tqdm  # a comment\n")
    (package,) = (one for one in licences.needed(asked) if one.name == "tqdm")
    assert "MPL-2.0" in package.licence


def test_the_table_names_every_requirement_and_what_it_says_is_so(licences):
    rows = dict(re.findall(r"^\| ([a-z0-9-]+) \| (.+) \|$", licences.TABLE.read_text(), re.M))
    rows.pop("package")
    asked = re.findall(r"^([A-Za-z0-9-]+)", licences.REQUIREMENTS.read_text(), re.M)
    assert {name.lower() for name in asked} <= set(rows), "run python assets/make_licences.py"
    now = {one.name: one for one in licences.needed()}
    assert all(licences.Package(name, text).is_permissive for name, text in rows.items())
    assert set(rows) & set(now), "the table is of other packages"
