"""Make ``built_in_maps.npz``: the maps of the built-in set, so that the first page has one at once.

    python assets/make_projection.py

The points are the built-in model's latents of the built-in set, never of SAFE-DB's rows. Run it
again whenever ``neural_eq_32.pt`` or the built-in set changes; a test says when that is due.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from neural_eq.data.demo import built_in_dataset  # noqa: E402
from neural_eq.data.safe_db import select  # noqa: E402
from neural_eq.latent.projection import METHODS, ProjectionConfig, project  # noqa: E402
from neural_eq.model import checkpoint  # noqa: E402

FOLDER = Path(__file__).parent


def main() -> None:
    model_path = FOLDER / "neural_eq_32.pt"
    model = checkpoint.load(model_path)
    latent = model.encode(select(built_in_dataset(), min_examples=1).params)
    content = {"model": np.array(hashlib.sha256(model_path.read_bytes()).hexdigest())}
    for method in METHODS:
        config = ProjectionConfig(method)
        content[config.key()] = project(latent, config, print).astype(np.float32)
    path = FOLDER / "built_in_maps.npz"
    np.savez_compressed(path, **content)
    print(f"{path}: {len(latent):,} points, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
