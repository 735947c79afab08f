"""Make a sound file sound like a word: the guide's name for ``python -m neural_eq render``."""

import sys

from neural_eq.cli import script

if __name__ == "__main__":
    sys.exit(script("render"))
