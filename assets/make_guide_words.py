"""Write what the guide's own models make of each word: ``make_guide_words.py TABLE.csv``.

Trains the reference's V2 and V3 as its guide says, and keeps the setting that each decodes at the
middle of a word, for the blind test. No row of the table is in it.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from neural_eq.data.safe_db import select  # noqa: E402
from neural_eq.data.sources import open_dataset  # noqa: E402
from neural_eq.model.config import TrainConfig  # noqa: E402
from neural_eq.model.guide_words import PATH  # noqa: E402
from neural_eq.model.reference import train_reference  # noqa: E402


def main(table: Path) -> None:
    dataset = open_dataset(table)
    chosen = select(dataset, min_examples=TrainConfig().min_examples)
    found = {}
    for name, bounds in (("V2", "data"), ("V3", "fixed")):
        model = train_reference(dataset, TrainConfig(bounds=bounds))
        latent = model.encode(chosen.params)
        found[name] = {
            str(word): model.decode(latent[chosen.terms == word].mean(axis=0)[None])[0]
            .round(4)
            .tolist()
            for word in chosen.term_counts()
        }
    PATH.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
