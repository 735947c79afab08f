"""Make ``built_in_maps.npz``: the maps of the built-in set, so that the first page has one at once.

    python assets/make_projection.py

The points are the built-in models' latents of the built-in set, never of SAFE-DB's rows. Run it
again whenever a ``neural_eq_*.pt`` or the built-in set changes; a test says when that is due.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from neural_eq.data.demo import built_in_dataset  # noqa: E402
from neural_eq.data.safe_db import select  # noqa: E402
from neural_eq.latent.mapping import make_map, to_arrays  # noqa: E402
from neural_eq.latent.projection import LATENT, ProjectionConfig  # noqa: E402
from neural_eq.model import checkpoint  # noqa: E402

FOLDER = Path(__file__).parent
FIRST = ("UMAP", "t-SNE", "PCA")
CONFIGS = {
    32: [ProjectionConfig(method, n_dims) for method in FIRST for n_dims in (2, 3)],
    3: [*(ProjectionConfig(method) for method in FIRST), ProjectionConfig(LATENT, 3)],
    2: [*(ProjectionConfig(method) for method in FIRST), ProjectionConfig(LATENT, 2)],
}
"""What a newcomer can ask for by the first switches, by the latent's dimensions."""

KEY_LENGTH = 16


def main() -> None:
    params = select(built_in_dataset(), min_examples=1).params
    content: dict[str, np.ndarray] = {}
    for latent_dim, configs in CONFIGS.items():
        path = FOLDER / f"neural_eq_{latent_dim}.pt"
        key = hashlib.sha256(path.read_bytes()).hexdigest()[:KEY_LENGTH]
        model = checkpoint.load(path)
        latent = model.encode(params)
        content[f"{key}/words"] = np.array(list(model.terms))
        for config in configs:
            print(path.stem, config.key())
            arrays = to_arrays(make_map(latent, config))
            content[f"{key}/neighbors"] = arrays["neighbors"].astype(np.uint16)
            # half precision is a fifth of a pixel
            content[f"{key}/{config.key()}/points"] = arrays["points"].astype(np.float16)
            content[f"{key}/{config.key()}/displacement"] = arrays["displacement"].astype(
                np.float16
            )
            content[f"{key}/{config.key()}/judged"] = arrays["judged"]
            print(" trustworthiness, continuity:", arrays["judged"].round(3))
    path = FOLDER / "built_in_maps.npz"
    np.savez_compressed(path, **content)
    print(f"{path}: {len(params):,} points, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
