"""Each benchmark at least starts: what it measures with is still there."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COMMANDS = sorted(
    path.name
    for path in (ROOT / "benchmarks").glob("*.py")
    if "__main__" in path.read_text("utf-8")
)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_benchmark_says_what_it_does(name):
    pytest.importorskip("playwright", reason="playwright is not installed")
    ran = subprocess.run(
        [sys.executable, f"benchmarks/{name}", "--help"], cwd=ROOT, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("usage:")
