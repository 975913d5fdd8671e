"""Load comparisons and other measurements, each a command: `python -m bench.NAME`."""
