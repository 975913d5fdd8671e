"""Theory: what the wire alone demands, and what rounds of measurement allow to be said."""
