"""The log: what the hub is made of."""
