"""Train a model on SAFE-DB: the guide's name for ``python -m neural_eq train``."""

import sys

from neural_eq.cli import script

if __name__ == "__main__":
    sys.exit(script("train"))
