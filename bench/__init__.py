"""Load comparisons and other measurements, each a program."""
