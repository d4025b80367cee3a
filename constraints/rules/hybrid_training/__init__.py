"""Rules of training for models whose layers differ: windows, chunks, chosen tokens, states of fixed size."""
