"""Measure how good default runs are on unseen settings: ``quality.py [TABLE.csv]``.

Cross-validated by word and by submitter over several seeds; small latents by word.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from neural_eq.data.sources import open_dataset  # noqa: E402
from neural_eq.model.config import ModelConfig, TrainConfig  # noqa: E402
from neural_eq.model.validation import cross_validate  # noqa: E402

SHOWN = (
    "curve_rmse_db_mean",
    "curve_rmse_db_p95",
    "curve_max_db_p95",
    "freq_within_twelfth_octave",
    "high_shelves_kept_above_10_khz",
    "silhouette_warm_bright",
    "davies_bouldin_warm_bright",
    "knn5_accuracy_warm_bright",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", nargs="?", type=Path, help="SAFE-DB's CSV")
    parser.add_argument("--seeds", type=int, default=5, help="of the large latent")
    parser.add_argument("--small-seeds", type=int, default=1, help="of the small ones")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--json", type=Path, help="where to write every figure")
    options = parser.parse_args()
    dataset = open_dataset(options.table)
    print(dataset.describe())
    runs = [(32, "term", options.seeds), (32, "submitter", options.seeds)]
    runs += [(latent_dim, "term", options.small_seeds) for latent_dim in (3, 2, 1)]
    results = []
    for latent_dim, by, n_seeds in runs:
        config = TrainConfig(
            epochs=options.epochs, device="cpu", model=ModelConfig(latent_dim=latent_dim)
        )
        result = cross_validate(
            dataset, config, n_folds=options.folds, seeds=tuple(range(n_seeds)), by=by
        )
        results.append(result)
        print(f"\nlatent {latent_dim}, by {by}, {options.folds} folds × {n_seeds} seeds")
        for name in SHOWN:
            figure = result["figures"][name]
            print(f"  {name:32} {figure['mean']:.4f} ± {figure['std']:.4f}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
