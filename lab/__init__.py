"""The lab: instruments that show what happens on the wire."""
