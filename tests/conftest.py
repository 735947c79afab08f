"""What many tests share: the built-in set, SAFE-DB where it lies beside, the command line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from neural_eq.cli import main
from neural_eq.data.demo import built_in_dataset
from neural_eq.data.safe_db import Dataset, read_csv

SAFE_DB = Path(__file__).parents[2] / "shared" / "safe-db" / "SAFEEqualiserUserData.csv"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep on one worker what shares fixtures: a file's tests, and all that drive the browser."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFixtures(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            path = nodeid.partition("::")[0]
            return "browser" if path.startswith("tests/browser/") else path

    return ByFixtures(config, log)


def pytest_runtest_setup(item):
    """Let the browser's tests, which play sound in real time, go before another worker's work."""
    is_browser = item.path.parent.name == "browser"
    if "PYTEST_XDIST_WORKER" in os.environ and hasattr(os, "nice") and not is_browser:
        os.nice(0 if os.nice(0) else 10)


@pytest.fixture(scope="session")
def built_in() -> Dataset:
    return built_in_dataset()


@pytest.fixture(scope="session")
def safe_db() -> Dataset:
    if not SAFE_DB.is_file():
        pytest.skip("SAFE-DB's table is not beside this project")
    return read_csv(SAFE_DB)


@pytest.fixture
def run(capsys):
    """Run a command in this process: exit code, stdout, stderr."""

    def _run(*args):
        capsys.readouterr()
        code = main([str(arg) for arg in args])
        return code, *capsys.readouterr()

    return _run


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 300 kB, where this process may make one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(place)]
    if not sys.platform.startswith("linux") or shutil.which("mount") is None:
        pytest.skip("no small disk can be made here")
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("this user may not make a small disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)
