"""Streams: the log of several processes, kept by Redis Streams; imported only where somebody asks for it."""
