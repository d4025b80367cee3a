"""Whether a stated design holds its budgets, and whether an answer that was given still stands."""
