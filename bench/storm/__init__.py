"""The reconnect storm: everybody is dropped at once. Run as `python -m bench.storm`."""
