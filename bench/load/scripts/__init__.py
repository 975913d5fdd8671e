"""Scripts for `--script`: examples, and what they have to say is in bench/load/script.py."""
