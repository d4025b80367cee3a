"""The search: every design of a question, its exact Pareto set, and the proof of it."""
