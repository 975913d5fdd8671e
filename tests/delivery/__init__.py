"""The deliveries: random programs over the running server, and who had to hear what, known from the program alone."""
