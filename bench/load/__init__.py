"""The load: a generator in a process of its own, its clients and the servers under test."""
