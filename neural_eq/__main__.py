"""``python -m neural_eq``."""

import sys

from neural_eq.cli import main

if __name__ == "__main__":
    sys.exit(main())
