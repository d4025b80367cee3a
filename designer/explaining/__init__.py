"""Why this design, why not that one: what binds, what moves the answer, what would beat it."""
