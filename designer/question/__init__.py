"""A question made ready to answer: decisions, limits, objectives, and the numbers that choices bring."""
