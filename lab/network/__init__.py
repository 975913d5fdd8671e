"""Networks: what stands between a client and the server, made or real."""
