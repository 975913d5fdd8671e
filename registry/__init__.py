"""The registry: who is here, and what they send up."""
