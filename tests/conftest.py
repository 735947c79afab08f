"""Data that many tests share: the built-in set, and SAFE-DB's table where it lies beside."""

from pathlib import Path

import pytest

from neural_eq.data.demo import built_in_dataset
from neural_eq.data.safe_db import Dataset, read_csv

SAFE_DB = Path(__file__).parents[2] / "shared" / "safe-db" / "SAFEEqualiserUserData.csv"


@pytest.fixture(scope="session")
def built_in() -> Dataset:
    return built_in_dataset()


@pytest.fixture(scope="session")
def safe_db() -> Dataset:
    if not SAFE_DB.is_file():
        pytest.skip("SAFE-DB's table is not beside this project")
    return read_csv(SAFE_DB)
