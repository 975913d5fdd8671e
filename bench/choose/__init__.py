"""Choosing: which transport for whom, ranked by what was measured and by the models."""
