"""The fan-out: what one delivery costs a server, ours and others side by side."""
