"""Serving: connections, HTTP and WebSocket as this server speaks them, and what it measures of them."""
