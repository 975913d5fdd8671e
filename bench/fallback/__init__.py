"""The fallback table: what a client makes of each network, ours and others. Run as `python -m bench.fallback`."""
