"""Show what a model learned of each word: the guide's name for ``python -m neural_eq report``."""

import sys

from neural_eq.cli import script

if __name__ == "__main__":
    sys.exit(script("report"))
