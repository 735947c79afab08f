"""Train the built-in models on SAFE-DB's table: ``python assets/make_models.py TABLE.csv``.

Their words are those of the built-in set: what the published table has five settings of or more.
A table that holds only a part of it may have four of some.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from neural_eq.data.demo import built_in_dataset  # noqa: E402
from neural_eq.data.safe_db import read_csv  # noqa: E402
from neural_eq.model import checkpoint, evaluation  # noqa: E402
from neural_eq.model.config import ModelConfig, TrainConfig  # noqa: E402
from neural_eq.model.training import train  # noqa: E402

ASSETS = Path(__file__).parent
LATENT_DIMS = (32, 3, 2)
MIN_EXAMPLES = 4


def main(table: Path) -> None:
    published = list(built_in_dataset().term_counts())
    dataset = read_csv(table, origin="SAFE-DB")
    common = [w for w, n in dataset.term_counts().items() if n >= MIN_EXAMPLES]
    dataset = dataset.rows(
        np.isin(dataset.terms, [w for w in common if w in published])
        | ~np.isin(dataset.terms, common)
    )
    for latent_dim in LATENT_DIMS:
        config = TrainConfig(
            min_examples=MIN_EXAMPLES, device="cpu", model=ModelConfig(latent_dim=latent_dim)
        )
        model = replace(train(dataset, config), resume_state=None)
        path = ASSETS / f"neural_eq_{latent_dim}.pt"
        checkpoint.save(model, path)
        error_db = evaluation.evaluate(model, dataset)["curve_rmse_db_mean"]
        held_out_db = model.history[-1]["held_out_curve_db"]
        print(
            f"{path.name}: {path.stat().st_size / 1024:.0f} KiB, curve error"
            f" {error_db:.4f} dB in-sample, {held_out_db:.4f} dB held out while training"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
