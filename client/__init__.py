"""The parts of the Python client, twins of web/client: a file here has its counterpart there."""
