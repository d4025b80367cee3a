"""One rule asked by itself: its value, and what an input must be for a value."""
