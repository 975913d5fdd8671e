"""The protocol: forms, refusals and bounds, which the server and the Python client share."""
