"""The attacks: what a hostile client can do, and what an honest neighbour and the server's memory feel of it."""
