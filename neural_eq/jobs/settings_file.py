"""The settings that a run learns from, kept beside it: numbers and words, nobody's name."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from pathlib import Path

import numpy as np

from neural_eq.data.safe_db import Dataset
from neural_eq.eq.params import N_PARAMS
from neural_eq.errors import DataError
from neural_eq.files import written_whole

_DAMAGE = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error)


def write(path: Path, dataset: Dataset) -> None:
    """Write what training needs of a dataset: submitters stay opaque numbers, genres stay behind.

    Raises:
        OutputError: If it cannot be written.
    """
    text = {
        "terms": dataset.terms.tolist(),
        "origin": dataset.origin,
        "is_built_in": dataset.is_built_in,
    }
    content = io.BytesIO()
    np.savez_compressed(
        content,
        params=np.asarray(dataset.params, dtype=np.float64),
        setting_ids=np.asarray(dataset.setting_ids, dtype=np.int64),
        submitters=np.asarray(dataset.submitters, dtype=np.int64),
        # as JSON, since numpy pads every word to the length of the longest
        text=np.frombuffer(json.dumps(text).encode(), dtype=np.uint8),
    )
    with written_whole(path) as file:
        file.write(content.getvalue())


def read(path: Path) -> Dataset:
    """Read the settings again; their fingerprint is that of the dataset written.

    Raises:
        DataError: If the file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as content:
            text = json.loads(content["text"].tobytes())
            terms = np.array(text["terms"], dtype=object)
            empty = np.full(len(terms), "", dtype=object)
            dataset = Dataset(
                setting_ids=content["setting_ids"],
                params=content["params"],
                terms=terms,
                submitters=content["submitters"],
                genres=empty,
                instruments=empty,
                origin=str(text["origin"]),
                is_built_in=bool(text["is_built_in"]),
            )
            if dataset.params.shape != (len(terms), N_PARAMS):
                raise ValueError("its numbers do not fit its words")
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        EOFError,
        zipfile.BadZipFile,
        zlib.error,
    ) as e:
        raise DataError(f"The settings of this run, {path}, cannot be read: {e}.") from e
    return dataset
