"""The README says what is so: its sample runs, its files exist, its two commands come first."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_sample_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (sample,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    exec(compile(sample, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "settings" in printed and printed.count("[") == 1


def test_the_two_commands_are_the_first_code() -> None:
    first = README.split("```")[1]
    assert [line.split("#")[0].strip() for line in first.strip().splitlines()] == [
        "python start.py",
        "python start.py test",
    ]


def test_every_file_it_points_to_exists() -> None:
    paths = re.findall(r"\]\(([^)#:]+)\)", README)
    assert paths
    for path in paths:
        assert (ROOT / path).exists(), path
