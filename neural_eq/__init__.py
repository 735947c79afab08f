"""Neural EQ: words to equalisation, learned from SAFE-DB."""

__version__ = "0.1.0"
