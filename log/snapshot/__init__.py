"""Snapshots: all that the items up to a place have made of a state, as bytes, and a state made of these again."""
